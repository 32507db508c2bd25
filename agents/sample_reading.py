"""An uploaded recording of a voice: decoded, judged, and made what the engines read.

Run as a program, in a process of its own: decoders are old C, and the file is a stranger's. It
takes the file on its standard input and writes one line of JSON and, if the recording serves,
a WAV: one channel, 22 050 Hz, 16 bit, without what the file said about itself.
"""

import io
import json
import os
import re
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from inference import audio
from inference.engines import silero
from inference.engines.base import FRAME_BYTES, FRAME_MS, SAMPLE_HZ, EngineChoice

HZ = 22_050  # what XTTS listens to a recording in
SHORTEST_S, LONGEST_S = 3, 60  # of a recording without the silence at its ends
GOOD_S = "10 to 30"
LONGEST_FILE_S = 300
MOST_CHANNELS, HIGHEST_HZ = 8, 192_000

SILENT_DB = -55.0  # the loudest sample
QUIET_DB = -45.0  # speech; raised by more, the noise is heard as well
NOISE_DB = 14.0  # between the loudest and the quietest tenth of the frames; below it is noise
SPEECH_SHARE = 0.4  # of the recording; read aloud it is 0.7 to 0.9
CLIPPED_SHARE = 0.01  # of the samples; a voice has 0.001 at most, cut by 6 dB 0.025 at least
LEVEL_DB, PEAK = -20.0, 0.9  # of what is kept
MARGIN_MS = 200  # kept of the silence before and after

MEMORY_BYTES = 2 * 1024**3
CPU_S = 60
NICE = 10  # calls go first

FORMATS = "wav,w64,mp3,mov,ogg,flac,matroska,aac,aiff,caf,amr"
CODECS = re.compile(r"pcm_\w+|mp3(float)?|aac|alac|(lib)?opus|vorbis|flac|(libopencore_)?amr[nw]b")

Samples = NDArray[np.float32]


class UnusableSample(Exception):
    """The text says what is wrong and what to upload instead."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A recording as it was made."""

    samples: Samples  # the channels mixed
    hz: int
    clipped_share: float


# Decoding


def decoded(data: bytes) -> Sound:
    """Raises UnusableSample."""
    options = {"format_whitelist": FORMATS}  # without, a playlist would have other files read
    try:
        with av.open(io.BytesIO(data), options=options, metadata_errors="ignore") as container:
            if not container.streams.audio:
                raise UnusableSample("There is no sound in this file. Upload a sound recording.")
            return _sound(container)
    except (av.FFmpegError, ValueError, EOFError) as error:
        raise _unreadable() from error


def _unreadable() -> UnusableSample:
    return UnusableSample(
        "This file cannot be read as sound. Save the recording as WAV, MP3, M4A, OGG or FLAC."
    )


def _sound(container: Any) -> Sound:
    stream = container.streams.audio[0]
    codec = stream.codec_context  # none for a codec that nobody knows
    if codec is None or not CODECS.fullmatch(codec.name):
        raise _unreadable()
    hz = codec.sample_rate
    if not 0 < codec.channels <= MOST_CHANNELS or not 8_000 <= hz <= HIGHEST_HZ:
        raise UnusableSample(
            "This file has an unusual sample rate or number of channels. Save the recording as "
            "mono, 44.1 kHz."
        )
    pieces = list(_pieces(container, stream))
    channels = np.concatenate(pieces, axis=1) if pieces else np.zeros((1, 0), np.float32)
    return Sound(channels.mean(axis=0), hz, clipped_share(channels))


def _pieces(container: Any, stream: Any) -> Iterator[Samples]:
    """(channels, samples). One damaged packet in fifty is let pass, as a player would."""
    floats = av.AudioResampler(format="fltp")
    damaged = good = samples = 0
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            damaged += 1
            continue
        for frame in frames:
            for piece in floats.resample(frame):
                values: Samples = np.nan_to_num(piece.to_ndarray(), posinf=1.0, neginf=-1.0)
                samples += values.shape[1]
                good += 1
                yield values
        if samples > LONGEST_FILE_S * stream.codec_context.sample_rate:
            raise _too_long(f"more than {LONGEST_FILE_S // 60} minutes")
    if damaged > 1 + good // 50:
        raise UnusableSample("This file is damaged. Save the recording again, and upload that.")


def clipped_share(channels: Samples) -> float:
    """How many samples of the loudest channel are three or more in a row at its very top.

    Compressed files let what was cut off overshoot, so the top begins at nine tenths.
    """
    if not channels.size:
        return 0.0
    loudness = np.abs(channels[np.abs(channels).max(axis=1).argmax()])
    at_top = loudness >= 0.9 * min(float(loudness.max()), 1.0)
    in_row = at_top[:-2] & at_top[1:-1] & at_top[2:]
    return float(in_row.mean()) if in_row.size else 0.0


# Judging


