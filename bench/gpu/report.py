"""What was measured, as a page: the stages, and the turn that they make together."""

from collections.abc import Iterable
from dataclasses import dataclass

from bench.gpu.shapes import Work
from bench.gpu.stages import FIRST_PIECE, FIRST_TOKEN, HEAR, SENTENCE, Row, Skipped

ARTICLE_MS = 170 + 81 + 84  # words, first token, first sound: what we are compared with
WANTED_MS = {HEAR: 60, FIRST_TOKEN: 40, FIRST_PIECE: 60}  # of one call
STEP_MS = 1000 * 1024 / 22_050  # of speech that one of XTTS's steps makes


@dataclass(frozen=True, slots=True)
class Turn:
    """Of a caller whose turn ends together with those of all the others on the card."""

    streams: int
    stages_ms: tuple[float, float, float]  # words, first token, first sound: p95 each
    until_sound_ms: float  # with the first sentence whole, before it is spoken
    ways: tuple[str, ...]

    @property
    def total_ms(self) -> float:
        return sum(self.stages_ms)


def turns(rows: Iterable[Row]) -> list[Turn]:
    """For each count that all stages were measured at; each stage the quickest way there is."""
    rows = list(rows)
    made = []
    for streams in sorted({row.streams for row in rows}):
        best = {
            stage: min(
                (row for row in rows if (row.stage, row.streams) == (stage, streams)),
                key=lambda row: row.timed.p95_ms,
                default=None,
            )
            for stage in (HEAR, FIRST_TOKEN, FIRST_PIECE, SENTENCE)
        }
        words, token, piece, sentence = best.values()
        if words and token and piece and sentence:
            stages_ms = (words.timed.p95_ms, token.timed.p95_ms, piece.timed.p95_ms)
            until_ms = words.timed.p95_ms + sentence.timed.p95_ms + piece.timed.p95_ms
            ways = tuple(dict.fromkeys((words.way, token.way, piece.way)))
            made.append(Turn(streams, stages_ms, until_ms, ways))
    return made


ABOUT = """\
A turn hears {work.utterance_s:g} s of speech ({work.heard_tokens} tokens). It reads
{work.prompt_tokens} tokens, of which {work.cached_tokens} stand in the cache unless it says
otherwise, and writes a first sentence of {work.sentence_tokens}. A first piece is {first_ms:.0f} ms
of speech, a next one {piece_ms:.0f} ms: made in less, it flows. All calls ask at once."""
TURN_HEAD = """\
| calls at once | words + first token + first sound, p95 | the article's | until sound, the first \
sentence written before | ways |
|---|---|---|---|---|"""


def page(rows: list[Row], skipped: list[Skipped], work: Work) -> list[str]:
    lines = [
        "| stage | way | calls at once | p50 ms | p95 ms | wanted | model MB | calls' MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        wanted = f"{WANTED_MS[row.stage]}" if row.stage in WANTED_MS and row.streams == 1 else ""
        lines.append(
            f"| {row.stage} | {row.way} | {row.streams} | {row.timed.p50_ms:.1f}"
            f" | {row.timed.p95_ms:.1f} | {wanted} | {row.model_mb:.0f} | {row.streams_mb:.0f} |"
        )
    piece_ms = work.piece_steps * STEP_MS
    first_ms = work.first_steps * STEP_MS
    lines += ["", ABOUT.format(work=work, first_ms=first_ms, piece_ms=piece_ms), "", TURN_HEAD]
    for turn in turns(rows):
        parts = " + ".join(f"{ms:.0f}" for ms in turn.stages_ms)
        lines.append(
            f"| {turn.streams} | {parts} = {turn.total_ms:.0f} ms | {ARTICLE_MS} ms"
            f" | {turn.until_sound_ms:.0f} ms | {', '.join(turn.ways)} |"
        )
    lines += ["", *(f"Skipped: {each.way}: {each.reason}." for each in skipped)]
    return lines
