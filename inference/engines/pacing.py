"""How much a voice makes before it gives the next piece away.

The first piece is short, because the caller waits for it; each next one is no longer than what
the caller still has to hear, so that nobody runs dry. Time is an argument.
"""

FEWEST, MOST = 4, 24  # steps
SLOW_FIRST = 20  # the library's own: from a machine that hardly keeps up
QUICK_STEP_MS = 18.0  # 46 ms of speech a step: two pieces are made while one is heard
SHARE = 0.5  # of what is still to be heard; the rest is for a slower moment
SMOOTH = 0.2


class Pacing:
    """One stream's. `step_ms` is what a step took in the stream before, or None."""

    def __init__(self, step_ms: float | None, now_s: float) -> None:
        self.step_ms = step_ms
        quick = step_ms is not None and step_ms <= QUICK_STEP_MS
        self._steps = FEWEST if quick else SLOW_FIRST
        self._done = 0
        self._last_s = now_s
        self._heard_until_s: float | None = None

    def step(self, now_s: float) -> bool:
        """One more is done. Whether to give what there is."""
        took_ms = (now_s - self._last_s) * 1000
        self._last_s = now_s
        self.step_ms = took_ms if self.step_ms is None else self._smoothed(took_ms)
        self._done += 1
        return self._done >= self._steps

    def given(self, audio_s: float, now_s: float) -> None:
        begun_s = now_s if self._heard_until_s is None else max(now_s, self._heard_until_s)
        self._heard_until_s = begun_s + audio_s
        left_ms = (self._heard_until_s - now_s) * 1000
        steps = int(SHARE * left_ms / max(self.step_ms or 0.0, 0.1))
        self._steps = min(max(steps, FEWEST), MOST)
        self._done = 0
        self._last_s = now_s

    def _smoothed(self, took_ms: float) -> float:
        return (1 - SMOOTH) * (self.step_ms or took_ms) + SMOOTH * took_ms