def usable(sound: Sound) -> bytes:
    """The recording at HZ without silence at its ends, as loud as others. Raises UnusableSample."""
    seconds = len(sound.samples) / sound.hz
    if seconds < SHORTEST_S:
        raise _too_short(f"This recording is {seconds:.1f} seconds long.")
    peak = float(np.abs(sound.samples).max())
    if peak < 10 ** (SILENT_DB / 20):
        raise UnusableSample(
            "This recording is silent. Look whether the right microphone is chosen and switched "
            "on, and record again."
        )
    samples = _at(HZ, sound.samples / peak, sound.hz)
    is_speech = _speech(samples)
    speech_s = float(is_speech.sum()) * FRAME_MS / 1000
    if speech_s < SHORTEST_S:
        found = f"Only {speech_s:.1f} seconds" if speech_s >= 0.1 else "Nothing"
        raise _too_short(f"{found} of this recording is speech.")
    first, last = _ends(is_speech)
    length_s = (last - first) * FRAME_MS / 1000
    if length_s > LONGEST_S:
        raise _too_long(f"{length_s:.0f} seconds long")
    level_db = _decibel(_loudness(samples, is_speech)) + _decibel(peak)
    _judge(sound, level_db, speech_s / length_s, _loudness_of_frames(samples)[first:last])
    return _levelled(samples[_samples_in(first) : _samples_in(last)], level_db - _decibel(peak))


def _judge(sound: Sound, level_db: float, speech_share: float, frames: Samples) -> None:
    if level_db < QUIET_DB:
        raise UnusableSample(
            "This recording is too quiet. Record again closer to the microphone, or with the "
            "microphone's volume turned up."
        )
    if sound.clipped_share > CLIPPED_SHARE:
        raise UnusableSample(
            "This recording is distorted: it was louder than the microphone could take. Record "
            "again from further away, or with the microphone's volume turned down."
        )
    if speech_share < SPEECH_SHARE:
        raise UnusableSample(
            f"Only {speech_share:.0%} of this recording is speech. Cut the long pauses out, or "
            "record someone reading a text aloud."
        )
    loud, quiet = np.percentile(frames, (90, 10))
    if _decibel(loud) - _decibel(quiet) < NOISE_DB:
        raise UnusableSample(
            "There is too much noise in this recording: the pauses are nearly as loud as the "
            "voice. Record again in a quiet room, without fan, street or music."
        )


def _too_short(why: str) -> UnusableSample:
    return UnusableSample(f"{why} Use {GOOD_S} seconds of one person speaking.")


def _too_long(how_long: str) -> UnusableSample:
    return UnusableSample(
        f"This recording is {how_long}. Cut it to {LONGEST_S} seconds or less; {GOOD_S} are good."
    )


def _speech(samples: Samples) -> NDArray[np.bool_]:
    """For each FRAME_MS of samples at HZ. The network hears loud and quiet voices alike."""
    pcm = audio.from_floats(_at(SAMPLE_HZ, samples * 0.5, HZ))
    ear = silero.load(EngineChoice("silero")).stream()
    return np.array(
        [
            ear.is_speech(pcm[at : at + FRAME_BYTES])
            for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)
        ],
        dtype=np.bool_,
    )


def _ends(is_speech: NDArray[np.bool_]) -> tuple[int, int]:
    """The frames from the first word to the last, with a little silence around them."""
    found, margin = np.flatnonzero(is_speech), MARGIN_MS // FRAME_MS
    return max(0, int(found[0]) - margin), min(len(is_speech), int(found[-1]) + 1 + margin)


def _samples_in(frames: int) -> int:
    return frames * HZ * FRAME_MS // 1000


def _loudness_of_frames(samples: Samples) -> Samples:
    frame = _samples_in(1)
    whole = samples[: len(samples) // frame * frame].reshape(-1, frame)
    loudness: Samples = np.sqrt(np.mean(whole**2, axis=1))
    return loudness


def _loudness(samples: Samples, is_speech: NDArray[np.bool_]) -> float:
    frames = _loudness_of_frames(samples)[: len(is_speech)]
    return float(np.sqrt(np.mean(frames[is_speech[: len(frames)]] ** 2)))


def _decibel(ratio: float) -> float:
    return 20 * float(np.log10(max(ratio, 1e-9)))


# What is kept


def _levelled(samples: Samples, level_db: float) -> bytes:
    gain = 10 ** ((LEVEL_DB - level_db) / 20)
    return audio.from_floats(samples * min(gain, PEAK / float(np.abs(samples).max())))


def _at(to_hz: int, samples: Samples, from_hz: int) -> Samples:
    resampler = av.AudioResampler(format="flt", layout="mono", rate=to_hz)
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples, dtype=np.float32)[None, :], format="flt", layout="mono"
    )
    frame.sample_rate = from_hz
    made = (*resampler.resample(frame), *resampler.resample(None))
    return np.concatenate([piece.to_ndarray()[0] for piece in made])


def confine() -> None:
    """Whatever the file makes of this process, it stays small, ends soon and writes nothing."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICE)


def main() -> None:
    confine()
    told, wav = "", b""
    try:
        wav = audio.wav_bytes(usable(decoded(sys.stdin.buffer.read())), HZ)
    except UnusableSample as unusable:
        told = str(unusable)
    sys.stdout.buffer.write(json.dumps({"told": told}).encode() + b"\n" + wav)


if __name__ == "__main__":
    main()
