"""What the caller hears, and when, if an engine stalls, is empty, garbled, endless or dead.

The table is docs/faults.md. Times are from the end of the caller's turn.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from inference.engines.base import SAMPLE_HZ, EngineFailed, Speaker, VoiceChoice
from inference.journal import Ending
from inference.phrases import SilentVoice
from inference.takes import LONGEST_TEXT
from inference.turns.machine import State
from inference.turns.tuning import Tuning
from tests.inference.talks import SCRIPT, Talk

pytestmark = pytest.mark.filterwarnings("error")

FILLER, SAY_AGAIN, TROUBLE = "One moment.", "Say again?", "Sorry."
READY = {"Hello.": 300, "Goodbye.": 400, FILLER: 600, SAY_AGAIN: 500, TROUBLE: 300}
DEAD = EngineFailed("it fell over")


class Faulty(Talk):
    """The agent's own sentences lie ready, as they do after the first start."""

    def __init__(
        self, *, canned: dict[str, int] | None = None, tuning: Tuning | None = None, **how: Any
    ) -> None:
        script = replace(SCRIPT, fillers=(FILLER,), tuning=tuning or SCRIPT.tuning)
        super().__init__(script=script, canned=READY if canned is None else canned, **how)
        self.turn_end_ms = 0
        self.plays: list[int] = []  # when audio began that follows on none
        play = self.line.play

        def noted(pcm: bytes) -> int:
            if self.line.plays_until(self.loop.now_ms) <= self.loop.now_ms:
                self.plays.append(self.loop.now_ms - self.turn_end_ms)
            return play(pcm)

        self.line.play = noted  # type: ignore[method-assign]

    def begins(self) -> None:
        self.start()
        self.later(1_000)

    def ask(self) -> None:
        """The caller's turn, and a moment for what ends at once."""
        self.speak(1_000)
        self.wait(600)
        self.turn_end_ms = self.loop.now_ms
        self.plays.clear()

    def later(self, ms: int) -> None:
        """Step by step, so that no deadline is leapt over."""
        for _ in range(0, ms, 100):
            self.wait(100)

    def work_all(self) -> None:
        while self.threads.waiting:
            self.work()

    def work_newest(self) -> None:
        """Those before it are stuck."""
        self.threads.waiting.rotate(1)
        self.work()

    def voice_says(self, pieces: Callable[[], Iterator[bytes]]) -> None:
        def synthesize(_text: str, _voice: VoiceChoice) -> Iterator[bytes]:
            return pieces()

        self.voice.synthesize = synthesize  # type: ignore[method-assign]

    @property
    def heard(self) -> list[tuple[int, str]]:
        """What the agent said since, and when it began."""
        return [
            (record.started_ms - self.turn_end_ms, record.text)
            for record in self._in_order()
            if record.speaker is Speaker.AGENT and record.started_ms >= self.turn_end_ms
        ]

    @property
    def recogniser_waits(self) -> bool:
        return bool(self.threads.waiting)

    @property
    def is_listening(self) -> bool:
        return self.conversation.machine.state is State.LISTENING

    @property
    def ending(self) -> Ending | None:
        return self.line.ended[0] if self.line.ended else None


def calling(**how: object) -> Faulty:
    """The caller has asked; nothing has been recognised."""
    talk = Faulty(**how)  # type: ignore[arg-type]
    talk.begins()
    talk.ask()
    return talk


def asking(**how: object) -> Faulty:
    """The caller has asked, and the model is to answer."""
    talk = calling(**how)
    talk.recognised("when are you open")
    return talk


def is_told_twice_and_handed_over(talk: Faulty, fault: Callable[[], None]) -> None:
    """The fault happens in two turns, each time with a second try."""
    fault()
    talk.later(1_000)
    assert talk.heard == [(0, SAY_AGAIN)]
    assert talk.is_listening
    talk.ask()
    fault()
    talk.later(1_000)
    assert talk.heard == [(0, TROUBLE)]
    assert talk.ending is Ending.TROUBLE


# The recogniser


def test_a_recogniser_that_never_answers():
    with calling() as talk:
        talk.later(2_900)
        assert talk.plays == [1_200]  # the filler
        assert len(talk.threads.waiting) == 1
        talk.later(200)
        assert len(talk.threads.waiting) == 2  # once more
        talk.later(4_000)
        assert talk.plays == [1_200, 6_000]
        assert talk.heard == [(6_000, TROUBLE)]
        assert talk.ending is Ending.TROUBLE


