"""Who stops the agent, and how soon it is silent at the caller's RTP: through a real Asterisk.

The sounds are the bench's (bench/sounds.py), ten of each. Several calls at once, each to an
agent of its own, so that the recogniser can be told what is being said on it (tests/e2e/told.py).
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from agents.models import Agent, PhoneNumber, Voice
from bench.rehearsal import SENTENCE, SOUND_AT_MS
from bench.sounds import Echo, Kind, Sound, interjections, interruptions
from inference.engines.base import EngineChoice, VoiceChoice
from records.models import Call, Turn
from telephony import selfcall
from telephony.numbers import write_fallbacks
from telephony.phone import Phone, PhoneCall, now_ms
from telephony.phone_codecs import PTIME_MS
from tests.e2e.asterisk import RunningAsterisk
from tests.e2e.serving import Serving, serving
from tests.e2e.told import tell

pytestmark = [pytest.mark.asterisk, pytest.mark.django_db(transaction=True)]

LINES = 5
NUMBERS = [f"+493055542{line:02}" for line in range(LINES)]
EACH = 10
KINDS = (
    (Kind.HUM, 2), (Kind.SMALL_WORD, 2), (Kind.COUGH, 1), (Kind.DOOR, 1), (Kind.KEYBOARD, 1),
    (Kind.LINE_NOISE, 1), (Kind.ECHO, 2),
)  # fmt: skip
DIP_MS = 220  # without a loud packet the agent is silent; within its sentence it never is so long
END_MS = 2_000  # of silence, then its sentence is over
WITHIN_MS = 200
SLACK_MS = 60  # this machine has other work; the bench measures without any
ENDED_S = 15
TELL_EVERY_MS = 20
SCENE_S = 80


@dataclass(frozen=True)
class Heard:
    """One call, at the caller's ear. `muted_ms`: from the sound's first packet to silence."""

    sound: Sound | Echo
    muted_ms: float | None
    greeting: Turn
    words: tuple[str, ...]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("told")


@pytest.fixture(scope="module")
def serve(
    told: Path,
    asterisk_of_module: RunningAsterisk,
    django_db_setup: None,
    valkey_server: object,
) -> Iterator[Serving]:
    with serving(asterisk_of_module, str(told), script="tests/e2e/told.py") as running:
        yield running


@pytest.fixture
def agents(serve: Serving, transactional_db: None) -> None:
    voice = Voice.objects.create(name="Machine", engine="espeak")
    for line, number in enumerate(NUMBERS):
        agent = Agent.objects.create(
            name=f"line {line}", voice=voice, greeting=SENTENCE, instructions=slot(line)
        )
        PhoneNumber.objects.create(number=number, agent=agent)
    write_fallbacks()


def slot(line: int) -> str:
    return f"line-{line}"


def calls(asterisk: RunningAsterisk, told: Path, sounds: list[Sound | Echo]) -> list[Heard]:
    """Each sound in a call of its own, LINES at a time."""
    for sound in sounds:
        if isinstance(sound, Echo):
            coming_back(sound)  # now: it takes long enough to hold up a call

    async def on_line(phone: Phone, line: int) -> list[tuple[Sound | Echo, float | None]]:
        await asyncio.sleep(line * 0.3)  # not all in the same millisecond
        mine = sounds[line::LINES]
        return [(s, await one(phone, asterisk.sip(NUMBERS[line]), told, line, s)) for s in mine]

    async def all_lines() -> list[list[tuple[Sound | Echo, float | None]]]:
        async with asyncio.timeout(SCENE_S), Phone(user="+4917012345") as phone:
            return await asyncio.gather(*(on_line(phone, line) for line in range(LINES)))

    measured = asyncio.run(all_lines())
    wait_ended(len(sounds))
    return [
        kept(sound, muted_ms, call)
        for line, results in enumerate(measured)
        for (sound, muted_ms), call in zip(
            results,
            Call.objects.filter(number__number=NUMBERS[line]).order_by("started_at"),
            strict=True,
        )
    ]


async def one(phone: Phone, uri: str, told: Path, line: int, sound: Sound | Echo) -> float | None:
    """The caller makes the sound over the greeting and hears what comes of it."""
    tell(told, slot(line), [])
    call = await phone.dial(uri, codec="pcmu")
    began_ms = await call.wait_loud(0, 15)
    if isinstance(sound, Sound):
        await asyncio.sleep((began_ms + SOUND_AT_MS - now_ms()) / 1000)
        began_s = time.monotonic()
        times_ms = range(0, sound.spoken_ms + TELL_EVERY_MS, TELL_EVERY_MS)
        tell(told, slot(line), [(began_s + ms / 1000, sound.words_at(ms)) for ms in times_ms])
        spoken = await call.say(sound.pcm)
    else:
        spoken = await call.say(coming_back(sound))
    if sound.kind is Kind.INTERRUPTION:
        await call.wait_loud(spoken.speech_ended_ms, 15)  # the answer
    else:
        await call.wait_quiet(END_MS, 25)
    await call.hang_up()
    return muted_ms(call, spoken.started_ms)


@cache
def coming_back(sound: Echo) -> bytes:
    sentence = selfcall._voiced([SENTENCE], VoiceChoice(EngineChoice("espeak")))
    return sound.over(sentence, 0)


def muted_ms(call: PhoneCall, since_ms: float) -> float | None:
    """How long after that the agent fell silent; 0 where it made a pause just then."""
    loud = [packet.arrived_ms for packet in call.packets if packet.is_loud]
    for before, after in pairwise(loud):
        if after - max(before, since_ms) >= DIP_MS:
            return max(0.0, before + PTIME_MS - since_ms)
    return None


def wait_ended(count: int) -> None:
    give_up = time.monotonic() + ENDED_S
    while Call.objects.filter(ended_at__isnull=False).count() < count:
        assert time.monotonic() < give_up, f"of {Call.objects.count()} calls {count} should end"
        time.sleep(0.05)


def kept(sound: Sound | Echo, muted_ms: float | None, call: Call) -> Heard:
    turns = list(call.turns.all())
    greeting = next(turn for turn in turns if turn.speaker == Turn.Speaker.AGENT)
    caller = [turn.text for turn in turns if turn.speaker == Turn.Speaker.CALLER]
    return Heard(sound, muted_ms, greeting, tuple(caller))


def some(kind: Kind, count: int) -> list[Sound | Echo]:
    found = [sound for sound in interjections() if sound.kind is kind]
    return found[:: len(found) // count][:count]


def test_ten_interjections_and_not_one_stops_the_agent(
    agents: None, asterisk: RunningAsterisk, told: Path
) -> None:
    sounds = [sound for kind, count in KINDS for sound in some(kind, count)]
    assert len(sounds) == EACH
    for heard in calls(asterisk, told, sounds):
        assert heard.greeting.unheard_text == "", heard
        assert heard.words == (), heard
        if heard.sound.kind is Kind.ECHO:
            assert heard.muted_ms is None, heard


def test_ten_interruptions_and_all_stop_it_at_once(
    agents: None, asterisk: RunningAsterisk, told: Path
) -> None:
    results = calls(asterisk, told, list(interruptions()[:EACH]))
    took_ms = [heard.muted_ms for heard in results]
    print("silent at the ear after", took_ms)
    for heard in results:
        assert heard.greeting.unheard_text, heard
        assert heard.words[-1:] == (heard.sound.words,), heard  # a pause may have split it
        assert heard.muted_ms is not None, heard
        assert heard.muted_ms <= WITHIN_MS + SLACK_MS, heard
    assert sorted(took_ms)[EACH // 2] <= WITHIN_MS
