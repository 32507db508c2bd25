"""How many calls a machine holds: the search, the judgement, the callers, what is kept of it."""

from dataclasses import replace
from io import StringIO
from random import Random
from xml.etree import ElementTree as ET

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from agents import demo
from agents.models import Agent
from agents.specs import spec_for
from inference.engines.base import FRAME_BYTES
from records.models import Call
from telephony import admission, capacity_picture, capacity_runs, machine, measuring
from telephony.admission import room
from telephony.capacity import Findings, Level, Search
from telephony.measuring_caller import ANSWER_S, MeasuringCaller
from telephony.media_client import SILENCE, TICK_S
from telephony.models import CapacityRun
from tests.clinic import _person, clinic, ring

GOOD = Level(4, (500.0,) * 20, 0, 0, 0.0, 0.1, 0.2, 1.0)
PAGE = "/admin/telephony/capacityrun/"


@pytest.fixture(autouse=True)
def fresh_room():
    room.cache_clear()
    yield
    room.cache_clear()


# --- how many to try


@pytest.mark.parametrize("holds", [0, 1, 2, 3, 5, 7, 8, 12, 23, 40, 63, 64, 100])
def test_the_most_a_machine_holds_is_found_to_a_tenth_in_few_tries(holds: int):
    search, tried = Search(64), []
    while count := search.next():
        tried.append(count)
        search.tell(count, holds=count <= holds)

    assert search.held <= holds
    assert min(holds, 64) - search.held <= search.held / 8
    assert max(tried) <= 64
    assert len(tried) <= 10
    assert len(set(tried)) == len(tried)


# --- what breaks a budget


@pytest.mark.parametrize(
    ("level", "why"),
    [
        (replace(GOOD, answers_ms=(500.0,) * 18 + (1600.0,) * 2), "one answer in twenty"),
        (replace(GOOD, missing=1), "1 of 21 questions got no answer"),
        (replace(GOOD, failed=1), "not answered, or broke"),
        (replace(GOOD, late_share=0.02), "2.0% of the agent's speech came too late"),
        (replace(GOOD, callers_late_ms=80), "callers were late themselves"),
        (replace(GOOD, answers_ms=()), "no question was answered"),
    ],
)
def test_each_way_to_be_slow_breaks_the_budget(level: Level, why: str):
    assert not GOOD.broken(1500)
    assert why in level.broken(1500)


def test_what_held_is_known_although_it_is_broken_off():
    findings = Findings(1500)

    assert findings.add(GOOD)
    assert not findings.add(replace(GOOD, calls=8, failed=2))

    assert findings.calls == 4
    assert findings.broken == "With 8 calls, a call was not answered, or broke."
    assert not findings.is_complete


# --- a caller who measures

