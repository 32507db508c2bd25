"""PYTHON bench/pipecat_turns.py CALLS.npz: when Pipecat would end turns; JSON on stdout.

Run by bench.endpointing with a Python that has pipecat-ai, which is not among our requirements:

    python3 -m venv /tmp/pipecat && /tmp/pipecat/bin/pip install 'pipecat-ai[silero]==1.14.0'
    PIPECAT_PYTHON=/tmp/pipecat/bin/python ./run bench endpointing

It imports nothing of ours. Pipecat's own detector and turn analyzer get each call 20 ms at a
time, and its two strategies for the end of a turn are followed as they are written in
turns/user_stop: their timers need real time, so they are counted here in audio instead. Neither
a transcript nor the analyzer's computing time is waited for, which favours it.
"""

import asyncio
import importlib.metadata
import json
import sys
import types
from typing import Any

import numpy as np

HZ = 16_000
FRAME_MS = 20
FRAME = HZ * FRAME_MS // 1000
SPEECH_TIMEOUTS_MS = (0, 200, 400, 600)  # after its detector's 200 ms; 600 is the default


class Clock:
    """In place of `time` where the analyzer sorts its audio by when it came."""

    def __init__(self) -> None:
        self.now_ms = 1_000

    def monotonic(self) -> float:
        return self.now_ms / 1000

    def perf_counter(self) -> float:
        return self.now_ms / 1000


async def smart_turn(samples: Any, clock: Clock, analyzer: Any, vad: Any) -> list[int]:
    """TurnAnalyzerUserTurnStopStrategy, without a transcript to wait for."""
    from pipecat.audio.turn.base_turn_analyzer import EndOfTurnState

    decided, speaking = [], False
    async for at_ms, pcm, edge in _edges(samples, clock, vad):
        if edge is not None:
            speaking = edge
            if speaking:
                analyzer.update_vad_start_secs(vad.params.start_secs)
        state = analyzer.append_audio(pcm, speaking)
        if edge is False:
            state, _ = await analyzer.analyze_end_of_turn()
        if state == EndOfTurnState.COMPLETE:
            analyzer.clear()
            decided.append(at_ms)
    return decided


async def speech_timeout(samples: Any, clock: Clock, vad: Any) -> dict[int, list[int]]:
    """SpeechTimeoutUserTurnStopStrategy, likewise, for each timeout."""
    decided: dict[int, list[int]] = {timeout_ms: [] for timeout_ms in SPEECH_TIMEOUTS_MS}
    stopped_ms: int | None = None
    last_ms = 0
    async for at_ms, _, edge in _edges(samples, clock, vad):
        if edge is not None:
            stopped_ms = None if edge else at_ms
        for timeout_ms, found in decided.items():
            if stopped_ms is not None and at_ms == stopped_ms + timeout_ms:
                found.append(at_ms)
        last_ms = at_ms
    if stopped_ms is not None:
        for timeout_ms, found in decided.items():
            if stopped_ms + timeout_ms > last_ms:
                found.append(stopped_ms + timeout_ms)
    return decided


async def _edges(samples: Any, clock: Clock, vad: Any) -> Any:
    """Each frame with its end in ms, and whether speech began or stopped with it."""
    from pipecat.audio.vad.vad_analyzer import VADState

    speaking = False
    for at in range(len(samples) // FRAME):
        pcm = samples[at * FRAME : (at + 1) * FRAME].tobytes()
        clock.now_ms += FRAME_MS
        state = await vad.analyze_audio(pcm)
        edge = None
        if not speaking and state == VADState.SPEAKING:
            edge = speaking = True
        elif speaking and state == VADState.QUIET:
            edge = speaking = False
        yield (at + 1) * FRAME_MS, pcm, edge


async def measure(path: str) -> dict[str, Any]:
    from pipecat.audio.turn.smart_turn import base_smart_turn
    from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
    from pipecat.audio.vad.silero import SileroVADAnalyzer

    clock = Clock()
    base_smart_turn.time = types.SimpleNamespace(
        monotonic=clock.monotonic, perf_counter=clock.perf_counter
    )
    found: dict[str, list[list[int]]] = {}
    for samples in np.load(path).values():
        analyzer = LocalSmartTurnAnalyzerV3(sample_rate=HZ)
        analyzer.set_sample_rate(HZ)
        smart = await smart_turn(samples, clock, analyzer, _detector(SileroVADAnalyzer))
        found.setdefault("smart-turn v3 (default)", []).append(smart)
        timeouts = await speech_timeout(samples, clock, _detector(SileroVADAnalyzer))
        for timeout_ms, decided in timeouts.items():
            found.setdefault(f"speech timeout {timeout_ms}", []).append(decided)
    return {"version": importlib.metadata.version("pipecat-ai"), "decided": found}


def _detector(kind: Any) -> Any:
    """With Pipecat's own settings: 0.2 s of speech begin a turn, 0.2 s of silence pause it."""
    vad = kind(sample_rate=HZ)
    vad.set_sample_rate(HZ)
    return vad


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(sys.argv[1]))))
