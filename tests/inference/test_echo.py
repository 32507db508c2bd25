"""Our own voice comes back while the agent talks; the caller talks, or does not."""

import pickle
from dataclasses import dataclass
from functools import cache

import pytest

from bench.acoustics import Path, echo, hiss, mix, over_mu_law
from inference.audio import resample
from inference.echo import EchoGuard
from inference.engines import registry
from inference.engines.base import FRAME_BYTES, FRAME_MS, SAMPLE_HZ, EngineChoice, VoiceChoice
from inference.turns.endpointing import SpeechRun
from inference.turns.tuning import Tuning

MUTE_MS = Tuning().mute_ms
AGENT = "We are open from Monday to Friday, from eight in the morning until six in the evening."
CALLER = "No, wait a moment, I need to tell you something else."
BEGINS_MS = 500  # the agent
TALKS_MS = 2_500  # the caller
LATE_MS = 100  # how much later a caller may be noticed for the echo


@cache
def voice(text: str, speaker: str) -> bytes:
    espeak = registry.load("tts", EngineChoice.of("espeak"))
    choice = VoiceChoice(EngineChoice("espeak"), speaker=speaker)
    return resample(b"".join(espeak.synthesize(text, choice)), espeak.hz, SAMPLE_HZ)


def agent() -> bytes:
    return voice(AGENT, "")


def caller() -> bytes:
    return over_mu_law(voice(CALLER, "f3"))


@dataclass
class Judged:
    """What the guard made of a call: the frames of speech, and which of them it let through."""

    speech: list[int]
    passed: list[int]

    def muted_ms(self, after_ms: int = 0) -> int | None:
        """When enough speech was let through to mute the agent."""
        run = SpeechRun()
        passed = set(self.passed)
        for at_ms in range(0, max(self.speech, default=0) + FRAME_MS, FRAME_MS):
            run.heard(at_ms in passed, FRAME_MS, at_ms)
            if at_ms >= after_ms and run.speech_ms >= MUTE_MS:
                return at_ms
        return None


