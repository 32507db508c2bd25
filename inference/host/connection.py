"""The way to one inference service: requests with deadlines, one retry, and words for trouble.

A request that is given up closes its connection, which is how the service learns of it. What a
service says of its trouble is believed only where an engine is loaded: its words for a failed
request may hold what was said.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Any

import httpx

from inference.engines import chat
from inference.engines.base import EngineFailed, EngineUnavailable
from inference.host.address import Address
from inference.host.stages import EngineBusy

CONNECT_S = 2.0
PIECE_S = 15.0  # between two pieces of an answer, and to the first
ANSWER_S = 20.0  # for the words of one utterance
LOAD_S = 900.0  # a large model from a slow disk
ASK_S = 5.0
LOOK_S = 0.2  # how often it is tried to reach a service that is being started
TRIES = 2

Fields = Mapping[str, Any]


class _Again(Exception):
    """Another try may do better: the service was not reached, or broke off."""

    def __init__(self, failure: EngineFailed) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Connection:
    """To one service, from any thread and any event loop."""

    def __init__(self, address: Address) -> None:
        for name in ("httpx", "httpcore"):  # at INFO, a line for each request
            logging.getLogger(name).setLevel(logging.WARNING)
        self.address = address
        self._patient_until_s = 0.0
        self._tls = httpx.create_ssl_context()  # 30 ms, here and on no event loop
        self._blocking = httpx.Client(
            **self._options(PIECE_S),
            transport=httpx.HTTPTransport(verify=self._tls, uds=address.socket or None),
        )
        self._clients = chat.PerLoop(self._new_client)

    def be_patient(self, seconds: float) -> None:
        """For so long a service that is not there is taken for one that is being started."""
        self._patient_until_s = time.monotonic() + seconds

    def _new_client(self) -> httpx.AsyncClient:
        transport = chat.bounded_transport(httpx, self._tls, self.address.socket or None)
        return httpx.AsyncClient(**self._options(PIECE_S), transport=transport)

    def _options(self, read_s: float) -> dict[str, Any]:
        token = self.address.token
        return {
            "base_url": self.address.url,
            "headers": {"Authorization": f"Bearer {token}"} if token else {},
            "timeout": httpx.Timeout(PIECE_S, connect=CONNECT_S, read=read_s),
            "follow_redirects": False,
        }

    # Asking for work, on the event loop

    async def post(self, path: str, **request: Any) -> Any:
        """The answer's JSON. Raises EngineFailed, EngineBusy."""
        failure = EngineFailed("the inference service was not asked")
        try:
            async with asyncio.timeout(ANSWER_S):
                for _ in range(TRIES):
                    try:
                        with _told():
                            response = await self._clients.get().post(path, **request)
                            return _json(response)
                    except _Again as again:
                        failure = again.failure
        except TimeoutError:
            raise _silent() from None
        raise failure

    async def stream(self, path: str, **request: Any) -> AsyncGenerator[bytes, None]:
        """The answer's bytes as they come; tried again only before the first. Raises as `post`."""
        failure = EngineFailed("the inference service was not asked")
        for _ in range(TRIES):
            has_begun = False
            try:
                async with self._opened(path, request) as response:
                    async for piece in response.aiter_raw():
                        has_begun = True
                        yield piece
                    return
            except _Again as again:
                failure = again.failure
                if has_begun:
                    break
        raise failure

    @asynccontextmanager
    async def _opened(self, path: str, request: Fields) -> AsyncGenerator[httpx.Response, None]:
        with _told():
            async with self._clients.get().stream("POST", path, **request) as response:
                _refuse_trouble(response)
                yield response

    # The same from a thread

    def post_blocking(self, path: str, **request: Any) -> Any:
        failure = EngineFailed("the inference service was not asked")
        for _ in range(TRIES):
            try:
                with _told():
                    return _json(self._blocking.post(path, **request))
            except _Again as again:
                failure = again.failure
        raise failure

    def stream_blocking(self, path: str, **request: Any) -> Iterator[bytes]:
        failure = EngineFailed("the inference service was not asked")
        for _ in range(TRIES):
            has_begun = False
            try:
                with _told(), self._blocking.stream("POST", path, **request) as response:
                    _refuse_trouble(response)
                    for piece in response.iter_raw():
                        has_begun = True
                        yield piece
                    return
            except _Again as again:
                failure = again.failure
                if has_begun:
                    break
        raise failure

    # Asking about it

    def load(self, path: str, told: Fields) -> Any:
        """Blocking. What a service answers that loads an engine. Raises EngineUnavailable."""
        timeout = httpx.Timeout(LOAD_S, connect=CONNECT_S)
        return self._about(lambda: self._blocking.post(path, json=dict(told), timeout=timeout))

    def ask(self, path: str) -> Any:
        """Blocking. Raises EngineUnavailable."""
        timeout = httpx.Timeout(ASK_S, connect=CONNECT_S)
        return self._about(lambda: self._blocking.get(path, timeout=timeout))

    def _about(self, request: Callable[[], httpx.Response]) -> Any:
        response = self._reached(request)
        where = f"the inference service at {self.address}"
        if response.status_code == 401:
            raise EngineUnavailable(f"{where} wants its token; correct the one that is set here")
        try:
            told = response.json()
        except ValueError:
            told = {}
        if not response.is_success:
            reason = told.get("detail") if isinstance(told, dict) else ""
            raise EngineUnavailable(str(reason or f"{where} answered HTTP {response.status_code}"))
        return told

    def _reached(self, request: Callable[[], httpx.Response]) -> httpx.Response:
        where = f"the inference service at {self.address}"
        while True:
            try:
                return request()
            except (httpx.ConnectError, httpx.RemoteProtocolError):
                if time.monotonic() >= self._patient_until_s:
                    raise EngineUnavailable(f"{where} does not answer; {self._way_out()}") from None
                time.sleep(LOOK_S)
            except httpx.HTTPError as error:
                raise EngineUnavailable(f"{where} failed: {type(error).__name__}") from None

    def _way_out(self) -> str:
        if self.address.socket:
            return "it is started by ./run; look at its log"
        return "start it, or correct the address"


@lru_cache(maxsize=32)
def to(address: Address) -> Connection:
    """One for all engines of a service."""
    return Connection(address)


@contextmanager
def _told() -> Iterator[None]:
    """httpx' trouble as ours."""
    try:
        yield
    except httpx.ConnectTimeout:
        raise _Again(EngineFailed("the inference service was not reached in time")) from None
    except httpx.TimeoutException:
        raise _silent() from None
    except httpx.TransportError as error:
        raise _Again(EngineFailed(f"the inference service: {type(error).__name__}")) from None
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
        raise EngineFailed(f"the inference service: {type(error).__name__}") from None


def _silent() -> EngineFailed:
    return EngineFailed("the inference service was silent for too long")


def _json(response: httpx.Response) -> Any:
    _refuse_trouble(response)
    try:
        return response.json()
    except ValueError:
        raise EngineFailed("the inference service sent something that is no answer") from None


def _refuse_trouble(response: httpx.Response) -> None:
    """Raises _Again for trouble that another host behind the same address may not have."""
    status = response.status_code
    if status == 503:
        raise _Again(EngineBusy("the inference service is busy"))
    if status >= 500:
        raise _Again(EngineFailed(f"the inference service failed: HTTP {status}"))
    if not response.is_success:
        raise EngineFailed(f"the inference service refused: HTTP {status}")
