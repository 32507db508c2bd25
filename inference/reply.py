"""One reply, from its first word written to its last one heard.

Its audio is made ahead of what the caller hears: held back while it is a guess, stopped and
taken up again where the caller talked over it. So the audio is kept here until it was heard,
and the arithmetic of what was heard is done here.
"""

from dataclasses import dataclass, field

import numpy as np

from inference.engines.base import SAMPLE_HZ
from inference.journal import Stage

BYTES_PER_MS = SAMPLE_HZ * 2 // 1000
BACK_MS = 1_500  # so far back a sentence is taken up again, at most
LEAST_BACK_MS = 150  # the cut is hardly ever at a word's end
DIP_MS = 20


@dataclass(slots=True)
class SpokenPiece:
    """A piece of a reply and where its audio lies in it."""

    text: str
    from_ms: int
    until_ms: int
    is_notice: bool = False


@dataclass(slots=True)
class SpokenReply:
    """Positions are ms from the reply's beginning. `prelude_ms`: a filler played before it."""

    turn: int = 0
    language: str = ""
    is_line: bool = False  # one of the agent's own sentences
    drafts: int = 0
    is_flowing: bool = False  # to the line; until then it is a guess, or stopped
    was_ahead: bool = False
    stood_in: set[Stage] = field(default_factory=set)  # what the first choice did not do
    pieces: list[SpokenPiece] = field(default_factory=list)
    made_samples: int = 0
    prelude: str = ""
    prelude_ms: int = 0
    first_sentence_ms: int | None = None  # when it was written, in ms since media start
    _audio: bytearray = field(default_factory=bytearray)
    _queued: int = 0  # bytes the line was given, from the reply's beginning
    _taken_up_ms: int = 0  # where the line began to count
    _stopped_ms: int = 0  # how much had been heard when it was stopped

    # Being made

    def begin_piece(self, text: str, *, is_notice: bool = False) -> None:
        self.pieces.append(SpokenPiece(text, self.made_ms(), self.made_ms(), is_notice))

    def add_audio(self, pcm: bytes) -> None:
        self._audio += pcm
        self.made_samples += len(pcm) // 2
        self.pieces[-1].until_ms = self.made_ms()

    def made_ms(self) -> int:
        return self.made_samples * 1000 // SAMPLE_HZ

    def text(self) -> str:
        return " ".join(piece.text for piece in self.pieces)

    # Going to the line

    def take_unqueued(self) -> bytes:
        """What the line has not been given yet; it is given now."""
        pcm = bytes(self._audio[self._queued :])
        self._queued += len(pcm)
        return pcm

    def notice_until_ms(self, until_ms: int) -> int:
        """When the last notice will have been heard, all that is queued being so by then; or 0."""
        queued_ms = self._queued // BYTES_PER_MS
        ends = [until_ms - queued_ms + p.until_ms for p in self.pieces if p.is_notice]
        return max(0, ends[-1]) if ends else 0

    def unqueued_ms(self) -> int:
        return self.made_ms() - self._queued // BYTES_PER_MS

    def heard_ms(self, line_ms: int) -> int:
        """Up to where the reply was heard, when the line has played so much since it began."""
        if not self.is_flowing:
            return self._stopped_ms
        return max(0, self._taken_up_ms + line_ms - self.prelude_ms)

    def stop(self, line_ms: int) -> None:
        """The caller talks over it; perhaps it goes on."""
        self._stopped_ms = self.heard_ms(line_ms)
        self.is_flowing = False

    def take_up(self) -> None:
        """The line starts anew, a little before where the caller stopped hearing it."""
        at_ms = min(self._restart_ms(self._stopped_ms), self._queued // BYTES_PER_MS)
        self._taken_up_ms = at_ms
        self._queued = at_ms * BYTES_PER_MS
        self.prelude_ms = 0

    def _restart_ms(self, heard_ms: int) -> int:
        """The beginning of the sentence or, far into it, the quietest moment not long ago."""
        begun = [piece.from_ms for piece in self.pieces if piece.from_ms <= heard_ms]
        if begun and heard_ms - begun[-1] <= BACK_MS:
            return begun[-1]
        from_ms = max(0, heard_ms - BACK_MS)
        until_ms = heard_ms - LEAST_BACK_MS
        if until_ms - from_ms < DIP_MS:
            return from_ms
        recent = bytes(self._audio[from_ms * BYTES_PER_MS : until_ms * BYTES_PER_MS])
        size = DIP_MS * SAMPLE_HZ // 1000
        samples = np.frombuffer(recent, "<i2").astype(np.float64)
        dips = np.square(samples[: len(samples) // size * size]).reshape(-1, size).sum(axis=1)
        return from_ms + int(np.argmin(dips)) * DIP_MS if len(dips) else from_ms

    # What was heard

    def split(self, heard_ms: int) -> tuple[str, str]:
        """The words heard by then, and the rest; a word that was cut is not heard."""
        heard: list[str] = []
        unheard: list[str] = []
        for piece in self.pieces:
            words = piece.text.split()
            count = len(words) if _is_heard(piece, heard_ms) else _words_by(piece, heard_ms)
            heard += words[:count]
            unheard += words[count:]
        return " ".join(heard), " ".join(unheard)


def _is_heard(piece: SpokenPiece, heard_ms: int) -> bool:
    if piece.from_ms == piece.until_ms:  # it made no sound: heard if what came after it was
        return piece.until_ms < heard_ms
    return piece.until_ms <= heard_ms


def _words_by(piece: SpokenPiece, heard_ms: int) -> int:
    """How many words fit into the part heard, by their share of the letters."""
    if heard_ms <= piece.from_ms or piece.until_ms == piece.from_ms:
        return 0
    letters = (heard_ms - piece.from_ms) / (piece.until_ms - piece.from_ms) * len(piece.text)
    ends, position = [], 0
    for word in piece.text.split():
        position += len(word) + 1
        ends.append(position - 1)
    return sum(end <= letters for end in ends)
