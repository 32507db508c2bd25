"""The client's engines against the service, over real sockets."""

import asyncio
import logging
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

import pytest

from inference.engines import registry
from inference.engines.base import (
    SAMPLE_HZ,
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    RemoteSynthesizer,
    RemoteTranscriber,
    VoiceChoice,
)
from inference.host import connection
from inference.host.client import WholeSamples
from inference.host.offer import Offer
from inference.host.stages import EngineBusy
from tests.inference.host.services import (
    ANNA,
    OFFER,
    WHISPER,
    XTTS,
    ScriptedStages,
    served,
    tone,
)

pytestmark = pytest.mark.asyncio
KNOWLEDGE = Knowledge("en", ("de",), vocabulary=("Ms Ivanova", "Rye Lane, London"))
SECRET = "my number is five five five"


@pytest.fixture(autouse=True)
def nothing_loaded():
    registry.forget()
    connection.to.cache_clear()
    yield
    registry.forget()
    connection.to.cache_clear()


@pytest.fixture
def stages():
    return ScriptedStages()


@asynccontextmanager
async def hosted(stages, tmp_path):
    """This machine's host, which the registry knows of."""
    async with served(stages, Offer(is_private=True), at=tmp_path / "s"):
        registry.use_host(str(tmp_path / "s"))
        yield


async def loaded(kind, choice):
    return await asyncio.to_thread(registry.load, kind, choice)


async def collected(pieces):
    async with aclosing(pieces) as speech:
        return b"".join([piece async for piece in speech])


async def kept(pieces, heard):
    async with aclosing(pieces) as speech:
        async for piece in speech:
            heard.append(piece)


async def test_large_engines_work_in_the_host(stages, tmp_path):
    async with hosted(stages, tmp_path):
        transcriber = await loaded("stt", WHISPER)
        voice = await loaded("tts", XTTS)
        assert isinstance(transcriber, RemoteTranscriber)
        assert isinstance(voice, RemoteSynthesizer)
        assert (transcriber.slots, voice.slots, voice.hz) == (2, 2, SAMPLE_HZ)
        heard = await transcriber.recognise(tone(1), KNOWLEDGE)
        spoken = await collected(voice.speak("Good morning.", ANNA))
    assert (heard.text, heard.confidence, heard.language) == ("when are you open", 0.9, "en")
    assert stages.heard == [(tone(1), KNOWLEDGE, WHISPER)]
    assert stages.said == [("Good morning.", ANNA)]
    assert spoken == b"".join(stages.pieces)


async def test_threads_may_use_them_too(stages, tmp_path):
    async with hosted(stages, tmp_path):
        transcriber, voice = await loaded("stt", WHISPER), await loaded("tts", XTTS)
        heard = await asyncio.to_thread(transcriber.transcribe, tone(1), KNOWLEDGE)
        spoken = await asyncio.to_thread(lambda: b"".join(voice.synthesize("Yes.", ANNA)))
    assert heard.text == "when are you open"
    assert spoken == b"".join(stages.pieces)


async def test_light_engines_stay_in_this_process(stages, tmp_path):
    async with hosted(stages, tmp_path):
        assert not isinstance(await loaded("tts", EngineChoice("espeak")), RemoteSynthesizer)
    assert not stages.loaded


async def test_a_model_that_does_not_load_is_told_in_the_hosts_words(stages, tmp_path):
    async with hosted(stages, tmp_path):
        with pytest.raises(EngineUnavailable, match=r"^no model at /nowhere$"):
            await loaded("stt", EngineChoice.of("faster_whisper", path="/nowhere"))


async def test_a_host_that_is_not_there_is_named(tmp_path):
    registry.use_host(str(tmp_path / "s"))
    with pytest.raises(EngineUnavailable, match=r"/s does not answer; it is started by ./run"):
        await loaded("stt", WHISPER)


