"""The phone against itself over loopback; against Asterisk it is tested in tests/e2e."""

import asyncio
import contextlib
import gc
import secrets
from collections.abc import Awaitable, Callable
from typing import cast

import numpy as np
import pytest

from telephony import phone_sip as sip
from telephony.likeness import likeness
from telephony.phone import (
    CallEnded,
    CallRefused,
    CallState,
    NoAnswer,
    NothingHeard,
    Phone,
    PhoneCall,
    loudness,
    now_ms,
)
from telephony.phone_codecs import MU_LAW, MU_LAW_BYTES, Pcmu
from telephony.phone_rtp import Receiver, Sender
from telephony.phone_sip import Message

HZ = 16_000


def speech(seconds: float, seed: int = 1) -> bytes:
    """Tones that change 12 times a second, within the telephone's band; no two seeds alike."""
    rng = np.random.default_rng(seed)
    count = int(seconds * HZ)
    pitch = np.repeat(rng.uniform(250, 3000, int(seconds * 12) + 1), HZ // 12 + 1)[:count]
    tones = np.sin(2 * np.pi * np.cumsum(pitch) / HZ)
    return (tones * 8000).astype("<i2").tobytes()


def on_two_phones(scene: Callable[[Phone, Phone], Awaitable[None]]) -> None:
    async def play() -> None:
        async with asyncio.timeout(30), Phone(user="alice") as alice, Phone(user="bob") as bob:
            await scene(alice, bob)
            assert not alice.calls
            assert not bob.calls

    asyncio.run(play())


async def connected(
    alice: Phone, bob: Phone, codec: str = "g722", *, silence: bool = True
) -> tuple[PhoneCall, PhoneCall]:
    dialling = asyncio.create_task(alice.dial(bob.uri, codec=codec, silence=silence))
    theirs = await bob.next_call(deadline_s=5)
    await theirs.answer(silence=silence)
    return await dialling, theirs


@pytest.mark.parametrize("codec", ["g722", "pcmu"])
def test_what_is_said_is_what_is_heard(codec: str) -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        ours, theirs = await connected(alice, bob, codec)
        question, answer = speech(1.2, seed=1), speech(1.2, seed=2)
        await asyncio.gather(ours.say(question), theirs.say(answer))
        await asyncio.sleep(0.05)
        await ours.hang_up()
        assert likeness(theirs.heard(), question).share == 1
        assert likeness(theirs.heard(), answer).share < 0.5
        assert likeness(ours.heard(), answer).share == 1
        assert likeness(ours.heard(), question).share < 0.5

    on_two_phones(scene)


def test_speech_takes_as_long_as_it_is_and_is_found_where_it_was_said() -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        ours, theirs = await connected(alice, bob)
        await asyncio.sleep(0.3)
        pcm = speech(1.0) + bytes(HZ)  # half a second of silence behind it
        spoken = await ours.say(pcm)
        assert spoken.ended_ms - spoken.started_ms == pytest.approx(1480, abs=60)
        assert spoken.speech_ended_ms - spoken.started_ms == pytest.approx(980, abs=60)
        await asyncio.sleep(0.05)
        first = theirs.first_loud_ms(after_ms=spoken.started_ms - 5)
        assert first is not None
        assert first - spoken.started_ms < 60
        found = likeness(theirs.heard(), pcm).start_ms
        assert found == pytest.approx(spoken.started_ms - theirs.opened_ms, abs=60)
        await theirs.hang_up()

    on_two_phones(scene)


def test_a_gap_without_packets_is_silence_of_its_length() -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        ours, theirs = await connected(alice, bob, silence=False)
        await ours.say(speech(0.5, seed=1))
        await asyncio.sleep(0.6)
        assert len(theirs.packets) == 25
        await ours.say(speech(0.5, seed=2))
        await asyncio.sleep(0.05)
        await ours.hang_up()
        loud = [db > -45 for db in loudness(theirs.heard())]
        gap = "".join("x" if is_loud else "." for is_loud in loud).strip(".")
        assert gap.count(".") == pytest.approx(30, abs=3)

    on_two_phones(scene)


def test_keys_arrive_once_each_and_in_order() -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        ours, theirs = await connected(alice, bob)
        await ours.press("1155*#0D")
        await ours.press("")
        await asyncio.sleep(0.05)
        assert theirs.digits == "1155*#0D"
        await ours.hang_up()
        with pytest.raises(CallEnded):
            await ours.press("1")

    on_two_phones(scene)


def test_either_side_may_hang_up() -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        for hangs_up in (0, 1):
            sides = await connected(alice, bob)
            await sides[hangs_up].hang_up()
            await sides[1 - hangs_up].wait_ended(deadline_s=2)
            assert sides[hangs_up].ended_by == "us"
            assert sides[1 - hangs_up].ended_by == "them"
            await sides[1 - hangs_up].hang_up()  # twice does no harm

    on_two_phones(scene)


def test_a_sentence_cut_by_a_hangup_ends_in_call_ended() -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        ours, theirs = await connected(alice, bob)
        saying = asyncio.create_task(ours.say(speech(5)))
        listening = asyncio.create_task(ours.wait_loud(0, deadline_s=10))
        await asyncio.sleep(0.2)
        await theirs.hang_up()
        began = now_ms()
        for waiting in (saying, listening):
            with pytest.raises(CallEnded):
                await waiting
        with pytest.raises(CallEnded):
            await ours.say(speech(1))
        assert now_ms() - began < 500

    on_two_phones(scene)


def test_a_busy_phone_refuses() -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        bob.is_busy = True
        with pytest.raises(CallRefused) as refused:
            await alice.dial(bob.uri)
        assert refused.value.status == 486
        bob.is_busy = False
        dialling = asyncio.create_task(alice.dial(bob.uri))
        await (await bob.next_call(5)).reject(603, "Decline")
        with pytest.raises(CallRefused) as refused:
            await dialling
        assert refused.value.status == 603

    on_two_phones(scene)


def test_a_caller_who_gives_up_stops_the_ringing() -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        call = await alice.start_call(bob.uri)
        ringing = await bob.next_call(5)
        await call.hang_up()
        assert call.state is CallState.ENDED
        with pytest.raises(CallRefused) as refused:
            await call.wait_answered(1)
        assert refused.value.status == 487
        await ringing.wait_ended(1)
        with pytest.raises(CallEnded):
            await ringing.answer()

    on_two_phones(scene)


def test_dialling_gives_up_by_itself_and_cancels() -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        with pytest.raises(NoAnswer):
            await alice.dial(bob.uri, deadline_s=0.3)
        await (await bob.next_call(5)).wait_ended(1)
        call = await alice.start_call(bob.uri, deadline_s=0.3)  # nobody waits for it
        await (await bob.next_call(5)).wait_ended(2)
        await call.wait_ended(1)

    on_two_phones(scene)


def test_an_answer_that_crosses_the_cancel_is_hung_up() -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        call = await alice.start_call(bob.uri)
        ringing = await bob.next_call(5)
        take, lifting = ringing.take_request, []

        def lift_at_the_cancel(request: Message, remote: tuple[str, int]) -> None:
            if request.method == "CANCEL":
                bob.wire.answer(request, remote, 200, "OK")
                lifting.append(asyncio.ensure_future(ringing.answer()))
            else:
                take(request, remote)

        ringing.take_request = lift_at_the_cancel  # type: ignore[method-assign]
        await call.hang_up()
        assert len(lifting) == 1
        assert call.answered_ms
        assert call.state is CallState.ENDED
        await ringing.wait_ended(1)
        assert ringing.ended_by == "them"

    on_two_phones(scene)


def test_a_phone_that_is_off_is_not_waited_for() -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        gone = Phone(user="gone")
        await gone.open()
        uri = gone.uri
        await gone.close()
        with pytest.raises(NoAnswer):
            await alice.dial(uri, deadline_s=0.5)

    on_two_phones(scene)


def test_silence_is_not_taken_for_speech() -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        ours, theirs = await connected(alice, bob)
        with pytest.raises(NothingHeard):
            await theirs.wait_loud(0, deadline_s=0.3)
        saying = asyncio.create_task(ours.say(speech(0.6)))
        quiet = await theirs.wait_quiet(quiet_ms=300, deadline_s=5)
        spoken = await saying
        assert quiet == pytest.approx(spoken.speech_ended_ms, abs=60)
        await ours.hang_up()

    on_two_phones(scene)


class Registrar(asyncio.DatagramProtocol):
    """Lets in who knows the password, checking the digest by its definition in RFC 2617."""

    def __init__(self, password: str, qop: str) -> None:
        self.password, self.qop = password, qop
        self.nonce = secrets.token_hex(8)
        self.seen: list[str] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = sip.parse(data)
        if request.method == "ACK":
            return
        answer = request.get("authorization")
        is_right = bool(answer) and self._is_right(request.method, answer)
        self.seen.append(f"{request.method} {'right' if is_right else 'wrong' if answer else '-'}")
        copied = [(k, v) for k, v in request.headers if k in ("Via", "From", "Call-ID", "CSeq")]
        copied.append(("To", request.get("to") + ";tag=r"))
        qop = f', qop="{self.qop}"' if self.qop else ""
        challenge = f'Digest realm="clinic", nonce="{self.nonce}", algorithm=MD5{qop}'
        response = Message(status=200, reason="OK", headers=copied)
        if not is_right:
            copied.append(("WWW-Authenticate", challenge))
            response = Message(status=401, reason="Unauthorized", headers=copied)
        self.transport.sendto(response.encode(), addr)

    def _is_right(self, method: str, answer: str) -> bool:
        from hashlib import md5

        words = answer.removeprefix("Digest ").split(", ")
        given = {k: v.strip('"') for k, _, v in (word.partition("=") for word in words)}
        ha1 = md5(f"{given['username']}:clinic:{self.password}".encode()).hexdigest()
        ha2 = md5(f"{method}:{given['uri']}".encode()).hexdigest()
        middle = [self.nonce]
        if self.qop:
            middle += [given["nc"], given["cnonce"], "auth"]
        return given["response"] == md5(":".join([ha1, *middle, ha2]).encode()).hexdigest()


@pytest.mark.parametrize("qop", ["auth", ""])
@pytest.mark.parametrize("password", ["right", "wrong"])
def test_the_registrar_lets_in_who_knows_the_password(password: str, qop: str) -> None:
    async def play() -> list[str]:
        loop = asyncio.get_running_loop()
        transport, registrar = await loop.create_datagram_endpoint(
            lambda: Registrar("right", qop), local_addr=("127.0.0.1", 0)
        )
        port = transport.get_extra_info("sockname")[1]
        async with asyncio.timeout(10), Phone(user="desk", password=password) as phone:
            refused = pytest.raises(CallRefused, match="401")
            with contextlib.nullcontext() if password == "right" else refused:
                await phone.register(f"sip:127.0.0.1:{port}")
        transport.close()
        return registrar.seen

    assert asyncio.run(play()) == ["REGISTER -", f"REGISTER {password}"]


def test_an_invite_is_sent_again_with_the_password() -> None:
    async def play() -> list[str]:
        loop = asyncio.get_running_loop()
        transport, registrar = await loop.create_datagram_endpoint(
            lambda: Registrar("right", "auth"), local_addr=("127.0.0.1", 0)
        )
        port = transport.get_extra_info("sockname")[1]
        async with asyncio.timeout(10), Phone(user="desk", password="right") as phone:
            with pytest.raises(CallRefused):  # it is no telephone: its 200 has no session
                await phone.dial(f"sip:1000@127.0.0.1:{port}")
            assert not phone.calls
        transport.close()
        return registrar.seen

    seen = asyncio.run(play())
    assert seen[:2] == ["INVITE -", "INVITE right"]
    assert seen[2].startswith("BYE")


class LossyWire:
    """Drops every second SIP datagram of a phone, as a bad network does."""

    def __init__(self, phone: Phone) -> None:
        self._send, self.count = phone.wire.send, 0
        phone.wire.send = self.send  # type: ignore[method-assign]

    def send(self, datagram: bytes, remote: tuple[str, int]) -> None:
        self.count += 1
        if self.count % 2 == 0:
            self._send(datagram, remote)


def test_lost_datagrams_are_made_up_for() -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        LossyWire(alice)
        LossyWire(bob)
        ours, theirs = await connected(alice, bob)
        await ours.say(speech(0.4))
        await ours.hang_up()
        await theirs.wait_ended(5)
        await asyncio.sleep(0)

    on_two_phones(scene)


@pytest.mark.parametrize(
    "datagram", [b"", b"\r\n\r\n", b"\xff" * 50, b"INVITE sip:x SIP/2.0\r\n\r\n", b"SIP/2.0 200"]
)
def test_rubbish_does_not_disturb_a_phone(datagram: bytes) -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        bob.wire.datagram_received(datagram, ("127.0.0.1", 9))
        ours, _ = await connected(alice, bob)
        assert ours._line is not None
        ours._line.datagram_received(datagram, ours._line._remote or ("", 0))
        await ours.hang_up()

    on_two_phones(scene)


def test_a_header_cannot_smuggle_another() -> None:
    with pytest.raises(ValueError, match="line break"):
        Message(method="BYE", uri="sip:x", headers=[("To", "a\r\nEvil: yes")]).encode()


def test_mu_law_gives_the_nearest_step_for_every_sample() -> None:
    samples = np.arange(65536, dtype=np.uint16).view(np.int16)
    ours = MU_LAW[MU_LAW_BYTES].astype(int)
    steps = np.sort(MU_LAW).astype(int)
    nearest = np.abs(samples.astype(int)[:, None] - steps[None, :]).min(axis=1)
    assert (np.abs(ours - samples) == nearest).all()
    assert (MU_LAW_BYTES[MU_LAW.view(np.uint16)] | 128 == np.arange(256) | 128).all()
    assert MU_LAW[0x80] == 32124  # G.711: the loudest positive step
    assert MU_LAW[0x00] == -32124
    assert Pcmu().encode(np.zeros(2, np.int16)) == b"\xff\xff"


def test_packets_are_placed_by_their_timestamps_across_the_wrap() -> None:
    async def play() -> Receiver:
        sender = Sender(Pcmu(), 101, silence=False)
        sender._timestamp = 2**32 - 480
        receiver = Receiver(Pcmu(), 101)
        saying = sender.say(speech(0.1))
        packets = [sender.next_packet(0) for _ in range(5)]
        assert saying.done()
        for packet in packets:
            receiver.push(packet or b"")
        return receiver

    receiver = asyncio.run(play())
    starts = [packet.start_ms - receiver.packets[0].start_ms for packet in receiver.packets]
    assert starts == [0, 20, 40, 60, 80]


def test_two_hundred_calls_leave_nothing_behind() -> None:
    async def scene(alice: Phone, bob: Phone) -> None:
        for _ in range(20):
            calls = await asyncio.gather(*(alice.start_call(bob.uri) for _ in range(10)))
            for _ in calls:
                await (await bob.next_call(5)).answer()
            for call in calls:
                await call.wait_answered(5)
            await asyncio.gather(*(call.hang_up() for call in calls))
            while bob.calls:
                await next(iter(bob.calls.values())).wait_ended(5)

    on_two_phones(scene)
    gc.collect()
    left = [thing for thing in gc.get_objects() if isinstance(thing, PhoneCall)]
    assert len(left) <= 2  # the loop variables of a finished frame at most
