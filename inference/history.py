"""What was said and heard in a call, as the language model is told.

The agent's words count as far as the caller heard them: a reply that was cut off is in the
history up to the cut, so the model neither repeats nor assumes what nobody heard.
"""

from dataclasses import dataclass, field

from inference.engines.base import SAMPLE_HZ, Speaker, Utterance

TURNS_KEPT = 40


@dataclass(slots=True)
class History:
    _said: list[Utterance] = field(default_factory=list)

    def caller_said(self, text: str) -> None:
        self._add(Speaker.CALLER, text)

    def agent_was_heard(self, text: str) -> None:
        if text:
            self._add(Speaker.AGENT, text)

    def forget_unanswered(self) -> None:
        """Drop the caller's last words: the pause in them was not the end of the turn."""
        if self._said and self._said[-1].speaker is Speaker.CALLER:
            self._said.pop()

    def for_model(self) -> tuple[Utterance, ...]:
        return tuple(self._said[-TURNS_KEPT:])

    def _add(self, speaker: Speaker, text: str) -> None:
        self._said.append(Utterance(speaker, text))


@dataclass(slots=True)
class SpokenPiece:
    """A piece of a reply and where its audio lies in it."""

    text: str
    from_ms: int
    until_ms: int


@dataclass(slots=True)
class SpokenReply:
    """One reply as it goes to the line, piece by piece."""

    pieces: list[SpokenPiece] = field(default_factory=list)
    made_samples: int = 0

    def begin_piece(self, text: str) -> None:
        self.pieces.append(SpokenPiece(text, self._made_ms(), self._made_ms()))

    def add_audio(self, samples: int) -> None:
        self.made_samples += samples
        self.pieces[-1].until_ms = self._made_ms()

    def text(self) -> str:
        return " ".join(piece.text for piece in self.pieces)

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

    def _made_ms(self) -> int:
        return self.made_samples * 1000 // SAMPLE_HZ


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
