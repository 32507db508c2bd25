"""Tom reviews calls, Ines manages the office. What each of them sees, and what neither does."""

import html
import logging
import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import AsyncClient, Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from records import vault
from records.models import Call
from telephony import ami
from tests.clinic import (
    ANSWERED,
    ASKED,
    CALLER,
    CONVERSATION,
    GREETED,
    NOON,
    clinic,
    had_call,
    ines_office_manager,
    ring,
    ring_off,
    tom_reviewer,
)

pytestmark = pytest.mark.django_db
LIST = "/admin/records/call/"


@pytest.fixture(autouse=True)
def _clinic(no_queue: None) -> None:
    clinic()


@pytest.fixture
def tom() -> Client:
    client = Client()
    client.force_login(tom_reviewer())
    return client


@pytest.fixture
def ines() -> Client:
    client = Client()
    client.force_login(ines_office_manager())
    return client


def page(client: Client, call_id: UUID) -> str:
    answer = client.get(f"{LIST}{call_id}/change/")
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


# The list


def test_the_list_takes_as_many_queries_for_twenty_calls_as_for_two(tom: Client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert tom.get(LIST).status_code == 200
        return len(asked)

    for hour in range(2):
        had_call(NOON + timedelta(hours=hour))
    few = queries()
    for hour in range(2, 20):
        had_call(NOON + timedelta(hours=hour))

    assert queries() == few


def test_the_list_says_who_is_on_the_line_and_how_calls_ended(tom: Client):
    had_call()
    ring()

    shown = tom.get(LIST).content.decode()

    assert "On the line now" in shown
    assert "The caller hung up" in shown
    assert "0:30" in shown


def test_calls_can_be_found_by_day_agent_and_reason_but_no_number_gets_into_an_address(
    tom: Client,
):
    had_call()

    assert "The caller hung up" in tom.get(f"{LIST}?reason__exact=caller").content.decode()
    for days, is_there in (("20", "20"), True), (("19", "20"), True), (("21", "22"), False):
        first, last = (f"2026-11-{day}" for day in days)
        found = tom.get(f"{LIST}?started_at_from={first}&started_at_to={last}").content.decode()
        assert ("Demo clinic</td>" in found) == is_there, days
    shown = tom.get(LIST).content.decode()
    assert 'id="searchbar"' not in shown
    assert not re.search(rf'(href|action|src)="[^"]*{CALLER[1:]}', shown)


def test_nobody_adds_or_edits_a_call(ines: Client):
    call_id = had_call()

    assert ines.get(f"{LIST}add/").status_code == 403
    ines.post(f"{LIST}{call_id}/change/", {"agent_name": "Somebody else"})
    assert Call.objects.get().agent_name == "Demo clinic"


# The page


def test_the_page_shows_the_conversation_as_it_was_heard(tom: Client):
    shown = page(tom, had_call())

    for turn in CONVERSATION:
        assert turn.text in shown
    assert re.search(r"Not heard:</span> <del[^>]*>On Saturday and Sunday we are closed.<", shown)
    assert 'data-ms="5000"' in shown
    assert "<audio" in shown
    assert "<b>800</b>" in shown


def test_the_page_tells_what_was_prepared_ahead_and_what_of_it_was_in_vain(tom: Client):
    from dataclasses import replace

    turns = [GREETED, ASKED, replace(ANSWERED, drafts=3, was_ahead=True)]
    shown = re.sub("</?b>", "", page(tom, had_call(turns=turns)))

    assert "3 begun, 1 used, 2 in vain" in shown
    assert "Prepared ahead" not in page(tom, had_call())


def test_the_page_and_the_text_say_where_a_second_choice_took_over(tom: Client):
    from dataclasses import replace

    turns = [
        GREETED,
        replace(ASKED, stood_in=("stt",)),
        replace(ANSWERED, stood_in=("llm", "tts")),
    ]
    call_id = had_call(turns=turns)
    shown = page(tom, call_id)

    assert "The second choice of recogniser understood this.</span>" in shown
    assert "The second choice of answer engine replied. The second choice of voice spoke." in shown
    text = tom.get(f"{LIST}{call_id}/transcript.txt").content.decode()
    assert "when are you open [The second choice of recogniser understood this.]" in text
    assert "second choice" not in page(tom, had_call())


def test_what_a_caller_said_cannot_run_in_the_reviewers_browser(tom: Client):
    from dataclasses import replace

    said = '<script>alert(1)</script><img src=x onerror="a()">'
    call_id = had_call(turns=[replace(CONVERSATION[1], text=said)])

    shown = tom.get(f"{LIST}{call_id}/change/").content.decode()

    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_the_page_brings_its_script_as_a_file(tom: Client):
    content = tom.get(f"{LIST}{had_call()}/change/").content.decode()
    call = content[content.index('class="call"') : content.index("From the caller")]

    assert "records/call.js" in content
    assert "<script" not in call
    assert not re.search(r"\s(on[a-z]+|style)=", call)


def test_the_page_takes_as_many_queries_for_a_long_call_as_for_a_short_one(tom: Client):
    from dataclasses import replace

    def queries(call_id: UUID) -> int:
        with CaptureQueriesContext(connection) as asked:
            page(tom, call_id)
        return len(asked)

    long = [replace(CONVERSATION[index % 3], index=index) for index in range(60)]

    assert queries(had_call(turns=long)) == queries(had_call())


def test_who_may_not_read_sees_the_call_but_not_a_word(ines: Client):
    shown = page(ines, had_call())

    assert "The caller hung up" in shown
    assert "may not read what was said" in shown
    assert "may not listen" in shown
    assert "<audio" not in shown
    assert not any(turn.text in shown for turn in CONVERSATION)


def test_a_live_page_shows_what_is_being_said_and_refreshes_itself(tom: Client):
    from dataclasses import replace

    call_id = ring(timezone.now())
    begun = replace(
        CONVERSATION[0], text="", unheard_text="Hello there.", ended_ms=CONVERSATION[0].started_ms
    )
    vault.write_turns(call_id, [begun])

    shown = page(tom, call_id)

    assert 'data-live="true"' in shown
    assert re.search(r'class="being-said"[^>]*>Hello there.<', shown)
    assert "<del" not in shown


def test_a_call_that_was_not_recorded_says_so(tom: Client):
    agent = clinic()
    agent.record_audio = False
    agent.save()
    call_id = ring()
    ring_off(call_id)

    assert "not recorded: its agent had recording switched off" in page(tom, call_id)


def test_a_call_nobody_knows_is_not_an_error(tom: Client):
    answer = tom.get(f"{LIST}not-a-call/change/", follow=True)

    assert answer.status_code == 200
    assert "not-a-call" in html.unescape(answer.content.decode())


def test_strangers_are_asked_to_sign_in():
    call_id = had_call()

    for path in ("change/", "recording.wav", "transcript.txt"):
        answer = Client().get(f"{LIST}{call_id}/{path}")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/admin/login/")


# The audio


async def fetch(client: AsyncClient, call_id: UUID, **headers: str):
    return await client.get(f"{LIST}{call_id}/recording.wav", headers=headers)


async def body(answer) -> bytes:
    return b"".join([piece async for piece in answer])


@pytest.fixture
def listening(transactional_db: None) -> tuple[AsyncClient, UUID, bytes]:
    clinic()
    client = AsyncClient()
    client.force_login(tom_reviewer())
    call_id = had_call(seconds=3)
    return client, call_id, vault.recording_path(call_id).read_bytes()


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_a_player_gets_the_very_bytes_it_asks_for(listening):
    client, call_id, audio = listening
    size = len(audio)
    asked = {
        f"bytes={start}-{stop}": audio[start : stop + 1]
        for start, stop in ((0, 0), (0, 43), (44, 65_579), (65_536, 131_071), (7, size - 1))
    } | {"bytes=-100": audio[-100:], f"bytes={size - 5}-": audio[-5:], "bytes=44-": audio[44:]}

    for header, expected in asked.items():
        answer = await fetch(client, call_id, Range=header)
        assert answer.status_code == 206
        assert await body(answer) == expected, header
        assert answer["Content-Length"] == str(len(expected))
        start = audio.index(expected) if header == "bytes=44-" else None
        if start is not None:
            assert answer["Content-Range"] == f"bytes 44-{size - 1}/{size}"


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_the_whole_recording_streams_and_is_not_kept_by_the_browser(listening):
    client, call_id, audio = listening

    answer = await fetch(client, call_id)

    assert answer.status_code == 200
    assert answer.is_async  # a synchronous stream would be read to its end first
    assert await body(answer) == audio
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Content-Type"] == "audio/wav"
    assert answer["Content-Disposition"] == f'inline; filename="call-{call_id}.wav"'
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.asyncio
@pytest.mark.django_db(transaction=True)
async def test_a_range_beyond_the_end_is_refused_with_the_size(listening):
    client, call_id, audio = listening

    answer = await fetch(client, call_id, Range=f"bytes={len(audio)}-")

    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(audio)}"


