"""Work for a client that may go away: then the work ends too."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import AsyncExitStack
from typing import TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from inference.host.refusals import Refused
from inference.host.uploads import Gone

T = TypeVar("T")
SEND_S = 20.0  # for a client to take what it asked for
END_S = 5.0  # for cancelled work to end


async def until_gone(receive: Receive, work: Awaitable[T]) -> T:
    """The result of the work. When the client hangs up first, the work is cancelled and has
    ended before Gone is raised. `receive` must have nothing left of the request's body."""
    task = asyncio.ensure_future(_awaited(work))
    hung_up = asyncio.ensure_future(_hung_up(receive))
    try:
        await asyncio.wait((task, hung_up), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Gone
    finally:
        task.cancel()
        hung_up.cancel()
        await asyncio.wait((task, hung_up), timeout=END_S)
        for each in (task, hung_up):
            if each.done() and not each.cancelled():
                each.exception()  # looked at, so that nobody is told of it later


async def _awaited(work: Awaitable[T]) -> T:
    return await work


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Streamed(Response):
    """Audio sent as it is made. `opened` is closed when all was sent, or the client has gone.

    Where the speech breaks off, the answer stays unfinished on the wire: so a client can tell
    that from its end.
    """

    def __init__(
        self,
        first: bytes,
        pieces: AsyncGenerator[bytes, None],
        kind: str,
        headers: Mapping[str, str],
        opened: AsyncExitStack,
    ) -> None:
        super().__init__(media_type=kind, headers=dict(headers))
        del self.headers["content-length"]
        self._first = first
        self._pieces = pieces
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        try:
            async with self._opened:
                await until_gone(receive, self._send(send))
        except (Refused, Gone):
            return  # counted and logged where it happened

    async def _send(self, send: Send) -> None:
        head = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(head)
        await _piece(send, self._first)
        async for piece in self._pieces:
            await _piece(send, piece)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _piece(send: Send, piece: bytes) -> None:
    async with asyncio.timeout(SEND_S):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
