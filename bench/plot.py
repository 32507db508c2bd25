"""A plot of curves and points as SVG, by hand: three panels need no library."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path

PATH = Path(__file__).parent / "results"
WIDTH, HEIGHT, LEFT, TOP, GAP = 420, 320, 60, 40, 30
MOST_WAIT_MS, MOST_CUT = 1_300, 60
COLOURS = ("#999999", "#444444", "#d1495b", "#1f77b4", "#2a9d4a")
POINT_COLOURS = {"ours": "#1f77b4", "Pipecat": "#e08e0b"}
LEGEND = 20


@dataclass(frozen=True, slots=True)
class Panel:
    title: str
    curves: dict[str, list[tuple[float, float]]]
    points: dict[str, tuple[float, float]]


def write(panels: Sequence[Panel]) -> Path:
    path = PATH / f"{datetime.now(UTC):%Y-%m-%d}-endpointing.svg"
    path.write_text(svg(panels))
    return path


def svg(panels: Sequence[Panel]) -> str:
    names = list(panels[0].curves)
    wide = LEFT + len(panels) * (WIDTH + GAP)
    high = TOP + HEIGHT + 60 + LEGEND * (len(names) + 1)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}">',
        "<style>text { font: 11px sans-serif }</style>",
        f'<rect width="{wide}" height="{high}" fill="white"/>',
    ]
    for at, panel in enumerate(panels):
        parts += _panel(panel, LEFT + at * (WIDTH + GAP))
    for at, name in enumerate(names):
        y = TOP + HEIGHT + 60 + at * LEGEND
        parts += [
            f'<path d="M{LEFT} {y}h24" stroke="{COLOURS[at]}" stroke-width="2"/>',
            _text(LEFT + 32, y + 4, name),
        ]
    y = TOP + HEIGHT + 60 + len(names) * LEGEND
    parts.append(_text(LEFT, y + 4, "Dots: our presets (blue), Pipecat's settings (orange)."))
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, left: int) -> list[str]:
    parts = [
        f'<rect x="{left}" y="{TOP}" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="#bbb"/>',
        _text(left + WIDTH / 2, TOP - 12, panel.title, anchor="middle"),
        _text(left + WIDTH / 2, TOP + HEIGHT + 34, "median wait, ms", anchor="middle"),
    ]
    for wait_ms in range(0, MOST_WAIT_MS + 1, 200):
        x, _ = _place(left, (wait_ms, 0))
        parts.append(f'<path d="M{x:.1f} {TOP}v{HEIGHT}" stroke="#eee"/>')
        parts.append(_text(x, TOP + HEIGHT + 16, str(wait_ms), anchor="middle"))
    for cut in range(0, MOST_CUT + 1, 10):
        _, y = _place(left, (0, cut))
        parts.append(f'<path d="M{left} {y:.1f}h{WIDTH}" stroke="#eee"/>')
        parts.append(_text(left - 6, y + 4, f"{cut} %", anchor="end"))
    for (name, curve), colour in zip(panel.curves.items(), COLOURS, strict=False):
        places = [_place(left, point) for point in curve if _is_inside(point)]
        if places:
            path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
            parts.append(
                f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2">'
                f"<title>{escape(name)}</title></path>"
            )
    for name, point in panel.points.items():
        if _is_inside(point):
            x, y = _place(left, point)
            colour = POINT_COLOURS[name.partition(",")[0]]
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}">'
                f"<title>{escape(name)}</title></circle>"
            )
    return parts


def _is_inside(point: tuple[float, float]) -> bool:
    return point[0] <= MOST_WAIT_MS and point[1] <= MOST_CUT


def _place(left: int, point: tuple[float, float]) -> tuple[float, float]:
    return left + WIDTH * point[0] / MOST_WAIT_MS, TOP + HEIGHT * (1 - point[1] / MOST_CUT)


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
