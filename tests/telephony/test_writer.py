"""Turns reach the database, also one that is away for a while."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DataError, OperationalError

from inference.engines.base import Speaker
from inference.journal import TurnRecord
from records import vault
from telephony import measures, writer
from telephony.writer import TurnWriter

SOON_S = 5.0
TURN = TurnRecord(0, Speaker.CALLER, "hello", 0, 1_000)


class Database:
    """What `vault.write_turns` reaches: it keeps turns, or is away."""

    def __init__(self) -> None:
        self.kept: dict[UUID, dict[int, TurnRecord]] = {}
        self.fails: list[Exception] = []
        self.writes = 0
        self.may_write = threading.Event()
        self.may_write.set()

    def write_turns(self, call_id: UUID, records: Sequence[TurnRecord]) -> None:
        self.may_write.wait(SOON_S)
        self.writes += 1
        if self.fails:
            raise self.fails.pop(0)
        self.kept.setdefault(call_id, {}).update({record.index: record for record in records})


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    database = Database()
    monkeypatch.setattr(vault, "write_turns", database.write_turns)
    monkeypatch.setattr(writer, "RETRY_S", 0)
    monkeypatch.setattr(writer, "database_sync_to_async", as_thread)
    yield database
    database.may_write.set()


def as_thread(deed: Any) -> Any:
    """Without the connections of a real database."""
    return lambda *args: asyncio.to_thread(deed, *args)


def with_writer(talk: Any) -> None:
    async def run() -> None:
        turns = TurnWriter()
        task = asyncio.create_task(turns.run())
        try:
            await talk(turns)
        finally:
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(run())


def test_a_turn_handed_over_is_written(database):
    call_id = uuid4()

    async def talk(turns: TurnWriter) -> None:
        turns.put(call_id, TURN)
        assert await turns.settled(call_id, SOON_S)

    with_writer(talk)
    assert database.kept == {call_id: {0: TURN}}


def test_handing_over_waits_for_nothing(database):
    database.may_write.clear()

    async def talk(turns: TurnWriter) -> None:
        calls = [uuid4() for _ in range(100)]
        for call_id in calls:
            turns.put(call_id, TURN)
        assert not await turns.settled(calls[0], 0.01)
        database.may_write.set()
        for call_id in calls:
            assert await turns.settled(call_id, SOON_S)

    with_writer(talk)
    assert len(database.kept) == 100


def test_the_latest_record_of_a_turn_counts(database):
    call_id = uuid4()
    longer = replace(TURN, text="hello there")

    async def talk(turns: TurnWriter) -> None:
        turns.put(call_id, TURN)
        turns.put(call_id, longer)
        await turns.settled(call_id, SOON_S)

    with_writer(talk)
    assert database.kept == {call_id: {0: longer}}


def test_a_database_that_is_away_for_a_while_loses_nothing(database):
    database.fails = [OperationalError("away")] * 5
    calls = [uuid4() for _ in range(3)]

    async def talk(turns: TurnWriter) -> None:
        for index in range(4):
            for call_id in calls:
                turns.put(call_id, replace(TURN, index=index))
            await asyncio.sleep(0)
        for call_id in calls:
            assert await turns.settled(call_id, SOON_S)

    with_writer(talk)
    assert {call_id: sorted(kept) for call_id, kept in database.kept.items()} == {
        call_id: [0, 1, 2, 3] for call_id in calls
    }


def test_what_changed_while_the_database_was_away_is_what_is_kept(database):
    database.fails = [OperationalError("away")]
    database.may_write.clear()
    call_id = uuid4()
    longer = replace(TURN, text="hello there")

    async def talk(turns: TurnWriter) -> None:
        turns.put(call_id, TURN)
        await turns.settled(call_id, 0.01)  # the write has begun, with what there was
        turns.put(call_id, longer)
        database.may_write.set()
        assert await turns.settled(call_id, SOON_S)

    with_writer(talk)
    assert database.writes == 2
    assert database.kept == {call_id: {0: longer}}


@pytest.mark.parametrize("error", [vault.CallIsGone("gone"), DataError("NUL"), ValueError()])
def test_a_call_whose_turns_cannot_be_kept_does_not_hold_up_the_others(database, error):
    database.fails = [error]
    other = uuid4()

    async def talk(turns: TurnWriter) -> None:
        turns.put(uuid4(), TURN)
        turns.put(other, TURN)
        assert await turns.settled(other, SOON_S)

    with_writer(talk)
    assert list(database.kept) == [other]


def test_nothing_that_was_said_is_logged(database, caplog):
    database.fails = [OperationalError("DETAIL: hello")]

    async def talk(turns: TurnWriter) -> None:
        call_id = uuid4()
        turns.put(call_id, TURN)
        await turns.settled(call_id, SOON_S)

    with_writer(talk)
    assert "turns not written yet: OperationalError" in caplog.text
    assert "hello" not in caplog.text


def test_a_writer_with_nothing_to_do_is_settled(database):
    async def talk(turns: TurnWriter) -> None:
        assert await turns.settled(uuid4(), 0)


def test_a_call_waits_for_its_own_turns_alone(database):
    database.fails = [OperationalError("away")] * 3
    slow, done = uuid4(), uuid4()

    async def talk(turns: TurnWriter) -> None:
        turns.put(slow, TURN)
        assert await turns.settled(done, 0)
        assert await turns.settled(slow, SOON_S)

    with_writer(talk)

    with_writer(talk)


def test_an_answer_is_measured_once_however_often_its_turn_is_put(monkeypatch):
    measured: list[int | None] = []
    monkeypatch.setattr(measures, "answered", lambda record: measured.append(record.response_ms))
    turns, one, other = TurnWriter(), uuid4(), uuid4()
    begun = replace(TURN, index=2, speaker=Speaker.AGENT, text="", response_ms=280)

    turns.put(one, TURN)
    turns.put(one, begun)
    turns.put(one, replace(begun, text="At eight."))
    turns.put(other, begun)
    turns.put(one, replace(begun, index=4, response_ms=310))

    assert measured == [280, 280, 310]


def test_a_second_choice_is_counted_once_a_turn_and_stage(monkeypatch):
    counted: list[str] = []
    monkeypatch.setattr(measures, "stood_in", counted.append)
    turns, call_id = TurnWriter(), uuid4()
    begun = replace(TURN, index=2, speaker=Speaker.AGENT, stood_in=("llm",))

    turns.put(call_id, replace(TURN, index=1, stood_in=("stt",)))
    turns.put(call_id, begun)
    turns.put(call_id, replace(begun, stood_in=("llm", "tts")))
    turns.put(call_id, replace(begun, index=4))

    assert counted == ["stt", "llm", "tts", "llm"]
