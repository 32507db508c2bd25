"""What goes between the service and Ray. The cluster goes by script; tests/e2e has a real one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from ray.exceptions import ActorDiedError, RayTaskError
from ray.serve.exceptions import BackPressureError

from deploy.ray.app import RayStages, offer_in
from inference.engines.base import (
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Transcript,
    VoiceChoice,
)
from inference.host.stages import EngineBusy, Loaded

pytestmark = pytest.mark.asyncio
WHISPER = EngineChoice.of("faster_whisper", path="/models/whisper")
XTTS = EngineChoice.of("xtts", path="/models/xtts")
ANNA = VoiceChoice(XTTS)
HEARD = Transcript("when are you open")
SECRET = "my number is 0171 2345678"


class Response:
    """What a replica does: an answer, pieces, an exception, or nothing at all."""

    def __init__(self, *does: object) -> None:
        self.does = list(does)
        self.is_cancelled = False

    def __await__(self):
        return self._next().__await__()

    def __aiter__(self) -> AsyncIterator[object]:
        return self

    async def __anext__(self) -> object:
        if not self.does:
            raise StopAsyncIteration
        return await self._next()

    async def _next(self) -> object:
        if self.does[0] == "hangs":
            await asyncio.Event().wait()
        done = self.does.pop(0)
        if isinstance(done, Exception):
            raise done
        return done

    def cancel(self) -> None:
        self.is_cancelled = True


class Deployment:
    """Answers with one response after the other, whatever it is asked."""

    def __init__(self, *responses: Response) -> None:
        self.responses = list(responses)
        self.asked = 0

    def options(self, *, stream: bool) -> "Deployment":
        return self

    def __getattr__(self, method: str) -> "Deployment":
        return self

    def remote(self, *told: object) -> Response:
        self.asked += 1
        return self.responses[self.asked - 1]


def hearing(*responses: Response) -> RayStages:
    return RayStages({("stt", WHISPER): Deployment(*responses)})


def speaking(*responses: Response) -> RayStages:
    return RayStages({("tts", XTTS): Deployment(*responses)})


async def transcribe(stages: RayStages) -> Transcript:
    return await stages.transcribe(b"\0\0", Knowledge("en"), WHISPER)


def failed_there(error: Exception) -> Exception:
    """As Ray brings it from a replica, with the replica's whole story in its text."""
    story = f"Traceback (most recent call last):\n  File ...\n{type(error).__name__}: {SECRET}"
    failed = RayTaskError("transcribe", story, error).as_instanceof_cause()
    assert SECRET in str(failed)
    return failed


async def test_what_a_lost_replica_did_not_answer_is_asked_of_another():
    stages = hearing(Response(ActorDiedError()), Response(HEARD))
    assert await transcribe(stages) == HEARD
    (state,) = stages.states()
    assert (state.done, state.retried, state.failed, state.working) == (1, 1, 0, 0)


async def test_it_is_not_asked_for_ever():
    stages = hearing(*(Response(ActorDiedError()) for _ in range(10)))
    with pytest.raises(EngineFailed, match="gone"):
        await transcribe(stages)
    assert stages.states()[0].failed == 1


async def test_speech_that_had_begun_is_not_begun_again():
    stages = speaking(Response(b"one", ActorDiedError()), Response(b"one", b"two"))
    async with aclosing(stages.speak("Hello.", ANNA)) as pieces:
        assert await anext(pieces) == b"one"
        with pytest.raises(EngineFailed):
            await anext(pieces)


async def test_speech_that_had_not_begun_is():
    stages = speaking(Response(ActorDiedError()), Response(b"one", b"two"))
    assert [pcm async for pcm in stages.speak("Hello.", ANNA)] == [b"one", b"two"]


async def test_an_engine_s_own_failure_is_told_in_its_words_alone():
    with pytest.raises(EngineFailed) as failed:
        await transcribe(hearing(Response(failed_there(EngineFailed("whisper failed")))))
    assert str(failed.value) == "whisper failed"


async def test_of_any_other_failure_only_the_kind_is_told():
    with pytest.raises(EngineFailed) as failed:
        await transcribe(hearing(Response(failed_there(ValueError(SECRET)))))
    assert SECRET not in str(failed.value)


@pytest.mark.parametrize(
    "error", [BackPressureError(3, 2), failed_there(EngineBusy("every process was busy"))]
)
async def test_a_full_cluster_says_that_it_is_full(error):
    with pytest.raises(EngineBusy):
        await transcribe(hearing(Response(error)))


async def test_who_no_longer_listens_stops_the_replica():
    response = Response(b"one", "hangs")
    stages = speaking(response)
    async with aclosing(stages.speak("Hello.", ANNA)) as pieces:
        assert await anext(pieces) == b"one"
    assert response.is_cancelled
    assert stages.states()[0].cancelled == 1


async def test_a_transcript_that_is_called_off_is_not_made():
    response = Response("hangs")
    stages = hearing(response)
    asked = asyncio.create_task(transcribe(stages))
    while not stages.states()[0].working:
        await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert response.is_cancelled
    assert stages.states()[0].cancelled == 1


async def test_what_an_engine_can_do_is_asked_once_and_after_a_failure_again():
    loaded = Loaded("stt", WHISPER, slots=8)
    stages = hearing(Response(ActorDiedError()), Response(loaded))
    with pytest.raises(EngineUnavailable):
        await stages.load("stt", WHISPER)
    assert [await stages.load("stt", WHISPER) for _ in range(3)] == [loaded] * 3


async def test_an_engine_the_cluster_has_not_is_refused_with_the_way_out():
    with pytest.raises(EngineUnavailable, match=r"serve\.yaml"):
        await hearing().load("tts", XTTS)


async def test_the_configuration_s_voices_are_offered():
    offered = offer_in(
        {
            "languages": ["en", "de"],
            "synthesizer": {"engine": "xtts", "path": "/models/xtts", "device": "cuda"},
            "voices": [{"name": "Anna", "sample": "/srv/voices/anna.wav", "language": "de"}],
        }
    )
    (anna,) = offered.voices
    assert (anna.name, anna.sample, anna.choice.language) == ("Anna", "anna.wav", "de")
    assert offered.engines() == (
        ("tts", EngineChoice.of("xtts", device="cuda", path="/models/xtts")),
    )


async def test_without_voices_the_engine_s_own_speaks():
    offered = offer_in({"synthesizer": {"engine": "espeak"}})
    assert [voice.name for voice in offered.voices] == ["espeak"]