LOUD = b"\x00\x20\x00\xe0" * (FRAME_BYTES // 4)
QUESTION = (b"one", b"two", b"three")


class Talk:
    """The caller's line, tick by tick."""

    def __init__(self) -> None:
        self.caller = MeasuringCaller([QUESTION], iter([0, 0]), Random(1))
        self.now_s = 100.0

    def tick(self, *, agent: bytes | None = None) -> bytes:
        sent = self.caller.next_frame(self.now_s)
        if agent is None:
            self.caller.starved()
        else:
            self.caller.played(agent, self.now_s, self.now_s)
        self.now_s += TICK_S
        return sent

    def ticks(self, seconds: float, agent: bytes | None = None) -> None:
        for _ in range(round(seconds / TICK_S)):
            self.tick(agent=agent)

    def greeted(self) -> None:
        self.ticks(1.0, LOUD)

    def until_asking(self) -> None:
        for _ in range(500):
            if self.tick() != SILENCE:
                return
        raise AssertionError("nothing was asked")


def test_an_answer_is_timed_from_the_last_speech_to_the_first_audio():
    talk = Talk()
    talk.greeted()
    talk.until_asking()
    talk.tick()
    talk.tick()  # the last frame of the question
    ended_s = talk.now_s - TICK_S
    talk.ticks(0.4)
    talk.ticks(0.1, bytes(FRAME_BYTES))  # a voice that begins with silence
    talk.ticks(0.2, LOUD)

    (asked,) = talk.caller.asked
    assert asked.answer_ms == pytest.approx(500, abs=21)
    assert asked.ended_s == pytest.approx(ended_s)


def test_a_question_that_the_agent_spoke_into_says_nothing():
    talk = Talk()
    talk.greeted()
    talk.until_asking()
    talk.tick(agent=LOUD)
    talk.tick()
    talk.ticks(0.2)
    talk.ticks(0.2, LOUD)

    (asked,) = talk.caller.asked
    assert asked.answer_ms is None
    assert not asked.is_missing(talk.now_s + 100)


def test_without_an_answer_the_next_question_is_asked_and_this_one_is_missing():
    talk = Talk()
    talk.greeted()
    talk.until_asking()
    talk.ticks(ANSWER_S + 2.0)

    first, second = talk.caller.asked
    assert first.is_missing(talk.now_s)
    assert not second.is_missing(talk.now_s)


def test_holes_in_the_agents_speech_are_late_and_pauses_between_replies_are_not():
    talk = Talk()
    talk.ticks(1.0, LOUD)
    talk.ticks(0.04)  # nobody hears that
    talk.ticks(1.0, LOUD)
    assert talk.caller.late_ticks == 0
    talk.ticks(0.2)
    talk.ticks(1.0, LOUD)
    assert talk.caller.late_ticks == 10
    talk.ticks(3.0)
    talk.ticks(1.0, LOUD)
    assert talk.caller.late_ticks == 10


# --- the command


@pytest.fixture
def told(db: None) -> StringIO:
    clinic()
    return StringIO()


def found(*levels: Level, end: BaseException | None = None):
    """Stands in for a quarter of an hour of calls."""

    async def measure(plan, findings, tell) -> None:
        for level in levels:
            findings.add(level)
            tell(level)
        if end:
            raise end
        findings.is_complete = True

    return measure


SLOW = replace(GOOD, calls=8, answers_ms=(3000.0,) * 20)


def test_what_was_found_is_in_force_and_replaces_the_earlier_figure(told, monkeypatch):
    monkeypatch.setattr(measuring, "measure", found(GOOD, SLOW))
    call_command("measure_capacity", stdout=told)
    monkeypatch.setattr(measuring, "measure", found(replace(GOOD, calls=3), SLOW))
    call_command("measure_capacity", stdout=told)

    assert [run.calls for run in CapacityRun.objects.filter(is_in_force=True)] == [3]
    run = CapacityRun.objects.in_force()
    assert run.broken == "With 8 calls, one answer in twenty took 3000 ms or longer."
    assert [(level["calls"], level["p95_ms"]) for level in run.levels] == [(3, 500), (8, 3000)]
    assert run.engines["stt"]["key"] == "pocketsphinx"
    assert run.machine == machine.describe()
    assert "call 4 goes to its number's overflow" in told.getvalue()
    assert "█" in told.getvalue()


@pytest.mark.parametrize(
    ("end", "word"),
    [(KeyboardInterrupt(), "by hand"), (measuring.CallersCame(), "a caller came")],
    ids=["Ctrl-C", "a caller"],
)
def test_what_was_broken_off_is_kept_and_changes_nothing(told, monkeypatch, end, word):
    monkeypatch.setattr(measuring, "measure", found(GOOD, end=end))

    call_command("measure_capacity", stdout=told)

    run = CapacityRun.objects.get()
    assert run.calls == 4
    assert word in run.broken
    assert not run.is_in_force


def test_a_machine_too_slow_for_one_call_does_not_turn_everybody_away(told, monkeypatch):
    monkeypatch.setattr(measuring, "measure", found(replace(SLOW, calls=1)))

    call_command("measure_capacity", stdout=told)

    assert CapacityRun.objects.in_force() is None
    assert "Not even one call" in told.getvalue()


def test_a_dry_run_keeps_nothing(told, monkeypatch):
    monkeypatch.setattr(measuring, "measure", found(GOOD))

    call_command("measure_capacity", "--dry-run", stdout=told)

    assert not CapacityRun.objects.exists()


def test_nobody_is_measured_beside_callers_unless_told_to(told, monkeypatch):
    monkeypatch.setattr(measuring, "measure", found(GOOD))
    ring()

    with pytest.raises(CommandError, match="Callers are on the line"):
        call_command("measure_capacity", stdout=told)
    call_command("measure_capacity", "--anyway", stdout=told)

    assert CapacityRun.objects.in_force().calls == 4


@pytest.mark.django_db(transaction=True)
def test_with_nothing_to_call_the_way_out_is_told(settings, unused_tcp_port):
    clinic()
    settings.HTTP_HOST, settings.HTTP_PORT = "127.0.0.1", unused_tcp_port

    with pytest.raises(CommandError, match=r"start voiceadmin \(./run\)"):
        call_command("measure_capacity", stdout=StringIO())
    assert not Call.objects.exists()


@pytest.fixture
def unused_tcp_port() -> int:
    from tests.e2e.asterisk import free_port

    return free_port()


# --- the picture


def test_the_picture_is_drawn_of_all_that_was_measured_and_can_be_read_aloud(told, monkeypatch):
    monkeypatch.setattr(measuring, "measure", found(GOOD, SLOW))
    call_command("measure_capacity", stdout=told)
    run = CapacityRun.objects.get()

    drawn = ET.fromstring(capacity_picture.file(run))

    shapes = [element.tag.rpartition("}")[2] for element in drawn.iter()]
    assert shapes.count("polyline") == 2
    assert "8 calls: half of the answers within 3000 ms" in drawn.attrib["aria-label"]
    words = ["".join(element.itertext()) for element in drawn.iter() if "text" in element.tag]
    assert {"budget 1500 ms", "4 calls", "8"} <= set(words)


def test_a_bar_says_where_the_budget_is():
    assert capacity_picture.bar(750, 1500) == "█" * 20 + " " * 20 + "│"
    assert capacity_picture.bar(3000, 1500) == "█" * 40 + "│" + "█" * 40
    assert capacity_picture.bar(90_000, 1500) == capacity_picture.bar(3000, 1500)


# --- the page


def measured(**changed: object) -> CapacityRun:
    findings = Findings(1500)
    findings.add(GOOD)
    findings.add(SLOW)
    run = capacity_runs.run_of(findings, spec_for(demo.NUMBER), timezone.now())
    for name, value in changed.items():
        setattr(run, name, value)
    capacity_runs.keep(run, is_complete=True)
    return run


def signed_in(*permissions: str) -> Client:
    client = Client()
    client.force_login(_person("ines", *permissions))
    return client


@pytest.fixture
def ines(db: None) -> Client:
    clinic()
    return signed_in("telephony.view_capacityrun", "telephony.change_capacityrun")


def read(client: Client, page: str = PAGE) -> str:
    answer = client.get(page)
    assert answer.status_code == 200
    return answer.content.decode()


def test_before_anything_was_measured_the_page_says_how_to(ines):
    page = read(ines)

    assert "no limit" in page
    assert "measure_capacity" in page


def test_the_page_shows_the_figure_and_the_picture(ines):
    run = measured()

    page = read(ines)

    assert "4 calls inside the budget" in page
    assert "<polyline" in page
    assert "pocketsphinx" in page
    assert "one answer in twenty took 3000 ms" in page
    assert "capacity-remark" not in page
    assert f"{PAGE}{run.pk}/change/" in page


def test_the_page_says_when_machine_or_engines_are_others_now(ines):
    measured(machine="A machine of before")
    Agent.objects.update(stt_engine="faster_whisper")

    page = read(ines)

    assert "another machine now" in page
    assert "other engines than those measured: Demo clinic" in page


def test_a_busy_machine_is_named_as_a_reason(ines):
    run = measured()
    run.levels.append(replace(GOOD, calls=1, machine_share=0.9).as_json())
    run.save()

    assert "already 90% busy" in read(ines)


def test_the_limit_is_lifted_and_put_back_by_hand(ines):
    run = measured()
    admission.refresh()
    assert room().limit == 4

    ines.post(f"{PAGE}no-limit")
    assert room().limit is None
    assert "no limit" in read(ines)

    ines.post(f"{PAGE}{run.pk}/keep")
    assert room().limit == 4


def test_who_may_only_look_changes_nothing(ines):
    run = measured()
    tom = Client()
    tom.force_login(_person("tom", "telephony.view_capacityrun"))

    assert "Take every call again" not in read(tom)
    assert tom.post(f"{PAGE}no-limit").status_code == 403
    assert tom.post(f"{PAGE}{run.pk}/keep").status_code == 403
    assert CapacityRun.objects.in_force() == run


def test_a_stranger_sees_nothing(db):
    clinic()
    tom = Client()
    tom.force_login(_person("tom", "records.view_call"))

    assert tom.get(PAGE).status_code == 403


def test_the_operators_own_number_is_named_as_the_one_in_force(ines, settings):
    measured()
    settings.MAX_CALLS = 20

    page = read(ines)

    assert "VOICEADMIN_MAX_CALLS is 20" in page
    assert "Take every call again" not in page


def test_the_first_page_says_how_many_were_turned_away(ines, settings):
    settings.MAX_CALLS = 1
    admission.refresh()
    assert room().take()
    assert not room().take()
    everything = Client()
    everything.force_login(User.objects.create_superuser("root", password="a password"))

    page = read(everything, "/admin/")

    assert "Room for 1 call at a time" in page
    assert ": 1." in page
    settings.MAX_CALLS = None
    assert "Room for" not in read(everything, "/admin/")


def test_an_engines_password_is_not_kept_with_the_figure(ines):
    Agent.objects.update(
        llm_engine="openai", llm_options={"url": "http://x", "model": "m", "api_key": "hush"}
    )

    assert "hush" not in str(measured().engines)
