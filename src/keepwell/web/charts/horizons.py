"""A chance over the lengths of time that were asked about, with its band."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.web.charts.path import Scale
from keepwell.web.charts.timeline import Tick

WIDE = 1000  # the width in the units of the drawing
MARGIN = 90  # left and right of the first and the last horizon, in the same
TOPS = (0.05, 0.1, 0.25, 0.5, 1.0)
"""Shares at which the axis may end."""

Point = tuple[int, float, float, float]
"""Days, the chance, and the lower and the upper end of its band."""


@dataclass(frozen=True)
class Horizons:
    """Path data in units of the drawing; `levels` and `stops` name the axes."""

    band: str
    line: str
    dots: str
    levels: Sequence[Tick]
    stops: Sequence[Tick]
    width: int = WIDE


def horizons(points: Sequence[Point], labels: Sequence[str]) -> Horizons | None:
    """A curve through chances, by the length of time; None without any. Labels are of the points, in their order."""
    if not points:
        return None
    top = next((each for each in TOPS if each >= max(high for *_, high in points)), 1.0)
    scale = Scale(0.0, top)
    places = _places([days for days, *_ in points])
    upper = [(x, scale.y(high)) for x, (*_, high) in zip(places, points, strict=True)]
    lower = [(x, scale.y(low)) for x, (_, _, low, _) in zip(places, points, strict=True)]
    middle = [(x, scale.y(chance)) for x, (_, chance, _, _) in zip(places, points, strict=True)]
    return Horizons(
        band=f"{_through([*upper, *reversed(lower)])}z", line=_through(middle),
        dots="".join(f"M{x} {y}h0" for x, y in middle),
        levels=[Tick(share, f"{share * top * 100:g}") for share in (0.0, 0.5, 1.0)],
        stops=[Tick(x / WIDE, label) for x, label in zip(places, labels, strict=True)],
    )  # fmt: skip


def _places(days: Sequence[int]) -> list[int]:
    """From the left margin to the right one, as far apart as the days are; one alone stands in the middle."""
    first, length = min(days), max(days) - min(days)
    if not length:
        return [WIDE // 2 for _ in days]
    return [round(MARGIN + (each - first) / length * (WIDE - 2 * MARGIN)) for each in days]


def _through(points: Sequence[tuple[int, int]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)
