"""The service over HTTP, on a real socket."""

import asyncio
import io
import logging
import struct
import wave
from dataclasses import replace

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import Request

from inference.audio import resample, wav_bytes
from inference.engines.base import (
    SAMPLE_HZ,
    EngineChoice,
    EngineFailed,
    Knowledge,
)
from inference.host import messages, serving, uploads
from inference.host.app import create_app
from inference.host.offer import Offer
from inference.host.refusals import Refused
from inference.host.stages import EngineBusy, EngineState
from inference.host.uploads import Limits
from tests.inference.host.services import (
    ANNA,
    OFFER,
    WHISPER,
    XTTS,
    ScriptedStages,
    asked,
    served,
    tone,
    until,
)

pytestmark = pytest.mark.asyncio
QUESTION = wav_bytes(tone(0.5), SAMPLE_HZ)


@pytest.fixture
def stages():
    return ScriptedStages()


def upload(data=QUESTION, **fields):
    return {"files": {"audio_file": ("question.wav", data)}, "data": fields}


async def test_a_recording_becomes_words(stages):
    async with asked(stages) as client:
        answer = await client.post("/transcribe", **upload(language="en"))
    assert answer.status_code == 200
    assert answer.json() == {
        "text": "when are you open",
        "language": "en",
        "language_was_heard": False,
        "confidence": 0.9,
        "duration": 0.5,
        "segments": [{"id": 0, "start": 0.0, "end": 0.5, "text": "when are you open"}],
    }
    pcm, knowledge, choice = stages.heard[0]
    assert pcm == tone(0.5)
    assert (knowledge.language, knowledge.languages, choice) == ("en", (), WHISPER)


async def test_without_a_language_it_is_told_from_the_sound(stages):
    async with asked(stages) as client:
        answer = await client.post("/transcribe", **upload())
    assert answer.json()["language_was_heard"]
    assert stages.heard[0][1].languages == ("de",)


async def test_hints_are_listened_for_first(stages):
    offer = replace(OFFER, knowledge=Knowledge("en", vocabulary=("Saturday",)))
    async with asked(stages, offer) as client:
        await client.post("/transcribe", **upload(hints="Ms Ivanova, Rye Lane,"))
    assert stages.heard[0][1].vocabulary == ("Ms Ivanova", "Rye Lane", "Saturday")


def wav(kind: int, bits: int, channels: int, hz: int, body: bytes) -> bytes:
    form = struct.pack(
        "<HHIIHH", kind, channels, hz, hz * channels * bits // 8, channels * bits // 8, bits
    )
    parts = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(body))
    return b"RIFF" + struct.pack("<I", 4 + len(parts) + len(body)) + b"WAVE" + parts + body


