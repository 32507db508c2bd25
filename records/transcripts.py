"""The conversation as plain text: one turn a line, `0:07 Agent: …`."""

from collections.abc import Iterable

from records.models import Turn

CUT = "[cut off: {}]"  # words the caller no longer heard
SECOND_CHOICES = {  # by stage
    "stt": "The second choice of recogniser understood this.",
    "llm": "The second choice of answer engine replied.",
    "tts": "The second choice of voice spoke.",
}


def plain(turns: Iterable[Turn]) -> str:
    return "".join(f"{line(turn)}\n" for turn in turns)


def line(turn: Turn) -> str:
    words = [turn.text] if turn.text else []
    if turn.unheard_text:
        words.append(CUT.format(turn.unheard_text))
    words = words or ["[no words]"]
    words += [f"[{sentence}]" for sentence in stood_in(turn)]
    speaker = Turn.Speaker(turn.speaker).label
    return f"{offset(turn.started_ms)} {speaker}: {' '.join(words)}"


def stood_in(turn: Turn) -> tuple[str, ...]:
    """What of it was not done by the first choice, a sentence each."""
    stages = turn.stood_in.split(",")
    return tuple(sentence for stage, sentence in SECOND_CHOICES.items() if stage in stages)


def offset(ms: int) -> str:
    """Minutes and seconds since media start, as a player shows them."""
    minutes, seconds = divmod(ms // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