def test_who_may_not_hear_gets_neither_audio_nor_text(ines: Client):
    call_id = had_call()

    assert ines.get(f"{LIST}{call_id}/recording.wav").status_code == 403
    assert ines.get(f"{LIST}{call_id}/transcript.txt").status_code == 403


def test_audio_that_is_not_there_is_not_found(tom: Client):
    assert tom.get(f"{LIST}{ring()}/recording.wav").status_code == 404


def test_a_recording_is_only_read(tom: Client):
    call_id = had_call()

    assert tom.post(f"{LIST}{call_id}/recording.wav").status_code == 405
    head = tom.head(f"{LIST}{call_id}/recording.wav")
    assert head["Content-Length"] == str(vault.recording_path(call_id).stat().st_size)


def test_the_transcript_is_downloaded_as_text(tom: Client):
    answer = tom.get(f"{LIST}{had_call()}/transcript.txt")

    assert answer.content.decode().startswith("0:00 Agent: Hello")
    assert answer["Content-Disposition"].startswith("attachment")


# Hanging up


@pytest.fixture
def asterisk(monkeypatch) -> list[str]:
    """What Asterisk was asked to cut. Like Asterisk, it only knows live channels."""
    cut: list[str] = []

    class Line:
        def hang_up(self, channel: str) -> bool:
            if channel == "gone":
                return False
            cut.append(channel)
            return True

    monkeypatch.setattr(ami, "run_once", lambda deed: deed(Line()))
    return cut


