"""What was measured as a picture: a bar in the terminal, curves on a page.

The page's colours come from its style sheet; a file of its own has the ones named here.
"""

from collections.abc import Iterator, Mapping, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from telephony.models import CapacityRun

BAR = 40  # characters for the budget
EIGHTHS = " ▏▎▍▌▋▊▉█"

WIDE, HIGH = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 72, 24, 40, 56
HEADROOM = 1.6  # of the budget; what took longer is drawn at the upper edge
STEPS_MS = (50, 100, 200, 250, 500, 1_000, 2_000, 5_000, 10_000)
MOST_STEPS = 7
APART = 26  # of two numbers below the axis
ROOM_FOR_WORDS = 80

FIGURES = {  # a level's, how they are drawn and called
    "p50_ms": ("typical", "half of the answers within"),
    "p95_ms": ("slow", "19 of 20 answers within"),
}

Levels = Sequence[Mapping[str, float | None]]


def bar(ms: int | None, budget_ms: int) -> str:
    """BAR characters are the budget, marked by a line."""
    if ms is None:
        return "no answer"
    eighths = min(round(ms / budget_ms * BAR * 8), 2 * BAR * 8)
    drawn = EIGHTHS[-1] * (eighths // 8) + EIGHTHS[eighths % 8].strip()
    return drawn[:BAR].ljust(BAR) + "│" + drawn[BAR:]


def svg(run: CapacityRun) -> SafeString:
    """For a page with telephony/capacity.css."""
    return _drawn(run, "")


def file(run: CapacityRun) -> str:
    """The same on white paper, with its own colours."""
    paper = format_html('<style>{}</style><rect width="100%" height="100%" fill="#fff"/>', COLOURS)
    return f"{_drawn(run, paper)}\n"


COLOURS = """
text { font: 12px sans-serif; fill: #444 }
.grid { stroke: #e5e7eb } .axis { stroke: #9ca3af }
.typical { stroke: #0e7490 } .slow { stroke: #7c3aed }
circle.typical { fill: #0e7490 } rect.slow { fill: #7c3aed }
.budget { stroke: #d97706; stroke-dasharray: 6 4 } .held { stroke: #15803d; stroke-width: 2 }
polyline { fill: none; stroke-width: 2 }
"""


def _drawn(run: CapacityRun, paper: str) -> SafeString:
    levels = sorted(run.levels, key=lambda level: level["calls"])
    scale = Scale(levels, run.budget_ms)
    parts = [
        *_legend(),
        *_milliseconds(scale),
        *_calls(levels, scale),
        *_curve(levels, scale, "p50_ms"),
        *_curve(levels, scale, "p95_ms"),
        *_across(scale, run.budget_ms, f"budget {run.budget_ms} ms"),
        *(_upright(scale, run.calls, _calls_in_words(run.calls)) if run.calls else ()),
    ]
    return format_html(
        '<svg class="capacity-picture" xmlns="http://www.w3.org/2000/svg" role="img"'
        ' viewBox="0 0 {} {}" aria-label="{}">{}{}</svg>',
        WIDE,
        HIGH,
        in_words(run),
        paper,
        format_html_join("\n", "{}", ((part,) for part in parts)),
    )


def in_words(run: CapacityRun) -> str:
    """For who cannot see it."""
    told = [
        f"{_calls_in_words(level['calls'])}: half of the answers within {level['p50_ms']} ms, "
        f"19 of 20 within {level['p95_ms']} ms"
        for level in sorted(run.levels, key=lambda level: level["calls"])
        if level["p95_ms"] is not None
    ]
    held = f"{_calls_in_words(run.calls)} stayed inside the budget of {run.budget_ms} ms"
    return f"How long callers waited. {'; '.join(told)}. {held}."


def _calls_in_words(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls} calls"


class Scale:
    """Places of calls and milliseconds in the picture."""

    def __init__(self, levels: Levels, budget_ms: int) -> None:
        self.most_calls = max((int(level["calls"] or 0) for level in levels), default=1)
        self.most_ms = budget_ms * HEADROOM

    def x(self, calls: float) -> float:
        wide = WIDE - LEFT - RIGHT
        return round(LEFT + wide * (calls - 1) / max(1, self.most_calls - 1), 1)

    def y(self, ms: float) -> float:
        high = HIGH - TOP - BOTTOM
        return round(TOP + high * (1 - min(ms, self.most_ms) / self.most_ms), 1)


def _legend() -> Iterator[SafeString]:
    for x, figure in ((LEFT, "p50_ms"), (LEFT + 220, "p95_ms")):
        yield _mark(x + 6, TOP - 22, figure)
        yield _text(x + 16, TOP - 18, FIGURES[figure][1])


def _mark(x: float, y: float, figure: str) -> SafeString:
    """Round or square, so that the curves differ by more than their colours."""
    kind, _ = FIGURES[figure]
    if figure == "p50_ms":
        return format_html('<circle class="{}" cx="{}" cy="{}" r="4"/>', kind, x, y)
    box = '<rect class="{}" x="{}" y="{}" width="7" height="7"/>'
    return format_html(box, kind, round(x - 3.5, 1), round(y - 3.5, 1))


def _milliseconds(scale: Scale) -> Iterator[SafeString]:
    step_ms = next((ms for ms in STEPS_MS if scale.most_ms / ms <= MOST_STEPS), STEPS_MS[-1])
    for ms in range(0, int(scale.most_ms) + 1, step_ms):
        y = scale.y(ms)
        kind = "grid" if ms else "axis"
        yield format_html('<path class="{}" d="M{} {}H{}"/>', kind, LEFT, y, WIDE - RIGHT)
        yield _text(LEFT - 8, y + 4, f"{ms} ms", "end")


def _calls(levels: Levels, scale: Scale) -> Iterator[SafeString]:
    free_x = 0.0
    for level in levels:
        calls = int(level["calls"] or 0)
        x = scale.x(calls)
        if x >= free_x:
            free_x = x + APART
            yield _text(x, HIGH - BOTTOM + 20, str(calls), "middle")
    yield _text((LEFT + WIDE - RIGHT) / 2, HIGH - 12, "calls at the same time", "middle")


def _curve(levels: Levels, scale: Scale, figure: str) -> Iterator[SafeString]:
    places = [
        (scale.x(level["calls"] or 0), scale.y(level[figure] or 0))
        for level in levels
        if level[figure] is not None
    ]
    if not places:
        return
    yield format_html(
        '<polyline class="{}" points="{}"/>',
        FIGURES[figure][0],
        " ".join(f"{x},{y}" for x, y in places),
    )
    for x, y in places:
        yield _mark(x, y, figure)


def _across(scale: Scale, ms: int, words: str) -> Iterator[SafeString]:
    y = scale.y(ms)
    yield format_html('<path class="budget" d="M{} {}H{}"/>', LEFT, y, WIDE - RIGHT)
    yield _text(LEFT + 6, y - 6, words)


def _upright(scale: Scale, calls: int, words: str) -> Iterator[SafeString]:
    x = scale.x(calls)
    yield format_html('<path class="held" d="M{} {}V{}"/>', x, TOP, HIGH - BOTTOM)
    is_right = x > WIDE - RIGHT - ROOM_FOR_WORDS
    yield _text(x + (-6 if is_right else 6), TOP + 12, words, "end" if is_right else "start")


def _text(x: float, y: float, words: str, anchor: str = "start") -> SafeString:
    return format_html('<text x="{}" y="{}" text-anchor="{}">{}</text>', x, y, anchor, words)
