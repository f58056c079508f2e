"""A small line without axes, to be read beside a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.web.charts.path import Scale, area, line, runs


@dataclass(frozen=True)
class Spark:
    """`width` is in days; the newest value stands at the right edge."""

    width: int
    line: str
    area: str
    last: int  # height of the newest value


def spark(values: Sequence[float | None], *, days: int = 90, least_span: float = 20) -> Spark | None:
    """A spark line over the last `days`, or None when there are fewer than two values.

    The scale spans at least `least_span`, so that noise does not look like news.
    """
    kept = list(values[-days:])
    known = [value for value in kept if value is not None]
    if len(known) < 2:
        return None
    stretches = list(runs(kept, _scale(known, least_span), days - len(kept)))
    return Spark(days - 1, line(stretches), area(stretches), stretches[-1].ys[-1])


def _scale(known: Sequence[float], least_span: float) -> Scale:
    low, high = min(known), max(known)
    margin = max(least_span - (high - low), (high - low) * 0.1) / 2
    return Scale(low - margin, high + margin)
