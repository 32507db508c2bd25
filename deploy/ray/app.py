"""The inference service on Ray Serve: the same endpoints, its engines on many machines.

    serve run deploy/ray/serve.yaml

Each replica of Transcriber and of Voice holds one engine in a process of its own, as the
inference service does on one machine. Door is that service's own app, which has Ray find the
replica with the least to do. How many of each there are and what share of a graphics card they
get is in serve.yaml.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from fastapi import FastAPI
from ray import serve
from ray.exceptions import RayActorError, RayError
from ray.serve import Application
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, RayServeException
from ray.serve.handle import (
    DeploymentHandle,
    DeploymentResponse,
    DeploymentResponseGenerator,
)

from inference.engines.base import (
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Transcript,
    VoiceChoice,
)
from inference.host.app import create_app
from inference.host.host_stages import HostStages
from inference.host.offer import Offer, OfferedVoice
from inference.host.stages import EngineBusy, EngineState, Kind, Loaded

log = logging.getLogger(__name__)

ANSWER_S = 12.0  # a replica's own deadlines are shorter: this is for one out of reach
FORGET_S = 15.0
TRIES = 3  # a node that dies may take more than one replica along
LOST = (RayActorError, DeploymentUnavailableError)  # the replica, its node or the way there


class Lost(EngineFailed):
    """The replica is gone; another may do the same work."""


class Replica:
    """One engine. Ray starts another where `check_health` fails."""

    kind: Kind

    async def __init__(self, choice: EngineChoice) -> None:  # type: ignore[misc]  # Ray awaits it
        self._choice = EngineChoice.of(choice.key, **{**dict(choice.options), "processes": "1"})
        self._stages = HostStages()
        self._loaded = await self._stages.load(self.kind, self._choice)

    async def loaded(self) -> Loaded:
        return self._loaded

    async def check_health(self) -> None:
        for state in self._stages.states():
            if not state.ready:
                raise EngineUnavailable(state.trouble or f"{state.key} is being started again")

    async def __del__(self) -> None:
        await self._stages.close()


class Transcriber(Replica):
    kind: Kind = "stt"

    async def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        return await self._stages.transcribe(pcm, knowledge, self._choice)


class Synthesizer(Replica):
    kind: Kind = "tts"

    async def speak(self, text: str, voice: VoiceChoice) -> AsyncGenerator[bytes, None]:
        mine = replace(voice, engine=self._choice)
        async with aclosing(self._stages.speak(text, mine)) as pieces:
            async for pcm in pieces:
                yield pcm

    async def forget_voice(self, sample_path: str) -> None:
        await self._stages.forget_voice(sample_path)


@dataclass(slots=True)
class Counts:
    """What went through one door."""

    working: int = 0
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    retried: int = 0


class RayStages:
    """Each engine that is offered, and its deployment."""

    def __init__(self, deployments: dict[tuple[Kind, EngineChoice], DeploymentHandle]) -> None:
        self._deployments = deployments
        self._counts = {key: Counts() for key in deployments}
        self._loaded: dict[tuple[Kind, EngineChoice], Loaded] = {}

    async def load(self, kind: Kind, choice: EngineChoice) -> Loaded:
        """A replica has it; how many there are is Ray's affair. Every request asks: told once."""
        if (kind, choice) not in self._loaded:
            try:
                loaded = await _answer(self._handle(kind, choice).loaded.remote())
            except EngineFailed as problem:
                raise EngineUnavailable(str(problem)) from None
            assert isinstance(loaded, Loaded)
            self._loaded[kind, choice] = replace(loaded, choice=choice)
        return self._loaded[kind, choice]

    async def transcribe(
        self, pcm: bytes, knowledge: Knowledge, choice: EngineChoice
    ) -> Transcript:
        handle = self._handle("stt", choice)
        with self._counted("stt", choice) as counts:
            for tries_left in reversed(range(TRIES)):
                try:
                    heard = await _answer(handle.transcribe.remote(pcm, knowledge))
                except Lost:
                    if not tries_left:
                        raise
                    counts.retried += 1
                else:
                    assert isinstance(heard, Transcript)
                    return heard
        raise AssertionError("the last try returns or raises")

    async def speak(self, text: str, voice: VoiceChoice) -> AsyncGenerator[bytes, None]:
        handle = self._handle("tts", voice.engine).options(stream=True)
        has_begun = False
        with self._counted("tts", voice.engine) as counts:
            for tries_left in reversed(range(TRIES)):
                try:
                    async with aclosing(_pieces(handle.speak.remote(text, voice))) as pieces:
                        async for pcm in pieces:
                            has_begun = True
                            yield pcm
                    return
                except Lost:
                    if has_begun or not tries_left:
                        raise
                    counts.retried += 1

    async def forget_voice(self, sample_path: str) -> None:
        """Replicas that start later never knew it."""
        for (kind, choice), handle in self._deployments.items():
            if kind == "tts":
                try:
                    told = handle.broadcast("forget_voice", sample_path)
                    await told.results_async(timeout_s=FORGET_S)
                except (RayError, RayServeException, TimeoutError) as error:
                    log.warning("%s: forgetting a voice: %s", choice.key, type(error).__name__)

    def states(self) -> tuple[EngineState, ...]:
        """Of this door. Of the replicas, Ray's own figures tell."""
        return tuple(
            EngineState(
                kind=kind,
                key=choice.key,
                processes=1,
                ready=1,
                waiting=0,
                working=counts.working,
                done=counts.done,
                failed=counts.failed,
                cancelled=counts.cancelled,
                retried=counts.retried,
            )
            for (kind, choice), counts in self._counts.items()
        )

    async def close(self) -> None:
        """The replicas stay: they are Ray's."""

    def _handle(self, kind: Kind, choice: EngineChoice) -> DeploymentHandle:
        handle = self._deployments.get((kind, choice))
        if handle is None:
            raise EngineUnavailable(f"this cluster has no {choice.key}: see its serve.yaml")
        return handle

    @contextmanager
    def _counted(self, kind: Kind, choice: EngineChoice) -> Iterator[Counts]:
        counts = self._counts[kind, choice]
        counts.working += 1
        try:
            yield counts
            counts.done += 1
        except EngineFailed:
            counts.failed += 1
            raise
        except (asyncio.CancelledError, GeneratorExit):
            counts.cancelled += 1
            raise
        finally:
            counts.working -= 1