FORMATS = {
    "8 kHz": wav(1, 16, 1, 8_000, tone(1, 8_000)),
    "stereo": wav(1, 16, 2, 16_000, b"".join(tone(1)[i : i + 2] * 2 for i in range(0, 32_000, 2))),
    "24 bit": wav(
        1, 24, 1, 48_000, b"".join(b"\0" + tone(1, 48_000)[i : i + 2] for i in range(0, 96_000, 2))
    ),
    "32 bit": wav(
        1, 32, 1, 16_000, b"".join(b"\0\0" + tone(1)[i : i + 2] for i in range(0, 32_000, 2))
    ),
    "float": wav(
        3, 32, 1, 16_000,
        b"".join(struct.pack("<f", s / 32768) for (s,) in struct.iter_unpack("<h", tone(1))),
    ),
    "an unusual rate": wav(1, 16, 1, 37_800, tone(1, 37_800)),
    "96 kHz": wav(1, 16, 1, 96_000, tone(1, 96_000)),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
async def test_any_wav_is_heard_as_it_sounds(stages, name):
    async with asked(stages) as client:
        answer = await client.post("/transcribe", **upload(FORMATS[name]))
    assert answer.status_code == 200, answer.text
    assert answer.json()["duration"] == pytest.approx(1, abs=0.001)
    heard = stages.heard[0][0]
    crossings = sum(
        (a < 0) != (b < 0)
        for (a,), (b,) in zip(
            struct.iter_unpack("<h", heard), struct.iter_unpack("<h", heard[2:]), strict=False
        )
    )
    assert crossings == pytest.approx(880, abs=8)  # 440 Hz


async def test_raw_audio_names_its_rate(stages):
    async with asked(stages) as client:
        answer = await client.post("/transcribe", **upload(tone(1, 8_000), rate="8000"))
    assert answer.status_code == 200
    assert stages.heard[0][0] == resample(tone(1, 8_000), 8_000, SAMPLE_HZ)


async def test_words_become_a_wav_that_plays(stages):
    async with asked(stages) as client:
        answer = await client.post("/tts", json={"text": "Good morning.", "language": "de"})
    assert answer.headers["content-type"] == "audio/wav"
    with wave.open(io.BytesIO(answer.content)) as spoken:
        assert (spoken.getframerate(), spoken.getnchannels(), spoken.getsampwidth()) == (
            SAMPLE_HZ, 1, 2,
        )  # fmt: skip
        assert spoken.readframes(spoken.getnframes()) == b"".join(stages.pieces)
    text, voice = stages.said[0]
    assert (text, voice.language, voice.sample_path) == ("Good morning.", "de", "")


@pytest.mark.parametrize(
    "named", ["anna.wav", "anna", "voices/anna.wav", "/etc/anna.wav", "C:\\voices\\Anna.wav"]
)
async def test_a_recording_to_clone_is_known_by_its_name_alone(stages, named):
    async with asked(stages) as client:
        answer = await client.post("/tts", json={"text": "Yes.", "speaker_wav": named})
    assert answer.status_code == 200
    assert stages.said[0][1] == ANNA


async def test_a_voice_is_chosen_by_name_or_is_a_speaker_of_the_model(stages):
    async with asked(stages) as client:
        for name in ("hans", "Claribel"):
            assert (await client.post("/tts", json={"text": "Ja.", "voice": name})).is_success
    assert [voice.speaker for _, voice in stages.said] == ["", "Claribel"]
    assert stages.said[0][1].language == "de"


async def test_speech_comes_as_it_is_made_and_at_the_rate_asked_for(stages):
    order = {"text": "Good morning.", "format": "pcm", "rate": 8000, "speed": 1.5}
    async with asked(stages) as client:
        stages.is_held = True
        async with client.stream("POST", "/tts", json=order) as answer:
            assert answer.headers["content-type"].startswith("audio/pcm")
            assert answer.headers["x-sample-rate"] == "8000"
            async for piece in answer.aiter_raw():  # the rest is never made
                assert piece
                break
    assert stages.said[0][1].speed == 1.5


async def test_a_streamed_wav_plays_though_its_length_is_unknown(stages):
    async with asked(stages) as client:
        answer = await client.post("/tts", json={"text": "Good morning.", "stream": True})
    assert "content-length" not in answer.headers
    with wave.open(io.BytesIO(answer.content)) as spoken:
        assert spoken.readframes(10**6) == b"".join(stages.pieces)


SECRET = "my number is five five five"
BAD_RECORDINGS = {
    "no file": (
        {"data": {"language": "en"}, "files": {"other": b"x"}}, 422, "audio_file is missing",
    ),
    "no form": ({"json": {"audio_file": "x"}}, 415, "multipart form"),
    "a damaged form": (
        {"content": b"--x\r\n\r\n", "headers": {"content-type": "multipart/form-data; boundary=y"}},
        422, "the form cannot be read",
    ),
    "a field in place of a file": (
        {"files": {"audio_file": (None, "hello")}}, 422, "audio_file is text",
    ),
    "an empty file": (upload(b""), 422, "audio_file is empty"),
    "no audio at all": (upload(b"MP3 or so"), 422, "audio_file is no WAV file"),
    "a damaged wav": (upload(QUESTION[:20]), 422, "the WAV file is damaged"),
    "a wav without sound": (upload(wav_bytes(b"", 16_000)), 422, "audio_file holds no audio"),
    "a telephone's own coding": (upload(wav(7, 8, 1, 8_000, b"x" * 800)), 422, "save it as PCM"),
    "a rate of nothing": (upload(tone(1), rate="0"), 422, "rate is the samples a second"),
    "a rate in words": (upload(tone(1), rate="wide"), 422, "rate is the samples a second"),
    "a wav of a strange rate": (upload(wav_bytes(tone(1), 1_000)), 422, "1000 samples a second"),
    "too long": (upload(wav_bytes(tone(61), SAMPLE_HZ)), 413, "send at most 60 s"),
    "too large": (upload(bytes(25_000_001)), 413, "larger than 25000000 bytes"),
    "an unknown language": (upload(language="klingon"), 422, "language is not known here"),
}  # fmt: skip
BAD_ORDERS = {
    "no JSON": ({"content": b"text=hello"}, 400, "no JSON object"),
    "a list": ({"json": ["hello"]}, 400, "no JSON object"),
    "no text": ({"json": {"language": "en"}}, 422, "text is missing. The words to be spoken"),
    "an empty text": ({"json": {"text": ""}}, 422, "text is empty"),
    "nothing to say": ({"json": {"text": " ... "}}, 422, "text is empty"),
    "a text that is none": ({"json": {"text": {"a": SECRET}}}, 422, "text is not as it should be"),
    "a long text": ({"json": {"text": "no " * 400}}, 413, "send at most 1000"),
    "a huge body": ({"json": {"text": "no " * 40_000}}, 413, "larger than 64000 bytes"),
    "an unknown language": (
        {"json": {"text": SECRET, "language": "xx"}}, 422, "language is not known",
    ),
    "an unknown voice": (
        {"json": {"text": SECRET, "voice": "Bob"}}, 422, "choose one of: 'Anna', 'Hans'",
    ),
    "an unknown recording": (
        {"json": {"text": SECRET, "speaker_wav": "/etc/passwd"}}, 422, "speaker_wav names no voice",
    ),
    "too fast": (
        {"json": {"text": SECRET, "speed": 9}}, 422, "speed is not as it should be. 0.5 to 2",
    ),
    "another format": (
        {"json": {"text": SECRET, "format": "mp3"}}, 422, "format is not as it should",
    ),
    "an odd rate": ({"json": {"text": SECRET, "rate": 12345}}, 422, "rate is one of 8000"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_RECORDINGS)
async def test_a_bad_recording_is_refused_with_the_way_out(stages, what):
    request, status, sentence = BAD_RECORDINGS[what]
    async with asked(stages) as client:
        answer = await client.post("/transcribe", **request)
    assert answer.status_code == status, answer.text
    assert sentence in answer.json()["detail"]
    assert not stages.heard


@pytest.mark.parametrize("what", BAD_ORDERS)
async def test_a_bad_order_is_refused_with_the_way_out(stages, what):
    request, status, sentence = BAD_ORDERS[what]
    async with asked(stages) as client:
        answer = await client.post("/tts", **request)
    assert answer.status_code == status, answer.text
    assert sentence in answer.json()["detail"]
    assert "five" not in answer.text
    assert not stages.said


async def test_an_unfinished_upload_is_not_waited_for_for_ever(stages, monkeypatch):
    monkeypatch.setattr("inference.host.uploads.BODY_S", 0.05)
    async with served(stages) as address:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.split(":")[-1]))
        writer.write(
            b"POST /transcribe HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        )
        async with asyncio.timeout(10):
            assert b" 408 " in await reader.readline()
        writer.close()


@pytest.mark.parametrize("path", ["/transcribe", "/tts", "/offer", "/metrics"])
@pytest.mark.parametrize("sent", [None, "Bearer wrong", "Basic c2VjcmV0"])
async def test_without_the_token_nothing_is_done(stages, path, sent):
    offer = replace(OFFER, token="secret")
    headers = {"Authorization": sent} if sent else {}
    async with asked(stages, offer) as client:
        method = "POST" if path in ("/transcribe", "/tts") else "GET"
        answer = await client.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert "Authorization: Bearer" in answer.json()["detail"]
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_with_the_token_it_is(stages):
    async with asked(stages, replace(OFFER, token="secret")) as client:
        client.headers["Authorization"] = "Bearer secret"
        assert (await client.post("/transcribe", **upload())).is_success
        assert (await client.post("/tts", json={"text": "Yes."})).is_success


async def test_health_and_readiness_want_no_token(stages):
    async with asked(stages, replace(OFFER, token="secret")) as client:
        assert (await client.get("/healthz")).is_success
        assert (await client.get("/readyz")).status_code in (200, 503)


# Readiness


async def test_ready_is_who_has_done_a_turn_in_each_stage(stages):
    stages.is_held = True
    async with asked(stages, is_ready=False) as client:
        await stages.begun.wait()
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["detail"]) == (
            503, "not ready: its models are being loaded",
        )  # fmt: skip
        assert stages.heard
    stages.is_held = False
    async with asked(stages, is_ready=False) as client:
        answer = await until(client, 200)
    assert set(answer.json()["turn_ms"]) == {"stt", "tts"}
    assert stages.heard
    assert stages.said[0][0] == "Yes."


