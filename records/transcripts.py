"""The conversation as plain text: one turn a line, `0:07 Agent: …`."""

from collections.abc import Iterable

from records.models import Turn

CUT = "[cut off: {}]"  # words the caller no longer heard


def plain(turns: Iterable[Turn]) -> str:
    return "".join(f"{line(turn)}\n" for turn in turns)


def line(turn: Turn) -> str:
    words = [turn.text] if turn.text else []
    if turn.unheard_text:
        words.append(CUT.format(turn.unheard_text))
    speaker = Turn.Speaker(turn.speaker).label
    return f"{offset(turn.started_ms)} {speaker}: {' '.join(words) or '[no words]'}"


def offset(ms: int) -> str:
    """Minutes and seconds since media start, as a player shows them."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
