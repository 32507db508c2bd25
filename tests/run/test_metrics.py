"""What a Prometheus sees, and who may."""

from types import SimpleNamespace

import pytest
from django.test import Client

from inference.ahead import AHEAD
from inference.engines.base import Speaker
from inference.journal import TurnRecord
from telephony import measures
from tests.clinic import CALLER, CONVERSATION, clinic, had_call
from voiceadmin import metrics

TOKEN = "a token for tests"


def page() -> str:
    answer = Client().get("/metrics", HTTP_HOST="127.0.0.1")
    assert answer.status_code == 200
    return answer.content.decode()


def read() -> dict[str, float]:
    """Each sample by its name and labels."""
    rows = [row for row in page().splitlines() if not row.startswith("#")]
    return {name: float(value) for name, _, value in (row.rpartition(" ") for row in rows)}


def reply(response_ms: int | None, *, was_ahead: bool = False) -> TurnRecord:
    return TurnRecord(
        2, Speaker.AGENT, "At eight.", 0, 0, response_ms=response_ms, was_ahead=was_ahead
    )


def test_an_answered_turn_is_counted_with_how_long_it_took():
    before = read()

    measures.answered(reply(280, was_ahead=True))
    measures.answered(reply(700))

    after = read()
    grown = {name: after[name] - before[name] for name in after if name in before}
    assert grown['voiceadmin_turns_answered_total{ahead="yes"}'] == 1
    assert grown['voiceadmin_turns_answered_total{ahead="no"}'] == 1
    assert grown["voiceadmin_response_ms_count"] == 2
    assert grown["voiceadmin_response_ms_sum"] == 980
    assert grown['voiceadmin_response_ms_bucket{le="300.0"}'] == 1


def test_a_second_choice_is_counted_by_its_stage():
    before = read()

    measures.stood_in("llm")

    after = read()
    grown = {name: after[name] - before[name] for name in after if "second_choice_total" in name}
    assert grown == {
        'voiceadmin_second_choice_total{stage="stt"}': 0,
        'voiceadmin_second_choice_total{stage="llm"}': 1,
        'voiceadmin_second_choice_total{stage="tts"}': 0,
    }


def test_a_greeting_is_no_answer():
    before = read()

    measures.answered(reply(None))

    assert read()["voiceadmin_response_ms_count"] == before["voiceadmin_response_ms_count"]


def test_work_done_ahead_is_shown_as_it_is_counted():
    counts = AHEAD.counts()

    seen = read()

    assert seen["voiceadmin_ahead_begun_total"] == counts.begun
    assert seen["voiceadmin_ahead_used_total"] == counts.used
    assert seen["voiceadmin_ahead_wasted_total"] == counts.wasted
    assert seen["voiceadmin_ahead_wasted_ms_total"] == counts.wasted_ms
    assert "voiceadmin_ahead_refused_total" in seen


def test_live_calls_are_those_this_process_holds(monkeypatch):
    assert read()["voiceadmin_live_calls"] == 0  # and nobody made a worker to find out

    def worker() -> SimpleNamespace:
        return SimpleNamespace(live={1: "a call", 2: "a call"})

    worker.cache_info = lambda: SimpleNamespace(currsize=1)
    monkeypatch.setattr(metrics, "worker", worker)

    assert read()["voiceadmin_live_calls"] == 2


@pytest.mark.parametrize(
    "stranger",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": ""},
        {"HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        {"HTTP_FORWARDED": "for=192.0.2.7"},
        {"HTTP_X_FORWARDED_PROTO": "https"},
        {"HTTP_HOST": "calls.example.org"},
    ],
    ids=lambda stranger: next(iter(stranger)),
)
def test_without_a_token_only_the_machine_itself_may_read(stranger: dict[str, str], settings):
    settings.ALLOWED_HOSTS = ["calls.example.org", "testserver", "127.0.0.1"]

    answer = Client().get("/metrics", **{"HTTP_HOST": "127.0.0.1:8000"} | stranger)

    assert answer.status_code == 403
    assert b"voiceadmin_live_calls" not in answer.content


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000", "[::1]"])
def test_the_machine_may_read_by_each_of_its_own_names(host: str, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]

    assert Client().get("/metrics", HTTP_HOST=host).status_code == 200


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer wrong", TOKEN, f"Basic {TOKEN}", "Bearer é"]
)
def test_with_a_token_nobody_reads_without_it(sent: str, settings):
    settings.METRICS_TOKEN = TOKEN

    answer = Client().get("/metrics", headers={"Authorization": sent} if sent else {})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert b"voiceadmin_live_calls" not in answer.content


def test_with_a_token_prometheus_reads_from_anywhere(settings):
    settings.METRICS_TOKEN = TOKEN

    answer = Client().get(
        "/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, REMOTE_ADDR="192.0.2.7"
    )

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_no_number_name_or_word_is_in_the_metrics(settings, tmp_path):
    settings.RECORDINGS_DIR = tmp_path
    settings.REDIS_URL = f"unix://{tmp_path}/nobody-listens.sock"
    clinic()
    had_call()
    for record in CONVERSATION:
        measures.answered(record)

    shown = page()

    assert CALLER[1:] not in shown
    assert "clinic" not in shown.lower()
    assert not any(turn.text in shown for turn in CONVERSATION)
