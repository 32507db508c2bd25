"""The real engines in their processes, with tiny models."""

import asyncio
from contextlib import aclosing, asynccontextmanager

import numpy as np
import pytest

from inference import audio
from inference.engines.base import SAMPLE_HZ, EngineChoice, Knowledge, VoiceChoice
from inference.host.engine_process import Deadlines
from inference.host.host_stages import HostStages
from tests import tiny_models

pytestmark = pytest.mark.asyncio

PROGRAM = ("-m", "tests.inference.host.narrow_engine")
DEADLINE_S = 60
SENTENCE = "We are open from Monday to Friday."
ENGLISH = Knowledge("en")
HISS = audio.from_floats(np.random.default_rng(0).normal(0, 0.1, 2 * SAMPLE_HZ))


@asynccontextmanager
async def host():
    stages = HostStages(Deadlines(queue_s=DEADLINE_S, silent_s=DEADLINE_S), PROGRAM)
    try:
        async with asyncio.timeout(3 * DEADLINE_S):
            yield stages
    finally:
        await stages.close()


async def until_idle(stages):
    while stages.states()[0].working:
        await asyncio.sleep(0.005)


async def spoken(stages, voice, text=SENTENCE):
    async with aclosing(stages.speak(text, voice)) as pieces:
        return [piece async for piece in pieces]


def seconds(pieces):
    return len(b"".join(pieces)) / 2 / SAMPLE_HZ


async def test_whisper_hears_callers_at_once_in_fewer_batches(tmp_path):
    choice = EngineChoice.of(
        "faster_whisper",
        path=str(tiny_models.whisper(tmp_path / "whisper", "yes please")),
        device="cpu",
    )
    async with host() as stages:
        loaded = await stages.load("stt", choice)
        assert loaded.slots == 4
        asked = [stages.transcribe(HISS, ENGLISH, choice) for _ in range(8)]
        heard = await asyncio.gather(*asked)
        assert {transcript.text for transcript in heard} == {"yes please"}
        (state,) = stages.states()
        assert (state.done, state.failed) == (8, 0)
        assert 2 <= state.batches < 8
        assert (await stages.transcribe(bytes(64_000), ENGLISH, choice)).text == ""


@pytest.mark.heavy
async def test_vits_speaks_at_our_rate_and_is_left_between_sentences(tmp_path):
    voice = VoiceChoice(EngineChoice.of("vits", path=str(tiny_models.vits(tmp_path / "vits"))))
    async with host() as stages:
        one = seconds(await spoken(stages, voice))
        assert 0.3 < one < 10
        many = "We are open from Monday to Friday, from nine to five o'clock. " * 8
        async with aclosing(stages.speak(many, voice)) as pieces:
            assert await anext(pieces)
        await until_idle(stages)
        (state,) = stages.states()
        assert (state.cancelled, state.failed) == (1, 0)
        assert seconds(await spoken(stages, voice)) == pytest.approx(one, rel=0.1)


@pytest.mark.heavy
async def test_xtts_streams_clones_forgets_and_is_left_within_a_step(tmp_path):
    choice = EngineChoice.of("xtts", path=str(tiny_models.xtts(tmp_path / "xtts")), processes="2")
    sample = tmp_path / "anna.wav"
    times = np.arange(4 * SAMPLE_HZ) / SAMPLE_HZ
    audio.write_wav(sample, audio.from_floats(0.3 * np.sin(900 * times)), SAMPLE_HZ)
    voice = VoiceChoice(choice, sample_path=str(sample))
    async with host() as stages:
        loaded = await stages.load("tts", choice)
        assert loaded.speakers == (tiny_models.SPEAKER,)
        assert "de" in loaded.languages
        if loaded.slots == 2:  # as memory allows
            both = await asyncio.gather(*(spoken(stages, voice) for _ in range(2)))
            assert [1.5 < seconds(pieces) < 2.2 for pieces in both] == [True, True]
        async with aclosing(stages.speak(SENTENCE, voice)) as stream:
            assert await anext(stream)
        await until_idle(stages)
        await stages.forget_voice(str(sample))
        assert 1.5 < seconds(await spoken(stages, voice)) < 2.2  # cloned anew
        assert stages.states()[0].failed == 0