async def test_a_host_that_is_being_started_is_waited_for(stages, tmp_path, monkeypatch):
    tried = asyncio.Event()
    loop = asyncio.get_running_loop()
    look = connection.time.sleep
    monkeypatch.setattr(
        connection.time,
        "sleep",
        lambda seconds: (loop.call_soon_threadsafe(tried.set), look(0.01)),
    )
    registry.use_host(str(tmp_path / "s"), patience_s=10)
    loading = asyncio.create_task(loaded("stt", WHISPER))
    await tried.wait()
    async with served(stages, Offer(is_private=True), at=tmp_path / "s"):
        assert isinstance(await loading, RemoteTranscriber)


async def test_a_voice_is_forgotten_in_the_host(stages, tmp_path):
    async with hosted(stages, tmp_path):
        await asyncio.to_thread(registry.forget_voice, "/var/media/anna.wav")
    assert stages.forgotten == ["/var/media/anna.wav"]


# Trouble


async def test_one_failure_is_tried_again(stages, tmp_path):
    async with hosted(stages, tmp_path):
        transcriber, voice = await loaded("stt", WHISPER), await loaded("tts", XTTS)
        for failure in (EngineFailed("CUDA error"), EngineBusy("full")):
            stages.fails = failure
            assert (await transcriber.recognise(tone(1), KNOWLEDGE)).text
            stages.fails = failure
            assert await collected(voice.speak("Yes.", ANNA))
            stages.fails = failure
            assert await asyncio.to_thread(lambda: b"".join(voice.synthesize("Yes.", ANNA)))
            stages.fails = failure
            assert await asyncio.to_thread(transcriber.transcribe, tone(1), KNOWLEDGE)


@pytest.mark.parametrize(
    ("failure", "kind", "words"),
    [
        (EngineFailed(SECRET), EngineFailed, "HTTP 500"),
        (EngineBusy(SECRET), EngineBusy, "busy"),
        (ValueError(SECRET), EngineFailed, "HTTP 500"),
    ],
)
async def test_trouble_is_named_by_its_kind_alone(stages, tmp_path, caplog, failure, kind, words):
    async with hosted(stages, tmp_path):
        transcriber, voice = await loaded("stt", WHISPER), await loaded("tts", XTTS)
        with caplog.at_level(logging.DEBUG):
            stages.always_fails = failure
            with pytest.raises(kind, match=words) as recognising:
                await transcriber.recognise(tone(1), KNOWLEDGE)
            with pytest.raises(kind, match=words) as speaking:
                await collected(voice.speak("Yes.", ANNA))
    assert "five" not in f"{recognising.value} {speaking.value}"
    assert "five" not in "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("httpx")
    )


async def test_what_was_begun_is_not_begun_again(stages, tmp_path):
    async with hosted(stages, tmp_path):
        voice = await loaded("tts", XTTS)
        stages.fails_after = EngineFailed("CUDA error")
        heard = []
        with pytest.raises(EngineFailed, match="RemoteProtocolError"):
            await kept(voice.speak("A long story.", ANNA), heard)
    assert b"".join(heard) == b"".join(stages.pieces)
    assert len(stages.said) == 1


async def test_a_host_that_died_is_told_within_the_deadline(stages, tmp_path):
    async with hosted(stages, tmp_path):
        transcriber, voice = await loaded("stt", WHISPER), await loaded("tts", XTTS)
    for work in (transcriber.recognise(tone(1), KNOWLEDGE), collected(voice.speak("Yes.", ANNA))):
        with pytest.raises(EngineFailed, match="ConnectError"):
            await work


async def test_a_silent_host_is_given_up(stages, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "ANSWER_S", 0.05)
    monkeypatch.setattr(connection, "PIECE_S", 0.05)
    async with hosted(stages, tmp_path):
        transcriber, voice = await loaded("stt", WHISPER), await loaded("tts", XTTS)
        stages.is_held = True
        stages.pieces = [b"", tone(0.1)]
        for work in (
            transcriber.recognise(tone(1), KNOWLEDGE),
            collected(voice.speak("Yes.", ANNA)),
        ):
            with pytest.raises(EngineFailed, match="silent for too long"):
                await work
            async with asyncio.timeout(5):
                await stages.cancelled.wait()
            stages.cancelled.clear()


