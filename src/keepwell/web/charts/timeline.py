"""A line over days with axes, zones, markers, and the figures that the cursor reads out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from keepwell.base.time import day_to_date
from keepwell.web.charts.path import TALL, Scale, line, runs
from keepwell.web.figures import tenths

MONTHS_FROM = 120  # days
FLAG_ROOM = 0.06  # marks nearer than this share a flag: with two rows, flags stay apart on a phone


@dataclass(frozen=True)
class Tick:
    """A label on an axis, `share` of the way along it. A `minor` one goes when there is little room."""

    share: float
    label: str
    minor: bool = False


@dataclass(frozen=True)
class Zone:
    """A named stretch of the value axis."""

    key: str
    label: str
    y: int
    height: int

    @property
    def share(self) -> float:
        """The height of its middle, 0-1."""
        return 1 - (self.y + self.height / 2) / TALL


@dataclass(frozen=True)
class Mark:
    """Something that happened on the time axis. `number` refers to the list below the chart."""

    number: int
    share: float
    day: int
    label: str


@dataclass(frozen=True)
class Flag:
    """The numbers of one mark, or of several near each other: "3" or "3-5". A `high` one is in the upper row."""

    share: float
    label: str
    high: bool

    @property
    def at_end(self) -> bool:
        """Whether it would cover the names of the zones, which stand to the right of the chart."""
        return self.share > 1 - FLAG_ROOM / 2


@dataclass(frozen=True)
class Timeline:
    """One chart. `values` has an entry a day, in tenths or empty, for the cursor."""

    width: int
    line: str
    last: int | None
    low: float
    high: float
    first_day: int
    values: Sequence[int | None]
    days: Sequence[Tick]
    levels: Sequence[Tick]
    zones: Sequence[Zone] = field(default_factory=tuple)
    marks: Sequence[Mark] = field(default_factory=tuple)

    @property
    def flags(self) -> list[Flag]:
        """The marks from left to right, in flags that do not cover each other."""
        groups: list[list[Mark]] = []
        for mark in self.marks:
            if groups and mark.share - groups[-1][0].share < FLAG_ROOM:
                groups[-1].append(mark)
            else:
                groups.append([mark])
        return [Flag(group[0].share, _numbers(group), high=bool(i % 2)) for i, group in enumerate(groups)]

    @property
    def data(self) -> str:
        """The values as the script reads them."""
        return ",".join("" if value is None else str(value) for value in self.values)


def by_day(points: Sequence[tuple[int, float | None]]) -> tuple[int, list[float | None]]:
    """The first day that has a value, and an entry for every day from there to the last point."""
    known = {day: value for day, value in points if value is not None}
    first = min(known, default=0)
    last = max((day for day, _ in points), default=first - 1)
    return first, [known.get(day) for day in range(first, last + 1)]


def timeline(
    points: Sequence[tuple[int, float | None]],
    *,
    scale: Scale | None = None,
    levels: Sequence[float] = (),
    zones: Sequence[tuple[str, str, float, float]] = (),
    marks: Sequence[tuple[float, str]] = (),
) -> Timeline | None:
    """A chart of daily points, or None when there are fewer than two values to draw.

    Args:
        points: (day, value), in any order, with or without gaps.
        scale: of the value axis; fitted to the values when left out.
        levels: values to name on the axis; chosen when left out.
        zones: (key, label, from, to).
        marks: (day with its fraction, label), in order of time; those outside the days are left out.
    """
    first, values = by_day(points)
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return None
    scale = scale or fitted(known)
    stretches = list(runs(values, scale))
    return Timeline(
        width=len(values) - 1,
        line=line(stretches),
        last=None if values[-1] is None else stretches[-1].ys[-1],
        low=scale.low,
        high=scale.high,
        first_day=first,
        values=[None if value is None else tenths(value) for value in values],
        days=day_ticks(first, len(values)),
        levels=[Tick(scale.share(value), f"{value:g}") for value in levels or _round_levels(scale)],
        zones=[_zone(zone, scale) for zone in zones],
        marks=_marks(marks, first, len(values) - 1),
    )


def fitted(known: Sequence[float]) -> Scale:
    """A scale in whole fives around the values that spans at least 20, inside 0-100."""
    low, high = min(known), max(known)
    margin = max(0.0, 20 - (high - low)) / 2
    bottom = max(0, min(80, math.floor((low - margin) / 5) * 5))
    return Scale(bottom, min(100, max(bottom + 20, math.ceil((high + margin) / 5) * 5)))


def day_ticks(first: int, length: int) -> list[Tick]:
    """First days of months; for less than four months, Mondays every two weeks."""
    days = range(first, first + length)
    if length > MONTHS_FROM:
        chosen = [day for day in days if day_to_date(day).day == 1]
    else:
        chosen = [day for day in days if (day - 4) % 14 == 0]
    ticks = [((day - first) / (length - 1), day) for day in chosen]
    inside = [(share, day) for share, day in ticks if 0.02 < share < 0.98]
    return [
        Tick(share, _day_label(day, months=length > MONTHS_FROM, year=not i), bool(i % 2))
        for i, (share, day) in enumerate(inside)
    ]


def _day_label(day: int, *, months: bool, year: bool) -> str:
    date = day_to_date(day)
    if not months:
        return f"{date.day} {date:%b}"
    return f"{date:%b %Y}" if year or date.month == 1 else f"{date:%b}"


def _round_levels(scale: Scale) -> list[float]:
    span = scale.high - scale.low
    step = 5 if span <= 30 else 10 if span <= 50 else 20
    first = math.ceil(scale.low / step) * step
    return [float(value) for value in range(first, int(scale.high) + 1, step)]


def _numbers(group: Sequence[Mark]) -> str:
    first, last = group[0].number, group[-1].number
    return str(first) if first == last else f"{first}\N{EN DASH}{last}"


def _zone(zone: tuple[str, str, float, float], scale: Scale) -> Zone:
    key, label, low, high = zone
    return Zone(key, label, scale.y(high), scale.y(low) - scale.y(high))


def _marks(marks: Sequence[tuple[float, str]], first: int, width: int) -> list[Mark]:
    inside = [(day, label) for day, label in marks if first <= day < first + width + 1]
    return [
        Mark(number, min(1.0, (day - first) / width), int(day), label)
        for number, (day, label) in enumerate(inside, start=1)
    ]