async def test_a_voice_that_loads_and_does_not_speak_is_not_ready(stages):
    stages.pieces = []
    async with asked(stages, is_ready=False) as client:
        answer = await until_told(client, "made no sound")
    assert answer.status_code == 503


async def until_told(client, words):
    async with asyncio.timeout(5):
        while words not in (answer := await client.get("/readyz")).text:
            await asyncio.sleep(0)
    return answer


async def test_an_engine_that_went_down_later_is_named(stages):
    async with asked(stages) as client:
        stages.shown = (EngineState("tts", "xtts", 1, 0, 0, 0, trouble="CUDA: out of memory"),)
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["detail"] == "not ready: xtts is not ready: CUDA: out of memory"
        stages.shown = (EngineState("tts", "xtts", 1, 1, 0, 0),)
        assert (await client.get("/readyz")).status_code == 200


async def test_who_offers_nothing_has_nothing_to_prove(stages, tmp_path):
    async with asked(stages, Offer(is_private=True), at=tmp_path / "s") as client:
        assert (await client.get("/readyz")).status_code == 200
    assert not stages.loaded


# Trouble and going away


async def test_a_busy_host_says_when_to_come_again(stages):
    async with asked(stages) as client:
        for request in (
            {"url": "/transcribe", **upload()},
            {"url": "/tts", "json": {"text": "Yes."}},
        ):
            stages.fails = EngineBusy("queue full")
            answer = await client.post(**request)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_a_failure_names_its_kind_and_not_what_was_said(stages, caplog):
    async with asked(stages) as client:
        with caplog.at_level(logging.DEBUG):
            for failure in (EngineFailed("CUDA error"), ValueError(SECRET)):
                stages.fails = failure
                answer = await client.post("/tts", json={"text": SECRET})
                assert answer.status_code == 500
                assert "five" not in answer.text
    assert "five" not in caplog.text


