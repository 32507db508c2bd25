"""Noises from a caller's end that are not words: made by code, since nobody publishes them.

Each function draws one from a random generator and gives it as floats at SAMPLE_HZ, of any
level. A voice is a train of pulses, breath is noise; both get their colour from the resonances
of mouth and nose.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from inference.engines.base import SAMPLE_HZ

Samples = Any  # a one-dimensional array of floats
Random = np.random.Generator
Resonances = Sequence[tuple[float, float, float]]  # Hz, width in Hz, strength

NOSE: Resonances = ((260, 80, 1.0), (1_050, 200, 0.12), (2_200, 300, 0.08))
UH: Resonances = ((640, 90, 1.0), (1_190, 110, 0.6), (2_400, 160, 0.2))
THROAT: Resonances = ((550, 250, 1.0), (1_500, 400, 0.8), (2_600, 500, 0.6))
TEETH: Resonances = ((2_800, 900, 1.0), (3_600, 900, 0.8))
MUZZLE: Resonances = ((750, 250, 1.0), (1_500, 350, 0.7), (2_700, 500, 0.3))
LID: Resonances = ((90, 40, 1.0), (240, 80, 0.6), (700, 300, 0.2))  # of a door


def hum(random: Random) -> Samples:
    """ "mm-hm": two nasal syllables, the second higher."""
    low_hz = random.uniform(95, 230)
    first, second = random.uniform(0.11, 0.22), random.uniform(0.14, 0.28)
    pause = random.uniform(0.02, 0.06)
    notes = [
        _voiced(first, low_hz, low_hz * random.uniform(0.9, 1.0), NOSE, random),
        _breath(pause, NOSE, random) * 0.05,
        _voiced(second, low_hz * random.uniform(1.1, 1.4), low_hz * 1.2, NOSE, random),
    ]
    return np.concatenate(notes)


def grunt(random: Random) -> Samples:
    """ "uh-huh": two open syllables with an h between."""
    low_hz = random.uniform(95, 220)
    notes = [
        _voiced(random.uniform(0.09, 0.16), low_hz, low_hz * 0.95, UH, random),
        _breath(random.uniform(0.05, 0.09), UH, random) * 0.15,
        _voiced(random.uniform(0.12, 0.24), low_hz * 1.25, low_hz * 1.1, UH, random),
    ]
    return np.concatenate(notes)


def cough(random: Random) -> Samples:
    """One to three bursts: the air breaks loose, flows, and a little voice ends it."""
    bursts = []
    for _ in range(random.integers(1, 4)):
        air = _breath(random.uniform(0.15, 0.3), THROAT, random) * 1.0
        air *= _falls(len(air), random.uniform(0.05, 0.1))
        voice = _voiced(random.uniform(0.05, 0.12), 180, 140, THROAT, random) * 0.3
        bursts += [air, voice, _silence(random.uniform(0.08, 0.25))]
    return np.concatenate(bursts)


def sneeze(random: Random) -> Samples:
    in_s, out_s = random.uniform(0.25, 0.45), random.uniform(0.18, 0.3)
    breath = _breath(in_s, UH, random) * np.linspace(0, 0.2, round(in_s * SAMPLE_HZ))
    burst = _breath(out_s, TEETH, random)
    return np.concatenate([breath, burst * _falls(len(burst), 0.1)])


def breathing(random: Random) -> Samples:
    """Into the microphone: in, and out."""
    parts = []
    for resonances in (TEETH, UH):
        part = _breath(random.uniform(0.5, 0.9), resonances, random)
        parts += [part * np.hanning(len(part)), _silence(random.uniform(0.1, 0.3))]
    return np.concatenate(parts)


def slam(random: Random) -> Samples:
    """A door: the lid, the wall, and what rattles in it."""
    blow = _breath(0.5, LID, random) * _falls(SAMPLE_HZ // 2, random.uniform(0.05, 0.12))
    crack = _breath(0.5, THROAT, random) * _falls(SAMPLE_HZ // 2, 0.012) * 0.7
    return blow + crack


def keyboard(random: Random) -> Samples:
    """Strokes, each with the key's way down and up."""
    audio = np.zeros(round(random.uniform(0.8, 1.8) * SAMPLE_HZ))
    at = 0
    while at < len(audio) - SAMPLE_HZ // 5:
        for strength, after_s in ((1.0, 0.0), (0.4, random.uniform(0.06, 0.09))):
            click = _breath(0.03, TEETH, random)
            click *= _falls(len(click), random.uniform(0.002, 0.005)) * strength
            start = at + round(after_s * SAMPLE_HZ)
            audio[start : start + len(click)] += click
        at += round(random.uniform(0.09, 0.3) * SAMPLE_HZ)
    return audio


