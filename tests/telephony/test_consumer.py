"""Whole calls over the media socket, with engines that answer at once. Asterisk is the test."""

import asyncio
import base64
import json
import random
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Self

import pytest
from asgiref.sync import SyncToAsync
from channels.testing import WebsocketCommunicator
from django.conf import settings

from agents.models import Agent, PhoneNumber, Question, Voice
from inference.conversation import Engines
from inference.conversation import Voice as CallVoice
from inference.engines.base import (
    FRAME_BYTES,
    SAMPLE_HZ,
    After,
    EngineChoice,
    EngineFailed,
    EngineUnavailable,
    Knowledge,
    Transcript,
    Utterance,
    VoiceChoice,
)
from records import vault
from records.models import Call, Turn
from telephony import consumers, live
from telephony.consumers import MALFORMED_LIMIT, SOCKET, MediaConsumer
from telephony.worker import worker

pytestmark = pytest.mark.django_db(transaction=True)

SOON_S = 5.0
NUMBER = "1000"
CHANNEL = "1795327530.1"  # the caller's leg
SPEECH = random.Random(1).randbytes(FRAME_BYTES)  # like nothing that the agent says
SILENCE = bytes(FRAME_BYTES)
LETTER_MS = 20

Talk = Callable[["Leg"], Awaitable[None]]


class Ear:
    hangover_ms = 0

    def is_speech(self, frame: bytes) -> bool:
        return frame == SPEECH


class DeafEar:
    hangover_ms = 0

    def is_speech(self, frame: bytes) -> bool:
        raise EngineFailed("no such file")


class Recogniser:
    def transcribe(self, pcm: bytes, knowledge: Knowledge) -> Transcript:
        return Transcript("when are you open")


class Model:
    def __init__(self) -> None:
        self.says: list[str | After] = ["At eight."]

    async def reply(
        self, history: tuple[Utterance, ...], knowledge: Knowledge
    ) -> AsyncIterator[str | After]:
        for piece in self.says:
            yield piece


class BrokenModel(Model):
    async def reply(
        self, history: tuple[Utterance, ...], knowledge: Knowledge
    ) -> AsyncIterator[str | After]:
        raise EngineFailed("the server is away")
        yield ""


