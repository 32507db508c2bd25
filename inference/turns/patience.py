"""How long this caller's silence is waited for.

Three settings for the ways words can end (after a whole sentence it is a wait between two of
them), stretched by what the caller's own pauses show: who pauses long inside a turn is given
longer, at most LONGEST_PERCENT of the setting; who does not gets the setting back, slowly.
Whole numbers only, so a call replays the same.
"""

from dataclasses import dataclass

from inference.turns.meaning import Finish, Meaning
from inference.turns.tuning import Tuning

LONGEST_PERCENT = 250
NO_PAUSE_MS = 200  # and shorter: between two words, or inside one
ROOM_PERCENT = 85  # of the silence waited for, that a pause inside a turn shall fill at most
WHOLE_PERCENT = 20  # of the way from `done_ms` to `endpoint_ms`: after a whole sentence
DISTRUST_PERCENT = 50  # each cut-off after "complete" words


@dataclass(frozen=True, slots=True)
class Waiting:
    """What was decided and from what, for the journal; numbers only."""

    silence_ms: int
    setting_ms: int  # before the caller's own pauses counted
    stretch_percent: int
    distrust_percent: int  # how far "complete" words have lost their early end
    likelihood_percent: int | None


class Patience:
    """One call's. Sync, without a clock: pauses are told to it."""

    def __init__(self, tuning: Tuning) -> None:
        self._tuning = tuning
        self._stretch_percent = 100
        self._distrust_percent = 0
        self._was_done = False
        self.last = Waiting(tuning.endpoint_ms, tuning.endpoint_ms, 100, 0, None)

    def silence_ms(self, meaning: Meaning | None, likelihood: float | None = None) -> int:
        """Of silence, then the turn is over. The last answer is the one pauses are judged by."""
        heard = None if likelihood is None else min(100, max(0, round(likelihood * 100)))
        finish = meaning.finish if meaning else Finish.OPEN
        setting_ms = self._setting_ms(finish, heard)
        silence_ms = setting_ms * self._stretch_percent // 100
        self._was_done = meaning is not None and meaning.is_complete
        self.last = Waiting(
            silence_ms, setting_ms, self._stretch_percent, self._distrust_percent, heard
        )
        return silence_ms

    def caller_paused(self, pause_ms: int) -> None:
        """A pause inside a turn, after which the same caller went on."""
        if pause_ms <= NO_PAUSE_MS:
            return
        lacking = self._wanted_percent(pause_ms) - self._stretch_percent
        if lacking > 0:
            self._stretch_percent += (lacking + 1) // 2
        elif lacking < 0:
            self._stretch_percent -= (-lacking + 9) // 10

    def cut_off(self, pause_ms: int) -> None:
        """We had ended the turn, and the caller went on after all. Counts at once and in full."""
        if self._was_done:
            self._distrust_percent = min(100, self._distrust_percent + DISTRUST_PERCENT)
        self._stretch_percent = max(self._stretch_percent, self._wanted_percent(pause_ms))

    def _wanted_percent(self, pause_ms: int) -> int:
        """The stretch with which the pause would have had room in what was waited for."""
        # a pause after "complete" words says little of the caller, much of the words
        setting_ms = max(self.last.setting_ms, self._tuning.endpoint_ms, 1)
        wanted = pause_ms * 100 * 100 // (setting_ms * ROOM_PERCENT)
        return min(LONGEST_PERCENT, max(100, wanted))

    # The model takes much for finished that is not, and seldom the reverse
    # (docs/engines.md): low shifts further than high, and neither all the way.
    def _setting_ms(self, finish: Finish, heard: int | None) -> int:
        done_ms = self._done_ms()
        endpoint_ms, hanging_ms = self._tuning.endpoint_ms, self._tuning.hanging_ms
        whole_ms = _between(done_ms, endpoint_ms, WHOLE_PERCENT)
        match finish:
            case Finish.DONE if heard is not None and heard < 50:
                return _between(done_ms, endpoint_ms, 50 - heard)
            case Finish.DONE:
                return done_ms
            case Finish.WHOLE if heard is not None and heard < 50:
                return _between(whole_ms, endpoint_ms, 2 * (50 - heard))
            case Finish.WHOLE if heard is not None:
                return _between(whole_ms, done_ms, 2 * (heard - 50))
            case Finish.WHOLE:
                return whole_ms
            case Finish.HANGING if heard is not None and heard > 50:
                return _between(hanging_ms, endpoint_ms, (heard - 50) // 2)
            case Finish.HANGING:
                return hanging_ms
            case _ if heard is None:
                return endpoint_ms
            case _ if heard < 50:
                return _between(endpoint_ms, hanging_ms, (50 - heard) * 3 // 2)
            case _:
                return _between(endpoint_ms, done_ms, heard - 50)

    def _done_ms(self) -> int:
        return _between(self._tuning.done_ms, self._tuning.endpoint_ms, self._distrust_percent)


def _between(from_ms: int, to_ms: int, percent: int) -> int:
    return from_ms + (to_ms - from_ms) * percent // 100
