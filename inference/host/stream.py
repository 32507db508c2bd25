"""Both stages over one websocket: orders are JSON, audio is binary, one of each at a time.

    -> {"type": "transcribe", "id": "a", "rate": 16000, "language": "en"}, then audio
    -> {"type": "words", "id": "a"}               what was said so far, please
    -> {"type": "end", "id": "a"}                 that was all
    <- {"type": "transcript", "id": "a", "is_final": true, "text": ...}
    -> {"type": "speak", "id": "b", "text": ..., "voice": ...}
    <- {"type": "audio", "id": "b", "rate": 16000}, then audio, then {"type": "spoken", "id": "b"}
    -> {"type": "cancel", "id": "b"}
    <- {"type": "cancelled", "id": "b"}
    <- {"type": "error", "id": "b", "status": 422, "detail": ...}

Closing the socket cancels everything.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.websockets import WebSocket

from inference.engines.base import SAMPLE_HZ
from inference.host import messages, orders, uploads
from inference.host.refusals import Refused, not_understood, too_much
from inference.host.stages import Kind

if TYPE_CHECKING:
    from inference.host.app import Service

IDLE_S = 600.0  # without a message the socket is closed
SEND_S = 20.0
GOING_AWAY, TOO_SLOW = 1001, 1008


async def converse(socket: WebSocket, service: "Service") -> None:
    try:
        service.admit(socket)
    except Refused as refused:
        answer = JSONResponse(refused.as_json(), refused.status, refused.headers)
        await socket.send_denial_response(answer)
        return
    await socket.accept()
    stream = Stream(socket, service)
    try:
        await stream.run()
    finally:
        await stream.close()


@dataclass(slots=True)
class Recording:
    """What a client says, until it says that this was all."""

    id: str
    hz: int
    language: str
    hints: str
    pcm: bytearray = field(default_factory=bytearray)


class Stream:
    def __init__(self, socket: WebSocket, service: "Service") -> None:
        self._socket = socket
        self._service = service
        self._recording: Recording | None = None
        self._jobs: dict[str, tuple[Kind, asyncio.Task[None]]] = {}
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Returns when the client has gone, or said nothing for too long."""
        while True:
            try:
                async with asyncio.timeout(IDLE_S):
                    message = await self._socket.receive()
            except TimeoutError:
                await self._socket.close(GOING_AWAY)
                return
            if message["type"] != "websocket.receive":
                return
            await self._take(message)

    async def close(self) -> None:
        tasks = [task for _, task in self._jobs.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _take(self, message: Any) -> None:
        name = ""
        try:
            if message.get("bytes") is not None:
                self._hear(message["bytes"])
                return
            told = messages.parsed(message.get("text") or "")
            name = str(told.get("id", ""))
            await self._do(told, name)
        except Refused as refused:
            await self._refuse(name, refused)
        except messages.Unreadable as unreadable:
            await self._refuse(name, not_understood(str(unreadable)))

    async def _do(self, told: dict[str, Any], name: str) -> None:
        """Raises Refused."""
        match told.get("type"):
            case "transcribe":
                self._begin_recording(told, name)
            case "words":
                self._begin("stt", name, self._transcribe(self._recorded(name), is_final=False))
            case "end":
                recording = self._recorded(name)
                self._recording = None
                self._begin("stt", name, self._transcribe(recording, is_final=True))
            case "speak":
                order = self._order(told)
                self._begin("tts", name, self._speak(name, order))
            case "cancel":
                await self._cancel(name)
            case _:
                raise not_understood("type is transcribe, words, end, speak or cancel")

    # Hearing

    def _begin_recording(self, told: dict[str, Any], name: str) -> None:
        hz = uploads.rate(str(told.get("rate", SAMPLE_HZ)))
        language, hints = str(told.get("language", "")), str(told.get("hints", ""))
        self._recording = Recording(name, hz, language, hints)

    def _hear(self, pcm: bytes) -> None:
        recording = self._recording
        if recording is None:
            raise not_understood('audio came unasked; send {"type": "transcribe"} first')
        recording.pcm += pcm
        seconds = self._service.offer.limits.seconds
        if len(recording.pcm) > seconds * recording.hz * 2:
            self._recording = None
            raise too_much(f"the recording is longer than {seconds:.0f} s; begin another")

    def _recorded(self, name: str) -> Recording:
        if self._recording is None or self._recording.id != name:
            raise not_understood('id names no recording; send {"type": "transcribe"} first')
        return self._recording

    async def _transcribe(self, recording: Recording, *, is_final: bool) -> None:
        service = self._service
        with service.counted("stt") as measured:
            even = bytes(recording.pcm[: len(recording.pcm) // 2 * 2])
            pcm = await asyncio.to_thread(
                uploads.at_sample_hz, even, recording.hz, service.offer.limits
            )
            choice, knowledge = await service.recogniser(recording.language, recording.hints)
            transcript = await service.recognised(pcm, knowledge, choice)
            measured.has_first()
        seconds = len(pcm) / 2 / SAMPLE_HZ
        answer = messages.from_transcript(transcript, knowledge.language, seconds)
        head = {"type": "transcript", "id": recording.id, "is_final": is_final}
        await self._tell(head | answer)

    # Speaking

    def _order(self, told: dict[str, Any]) -> orders.PrivateOrder:
        limits = self._service.offer.limits
        return orders.checked(told, is_private=False, characters=limits.characters)

    async def _speak(self, name: str, order: orders.PrivateOrder) -> None:
        service = self._service
        with service.counted("tts") as measured:
            voice = await service.voice(order)
            async with aclosing(service.speech(order, voice)) as speech:
                async for piece in speech:
                    if measured.first_s is None:
                        await self._tell({"type": "audio", "id": name, "rate": order.rate})
                    measured.has_first()
                    await self._send(piece)
        await self._tell({"type": "spoken", "id": name})

    # Jobs

    def _begin(self, kind: Kind, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Raises Refused while the same stage still works for this client."""
        if any(running == kind for running, _ in self._jobs.values()):
            work.close()
            raise Refused(409, "one at a time; wait for the answer, or cancel what runs")
        task = asyncio.create_task(self._guarded(name, work))
        self._jobs[name] = (kind, task)
        task.add_done_callback(lambda _: self._jobs.pop(name, None))

    async def _guarded(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Refused as refused:
            await self._refuse(name, refused)

    async def _cancel(self, name: str) -> None:
        if self._recording and self._recording.id == name:
            self._recording = None
        if job := self._jobs.get(name):
            job[1].cancel()
            await asyncio.wait((job[1],), timeout=SEND_S)
        await self._tell({"type": "cancelled", "id": name})

    # The socket

    async def _refuse(self, name: str, refused: Refused) -> None:
        about = {"type": "error", "id": name, "status": refused.status}
        await self._tell(about | refused.as_json())

    async def _tell(self, message: dict[str, Any]) -> None:
        async with self._sending, asyncio.timeout(SEND_S):
            await self._socket.send_json(message)

    async def _send(self, pcm: bytes) -> None:
        async with self._sending, asyncio.timeout(SEND_S):
            await self._socket.send_bytes(pcm)
