import numpy as np
import pytest

from inference import audio
from inference.engines import espeak, silero, webrtc
from inference.engines.base import FRAME_BYTES, EngineChoice, EngineUnavailable, VoiceChoice


@pytest.fixture(scope="module")
def speech():
    engine = espeak.load(EngineChoice("espeak"))
    spoken = b"".join(
        engine.synthesize("When are you open on Saturday morning", VoiceChoice(EngineChoice("e")))
    )
    return audio.resample(spoken, engine.hz, 16_000)


def hiss(db, seconds=2):
    noise = np.random.default_rng(0).normal(0, 10 ** (db / 20), seconds * 16_000)
    return audio.from_floats(noise)


def share_of_speech(stream, pcm):
    frames = [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm), FRAME_BYTES)]
    judged = [stream.is_speech(frame) for frame in frames if len(frame) == FRAME_BYTES]
    return sum(judged) / len(judged)


@pytest.fixture(params=[webrtc, silero], ids=["webrtc", "silero"])
def engine(request):
    loaded = request.param.load(EngineChoice("vad"))
    loaded.warm()
    return loaded


def test_speech_is_speech_and_silence_is_not(engine, speech):
    assert share_of_speech(engine.stream(), speech) > 0.75
    assert share_of_speech(engine.stream(), bytes(64_000)) < 0.1
    assert share_of_speech(engine.stream(), hiss(-60)) < 0.1


def test_a_call_that_begins_with_hiss_does_not_begin_with_speech(engine):
    stream, noise = engine.stream(), hiss(-60)
    frames = [noise[at : at + FRAME_BYTES] for at in range(0, 20 * FRAME_BYTES, FRAME_BYTES)]
    assert not any(stream.is_speech(frame) for frame in frames)


def test_a_word_is_heard_although_it_is_the_first_sound_of_a_call(speech):
    stream, first = webrtc.load(EngineChoice("webrtc")).stream(), np.abs(audio.to_floats(speech))
    begins = int(np.argmax(first > 0.05)) // 320 * FRAME_BYTES
    frames = [speech[begins + at : begins + at + FRAME_BYTES] for at in range(0, 3_200, 640)]
    assert sum(stream.is_speech(frame) for frame in frames) >= 4


def test_speech_after_silence_and_silence_after_speech_are_told_apart(engine, speech):
    stream = engine.stream()
    assert share_of_speech(stream, bytes(64_000)) < 0.1
    assert share_of_speech(stream, speech) > 0.7
    assert share_of_speech(stream, bytes(64_000)) < 0.2


def test_one_calls_speech_is_not_anothers(engine, speech):
    loud, quiet = engine.stream(), engine.stream()
    frames = [speech[at : at + FRAME_BYTES] for at in range(0, len(speech), FRAME_BYTES)][:-1]
    heard = [(loud.is_speech(frame), quiet.is_speech(bytes(FRAME_BYTES))) for frame in frames]
    assert sum(a for a, _ in heard) > 0.7 * len(heard)
    assert sum(b for _, b in heard) < 0.1 * len(heard)


def test_silero_judges_in_frames_as_its_makers_code_does_in_one_go(speech):
    from faster_whisper.vad import get_vad_model

    speech = bytes(32_000) + speech + bytes(32_000)
    whole = len(speech) // (silero.WINDOW * 2) * silero.WINDOW * 2
    likely = get_vad_model()(audio.to_floats(speech[:whole])).reshape(-1)
    expected, bar = [], 0.5
    for chance in likely:
        expected.append(bool(chance >= bar))
        bar = 0.5 - silero.STAYS_ABOVE if expected[-1] else 0.5

    stream = silero.load(EngineChoice("silero")).stream()
    judged = []
    for end in range(FRAME_BYTES, whole + 1, FRAME_BYTES):
        answer = stream.is_speech(speech[end - FRAME_BYTES : end])
        if end // (silero.WINDOW * 2) > len(judged):  # this frame completed a window
            judged.append(answer)
    assert judged == expected[: len(judged)]
    assert len(judged) >= len(expected) - 1
    assert len(set(judged)) == 2


def test_silero_takes_noise_for_silence_where_webrtc_may_not():
    stream = silero.load(EngineChoice("silero")).stream()
    assert share_of_speech(stream, hiss(-25)) < 0.1


def test_silero_hears_the_same_speech_however_loud_noise_came_before(speech):
    stream = silero.load(EngineChoice("silero")).stream()
    share_of_speech(stream, hiss(-30))
    assert share_of_speech(stream, speech) > 0.6


@pytest.mark.parametrize(
    ("module", "options"),
    [
        (webrtc, {"strictness": "4"}),
        (webrtc, {"strictness": "x"}),
        (silero, {"threshold": "1"}),
        (silero, {"threshold": "much"}),
    ],
)
def test_a_wrong_option_is_refused(module, options):
    with pytest.raises(EngineUnavailable):
        module.load(EngineChoice.of("vad", **options))


def test_an_empty_option_means_the_default():
    assert webrtc.load(EngineChoice.of("webrtc", strictness=""))
    assert silero.load(EngineChoice.of("silero", threshold=""))