@pytest.mark.parametrize("signs", ["", "  ", "?! … \ufffd \x00", "♪ ♪"])
def test_a_recogniser_that_hears_no_words(signs):
    with calling() as talk:
        for _ in range(2):
            talk.recognised(signs)
            talk.later(1_000)
            assert talk.heard == [(0, SAY_AGAIN)]
            talk.ask()
        talk.recognised(signs)
        talk.later(1_000)
        assert talk.heard == [(0, TROUBLE)]
        assert talk.ending is Ending.TROUBLE


def test_a_recogniser_that_finds_no_end():
    with calling() as talk:
        talk.recognised("on we go " * 100_000)
        talk.later(1_000)  # cut anywhere, it may sound as if it went on
        assert len(talk.model.asked[0][-1].text) <= LONGEST_TEXT
        talk.spoken("Yes.")
        assert talk.last.unheard_text == "Yes."


def test_a_recogniser_that_is_dead():
    with calling() as talk:

        def fault() -> None:
            talk.recognised(DEAD)
            talk.recognised(DEAD)

        is_told_twice_and_handed_over(talk, fault)


# The language model


def test_a_model_that_never_writes():
    with asking() as talk:
        talk.later(2_900)
        assert talk.plays == [1_200]
        assert len(talk.model.asked) == 1
        talk.later(200)
        assert len(talk.model.asked) == 2
        talk.later(4_000)
        assert talk.heard == [(6_000, TROUBLE)]
        assert talk.ending is Ending.TROUBLE
        assert talk.model.closed == 2


def test_a_model_that_stops_writing_halfway():
    with asking() as talk:
        talk.says("We are open. ", "On Sun")
        talk.work()
        talk.later(5_000)
        heard_ms = 10 + 600  # the first sentence
        assert talk.heard == [(0, "We are open."), (heard_ms + 3_000, SAY_AGAIN)]
        assert talk.is_listening


@pytest.mark.parametrize(
    "written", [[""], [" ", "\n"], ["**", "\n- "], ["<br>"], ["```\n```"], ["🙂"]]
)
def test_a_model_that_writes_nothing_to_say(written):
    with asking() as talk:

        def fault() -> None:
            if talk.recogniser_waits:
                talk.recognised("when are you open")
            talk.says(*written, None)
            talk.work_all()
            talk.says(*written, None)
            talk.work_all()

        is_told_twice_and_handed_over(talk, fault)
        assert len(talk.model.asked) == 4


def test_a_model_that_is_dead_or_asks_for_tools_for_ever():
    """What a server sends as the call of a tool is a failure: tests/inference/engines."""
    with asking() as talk:

        def fault() -> None:
            if talk.recogniser_waits:
                talk.recognised("when are you open")
            talk.says(DEAD)
            talk.says(DEAD)

        is_told_twice_and_handed_over(talk, fault)
        assert len(talk.model.asked) == 4


def test_a_model_that_dies_halfway():
    with asking() as talk:
        talk.says("We are open. ", "On Sun")
        talk.work()
        talk.later(1_000)
        talk.says(DEAD)
        talk.later(1_000)
        assert talk.heard == [(0, "We are open."), (1_000, SAY_AGAIN)]
        assert talk.is_listening


def test_a_model_that_finds_no_end():
    with asking() as talk:
        while talk.model.closed == 0:
            talk.says("We are open. ")
            talk.work_all()
            talk.later(300)
        while not talk.is_listening:
            talk.later(100)
        assert 60_000 <= talk.loop.now_ms - talk.turn_end_ms < 62_000


# The voice


def test_a_voice_that_never_begins_and_another_that_does():
    with asking(has_backup=True) as talk:
        talk.says("Yes.", None)
        talk.later(2_500)
        talk.threads.waiting.rotate(-1)  # the voice keeps its thread
        talk.work()
        talk.later(500)
        assert talk.plays == [1_200, 2_500]
        assert talk.heard == [(2_500, f"{FILLER} Yes.")]


def test_a_voice_that_never_begins():
    with asking() as talk:
        talk.says("Yes.", None)
        talk.later(7_000)
        assert talk.plays == [1_200, 6_000]
        assert talk.heard == [(6_000, TROUBLE)]
        assert talk.ending is Ending.TROUBLE


