"""A call decided again from its tape."""

import random
import zlib

import pytest

from inference.engines.base import After
from inference.turns import tape
from inference.turns.events import (
    EndHeard,
    Event,
    Failed,
    Heard,
    KeyPressed,
    Queued,
    ReplyMade,
    Started,
    TakeFailed,
    Tick,
    Transcribed,
)
from inference.turns.machine import State, TurnMachine
from inference.turns.meaning import understand
from inference.turns.tuning import Tuning
from tests.inference.talks import asked

TEXTS = ("", "mm-hm", "stop", "when are you open", "my number is", "no thank you")
TUNING = Tuning(early_ms=60, partial_ms=200, drafts=3, has_secrets=True, hears_stop_words=True)
EVENTS = 1_000_000


def test_a_call_is_decided_again_byte_for_byte():
    with asked() as talk:
        talk.spoken("We are open on Monday. On Sunday we are closed.")
        talk.wait(2_000)
        talk.says_over("no I meant tuesday")
        talk.wait(600)
        talk.press("1")
        talk.wait(2_000)
        replayed = tape.replay(talk.conversation.tape.packed())
    assert replayed.first_difference is None
    assert replayed.events > 50


def test_a_tape_holds_nothing_a_caller_said_and_no_key():
    with asked("my cat is called Bartholomew") as talk:
        talk.says("We are open on Monday. ")
        talk.press("7")
        laid_open = zlib.decompress(talk.conversation.tape.packed())
    assert b"KeyPressed" in laid_open
    for private in (b"Bartholomew", b"Monday", b'"7"', b"[7]"):
        assert private not in laid_open


def test_another_decision_is_told_with_its_time():
    with asked() as talk:
        laid_open = zlib.decompress(talk.conversation.tape.packed())
    changed = laid_open.replace(b"> Transcribe 1 ", b"> Transcribe 9 ")
    found = tape.replay(zlib.compress(changed)).first_difference
    assert found is not None
    assert "was Transcribe 9" in found
    assert "now Transcribe 1" in found


@pytest.mark.parametrize(
    "packed", [b"", b"no tape", zlib.compress(b"{}\n"), zlib.compress(b'{"version": 99}\n')]
)
def test_what_is_no_tape_is_refused(packed):
    with pytest.raises(tape.BadTape):
        tape.replay(packed)


def random_event(chance: random.Random, machine: TurnMachine) -> Event:
    """Mostly frames, as in a call, and news of any work, present or past."""
    take, turn = machine.take - (chance.random() < 0.1), machine.turn - (chance.random() < 0.1)
    kind = chance.random()
    if kind < 0.7:
        return Heard(chance.random() < 0.6, 20, chance.randint(-60, -10))
    if kind < 0.8:
        text = chance.randrange(len(TEXTS))
        meaning = understand(TEXTS[text], "en", stop_words=("stop",))
        return Transcribed(take, text, meaning, chance.choice([None, meaning]))
    events = (
        Queued(turn, chance.randint(0, 20_000), chance.choice([0, 0, 3_000])),
        ReplyMade(turn, chance.choices(list(After), [8, 1, 1, 2])[0]),
        TakeFailed(take, "EngineFailed"),
        EndHeard(take, chance.randint(0, 100)),
        Failed(turn, "EngineFailed"),
        KeyPressed(is_end=chance.random() < 0.3),
        Tick(),
        Tick(),
    )
    return chance.choice(events)


def random_calls(events: int, seed: int) -> int:
    """So many random events, call after call; how many calls. Each is always to be ended."""
    chance = random.Random(seed)
    calls = done = 0
    while done < events:
        calls += 1
        at_ms = 0
        machine = TurnMachine(TUNING, hangover_ms=100)
        machine.handle(Started(), 0)
        for _ in range(chance.randint(10, 3_000)):
            event = random_event(chance, machine)
            at_ms += chance.choice([0, 20, 20, 20, 20, 20, 200, 2_000])
            if isinstance(event, Queued):
                event = Queued(event.turn, at_ms + event.until_ms, at_ms + event.notice_until_ms)
            machine.handle(event, at_ms)
            done += 1
            due_ms = machine.next_deadline_ms()
            assert (due_ms is None) == (machine.state is State.ENDED)
            if due_ms is None:
                break
        _let_end(machine, at_ms)
    return calls


def _let_end(machine: TurnMachine, at_ms: int) -> None:
    """With every engine dead, deadlines alone end the call, and soon."""
    for _ in range(200):
        due_ms = machine.next_deadline_ms()
        if due_ms is None:
            return
        at_ms = max(at_ms, due_ms)
        machine.handle(Tick(), at_ms)
    raise AssertionError(f"no end from {machine.state}")


def test_whatever_happens_no_state_is_without_a_deadline_or_an_exit():
    assert random_calls(EVENTS, seed=1) > 10
