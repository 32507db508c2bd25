"""The inference service over HTTP: recordings become words, words become speech.

One application for every place it runs in: the machine's own processes behind a socket, hosts
behind a proxy, Ray. What does the work is a Stages; who may ask for what is an Offer. A client
that closes its request cancels the work. Texts and audio are answered and forgotten: neither a
log line nor a figure holds any of it.
"""

import asyncio
import hmac
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager, suppress
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket

from inference import threads
from inference.audio import Resampler, wav_bytes
from inference.engines.base import (
    SAMPLE_HZ,
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Transcript,
    VoiceChoice,
)
from inference.host import messages, offer, orders, page, refusals, uploads
from inference.host.metrics import Measures
from inference.host.metrics import Request as Measured
from inference.host.offer import Offer
from inference.host.readiness import Readiness, reason
from inference.host.refusals import Refused
from inference.host.stages import EngineBusy, Kind, Stages
from inference.host.uploads import Gone
from inference.host.waiting import Streamed, until_gone

log = logging.getLogger(__name__)

PIECE_S = 30.0  # for the next piece of speech, queueing included
LOAD_S = 900.0
HUNG_UP = 499  # nobody is there to read it

_bearer = HTTPBearer(auto_error=False, description="Where the service was started with a token.")


class Service:
    """What one application does; the work itself is done by the stages."""

    def __init__(
        self, stages: Stages, offered: Offer, measures: Measures, readiness: Readiness
    ) -> None:
        self.stages = stages
        self.offer = offered
        self.measures = measures
        self.readiness = readiness

    def admit(self, connection: HTTPConnection) -> None:
        """Raises Refused where the token is missing."""
        sent = connection.headers.get("authorization", "").encode()
        wanted = f"Bearer {self.offer.token}".encode()
        if self.offer.token and not hmac.compare_digest(sent, wanted):
            raise refusals.stranger()

    @contextmanager
    def counted(self, kind: Kind) -> Iterator[Measured]:
        """One request: what becomes of it is counted, every trouble becomes Refused or Gone."""
        with self.measures.request(kind) as measured:
            try:
                yield measured
            except Refused as refused:
                measured.outcome = "busy" if refused.status == 503 else "refused"
                raise
            except EngineBusy:
                measured.outcome = "busy"
                raise refusals.busy() from None
            except (Gone, asyncio.CancelledError):
                measured.outcome = "cancelled"
                raise
            except Exception as error:
                measured.outcome = "failed"
                log.warning("%s failed: %s", kind, reason(error))
                raise _failure(error) from None

    # Words from sound

    async def transcribe(self, request: Request) -> Response:
        with self.counted("stt") as measured:
            fields = await uploads.form(request, self.offer.limits.body_bytes)
            pcm = await uploads.recording(fields, self.offer.limits)
            words = {name: value for name, value in fields.items() if isinstance(value, str)}
            choice, knowledge = await self._recogniser(words)
            work = self.recognised(pcm, knowledge, choice)
            transcript = await until_gone(request.receive, work)
            measured.has_first()
        seconds = len(pcm) / 2 / SAMPLE_HZ
        return JSONResponse(messages.from_transcript(transcript, knowledge.language, seconds))

    async def recognised(
        self, pcm: bytes, knowledge: Knowledge, choice: EngineChoice
    ) -> Transcript:
        async with asyncio.timeout(self.offer.limits.jobs_s):
            return await self.stages.transcribe(pcm, knowledge, choice)

    async def _recogniser(self, words: dict[str, str]) -> tuple[EngineChoice, Knowledge]:
        if self.offer.is_private and "engine" in words:
            with _read():
                return (
                    messages.to_choice(messages.parsed(words["engine"])),
                    messages.to_knowledge(words.get("knowledge", "{}")),
                )
        return await self.recogniser(words.get("language", ""), words.get("hints", ""))

    async def recogniser(self, language: str, hints: str) -> tuple[EngineChoice, Knowledge]:
        """Of the public side. Raises Refused, EngineUnavailable."""
        choice = self.offer.transcriber
        if choice is None:
            raise Refused(
                404, "this service offers no recogniser; ask one that was started with --stt"
            )
        async with asyncio.timeout(LOAD_S):
            loaded = await self.stages.load("stt", choice)
        return choice, self.offer.listening_for(language, hints, loaded)

    # Sound from words

    async def say(self, request: Request) -> Response:
        async with AsyncExitStack() as opened:
            measured = opened.enter_context(self.counted("tts"))
            limits = self.offer.limits
            body = await uploads.body(request, limits.order_bytes, "the order")
            order = orders.read(
                body, is_private=self.offer.is_private, characters=limits.characters
            )
            voice = await self.voice(order)
            speech = await opened.enter_async_context(aclosing(self.speech(order, voice)))
            first = await until_gone(request.receive, anext(speech))
            measured.has_first()
            head = {"X-Sample-Rate": str(order.rate)}
            if order.format == "pcm":
                return Streamed(first, speech, "audio/pcm", head, opened.pop_all())
            if order.stream:
                first = _endless_wav(order.rate) + first
                return Streamed(first, speech, "audio/wav", head, opened.pop_all())
            whole = first + await until_gone(request.receive, _rest(speech))
            return Response(wav_bytes(whole, order.rate), media_type="audio/wav", headers=head)

    async def voice(self, order: orders.PrivateOrder) -> VoiceChoice:
        """Raises Refused, EngineUnavailable."""
        if self.offer.is_private and order.engine:
            with _read():
                return VoiceChoice(
                    messages.to_choice(order.engine),
                    order.language,
                    order.speaker,
                    order.sample_path,
                    order.speed,
                )
        return await self._offered_voice(order)

    async def _offered_voice(self, order: orders.Order) -> VoiceChoice:
        offered = self.offer
        if order.voice and offered.voices and offered.named(order.voice) is None:
            async with asyncio.timeout(LOAD_S):
                loaded = await self.stages.load("tts", offered.voices[0].choice.engine)
            found = offer.speaker_of(offered, order.voice, loaded)
            if found:
                return offer.spoken_as(found, order.language, order.speed, offered, loaded)
        found = offered.voice(order.voice, order.speaker_wav, order.language)
        async with asyncio.timeout(LOAD_S):
            loaded = await self.stages.load("tts", found.choice.engine)
        return offer.spoken_as(found, order.language, order.speed, offered, loaded)

    async def speech(self, order: orders.Order, voice: VoiceChoice) -> AsyncGenerator[bytes, None]:
        """At the order's rate; at least one piece, or EngineFailed."""
        resampler = Resampler(SAMPLE_HZ, order.rate)
        is_silent = True
        pieces = threads.in_time(self.stages.speak(order.text, voice), PIECE_S)
        async with aclosing(pieces):
            async for pcm in pieces:
                if pcm:
                    is_silent = False
                    yield resampler.push(pcm)
        if is_silent:
            raise EngineFailed("the voice made no sound")
        if rest := resampler.flush():
            yield rest

    # About the service

    def ready(self) -> Response:
        if why := self.readiness.why_not():
            return JSONResponse({"detail": f"not ready: {why}"}, 503)
        return JSONResponse({"ready": True, "turn_ms": self.readiness.turn_ms})

    def describe(self) -> dict[str, Any]:
        voices = [
            {"name": each.name, "language": each.choice.language, "speaker_wav": each.sample}
            for each in self.offer.voices
        ]
        return {
            "stt": {"languages": self.offer.languages()} if self.offer.transcriber else None,
            "tts": {"voices": voices} if voices else None,
        }

    # For the private side

    async def load(self, request: Request) -> Response:
        body = await uploads.body(request, self.offer.limits.order_bytes, "the order")
        with _read():
            told = messages.parsed(body)
            kind, choice = messages.to_kind(told.get("kind")), messages.to_choice(told)
        try:
            async with asyncio.timeout(LOAD_S):
                loaded = await until_gone(request.receive, self.stages.load(kind, choice))
        except EngineUnavailable as unavailable:
            raise Refused(424, str(unavailable)) from None
        except (EngineFailed, TimeoutError) as failed:
            raise Refused(424, f"{choice.key} could not be loaded: {reason(failed)}") from None
        return JSONResponse(messages.from_loaded(loaded))

    async def forget_voice(self, request: Request) -> Response:
        body = await uploads.body(request, self.offer.limits.order_bytes, "the order")
        with _read():
            path = str(messages.parsed(body).get("path") or "")
        if not path:
            raise refusals.not_understood("path is missing; name the recording to forget")
        await self.stages.forget_voice(path)
        return JSONResponse({"forgotten": True})

    def states(self) -> dict[str, Any]:
        return {"engines": [messages.from_state(state) for state in self.stages.states()]}