async def test_who_hangs_up_stops_the_recognition(stages):
    async with asked(stages) as client:
        stages.is_held = True
        asking = asyncio.create_task(client.post("/transcribe", **upload()))
        await stages.begun.wait()
        asking.cancel()
        async with asyncio.timeout(5):
            await stages.cancelled.wait()
        figures = await until_counted(client, ("stt", "cancelled"))
    assert figures["stt", "answered"] == 0


async def test_who_hangs_up_stops_the_speech(stages):
    order = {"text": "A long story.", "format": "pcm"}
    async with asked(stages) as client:
        stages.is_held = True
        async with client.stream("POST", "/tts", json=order) as answer:
            async for _ in answer.aiter_raw():
                break
        async with asyncio.timeout(5):
            await stages.cancelled.wait()
        await until_counted(client, ("tts", "cancelled"))


async def test_who_hangs_up_before_the_first_sound_stops_it_too(stages):
    async with asked(stages) as client:
        stages.is_held, stages.pieces = True, [b"", tone(0.1)]
        asking = asyncio.create_task(client.post("/tts", json={"text": "Yes."}))
        await stages.begun.wait()
        asking.cancel()
        async with asyncio.timeout(5):
            await stages.cancelled.wait()


async def test_speech_that_breaks_off_is_not_taken_for_a_whole_one(stages):
    async with asked(stages) as client:
        stages.fails_after = EngineFailed("CUDA error")
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post("/tts", json={"text": "Yes.", "format": "pcm"})
        stages.fails_after = EngineFailed("CUDA error")
        assert (await client.post("/tts", json={"text": "Yes."})).status_code == 500


