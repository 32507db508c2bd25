"""Inference services behind the real HAProxy, with the configuration that is handed out.

Here the engines go by script; tests/e2e/test_pool.py kills real ones.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.asyncio.client import connect

from inference.audio import wav_bytes
from inference.engines import registry
from inference.engines.base import (
    SAMPLE_HZ,
    EngineChoice,
    Knowledge,
    Speaker,
    Transcript,
    Utterance,
)
from inference.host.offer import Offer
from inference.host.stages import EngineBusy
from tests import model_servers
from tests.e2e.haproxy import Balancer, balancer, balancer_of
from tests.inference.host.services import OFFER, ScriptedStages, served, tone

pytestmark = pytest.mark.asyncio
LONGEST_KEPT_S = 15  # no longer recording is sent again: deploy/haproxy/voiceadmin.cfg
DEADLINE_S = 20


class Host(ScriptedStages):
    is_full = False

    async def transcribe(
        self, pcm: bytes, knowledge: Knowledge, choice: EngineChoice
    ) -> Transcript:
        if self.is_full:
            raise EngineBusy("no room")
        return await super().transcribe(pcm, knowledge, choice)


class Pair:
    """Two services, what stands in front of them, and a client that never tries twice."""

    def __init__(
        self,
        one: Host,
        two: Host,
        balancer: Balancer,
        client: httpx.AsyncClient,
    ) -> None:
        self.one, self.two = one, two
        self.balancer = balancer
        self.client = client

    async def transcribe(self, seconds: float = 0.5, **more: object) -> httpx.Response:
        return await transcribe(self.client, self.balancer, seconds, **more)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not is_so():
                await asyncio.sleep(0.01)

    def hold(self) -> None:
        self.one.is_held = self.two.is_held = True

    def one_is_cancelled(self) -> bool:
        return self.one.cancelled.is_set() or self.two.cancelled.is_set()


async def transcribe(
    client: httpx.AsyncClient, balancer: Balancer, seconds: float, **more: object
) -> httpx.Response:
    url = f"{balancer.url('transcribe')}/transcribe"
    recording = wav_bytes(tone(seconds), SAMPLE_HZ)
    return await client.post(url, files={"audio_file": recording}, **more)


@asynccontextmanager
async def pair(offer: Offer = OFFER) -> AsyncIterator[Pair]:
    one, two = Host(), Host()
    async with AsyncExitStack() as opened:
        ports = []
        for stages in (one, two):
            address = await opened.enter_async_context(served(stages, offer))
            ports.append(port_of(address))
        front = await opened.enter_async_context(balancer_of(transcribers=ports, voices=ports))
        client = await opened.enter_async_context(httpx.AsyncClient(timeout=DEADLINE_S))
        for stages in (one, two):  # ready: their first turns are over
            stages.heard.clear()
            stages.said.clear()
            stages.begun.clear()
        yield Pair(one, two, front, client)


def port_of(address: str) -> int:
    port = urlsplit(address).port
    assert port
    return port


# --- sharing ----------------------------------------------------------------------------


async def test_a_request_goes_to_the_host_that_has_the_fewest():
    async with pair() as both:
        both.hold()
        asked = [asyncio.create_task(both.transcribe()) for _ in range(4)]
        await both.until(lambda: len(both.one.heard) + len(both.two.heard) == 4)
        assert len(both.one.heard) == len(both.two.heard) == 2
        for task in asked:
            task.cancel()


async def test_a_host_that_is_full_is_passed_over():
    async with pair() as both:
        both.one.fails = EngineBusy("no room")
        answers = [await both.transcribe() for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200] * 4
        assert both.one.fails is None  # it was asked


async def test_where_all_are_full_the_caller_is_told_when_to_come_again():
    async with pair() as both:
        both.one.is_full = both.two.is_full = True
        answer = await both.transcribe()
        assert answer.status_code == 503
        assert answer.headers["retry-after"]


async def test_the_token_reaches_the_host():
    async with pair(replace(OFFER, token="secret")) as both:
        assert (await both.transcribe()).status_code == 401
        with_token = {"Authorization": "Bearer secret"}
        assert (await both.transcribe(headers=with_token)).status_code == 200


async def test_one_host_s_figures_are_not_shown_for_all():
    async with pair() as both:
        answer = await both.client.get(f"{both.balancer.url('speak')}/metrics")
        assert answer.status_code == 404


async def test_a_websocket_passes_through():
    async with pair() as both:
        url = both.balancer.url("transcribe").replace("http", "ws")
        async with connect(f"{url}/stream", open_timeout=DEADLINE_S) as socket:
            await socket.send('{"type": "transcribe", "id": "a", "rate": 16000}')
            await socket.send(tone(0.5))
            await socket.send('{"type": "end", "id": "a"}')
            async with asyncio.timeout(DEADLINE_S):
                assert "when are you open" in await socket.recv()


# --- giving up --------------------------------------------------------------------------


async def test_a_turn_that_is_called_off_ends_at_its_host():
    async with pair() as both:
        both.hold()
        asked = asyncio.create_task(both.transcribe())
        await both.until(lambda: both.one.begun.is_set() or both.two.begun.is_set())
        asked.cancel()
        await both.until(both.one_is_cancelled)


async def test_speech_comes_as_it_is_made_and_stops_when_nobody_listens():
    async with pair() as both:
        both.hold()  # after the first piece
        order = {"text": "From eight to six.", "format": "pcm"}
        url = f"{both.balancer.url('speak')}/tts"
        async with both.client.stream("POST", url, json=order) as speech:
            assert await anext(speech.aiter_bytes())
        await both.until(both.one_is_cancelled)


# --- dying ------------------------------------------------------------------------------


class Dying:
    """A host that says it is ready, takes a whole request and dies of it."""

    def __init__(self) -> None:
        self.deaths = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                if head.startswith("get /readyz"):
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                    continue
                length = int(head.partition("content-length:")[2].split()[0])
                await reader.readexactly(length)
                self.deaths += 1
                break
        writer.transport.abort()


@pytest.mark.parametrize("seconds", [0.5, LONGEST_KEPT_S])
async def test_what_a_dying_host_did_not_answer_goes_to_another(seconds):
    dying = Dying()
    async with served(ScriptedStages()) as alive:
        server = await asyncio.start_server(dying.serve, "127.0.0.1", 0, limit=2**20)
        ports = [server.sockets[0].getsockname()[1], port_of(alive)]
        async with (
            server,
            balancer_of(transcribers=ports) as front,
            httpx.AsyncClient(timeout=DEADLINE_S) as client,
        ):
            answers = [await transcribe(client, front, seconds) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert dying.deaths


# --- language models --------------------------------------------------------------------

QUESTION = (Utterance(Speaker.CALLER, "when are you open"),)


@pytest.fixture(params=["ollama", "openai"])
def models(request):
    """Two model servers behind one address, and the engine that was given it."""
    with model_servers.running() as one, model_servers.running() as two:
        ports = {request.param: [one.server_port, two.server_port]}
        with balancer(**ports) as front:
            address = front.url(request.param)
            options = {"ollama": {"host": address}, "openai": {"base_url": f"{address}/v1"}}
            choice = EngineChoice.of(request.param, model="tiny", **options[request.param])
            registry.forget()
            yield one, two, registry.load("llm", choice)
            registry.forget()


async def test_a_model_s_reply_comes_through_as_it_is_written(models):
    one, two, model = models
    one.script = two.script = model_servers.says_then_is_silent("From eight ")
    async with aclosing(model.reply(QUESTION, Knowledge("en"))) as reply:
        async with asyncio.timeout(DEADLINE_S):
            assert await anext(reply) == "From eight "
    async with asyncio.timeout(DEADLINE_S):  # the model stops where it was
        while not (one.closed.is_set() or two.closed.is_set()):
            await asyncio.sleep(0.01)


async def test_a_model_server_that_dies_costs_no_reply(models):
    one, two, model = models
    one.shutdown()
    one.server_close()
    two.script = model_servers.says("From eight to six.")
    for _ in range(4):
        async with asyncio.timeout(DEADLINE_S):
            said = [piece async for piece in model.reply(QUESTION, Knowledge("en"))]
        assert "".join(map(str, said)) == "From eight to six."