def test_ines_ends_a_live_call(ines: Client, asterisk: list[str]):
    call_id = ring(timezone.now(), channel="1700.7")
    assert "End this call now" in page(ines, call_id)

    answer = ines.post(f"{LIST}{call_id}/hang-up", follow=True)

    assert asterisk == ["1700.7"]
    assert "The call was ended" in answer.content.decode()
    assert Call.objects.get().reason == Call.Reason.STAFF
    assert LogEntry.objects.get().user.username == "ines"


def test_hanging_up_is_never_a_link(ines: Client, asterisk: list[str]):
    call_id = ring()

    assert ines.get(f"{LIST}{call_id}/hang-up").status_code == 405
    assert asterisk == []


def test_tom_may_not_hang_up(tom: Client, asterisk: list[str]):
    call_id = ring()

    assert "Hang up" not in page(tom, call_id)
    assert tom.post(f"{LIST}{call_id}/hang-up").status_code == 403
    assert asterisk == []


def test_a_forged_hang_up_is_refused(asterisk: list[str]):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ines_office_manager())

    assert client.post(f"{LIST}{ring()}/hang-up").status_code == 403
    assert asterisk == []


def test_a_call_that_is_over_is_not_ended_again(ines: Client, asterisk: list[str]):
    answer = ines.post(f"{LIST}{had_call()}/hang-up", follow=True)

    assert "already ending" in answer.content.decode()
    assert asterisk == []


def test_when_asterisk_does_not_end_the_call_ines_is_told(ines: Client, asterisk: list[str]):
    call_id = ring(channel="gone")

    answer = ines.post(f"{LIST}{call_id}/hang-up", follow=True)

    assert "Asterisk did not end the call" in answer.content.decode()
    assert Call.objects.get().reason == ""


# Deleting


def test_ines_deletes_a_call_after_being_asked(ines: Client, recordings_dir):
    call_id = had_call()

    asked = ines.get(f"{LIST}{call_id}/delete/")
    assert "with its transcript and recording" in html.unescape(asked.content.decode())
    ines.post(f"{LIST}{call_id}/delete/", {"post": "yes"})

    assert not Call.objects.exists()
    assert not list(recordings_dir.rglob("*.wav"))


def test_ines_deletes_several_calls_but_none_on_the_line(ines: Client, recordings_dir):
    over, live = had_call(), ring()
    choose = {"action": "delete_selected", "post": "yes"}

    ines.post(LIST, choose | {"_selected_action": [str(over), str(live)]})
    assert Call.objects.count() == 2
    ines.post(LIST, choose | {"_selected_action": [str(over)]})

    assert list(Call.objects.values_list("pk", flat=True)) == [live]
    assert not list(recordings_dir.rglob("*.wav"))


def test_tom_may_not_delete(tom: Client):
    call_id = had_call()

    assert tom.post(f"{LIST}{call_id}/delete/", {"post": "yes"}).status_code == 403
    assert Call.objects.exists()


# The rest of the house


def test_the_overview_is_the_first_page_and_grows_with_what_one_may_see(tom: Client, ines: Client):
    had_call()

    assert tom.get("/", follow=True).redirect_chain == [("/admin/", 302)]
    assert "Latest calls" in tom.get("/admin/").content.decode()
    assert 'id="numbers"' not in tom.get("/admin/").content.decode()
    assert 'id="numbers"' in ines.get("/admin/").content.decode()


def test_health_is_told_without_signing_in():
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/readyz").content == b"ready\n"


def test_no_log_holds_a_number_or_a_word(tom: Client, caplog, django_capture_on_commit_callbacks):
    with caplog.at_level(logging.DEBUG), django_capture_on_commit_callbacks(execute=True):
        call_id = had_call()
        page(tom, call_id)
        tom.get(f"{LIST}{call_id}/recording.wav")

    logged = "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("records")
    )
    assert str(call_id) in logged
    assert CALLER not in logged
    assert not any(turn.text in logged for turn in CONVERSATION)