async def test_what_was_begun_is_finished_when_the_service_stops(stages):
    with serving.public_socket("127.0.0.1", 0) as listening:
        stop = asyncio.Event()
        door = serving.Door(create_app(stages, OFFER), [listening], drain_s=10)
        serve = asyncio.create_task(door.run_until(stop))
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=10
        ) as client:
            await until(client, 200)
            stages.is_held = True
            stages.begun.clear()
            asking = asyncio.create_task(client.post("/transcribe", **upload()))
            await stages.begun.wait()
            stop.set()
            await asyncio.sleep(0.5)  # time in which a door that does not wait would shut
            assert not serve.done()
            stages.released.set()
            answer = await asking
            await serve
    assert answer.json()["text"] == "when are you open"
    assert not stages.cancelled.is_set()


async def test_a_voice_that_makes_no_sound_has_failed(stages):
    async with asked(stages) as client:
        stages.pieces = [b""]
        answer = await client.post("/tts", json={"text": "Yes."})
    assert (answer.status_code, answer.json()["detail"]) == (500, "the voice made no sound")


async def test_of_an_upload_that_is_too_large_no_more_is_kept_than_the_limit():
    pieces = [{"type": "http.request", "body": bytes(60), "more_body": True}] * 3
    arriving = iter([*pieces, {"type": "http.request", "body": b"", "more_body": False}])

    async def receive():
        return next(arriving)

    kept = bytearray()
    with pytest.raises(Refused, match="larger than 100 bytes"):
        await collected(uploads._bounded(Request({"type": "http"}, receive), 100, "the form"), kept)
    assert len(kept) == 60


async def collected(pieces, kept):
    async for piece in pieces:
        kept += piece


# Figures and pages


async def figures_of(client):
    page = (await client.get("/metrics")).text
    return {
        (sample.labels["stage"], sample.labels["outcome"]): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        if sample.name == "voiceadmin_inference_requests_total"
    }


async def until_counted(client, what):
    async with asyncio.timeout(5):
        while not (found := await figures_of(client))[what]:
            await asyncio.sleep(0)
    return found


async def test_figures_count_what_was_done_and_hold_nothing_that_was_said(stages):
    stages.text = SECRET
    async with asked(stages) as client:
        await client.post("/transcribe", **upload(hints="Ivanova"))
        await client.post("/tts", json={"text": SECRET, "voice": "Anna"})
        await client.post("/tts", json={"text": ""})
        stages.shown = (EngineState("tts", "xtts", 2, 1, 3, 1, done=7, restarts=1),)
        figures = await figures_of(client)
        page = (await client.get("/metrics")).text
    assert (figures["stt", "answered"], figures["tts", "answered"], figures["tts", "refused"]) == (
        1, 1, 1,
    )  # fmt: skip
    assert 'voiceadmin_engine_waiting{engine="xtts",stage="tts"} 3.0' in page
    assert 'voiceadmin_engine_restarts_total{engine="xtts",stage="tts"} 1.0' in page
    for said in ("five", "Ivanova", "Anna", "/samples", "/models"):
        assert said not in page