def no_sound() -> Iterator[bytes]:
    yield from ()


def half_a_sample() -> Iterator[bytes]:
    yield b"\x02" * 641


def dead() -> Iterator[bytes]:
    raise DEAD
    yield b""


@pytest.mark.parametrize("pieces", [no_sound, half_a_sample, dead])
def test_a_voice_that_is_empty_garbled_or_dead_and_another_that_is_not(pieces):
    with asking(has_backup=True) as talk:
        talk.voice_says(pieces)
        talk.says("Yes.", None)
        talk.work_all()
        talk.later(1_000)
        assert talk.heard == [(0, "Yes.")]
        assert talk.is_listening


@pytest.mark.parametrize("pieces", [no_sound, half_a_sample, dead])
def test_a_voice_that_is_empty_garbled_or_dead(pieces):
    with asking() as talk:
        talk.voice_says(pieces)

        def fault() -> None:
            if talk.recogniser_waits:
                talk.recognised("when are you open")
            for _ in range(2):
                talk.says("Yes.", None)
                talk.work_all()

        is_told_twice_and_handed_over(talk, fault)


def test_a_voice_that_finds_no_end():
    def hum() -> Iterator[bytes]:
        while True:
            yield b"\x02" * (SAMPLE_HZ * 2)  # a second

    with asking() as talk:
        talk.voice_says(hum)
        talk.says("Yes.", None)
        talk.work_all()
        talk.later(7_000)
        assert [text for _, text in talk.heard][-1] == SAY_AGAIN
        assert talk.heard[-1][0] < 7_000
        assert talk.is_listening


def test_a_voice_that_is_gone_and_sentences_that_lie_ready():
    talk = Faulty()
    talk.voice.synthesize = SilentVoice().synthesize  # type: ignore[method-assign]
    with talk:
        talk.begins()
        assert talk.turns == [("agent", "Hello.")]
        talk.ask()

        def fault() -> None:
            talk.recognised("when are you open")
            for _ in range(2):
                talk.says("Yes.", None)
                talk.work_all()

        is_told_twice_and_handed_over(talk, fault)


def test_a_voice_that_is_gone_and_another_that_is_not():
    talk = Faulty(has_backup=True)
    talk.voice.synthesize = SilentVoice().synthesize  # type: ignore[method-assign]
    with talk:
        talk.begins()
        talk.ask()
        talk.recognised("when are you open")
        talk.spoken("Yes.")
        talk.later(1_000)
        assert talk.turns[0] == ("agent", "Hello.")
        assert talk.heard == [(0, "Yes.")]
        assert talk.backup.said == ["Yes."]


def test_a_voice_that_is_gone_and_nothing_that_lies_ready():
    """Silence, but short: the caller goes on to a human."""
    talk = Faulty(canned={})
    talk.voice.synthesize = SilentVoice().synthesize  # type: ignore[method-assign]
    with talk:
        talk.start()
        talk.work_all()
        talk.later(100)
        assert talk.ending is Ending.TROUBLE


# The caller


def sound_without_a_pause(talk: Faulty, words: str) -> None:
    talk.turn_end_ms = talk.loop.now_ms
    for number in range(4_000):
        talk.speak(100)
        while talk.threads.waiting:
            talk.recognised(words and f"{words} {number}")
        if talk.conversation.machine.state is State.THINKING:
            talk.says("Yes.", None)
            talk.work_all()
        if talk.ending:
            return


def test_hold_music():
    talk = Faulty()
    with talk:
        talk.begins()
        sound_without_a_pause(talk, "")
        assert talk.ending is Ending.IDLE
        assert [text for _, text in talk.heard] == [SAY_AGAIN, SAY_AGAIN, "Goodbye."]
        assert [at_ms // 1_000 for at_ms, _ in talk.heard] == [29, 63, 97]


def test_somebody_who_never_stops_talking():
    """Answered after half a minute, and again, and then no more."""
    talk = Faulty()
    with talk:
        talk.begins()
        sound_without_a_pause(talk, "and then")
        assert talk.ending is Ending.IDLE
        assert [at_ms // 1_000 for at_ms, _ in talk.heard] == [29, 59, 89]
        assert talk.heard[-1][1] == "Goodbye."