def create_app(
    stages: Stages,
    offered: Offer,
    *,
    measures: Measures | None = None,
    readiness: Readiness | None = None,
) -> FastAPI:
    """`measures` and `readiness` where two sides of one host share them."""
    readiness = readiness or Readiness(stages, offered)
    service = Service(stages, offered, measures or Measures(stages), readiness)

    @asynccontextmanager
    async def proving(_app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(readiness.prove())
        try:
            yield
        finally:
            readiness.is_stopping = True
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    app = FastAPI(
        title="voiceadmin inference",
        summary="Speech to text and text to speech, by engines that run here.",
        version="1",
        docs_url=None,
        redoc_url=None,
        lifespan=proving,
    )
    app.state.readiness = readiness
    _handle_refusals(app)
    _open_to_all(app, service)
    _behind_the_token(app, service)
    return app


def _handle_refusals(app: FastAPI) -> None:
    @app.exception_handler(Refused)
    async def refused(_request: Request, refusal: Refused) -> Response:
        return JSONResponse(refusal.as_json(), refusal.status, refusal.headers)

    @app.exception_handler(Gone)
    async def gone(_request: Request, _error: Gone) -> Response:
        return Response(status_code=HUNG_UP)


def _open_to_all(app: FastAPI, service: Service) -> None:
    """What a proxy and a person ask before they have a token."""

    @app.get("/healthz", summary="Whether the process lives", tags=["health"])
    async def alive() -> dict[str, bool]:
        return {"alive": True}

    @app.get("/readyz", summary="Whether it can be given work", tags=["health"])
    async def ready() -> Response:
        """200 once every engine it offers has done a turn, else 503 with the reason."""
        return service.ready()

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page.render(app.openapi()))