async def test_the_page_and_the_openapi_describe_both_services_without_the_internet(stages):
    async with asked(stages) as client:
        described = (await client.get("/openapi.json")).json()
        page = (await client.get("/docs")).text
    form = described["paths"]["/transcribe"]["post"]["requestBody"]["content"]
    assert "audio_file" in form["multipart/form-data"]["schema"]["required"]
    order = described["paths"]["/tts"]["post"]["requestBody"]["content"]["application/json"]
    assert {"text", "language", "speaker_wav", "voice", "speed"} <= set(
        order["schema"]["properties"]
    )
    assert "/engines" not in described["paths"]
    for word in ("/transcribe", "audio_file", "/tts", "speaker_wav", "/stream", "/readyz", "curl"):
        assert word in page
    assert "http://" not in page.replace("http://127.0.0.1:6000", "")
    assert "https://" not in page


async def test_the_offer_lists_voices_and_languages(stages):
    async with asked(stages) as client:
        told = (await client.get("/offer")).json()
    assert told["stt"] == {"languages": ["en", "de"]}
    assert told["tts"]["voices"][0] == {
        "name": "Anna", "language": "en", "speaker_wav": "anna.wav",
    }  # fmt: skip


# The private side


async def test_the_private_side_does_what_it_is_told(stages, tmp_path):
    choice = EngineChoice.of("faster_whisper", path="/models/other")
    knowledge = Knowledge("de", vocabulary=("Köln",))
    fields = {
        "engine": messages.dumped(messages.from_choice(choice)),
        "knowledge": messages.from_knowledge(knowledge),
        "rate": "16000",
    }
    order = {
        "text": "Ja.", "engine": messages.from_choice(XTTS), "sample_path": "/var/x.wav",
        "language": "de", "speed": 0.8, "format": "pcm",
    }  # fmt: skip
    async with asked(stages, Offer(is_private=True), at=tmp_path / "s") as client:
        loaded = await client.post("/engines", json={"kind": "tts", **messages.from_choice(XTTS)})
        assert messages.to_loaded(loaded.json()).speakers == ("Claribel",)
        assert (await client.post("/transcribe", **upload(tone(1), **fields))).is_success
        assert (await client.post("/tts", json=order)).content == b"".join(stages.pieces)
        assert (await client.post("/voices/forget", json={"path": "/var/x.wav"})).is_success
    assert stages.heard == [(tone(1), knowledge, choice)]
    assert stages.said[0][1] == replace(ANNA, sample_path="/var/x.wav", language="de", speed=0.8)
    assert stages.forgotten == ["/var/x.wav"]
    assert (tmp_path / "s").exists() is False


async def test_an_engine_that_cannot_load_is_told_with_the_hosts_reason(stages, tmp_path):
    told = {"kind": "tts", "key": "xtts", "options": {"path": "/nowhere"}}
    async with asked(stages, Offer(is_private=True), at=tmp_path / "s") as client:
        answer = await client.post("/engines", json=told)
    assert (answer.status_code, answer.json()["detail"]) == (424, "no model at /nowhere")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/engines", {"kind": "llm", "key": "x", "options": {}}),
        ("/engines", {"kind": "tts", "key": "x"}),
        ("/voices/forget", {}),
    ],
)
async def test_the_private_side_refuses_what_it_cannot_read(stages, tmp_path, path, told):
    async with asked(stages, Offer(is_private=True), at=tmp_path / "s") as client:
        assert (await client.post(path, json=told)).status_code == 422


async def test_strangers_cannot_name_engines_paths_or_voices_to_forget(stages):
    order = {"text": "Yes.", "engine": messages.from_choice(WHISPER), "sample_path": "/etc/passwd"}
    async with asked(stages) as client:
        assert (await client.post("/tts", json=order)).is_success
        assert stages.said[0][1] == ANNA
        for path in ("/engines", "/voices/forget"):
            assert (await client.post(path, json={})).status_code == 404


async def test_the_private_socket_is_its_owners(stages, tmp_path):
    async with asked(stages, Offer(is_private=True), at=tmp_path / "s"):
        assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600


async def test_limits_are_the_offers(stages):
    offer = replace(OFFER, limits=Limits(seconds=0.4, characters=5))
    async with asked(stages, offer) as client:
        assert (await client.post("/transcribe", **upload())).status_code == 413
        assert (await client.post("/tts", json={"text": "Too long."})).status_code == 413