async def _answer(response: DeploymentResponse) -> object:
    """Raises EngineFailed, Lost, EngineBusy; cancelled, the replica stops."""
    try:
        with _our_errors():
            async with asyncio.timeout(ANSWER_S):
                return await response
    except BaseException:
        response.cancel()
        raise


async def _pieces(response: DeploymentResponseGenerator) -> AsyncGenerator[bytes, None]:
    """As `_answer`, each piece in time."""
    try:
        while True:
            with _our_errors():
                async with asyncio.timeout(ANSWER_S):
                    piece = await anext(response, None)
            if piece is None:
                return
            yield piece
    finally:
        response.cancel()


@contextmanager
def _our_errors() -> Iterator[None]:
    """Ray's texts hold a replica's whole story: only our own errors' words go on."""
    try:
        yield
    except LOST:
        raise Lost("its replica is gone") from None
    except (BackPressureError, TimeoutError):
        raise EngineBusy("no replica has room") from None
    except (RayError, RayServeException) as error:
        cause = getattr(error, "cause", None)
        if isinstance(cause, EngineBusy):
            raise EngineBusy(str(cause)) from None
        if isinstance(cause, EngineFailed):
            raise EngineFailed(str(cause)) from None
        raise EngineFailed(f"Ray: {type(error).__name__}") from None


class Door:
    """Where the cluster's HTTP arrives."""

    def __init__(
        self,
        offered: Offer,
        transcriber: DeploymentHandle | None,
        synthesizer: DeploymentHandle | None,
    ) -> None:
        self._offered = offered
        self._handles = {"stt": transcriber, "tts": synthesizer}

    def __serve_build_asgi_app__(self) -> FastAPI:
        handles = {
            (kind, choice): handle
            for kind, choice in self._offered.engines()
            if (handle := self._handles[kind])
        }
        return create_app(RayStages(handles), self._offered)


def build(args: dict[str, Any]) -> Application:
    """What serve.yaml's `args` say. Raises EngineUnavailable."""
    offered = offer_in(args)
    choices = dict(offered.engines())
    return serve.deployment(serve.ingress()(Door)).bind(
        offered,
        serve.deployment(Transcriber).bind(choices["stt"]) if "stt" in choices else None,
        serve.deployment(Synthesizer).bind(choices["tts"]) if "tts" in choices else None,
    )


def offer_in(args: dict[str, Any]) -> Offer:
    """Raises EngineUnavailable."""
    languages = tuple(args.get("languages") or ("en",))
    synthesizer = _choice(args.get("synthesizer"))
    voices: tuple[OfferedVoice, ...] = ()
    if synthesizer:
        told = args.get("voices") or [{"name": synthesizer.key}]
        voices = tuple(_voice(voice, synthesizer, languages[0]) for voice in told)
    return Offer(
        transcriber=_choice(args.get("transcriber")),
        knowledge=Knowledge(languages[0], languages[1:]),
        voices=voices,
        token=str(args.get("token") or ""),
    )


def _choice(told: dict[str, Any] | None) -> EngineChoice | None:
    if not told:
        return None
    options = {name: str(value) for name, value in told.items() if name != "engine"}
    if "engine" not in told:
        raise EngineUnavailable("serve.yaml names options without an `engine`")
    return EngineChoice.of(str(told["engine"]), **options)


def _voice(told: dict[str, Any], engine: EngineChoice, language: str) -> OfferedVoice:
    choice = VoiceChoice(
        engine=engine,
        language=str(told.get("language") or language),
        speaker=str(told.get("speaker") or ""),
        sample_path=str(told.get("sample") or ""),
        speed=float(told.get("speed") or 1),
    )
    return OfferedVoice(str(told["name"]), choice)