def listen(
    from_caller: bytes,
    guard: EchoGuard | None = None,
    *,
    we_talk: bool = True,
    began_ms: int = 0,
    arrives_every_ms: int = FRAME_MS,
) -> Judged:
    """Part of a call, in which the agent says its sentence from BEGINS_MS on."""
    guard = guard or EchoGuard()
    vad = registry.load("vad", EngineChoice.of("webrtc")).stream()
    ours = bytes(32 * BEGINS_MS) + agent() if we_talk else b""
    judged = Judged([], [])
    for number, start in enumerate(range(0, len(from_caller) - FRAME_BYTES, FRAME_BYTES), start=1):
        at_ms = number * FRAME_MS
        if at_ms > BEGINS_MS and (played := ours[start : start + FRAME_BYTES]):
            guard.played(played.ljust(FRAME_BYTES, b"\0"), began_ms + at_ms)
        frame = from_caller[start : start + FRAME_BYTES]
        arrived_ms = began_ms + -(-at_ms // arrives_every_ms) * arrives_every_ms
        if not vad.is_speech(frame):
            guard.heard(frame, arrived_ms)
            continue
        judged.speech.append(at_ms)
        if not guard.is_echo(frame, arrived_ms):
            judged.passed.append(at_ms)
    return judged


def coming_back(delay_ms: int, path: Path = Path.LINE, noise_db: float = -65) -> bytes:
    back = echo(agent(), delay_ms, path=path)
    return mix((back, BEGINS_MS), (hiss(BEGINS_MS + len(back) // 32, noise_db), 0))


@pytest.mark.parametrize("path", Path)
@pytest.mark.parametrize("delay_ms", [50, 100, 150, 200, 250, 300, 350, 400])
def test_our_own_voice_never_mutes_us(delay_ms: int, path: Path) -> None:
    judged = listen(coming_back(delay_ms, path))
    assert len(judged.speech) > 150  # it speaks for four seconds, sometimes a little less
    assert judged.muted_ms() is None


@pytest.mark.parametrize("path", [Path.LINE, Path.SPEAKERPHONE])
def test_nor_does_it_in_noise(path: Path) -> None:
    judged = listen(coming_back(230, path, noise_db=-52))
    assert judged.muted_ms(after_ms=BEGINS_MS) is None


def test_a_caller_is_heard_while_we_talk() -> None:
    alone = mix((caller(), TALKS_MS), (hiss(6_000, -65), 0))
    assert listen(alone).muted_ms() == listen(alone, we_talk=False).muted_ms()


@pytest.mark.parametrize("path", Path)
@pytest.mark.parametrize("delay_ms", [80, 330])
def test_a_caller_is_heard_over_the_echo(delay_ms: int, path: Path) -> None:
    alone = listen(mix((caller(), TALKS_MS), (hiss(6_000, -65), 0)), we_talk=False).muted_ms()
    both = listen(mix((caller(), TALKS_MS), (coming_back(delay_ms, path), 0))).muted_ms()
    assert alone is not None
    assert both is not None
    assert TALKS_MS < both <= alone + LATE_MS


def test_after_the_caller_the_echo_is_known_again() -> None:
    call = mix((caller()[: 32 * 600], 1_500), (coming_back(180), 0))
    assert listen(call).muted_ms(after_ms=2_600) is None


def test_the_second_sentence_is_known_at_once() -> None:
    guard = EchoGuard()
    listen(coming_back(270), guard)
    judged = listen(coming_back(270), guard, began_ms=20_000)
    assert len([at_ms for at_ms in judged.passed if at_ms > BEGINS_MS]) <= 1


def test_while_we_are_silent_nothing_is_echo() -> None:
    guard = EchoGuard()
    listen(coming_back(120), guard)
    assert listen(coming_back(120), guard, we_talk=False, began_ms=20_000).muted_ms() is not None


def test_silence_and_noise_are_no_echo_and_do_no_harm() -> None:
    guard = EchoGuard()
    for number in range(100):
        guard.played(agent()[number * FRAME_BYTES :][:FRAME_BYTES], number * FRAME_MS)
        assert not guard.is_echo(bytes(FRAME_BYTES), number * FRAME_MS)
    assert not guard.is_echo(hiss(FRAME_MS, -40), 2_000)


@pytest.mark.parametrize("first_ms", [120, 450, 90_000])
def test_the_guard_may_begin_late_in_a_call(first_ms: int) -> None:
    assert listen(coming_back(60), began_ms=first_ms).muted_ms(after_ms=BEGINS_MS) is None


def test_frames_that_never_came_move_the_others() -> None:
    call, hole = coming_back(200), slice(32 * 1_400, 32 * 1_700)
    heard = call[: hole.start] + call[hole.stop :]
    guard = EchoGuard()
    ours = bytes(32 * BEGINS_MS) + agent()
    passed = []
    for number, start in enumerate(range(0, len(heard) - FRAME_BYTES, FRAME_BYTES), start=1):
        at_ms = number * FRAME_MS + (300 if start >= hole.start else 0)
        for late in range(at_ms - 300, at_ms + FRAME_MS, FRAME_MS):  # again is no harm
            if late > BEGINS_MS:
                frame = ours[(late - FRAME_MS) * 32 : late * 32]
                guard.played(frame.ljust(FRAME_BYTES, b"\0"), late)
        if not guard.is_echo(heard[start : start + FRAME_BYTES], at_ms) and at_ms > 2_300:
            passed.append(at_ms)
    assert len(passed) < 5


@pytest.mark.parametrize("every_ms", [60, 100])
def test_frames_may_come_in_bursts(every_ms: int) -> None:
    judged = listen(coming_back(200), arrives_every_ms=every_ms)
    assert len(judged.speech) > 150  # it speaks for four seconds, sometimes a little less
    assert judged.muted_ms() is None


def test_it_decides_alike_for_like_input() -> None:
    call = mix((caller(), TALKS_MS), (coming_back(150, Path.SPEAKERPHONE), 0))
    assert listen(call) == listen(call)


def test_what_a_call_keeps_does_not_grow() -> None:
    guard = EchoGuard()
    before = len(pickle.dumps(guard))
    listen(coming_back(150), guard)
    assert len(pickle.dumps(guard)) < before + 1_000 < 100_000
