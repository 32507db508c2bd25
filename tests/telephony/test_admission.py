"""Who is let in: as many callers as there is room for, and not one more."""

import asyncio
from datetime import UTC, datetime

import pytest

from records.models import Call
from telephony import admission
from telephony.admission import Room, room
from telephony.measured_call import DIRECTION
from telephony.models import CapacityRun
from tests.telephony.test_consumer import (
    CHANNEL,
    NUMBER,
    SOON_S,
    Leg,
    Manager,
    agent,
    calling,
    letters,
    office,
)

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["agent", "office"]  # pytest finds them here

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh_room():
    room.cache_clear()
    yield
    room.cache_clear()


def measured(calls: int, *, is_in_force: bool = True) -> CapacityRun:
    return CapacityRun.objects.create(
        measured_at=NOW,
        machine="a machine",
        engines={},
        budget_ms=1500,
        levels=[],
        calls=calls,
        is_in_force=is_in_force,
    )


def test_without_a_figure_as_many_come_as_want_to():
    hall = Room()

    assert all(hall.take() for _ in range(500))
    assert hall.turned_away == 0


def test_a_place_that_is_given_back_is_anothers():
    hall = Room()
    hall.limit = 1

    assert hall.take()
    assert not hall.take()
    hall.give_back()
    assert hall.take()
    assert hall.turned_away == 1


@pytest.mark.parametrize(
    ("own", "run", "limit"),
    [(None, None, None), (None, 7, 7), (3, 7, 3), (0, 7, None), (12, None, 12)],
)
def test_the_operators_own_number_wins_over_the_measured_one(own, run, limit, settings):
    settings.MAX_CALLS = own
    if run:
        measured(run)
    measured(99, is_in_force=False)

    admission.refresh()

    assert room().limit == limit


def test_two_callers_at_the_same_moment_and_one_place(office):
    measured(1)
    admission.refresh()
    office.may_load.clear()  # the first is still being answered when the second comes

    async def talk(leg: Leg) -> None:
        other = Leg()
        await leg.start()
        await other.start()
        await other.until_closed()
        assert "ANSWER" not in other.commands
        await other.hang_up()
        office.may_load.set()
        await leg.until_heard(letters("Hello."))
        await leg.hang_up()

    calling(talk)
    assert Call.objects.count() == 1
    assert Manager.handed_over == []  # a bare no: the dialplan rings the overflow
    assert (room().taken, room().turned_away) == (0, 1)


def test_when_a_caller_hangs_up_the_next_one_is_answered(office):
    measured(1)
    admission.refresh()

    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        await leg.hang_up()

    calling(talk, talk)
    assert Call.objects.count() == 2
    assert room().turned_away == 0


def test_a_caller_who_leaves_while_being_answered_leaves_a_place(office):
    measured(1)
    admission.refresh()
    office.may_load.clear()

    async def talk(leg: Leg) -> None:
        await leg.start()
        await asyncio.to_thread(office.is_loading.wait, SOON_S)
        await leg.hang_up()

    calling(talk)
    assert room().taken == 0


def test_a_call_that_cannot_be_answered_is_not_taken_for_one_too_many(office):
    async def talk(leg: Leg) -> None:
        await leg.start(dialled="9999")  # nobody's number
        await leg.until_closed()
        await leg.hang_up()

    calling(talk)
    assert Manager.handed_over == [CHANNEL]  # the dialplan rings the human
    assert room().turned_away == 0


def test_a_figure_that_was_measured_meanwhile_is_in_force_without_a_new_start(office):
    assert room().limit is None
    measured(5)

    async def talk(leg: Leg) -> None:
        await leg.start()  # the worker begins, and with it its signs of life
        async with asyncio.timeout(SOON_S):
            while room().limit is None:
                await asyncio.sleep(0.01)
        await leg.hang_up()

    calling(talk)
    assert room().limit == 5


def test_a_call_that_measures_is_let_in_and_leaves_nothing(office, settings, tmp_path):
    settings.RECORDINGS_DIR = tmp_path / "recordings"
    settings.MAX_CALLS = 1
    admission.refresh()
    variables = {"CALL_ID": "measure-1", "CALL_TO": NUMBER, "CALL_DIRECTION": DIRECTION}

    async def talk(leg: Leg) -> None:
        caller = Leg()
        await caller.start()
        await leg.start(channel_variables=variables)
        await leg.until_heard(letters("Hello."))
        await asyncio.sleep(0.15)  # until it has been played
        await leg.speak(400)
        await leg.until_heard(letters("Hello.", "At eight."))
        await leg.hang_up()
        await caller.hang_up()

    calling(talk)
    assert Call.objects.count() == 1  # the caller's
    kept = [path.name for path in settings.RECORDINGS_DIR.rglob("*") if path.is_file()]
    call = Call.objects.get()
    assert {name.partition(".")[0] for name in kept} == {str(call.pk)}
