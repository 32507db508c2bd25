"""A call's turns, decided again from its tape by the version that is installed now."""

from dataclasses import dataclass
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

import inference.turns
from records import vault
from tests.clinic import CONVERSATION, clinic, had_call

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, slots=True)
class Replayed:
    events: int
    first_difference: str | None = None


@pytest.fixture
def call_id(no_queue: None) -> UUID:
    clinic()
    return had_call()


@pytest.fixture
def told(monkeypatch) -> list[bytes]:
    """The tapes that were replayed; one of "changed" is not decided as it was."""
    tapes: list[bytes] = []

    class BadTape(Exception):
        pass

    def replay(data: bytes) -> Replayed:
        tapes.append(data)
        if data == b"scratched":
            raise BadTape("the tape cannot be read: KeyError")
        return Replayed(1234, "event 7: Speak, was Wait" if data == b"changed" else None)

    monkeypatch.setattr(
        inference.turns, "tape", SimpleNamespace(replay=replay, BadTape=BadTape), raising=False
    )
    return tapes


def test_the_same_decisions_are_said_to_be_the_same(call_id: UUID, told: list[bytes], capsys):
    vault.write_tape(call_id, b"a tape")

    call_command("replay_call", str(call_id))

    assert told == [b"a tape"]
    assert capsys.readouterr().out == "1234 events, the same decisions\n"


def test_another_decision_fails_and_says_where(call_id: UUID, told: list[bytes]):
    vault.write_tape(call_id, b"changed")

    with pytest.raises(CommandError, match="event 7: Speak, was Wait") as failure:
        call_command("replay_call", str(call_id))

    assert failure.value.returncode == 1
    assert not any(turn.text in str(failure.value) for turn in CONVERSATION)


def test_a_tape_that_cannot_be_read_is_not_called_the_same(call_id: UUID, told: list[bytes]):
    vault.write_tape(call_id, b"scratched")

    with pytest.raises(CommandError, match="cannot be read"):
        call_command("replay_call", str(call_id))


def test_a_call_without_a_tape_is_not_called_the_same(call_id: UUID, told: list[bytes]):
    with pytest.raises(CommandError, match="no tape"):
        call_command("replay_call", str(call_id))
    assert told == []


def test_a_call_nobody_knows_is_said_to_be_gone():
    with pytest.raises(CommandError, match="purged"):
        call_command("replay_call", str(uuid4()))