def bark(random: Random) -> Samples:
    barks = []
    pitch_hz = random.uniform(280, 520)
    for _ in range(random.integers(1, 4)):
        long_s = random.uniform(0.09, 0.17)
        sound = _voiced(long_s, pitch_hz * 1.3, pitch_hz * 0.7, MUZZLE, random)
        sound += 0.4 * _breath(long_s, MUZZLE, random)
        barks += [sound, _silence(random.uniform(0.15, 0.35))]
    return np.concatenate(barks)


def crackle(random: Random) -> Samples:
    """A bad line: hiss, and clicks in it."""
    count = round(random.uniform(0.3, 1.2) * SAMPLE_HZ)
    clicks = random.standard_normal(count) * (random.random(count) < 0.004) * 12
    return random.standard_normal(count) * 0.3 + clicks


def music(random: Random) -> Samples:
    """A few plucked chords, from somebody's radio."""
    chords = []
    root_hz = random.uniform(180, 330)
    for step in random.choice([1.0, 9 / 8, 5 / 4, 4 / 3, 3 / 2], 3):
        seconds = np.arange(round(random.uniform(0.25, 0.4) * SAMPLE_HZ)) / SAMPLE_HZ
        notes = [root_hz * step * interval for interval in (1, 5 / 4, 3 / 2)]
        tones = [
            np.sin(2 * np.pi * note_hz * order * seconds) / order
            for note_hz in notes
            for order in range(1, 8)
        ]
        chords.append(np.sum(tones, axis=0) * _falls(len(seconds), 0.25))
    return np.concatenate(chords)


# What they are made of


def _voiced(
    long_s: float, from_hz: float, to_hz: float, resonances: Resonances, random: Random
) -> Samples:
    """A glottis: a pulse each period, its pitch and strength never quite steady."""
    count = round(long_s * SAMPLE_HZ)
    pitch_hz = np.linspace(from_hz, to_hz, count)
    pitch_hz *= 1 + 0.01 * np.repeat(random.standard_normal(count // 80 + 1), 80)[:count]
    phase = np.cumsum(pitch_hz) / SAMPLE_HZ % 1
    flow = np.where(phase < 0.6, np.sin(np.pi * phase / 0.6) ** 2, 0)
    pulses = np.diff(flow, prepend=0.0) + 0.003 * random.standard_normal(count)
    return _coloured(pulses, resonances) * _swells(count)


def _breath(long_s: float, resonances: Resonances, random: Random) -> Samples:
    return _coloured(random.standard_normal(round(long_s * SAMPLE_HZ)), resonances)


def _coloured(source: Samples, resonances: Resonances) -> Samples:
    """With a mean power of one."""
    hz = np.fft.rfftfreq(len(source), 1 / SAMPLE_HZ)
    colour = sum(
        strength / (1 + ((hz - at_hz) / width_hz) ** 2) for at_hz, width_hz, strength in resonances
    )
    audio = np.fft.irfft(np.fft.rfft(source) * (colour + 0.003), len(source))
    return audio / np.sqrt(np.mean(audio**2))


def _swells(count: int) -> Samples:
    """In and out over 30 ms each, level between."""
    edge = np.minimum(np.arange(count), np.arange(count)[::-1]) / (0.03 * SAMPLE_HZ)
    return np.sin(np.clip(edge, 0, 1) * np.pi / 2)


def _falls(count: int, by_e_s: float) -> Samples:
    return np.exp(-np.arange(count) / SAMPLE_HZ / by_e_s) * np.minimum(1, np.arange(count) / 16)


def _silence(long_s: float) -> Samples:
    return np.zeros(round(long_s * SAMPLE_HZ))