class Synthesizer:
    hz = SAMPLE_HZ

    def synthesize(self, text: str, voice: VoiceChoice) -> Iterator[bytes]:
        for _ in text:
            yield b"\x02" * (LETTER_MS * SAMPLE_HZ // 1000 * 2)


class Manager:
    """Asterisk's manager interface: who was handed over."""

    handed_over: list[str] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def hand_over(self, channel: str) -> None:
        self.handed_over.append(channel)


class Office:
    """What all calls of a test share: the engines, and what they do."""

    def __init__(self) -> None:
        self.ear: Any = Ear()
        self.model = Model()
        self.second_model: Model | None = None
        self.is_loading = threading.Event()
        self.may_load = threading.Event()
        self.may_load.set()
        self.missing: EngineUnavailable | None = None

    def load(self, spec: object) -> Engines:
        self.is_loading.set()
        self.may_load.wait(SOON_S)
        if self.missing:
            raise self.missing
        voice = CallVoice(Synthesizer(), VoiceChoice(EngineChoice("fake")))
        return Engines(self.ear, Recogniser(), self.model, voice, second_model=self.second_model)


async def written() -> None:
    """Every turn of every live call is in the database."""
    for call_id in list(worker().live):
        assert await worker().writer.settled(call_id, SOON_S)


class Leg:
    """Asterisk's end of one media socket."""

    def __init__(self, password: str = settings.MEDIA_PASSWORD) -> None:
        token = base64.b64encode(f"{settings.MEDIA_USER}:{password}".encode())
        self.socket = WebsocketCommunicator(
            MediaConsumer.as_asgi(),
            f"/{settings.MEDIA_PATH}",
            headers=[(b"authorization", b"Basic " + token)],
            subprotocols=["media"],
        )
        self.audio = b""
        self.commands: list[str] = []
        self.is_closed = False

    async def connect(self) -> tuple[bool, object]:
        return await self.socket.connect(SOON_S)

    async def start(self, dialled: str = NUMBER, **changed: object) -> None:
        """Connects, and tells which call this is."""
        assert await self.connect() == (True, "media")
        await self.send(
            {
                "event": "MEDIA_START",
                "connection_id": "ai",
                "channel": "WebSocket/ai/0x7ff3200041a0",
                "channel_id": "1795327530.2",
                "format": "slin16",
                "optimal_frame_size": FRAME_BYTES,
                "ptime": 20,
                "channel_variables": {
                    "CALL_ID": CHANNEL,
                    "CALL_FROM": "+493012345",
                    "CALL_TO": dialled,
                },
            }
            | changed
        )

    async def send(self, message: dict[str, object] | str | bytes) -> None:
        match message:
            case bytes():
                await self.socket.send_to(bytes_data=message)
            case str():
                await self.socket.send_to(text_data=message)
            case _:
                await self.socket.send_to(text_data=json.dumps(message))

    async def speak(self, ms: int) -> None:
        for _ in range(0, ms, 20):
            await self.send(SPEECH)

    async def _receive(self) -> None:
        message = await self.socket.receive_output(SOON_S)
        match message:
            case {"type": "websocket.close"}:
                self.is_closed = True
            case {"bytes": pcm}:
                assert len(pcm) % FRAME_BYTES == 0
                self.audio += pcm
            case {"text": text}:
                self.commands.append(json.loads(text)["command"])

    async def until(self, command: str) -> None:
        while command not in self.commands:
            assert not self.is_closed, self.commands
            await self._receive()

    async def until_heard(self, ms: int) -> None:
        """So much audio has come, of all replies together."""
        while len(self.audio) < ms * SAMPLE_HZ // 1000 * 2:
            assert not self.is_closed, self.commands
            await self._receive()

    async def until_closed(self) -> None:
        while not self.is_closed:
            await self._receive()

    async def hang_up(self) -> None:
        await self.socket.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.socket.wait(SOON_S)


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    office = Office()
    Manager.handed_over = []
    monkeypatch.setattr(live, "load_engines", office.load)
    monkeypatch.setattr(live, "Ami", Manager)
    worker.cache_clear()
    yield office
    office.may_load.set()
    worker.cache_clear()


@pytest.fixture(autouse=True)
def agent(db: None) -> Agent:
    agent = Agent.objects.create(
        name="Clinic",
        voice=Voice.objects.create(name="Voice"),
        greeting="Hello.",
        say_again="Again?",
        trouble="Sorry.",
        patience="own",
        done_ms=100,
        endpoint_ms=100,
    )
    Question.objects.create(agent=agent, wordings="when are you open", answer="At eight.")
    PhoneNumber.objects.create(number=NUMBER, agent=agent)
    return agent


def calling(*talks: Talk, leg: Leg | None = None) -> None:
    """Holds these calls, one after the other, in one process."""

    async def run() -> None:
        for talk in talks:
            await talk(leg or Leg())
        held = worker()
        assert not held.live
        held.engines.shutdown(wait=False)
        held.disk.shutdown()

    asyncio.run(run())


def letters(*texts: str) -> int:
    """How long these take to say, in ms."""
    return sum(len(text) for text in texts) * LETTER_MS


def kept() -> list[tuple[str, str]]:
    return list(Turn.objects.order_by("index").values_list("speaker", "text"))


# A call


def test_a_call_is_answered_held_and_kept(office):
    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until("ANSWER")
        assert not leg.audio
        await leg.until_heard(letters("Hello."))
        await asyncio.sleep(0.15)  # until it has been played
        await leg.speak(400)
        await leg.until_heard(letters("Hello.", "At eight."))
        await asyncio.sleep(0.25)
        await leg.hang_up()

    calling(talk)
    assert kept() == [
        ("agent", "Hello."),
        ("caller", "when are you open"),
        ("agent", "At eight."),
    ]
    call = Call.objects.get()
    assert (call.reason, call.channel, call.caller) == ("caller", CHANNEL, "+493012345")
    assert call.ended_at is not None
    assert call.purge_after is not None
    assert vault.audio_bytes(call.pk) > SAMPLE_HZ  # a quarter of a second, both sides
    assert Turn.objects.get(index=2).response_ms >= 100


def test_a_call_whose_model_fails_is_answered_by_the_second_and_says_so(office):
    office.model, office.second_model = BrokenModel(), Model()

    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        await asyncio.sleep(0.15)
        await leg.speak(400)
        await leg.until_heard(letters("Hello.", "At eight."))
        await asyncio.sleep(0.25)
        await leg.hang_up()

    calling(talk)
    assert kept()[1:] == [("caller", "when are you open"), ("agent", "At eight.")]
    assert [turn.stood_in for turn in Turn.objects.order_by("index")] == ["", "", "llm"]


def test_the_agents_goodbye_hangs_up(office):
    office.model.says = ["Bye.", After.HANG_UP]

    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        await leg.speak(400)
        await leg.until("HANGUP")
        assert len(leg.audio) >= letters("Bye.") * 32
        await leg.hang_up()

    calling(talk)
    assert Call.objects.get().reason == "agent"
    assert kept()[-1] == ("agent", "Bye.")


def test_a_caller_who_wants_a_person_is_handed_over_before_we_hang_up(office):
    office.model.says = ["Wait.", After.HAND_OVER]

    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        await leg.speak(400)
        await leg.until("HANGUP")
        assert Manager.handed_over == [CHANNEL]
        await leg.hang_up()

    calling(talk)
    assert Call.objects.get().reason == "handed over"


def test_keys_reach_the_model(office):
    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        await leg.send({"event": "DTMF_END", "digit": "1"})
        await leg.send({"event": "DTMF_END", "digit": "#"})
        await leg.until_heard(letters("Hello.", "At eight."))
        await leg.hang_up()

    calling(talk)
    assert ("caller", "[1]") in kept()


def test_talking_over_the_agent_stops_it(office):
    office.model.says = ["x" * 100]

    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        await asyncio.sleep(0.15)
        await leg.speak(400)
        await leg.until_heard(letters("Hello.") + 100)
        await leg.speak(400)
        await leg.until("FLUSH_MEDIA")
        await leg.hang_up()

    calling(talk)
    reply = Turn.objects.get(index=2)
    assert reply.was_interrupted
    assert reply.unheard_text


# Who may call


@pytest.mark.parametrize(
    "password",
    ["", "wrong", settings.MEDIA_PASSWORD + " "],
    ids=["none", "another", "one character more"],
)
def test_a_wrong_password_is_refused_before_the_socket_opens(office, password):
    async def talk(leg: Leg) -> None:
        is_open, _ = await leg.connect()
        assert not is_open

    calling(talk, leg=Leg(password))
    assert not Call.objects.exists()


def test_no_password_is_refused_too(office):
    async def talk(leg: Leg) -> None:
        leg.socket.scope["headers"] = []
        is_open, _ = await leg.connect()
        assert not is_open

    calling(talk)


def test_a_process_about_to_stop_takes_no_call(office):
    async def talk(leg: Leg) -> None:
        worker().is_draining = True
        is_open, _ = await leg.connect()
        assert not is_open

    calling(talk)


def test_a_number_nobody_answers_closes_without_an_answer(office):
    async def talk(leg: Leg) -> None:
        await leg.start(dialled="2000")
        await leg.until_closed()
        assert leg.commands == []
        await leg.hang_up()

    calling(talk)
    assert not Call.objects.exists()


def test_an_agent_whose_engine_is_missing_does_not_answer(office):
    office.missing = EngineUnavailable("no model")

    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_closed()
        assert leg.commands == []
        await leg.hang_up()

    calling(talk)
    call = Call.objects.get()
    assert (call.reason, call.detail) == ("trouble", "engines: no model")


def test_a_channel_of_another_rate_is_not_answered(office):
    async def talk(leg: Leg) -> None:
        await leg.start(format="slin", optimal_frame_size=320)
        await leg.until_closed()
        assert leg.commands == []
        await leg.hang_up()

    calling(talk)


def test_a_socket_that_never_says_which_call_it_is_is_closed(office, monkeypatch):
    monkeypatch.setattr(consumers, "START_DEADLINE_S", 0.01)

    async def talk(leg: Leg) -> None:
        await leg.connect()
        await leg.until_closed()
        await leg.hang_up()

    calling(talk)


# What should not come


async def heard_hello(leg: Leg) -> None:
    await leg.start()
    await leg.until("ANSWER")
    await leg.until_heard(letters("Hello."))
    await leg.hang_up()


def test_audio_before_the_call_is_known_does_no_harm(office):
    async def talk(leg: Leg) -> None:
        await leg.connect()
        await leg.send(SPEECH)
        await leg.send({"event": "DTMF_END", "digit": "1"})
        leg.connect = connected  # type: ignore[method-assign]
        await heard_hello(leg)

    async def connected() -> tuple[bool, str]:
        return True, "media"

    calling(talk)


def test_audio_of_any_length_does_no_harm(office):
    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        await asyncio.sleep(0.15)
        for pcm in (b"x", SPEECH[:639], SPEECH * 30, b"xyz"):
            await leg.send(pcm)
        await leg.until_heard(letters("Hello.", "At eight."))
        await leg.hang_up()

    calling(talk)


def test_a_flood_of_audio_does_not_leave_the_agent_deaf(office):
    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        await asyncio.sleep(0.15)
        for _ in range(100):
            await leg.send(SILENCE * 10)  # 20 s of it
        await asyncio.sleep(0.5)
        await leg.speak(400)
        await leg.until_heard(letters("Hello.", "At eight."))
        await leg.hang_up()

    calling(talk)


def test_a_few_malformed_texts_do_no_harm(office):
    async def talk(leg: Leg) -> None:
        await leg.start()
        for number in range(MALFORMED_LIMIT - 1):
            await leg.send(f"{{{number}")
        await leg.until_heard(letters("Hello."))
        await leg.hang_up()

    calling(talk)
    assert Call.objects.get().reason == "caller"


def test_many_malformed_texts_end_this_call_and_no_other(office):
    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        for number in range(MALFORMED_LIMIT):
            await leg.send(f"{{{number}")
        await leg.until_closed()
        await leg.socket.wait(SOON_S)

    calling(talk, heard_hello)
    assert [call.reason for call in Call.objects.order_by("started_at")] == ["trouble", "caller"]


def test_a_call_that_breaks_goes_on_to_a_person(office):
    office.ear = DeafEar()

    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until("ANSWER")
        await leg.send(SPEECH)
        await leg.until_closed()
        await leg.socket.wait(SOON_S)

    calling(talk)
    assert Manager.handed_over == [CHANNEL]
    assert Call.objects.get().reason == "trouble"


def test_a_second_start_is_not_a_second_call(office):
    async def talk(leg: Leg) -> None:
        await leg.start()
        leg.connect = connected  # type: ignore[method-assign]
        await leg.start()
        await leg.until_heard(letters("Hello."))
        await leg.hang_up()

    async def connected() -> tuple[bool, str]:
        return True, "media"

    calling(talk)
    assert Call.objects.count() == 1


# Hanging up


def test_a_caller_who_hangs_up_while_the_agent_talks_leaves_a_closed_call(office):
    office.model.says = ["one two three four five six seven eight nine ten " * 4]

    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        await asyncio.sleep(0.15)
        await leg.speak(400)
        await leg.until_heard(letters("Hello.") + 700)
        await leg.hang_up()

    calling(talk)
    assert Call.objects.get().ended_at is not None
    reply = Turn.objects.get(index=2)
    assert reply.text.startswith("one two")
    assert reply.unheard_text.endswith("nine ten")
    assert not reply.was_interrupted


def test_a_caller_who_hangs_up_while_the_models_load_leaves_a_closed_call(office):
    office.may_load.clear()

    async def talk(leg: Leg) -> None:
        await leg.start()
        await asyncio.to_thread(office.is_loading.wait, SOON_S)
        await leg.hang_up()
        office.may_load.set()

    calling(talk)
    call = Call.objects.get()
    assert (call.reason, call.ended_at is not None) == ("caller", True)
    assert kept() == []


def test_a_caller_who_hangs_up_while_the_row_is_made_leaves_a_closed_call(office, monkeypatch):
    is_opening, may_open = threading.Event(), threading.Event()
    open_call = live.calls.open_call

    def open_slowly(**details: Any) -> Any:
        is_opening.set()
        may_open.wait(SOON_S)
        return open_call(**details)

    monkeypatch.setattr(live.calls, "open_call", open_slowly)

    async def talk(leg: Leg) -> None:
        await leg.start()
        await asyncio.to_thread(is_opening.wait, SOON_S)
        hanging_up = asyncio.create_task(leg.hang_up())
        await asyncio.sleep(0.05)
        may_open.set()
        await hanging_up

    calling(talk)
    assert Call.objects.get().ended_at is not None


def test_a_server_that_stops_leaves_a_closed_call(office):
    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        leg.socket.future.cancel()
        await asyncio.wait([leg.socket.future])
        async with asyncio.timeout(SOON_S):
            await worker().quiet.wait()

    calling(talk)
    assert Call.objects.get().reason == "lost"


# The database thread


def test_no_frame_of_audio_goes_through_the_database_thread(office, monkeypatch):
    thread = SyncToAsync.single_thread_executor
    submit, hops = thread.submit, []

    def counting(*args: Any, **kwargs: Any) -> Any:
        hops.append(args)
        return submit(*args, **kwargs)

    monkeypatch.setattr(thread, "submit", counting)

    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        await written()
        assert hops  # the row, the greeting
        await asyncio.sleep(0.2)  # the greeting has been heard, and that is written
        await written()
        before = len(hops)
        for _ in range(200):
            await leg.send(SILENCE)
        async with asyncio.timeout(SOON_S):
            while not leg.socket.input_queue.empty():
                await asyncio.sleep(0)
        assert len(hops) == before
        await leg.hang_up()

    calling(talk)


# Audio that comes past the queue


class Source:
    """As the server's own socket: audio goes to the listener."""

    hear: Callable[[bytes], None] | None = None

    def listen(self, listener: Callable[[bytes], None]) -> None:
        self.hear = listener

    def stop_listening(self) -> None:
        self.hear = None


def leg_with(source: Source) -> Leg:
    leg = Leg()
    leg.socket.scope[SOCKET] = source
    return leg


def test_audio_that_is_handed_over_at_once_is_answered(office):
    source = Source()

    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        await asyncio.sleep(0.15)  # until it has been played
        for _ in range(20):
            source.hear(SPEECH)
        await leg.until_heard(letters("Hello.", "At eight."))
        await leg.hang_up()
        assert source.hear is None

    calling(talk, leg=leg_with(source))
    assert ("caller", "when are you open") in kept()


def test_a_call_whose_listener_broke_goes_on_to_a_person(office):
    async def talk(leg: Leg) -> None:
        await leg.start()
        await leg.until_heard(letters("Hello."))
        await leg.socket.send_input({"type": "media.broken", "error": EngineFailed("no such file")})
        await leg.until_closed()
        await leg.socket.wait(SOON_S)

    calling(talk, leg=leg_with(Source()))
    assert Manager.handed_over == [CHANNEL]
    assert Call.objects.get().reason == "trouble"
