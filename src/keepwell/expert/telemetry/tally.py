"""Counting: trials of a topic in both windows, and how much they weigh.

A row may stand for many trials, which then ended together: what befell one befell its neighbours. So trials of one
moment are a cluster. How alike the trials of a cluster are (rho) is seen from the customer's own past, and n of them
weigh as n / (1 + (n - 1) rho) would that have nothing to do with each other (Kish, 1965, section 5.4).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple

import numpy as np

from keepwell.base.time import HOUR_US
from keepwell.expert.scope import Plain
from keepwell.expert.telemetry.values import Properties, text
from keepwell.statistics import failures
from keepwell.statistics.failures import ENOUGH, Counts
from keepwell.statistics.hours import HOURS
from keepwell.statistics.work import Amounts

USED: Final = ("chain", "program", "pool", "endpoint", "router")
"""Properties that say what a trial went through, and that others may go through as well."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the counts of a window are made of.

    Attributes:
        failed, trials: as they weigh, of each hour of the day (UTC), 24 of both.
        uses: what trials went through, where they say so, as `endpoint /v1/quote`.
        through: of these what at least half of the failures went through.
    """

    failed: tuple[float, ...]
    trials: tuple[float, ...]
    uses: frozenset[str] = frozenset()
    through: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted of one topic, in the window and in the past, as it weighs.

    Attributes:
        now, past: both of the same sort, with plain numbers.
        drift: the evidence, trial by trial over both, that failures became more frequent; None where it is not kept.
        parts: what `now` is made of; None where it has no hours.
        plain: the trials as they were counted; None of amounts.
    """

    now: Counts | Amounts
    past: Counts | Amounts
    drift: float | None = None
    parts: Parts | None = None
    plain: Plain | None = None


class Trial(NamedTuple):
    """Trials of one moment: how many failed of how many, and what they went through."""

    at: int
    failed: float
    n: float
    used: tuple[str, ...] = ()


def used(properties: Properties) -> tuple[str, ...]:
    """What a row says that it went through."""
    return tuple(f"{name} {said}" for name in USED if (said := text(properties, name)) is not None)


def counted(now: Iterable[Trial], past: Iterable[Trial], *, charted: bool = False) -> Tally:
    """The tally of some trials; `charted` keeps the evidence that failures became more frequent."""
    both = [sorted(each, key=attrgetter("at")) for each in (now, past)]
    alike = likeness(both[1])
    weighed = [_weighed(each, alike) for each in both]
    counts = [Counts(_whole(each.failed for each in rows), _whole(each.n for each in rows)) for rows in weighed]
    value, since = _drift([*weighed[1], *weighed[0]], counts[1]) if charted else (None, None)
    (failed, trials), (failed_before, trials_before) = (_sums(rows) for rows in both)
    plain = Plain(int(failed), int(trials), int(failed_before), int(trials_before), since)
    return Tally(counts[0], counts[1], value, _parts(weighed[0]), plain)


def likeness(trials: Iterable[Trial]) -> float:
    """How alike trials of one moment are (rho): 0 where they differ as chance would have it, or too few are known."""
    clusters = [_sums(each) for _, each in groupby(trials, attrgetter("at"))]
    several = [each for each in clusters if each[1] > 1]
    if len(several) < ENOUGH:
        return 0.0
    weight = failures.between(Counts(*np.array(several, np.float64).T))
    return 0.0 if weight is None else 1 / (weight + 1)


def _sums(cluster: Iterable[Trial]) -> tuple[float, float]:
    rows = list(cluster)
    return sum(each.failed for each in rows), sum(each.n for each in rows)


def _weighed(trials: list[Trial], alike: float) -> list[Trial]:
    """Each row as it weighs among those of its moment."""
    if not alike:
        return trials
    found: list[Trial] = []
    for _, cluster in groupby(trials, attrgetter("at")):
        rows = list(cluster)
        weight = 1 / (1 + max(sum(each.n for each in rows) - 1, 0) * alike)
        found += [each._replace(failed=each.failed * weight, n=each.n * weight) for each in rows]
    return found


def _whole(numbers: Iterable[float]) -> int:
    return round(sum(numbers))


def _drift(trials: list[Trial], past: Counts) -> tuple[float, int | None]:
    """The chart of `failures` over trials in order of time, and since when it has not been at zero.

    At the same moment successes come first.
    """
    chart, value, since = failures.chart(past), 0.0, None
    for at, cluster in groupby(trials, attrgetter("at")):
        failed, n = _sums(cluster)
        value = max(value + chart.fine * (n - failed), 0.0)
        since = since if value else None
        value += chart.failed * failed
        since = at if value and since is None else since
    return value, since


def _parts(trials: Iterable[Trial]) -> Parts:
    """The counts of some trials by hour, and what they went through."""
    failed, tried, all_failed = [0.0] * HOURS, [0.0] * HOURS, 0.0
    uses: dict[str, float] = {}
    for each in trials:
        hour = each.at // HOUR_US % HOURS
        failed[hour] += each.failed
        tried[hour] += each.n
        all_failed += each.failed
        for use in each.used:
            uses[use] = uses.get(use, 0.0) + each.failed
    through = sorted(use for use, n in uses.items() if n and 2 * n >= all_failed)
    return Parts(tuple(failed), tuple(tried), frozenset(uses), tuple(through))