@pytest.mark.parametrize("stage", ["stt", "tts"])
async def test_what_is_cancelled_here_ends_there(stages, tmp_path, stage):
    async with hosted(stages, tmp_path):
        transcriber, voice = await loaded("stt", WHISPER), await loaded("tts", XTTS)
        stages.is_held = True
        work = (
            transcriber.recognise(tone(1), KNOWLEDGE)
            if stage == "stt"
            else collected(voice.speak("A long story.", ANNA))
        )
        task = asyncio.create_task(work)
        await stages.begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(5):
            await stages.cancelled.wait()


async def test_speech_that_is_heard_no_further_ends_there(stages, tmp_path):
    async with hosted(stages, tmp_path):
        voice = await loaded("tts", XTTS)
        stages.is_held = True
        async with aclosing(voice.speak("A long story.", ANNA)) as pieces:
            assert await anext(pieces)
        async with asyncio.timeout(5):
            await stages.cancelled.wait()


async def test_samples_that_the_network_cut_are_whole_again():
    samples = WholeSamples()
    whole = tone(0.01)
    pieces = [samples.push(piece) for piece in (whole[:101], whole[101:102], b"", whole[102:])]
    assert all(len(pcm) % 2 == 0 for pcm in pieces)
    assert b"".join(pieces) == whole


# Elsewhere


def elsewhere(url, **options):
    return EngineChoice.of("service", url=url, **options)


async def test_a_service_elsewhere_is_asked_by_the_names_it_offers(stages):
    async with served(stages, replace(OFFER, token="secret")) as url:
        choice = elsewhere(url, token="secret")
        transcriber, voice = await loaded("stt", choice), await loaded("tts", choice)
        assert (transcriber.slots, voice.speakers) == (4, ("Anna", "Hans"))
        stages.heard.clear()
        stages.said.clear()
        heard = await transcriber.recognise(tone(1), KNOWLEDGE)
        sample = "/srv/voiceadmin/media/anna.wav"
        for asked in (
            VoiceChoice(choice, speaker="Hans", language="de", speed=1.2),
            VoiceChoice(choice, sample_path=sample),
            VoiceChoice(choice, language="de"),
        ):
            assert await collected(voice.speak("Good morning.", asked))
    assert heard.language == "en"
    _, knowledge, engine = stages.heard[0]
    assert (knowledge.language, knowledge.languages) == ("en", ("de",))
    assert knowledge.vocabulary == ("Ms Ivanova", "Rye Lane  London")
    assert engine == WHISPER
    hans = OFFER.voices[1].choice
    assert [spoken for _, spoken in stages.said] == [replace(hans, speed=1.2), ANNA, hans]


@pytest.mark.parametrize(
    ("token", "offered", "words"),
    [
        ("wrong", OFFER, "wants its token"),
        ("secret", Offer(), "offers no recogniser"),
    ],
)
async def test_a_service_that_is_of_no_use_is_refused_with_the_reason(
    stages, token, offered, words
):
    async with served(stages, replace(offered, token="secret")) as url:
        with pytest.raises(EngineUnavailable, match=words):
            await loaded("stt", elsewhere(url, token=token))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"url": "gpu.example.org"}, "such as http://192.0.2.20:6000"),
        ({"url": "http://user:secret@gpu.example.org"}, "leave the token out"),
        ({"url": "http://127.0.0.1:1", "parallel": "many"}, "requests at a time is a number"),
        ({"url": "http://127.0.0.1:1"}, "does not answer; start it, or correct the address"),
    ],
)
async def test_a_wrong_address_is_named_with_the_way_out(options, words):
    for kind in ("stt", "tts"):
        with pytest.raises(EngineUnavailable, match=words):
            await loaded(kind, EngineChoice.of("service", **options))