def _behind_the_token(app: FastAPI, service: Service) -> None:
    def admitted(
        request: Request,
        _sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> None:
        service.admit(request)

    guarded = [Depends(admitted)]

    @app.post(
        "/transcribe",
        summary="Words from a recording",
        tags=["speech"],
        dependencies=guarded,
        openapi_extra=orders.TRANSCRIBE,
        responses=orders.REFUSALS,
    )
    async def transcribe(request: Request) -> Response:
        return await service.transcribe(request)

    @app.post(
        "/tts",
        summary="Speech from words",
        tags=["speech"],
        dependencies=guarded,
        openapi_extra=orders.TTS,
        responses=orders.REFUSALS,
    )
    async def say(request: Request) -> Response:
        return await service.say(request)

    @app.get("/offer", summary="Voices and languages", tags=["speech"], dependencies=guarded)
    async def describe() -> dict[str, Any]:
        return service.describe()

    @app.get("/metrics", summary="For Prometheus", tags=["health"], dependencies=guarded)
    async def figures() -> Response:
        return Response(service.measures.page(), media_type=CONTENT_TYPE_LATEST)

    @app.websocket("/stream")
    async def stream(socket: WebSocket) -> None:
        from inference.host import stream

        await stream.converse(socket, service)

    if service.offer.is_private:
        _private(app, service)


def _private(app: FastAPI, service: Service) -> None:
    @app.post("/engines")
    async def load(request: Request) -> Response:
        return await service.load(request)

    @app.get("/engines")
    async def states() -> dict[str, Any]:
        return service.states()

    @app.post("/voices/forget")
    async def forget(request: Request) -> Response:
        return await service.forget_voice(request)


@contextmanager
def _read() -> Iterator[None]:
    try:
        yield
    except messages.Unreadable as unreadable:
        raise refusals.not_understood(str(unreadable)) from None


def _failure(error: Exception) -> Refused:
    match error:
        case EngineUnavailable():
            return Refused(503, str(error))
        case TimeoutError():
            return Refused(504, "the engine did not answer in time; try again")
        case EngineFailed():
            return Refused(500, str(error))
    return Refused(500, f"the service failed: {type(error).__name__}")


def _endless_wav(hz: int) -> bytes:
    """The head of a recording whose length nobody knows yet."""
    head = bytearray(wav_bytes(b"", hz))
    head[4:8] = head[40:44] = b"\xff\xff\xff\xff"
    return bytes(head)


async def _rest(speech: AsyncGenerator[bytes, None]) -> bytes:
    return b"".join([piece async for piece in speech])
