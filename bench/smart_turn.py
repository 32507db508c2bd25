"""What smart-turn costs, and how it tells whole sentences from cut ones.

    .venv/bin/python -m bench.smart_turn var/models/smart-turn FOLDER_OF_G722

A cut sentence ends after 55 percent of it, with a pause behind; the cut may fall on a natural
end. The clips are one scripted voice, so this is a weak test.
"""

import sys
import time
from pathlib import Path

import av
import numpy as np

from inference.engines import smart_turn
from inference.engines.base import SAMPLE_HZ, EngineChoice

CUT_PERCENT = 55
PAUSE = bytes(2 * SAMPLE_HZ // 5)  # 200 ms
EVERY = 3  # of the clips


def decoded(path: Path) -> bytes:
    to_ours = av.AudioResampler("s16", "mono", SAMPLE_HZ)
    with av.open(str(path), format="g722") as clip:
        frames = (out for frame in clip.decode(audio=0) for out in to_ours.resample(frame))
        return b"".join(frame.to_ndarray().tobytes() for frame in frames)


def main(model_folder: str, clips: str) -> None:
    model = smart_turn.load(EngineChoice.of("smart_turn", path=model_folder))
    model.warm()
    cpu_ms, features_ms, whole, cut = [], [], [], []
    for path in sorted(Path(clips).glob("*.g722"))[::EVERY]:
        pcm = decoded(path)
        if len(pcm) < 2 * SAMPLE_HZ:
            continue
        began = time.process_time()
        smart_turn.features(pcm)
        features_ms.append((time.process_time() - began) * 1000)
        began = time.process_time()
        whole.append(model.likelihood(pcm))
        cpu_ms.append((time.process_time() - began) * 1000)
        cut.append(model.likelihood(pcm[: len(pcm) // 2 * CUT_PERCENT // 100 * 2] + PAUSE))
    above = np.array(whole)[:, None] - np.array(cut)
    print(f"{len(whole)} clips of a second and more")
    for name, times_ms in (("all", cpu_ms), ("features", features_ms)):
        print(
            f"CPU, {name}: p50 {np.median(times_ms):.1f} ms, p95 {np.percentile(times_ms, 95):.1f}"
        )
    print(f"taken for finished: {np.mean(np.array(whole) >= 0.5):.0%} of the whole", end="")
    print(f", {np.mean(np.array(cut) >= 0.5):.0%} of the cut; AUC {np.mean(above > 0):.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:3])
