"""Features of customers at a day: from what had happened and was known before it, and nothing else.

Recency relative to the own rhythm first, then recency, tenure, counts in windows, trends and money (prediction.md 3.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.predictions.diary import NEVER, Days, Diary, Timeline
from keepwell.statistics.arrays import Floats, Ints

WINDOWS: Final = (14, 30, 60, 90, 180, 365)
MONEY_WINDOWS: Final = (30, 90, 180, 365)
CHANNELS: Final = ("failed_payments", "tickets", "failed_transactions", "features")
"""What else is looked at, where the log has it."""
_POOLED: Final = 2.0  # gaps of the base that are added to a customer's own


@dataclass(frozen=True)
class Seen:
    """Customers with an active day before a day, and their features at it.

    Attributes:
        day: the day T.
        place: places of the customers in the diary, ascending, shape (rows,).
        names: names of the features.
        values: shape (rows, features); NaN where a feature is not defined.
        median_gap: the median over customers of the mean gap, days; 30 where nobody came twice.
    """

    day: int
    place: Ints
    names: tuple[str, ...]
    values: Floats
    median_gap: float

    def __len__(self) -> int:
        return len(self.place)

    @property
    def own_gap(self) -> Floats:
        """Each customer's usual gap, days: the mean of its own and of two of the base."""
        repeats = self.column("active_days") - 1
        own = np.where(repeats > 0, np.nan_to_num(self.column("gap_mean")) * repeats, 0.0)
        found: Floats = (own + _POOLED * self.median_gap) / (repeats + _POOLED)
        return found

    def column(self, name: str) -> Floats:
        """One feature of everybody."""
        found: Floats = self.values[:, self.names.index(name)]
        return found

    def among(self, rows: Ints) -> Seen:
        """Some of them, against the same base."""
        return Seen(self.day, self.place[rows], self.names, self.values[rows], self.median_gap)


def features(diary: Diary, day: int, median_gap: float | None = None) -> Seen:
    """Features of everybody who was active before a day.

    `median_gap` is that of the whole base, for a diary that holds a part of it.
    """
    line = diary.own.at(day)
    end = line.before(day)
    place = np.flatnonzero(end > line.start[:-1])
    columns = _own(line, day, place, end[place])
    for name in CHANNELS:
        columns |= _channel(name, diary.channels.get(name), day, place)
    if median_gap is None:
        median_gap = _median(columns["gap_mean"])
    return Seen(day, place, tuple(columns), np.column_stack(list(columns.values())), median_gap)


def _median(gap_mean: Floats) -> float:
    known = gap_mean[np.isfinite(gap_mean)]
    found = float(np.median(known)) if len(known) else 0.0
    return found if found > 0 else 30.0


def _own(line: Timeline, day: int, place: Ints, end: Ints) -> dict[str, Floats]:
    """Rhythm, counts and money; `end` is one past the last row before the day."""
    start = line.start[place]
    number = (end - start).astype(float)
    found = {
        "recency": (day - line.day[end - 1]).astype(float),
        "tenure": (day - line.day[start]).astype(float),
        "active_days": number,
        "events": _between(line, "count", start, end),
    }
    before = {window: line.before(day - window)[place] for window in WINDOWS}
    found |= {f"active_{window}": (end - since).astype(float) for window, since in before.items()}
    found |= {f"events_{window}": _between(line, "count", before[window], end) for window in (30, 90)}
    found |= _rhythm(line, found, start, end)
    found |= _money(line, before, start, end)
    found["trend_30_90"] = (found["active_30"] * 3 + 0.5) / (found["active_90"] + 0.5)
    found["trend_90_180"] = (found["active_90"] * 2 + 0.5) / (found["active_180"] + 0.5)
    found["rate"] = number / np.maximum(found["tenure"], 1)
    return found


def _rhythm(line: Timeline, found: dict[str, Floats], start: Ints, end: Ints) -> dict[str, Floats]:
    """Gaps between active days, and how overdue the customer is by them."""
    gaps = found["active_days"] - 1
    some, more = gaps > 0, gaps > 1
    mean = np.where(some, (found["tenure"] - found["recency"]) / np.maximum(gaps, 1), np.nan)
    variance = _between(line, "gap2", start, end) / np.maximum(gaps, 1) - mean**2
    return {
        "gap_mean": mean,
        "gap_sd": np.where(more, np.sqrt(np.maximum(variance, 0)), np.nan),
        "gap_last": np.where(some, line.gap[end - 1], np.nan),
        "overdue": found["recency"] / mean,
    }


def _money(line: Timeline, before: dict[int, Ints], start: Ints, end: Ints) -> dict[str, Floats]:
    """Sums of whole cents, told in units."""
    total = _between(line, "cents", start, end) / 100
    mean = total / (end - start)
    last = line.cents[end - 1] / 100
    found = {f"money_{window}": _between(line, "cents", before[window], end) / 100 for window in MONEY_WINDOWS}
    ratio = last / np.where(np.abs(mean) < 0.01, 0.01, mean)
    return {
        "money_total": total, "money_mean": mean, "money_first": line.cents[start] / 100, "money_last": last,
        "money_ratio": ratio, **found,
    }  # fmt: skip


def _between(line: Timeline, name: str, start: Ints, end: Ints) -> Floats:
    sums = line.sums[name]
    return (sums[end] - sums[start]).astype(float)


def _channel(name: str, rows: Days | None, day: int, place: Ints) -> dict[str, Floats]:
    """How often in 90 days and ever, and how long ago; NaN where nobody had any of it before the day."""
    line = rows.at(day) if rows is not None and len(rows.day) else None
    if line is None or not (line.before(day) > line.start[:-1]).any():
        nothing = np.full(len(place), np.nan)
        return {f"{name}_90": nothing, f"{name}_ever": nothing, f"{name}_ago": nothing}
    start, since, end = line.start[:-1][place], line.before(day - 90)[place], line.before(day)[place]
    last = np.where(end > start, np.append(line.day, 0)[end - 1], day - NEVER)
    ago = np.where(end > start, day - last, np.nan)
    return {
        f"{name}_90": _between(line, "count", since, end),
        f"{name}_ever": _between(line, "count", start, end),
        f"{name}_ago": ago,
    }
