"""How fast the agent speaks to this caller.

A factor on the voice's own speed. It follows what the caller asks for, is lower while something
is repeated, and lower still where the caller writes down what they hear.
"""

from inference.wording.written_down import is_written_down

SLOWEST, FASTEST = 0.7, 1.3
STEP = 0.15  # of what the voice does; less is hardly noticed
REPEATED = 0.85
SPELT = 0.85


class Pace:
    """One call's speaking rate."""

    def __init__(self) -> None:
        self._asked = 1.0
        self._repeats = 0
        self._is_repeating = False

    @property
    def factor(self) -> float:
        """On the voice's speed, from SLOWEST to FASTEST; below 1 is slower."""
        return _within(self._asked * (REPEATED if self._is_repeating else 1.0))

    def factor_for(self, text: str) -> float:
        """The factor for this piece of a reply, slower where it gives what is written down."""
        return _within(self.factor * (SPELT if self.is_spelling(text) else 1.0))

    def asked_slower(self) -> None:
        self._asked = _within(self._asked - STEP)

    def asked_faster(self) -> None:
        self._asked = _within(self._asked + STEP)

    def repeated(self) -> None:
        """The next reply is said again, slower; from the second time on, all others a bit too."""
        self._is_repeating = True
        self._repeats += 1
        if self._repeats > 1:
            self._asked = _within(self._asked - STEP / 2)

    def replied(self) -> None:
        """A reply is over: what comes next is no repetition."""
        self._is_repeating = False

    @staticmethod
    def is_spelling(text: str) -> bool:
        """Whether it gives a number, an address or letters to write down.

        `text` is the reply as written, before `spoken_form`.
        """
        return is_written_down(text)


def _within(factor: float) -> float:
    return round(min(max(factor, SLOWEST), FASTEST), 3)
