"""How unlikely is it that nothing has happened for so long? The predictive distribution of a gap.

Gaps are exponential with a rate that is not known exactly. With n own gaps of sum `total` and a gamma prior worth two
gaps of the base, the next gap is Lomax:

    P(gap > g) = (1 + g / S)^-(n + 2),   S = total + 2 base

Which gaps: those between ACTIVE DAYS, and not between events. Events come in bursts, a session is ten of them, and
the mean gap between events would call every night unlikely. So n counts active days, whatever the volume.

- Below 1.5 events a day the gaps are what was seen, from active day to active day.
- From 1.5 events a day on nearly all of these are one day long: they measure the calendar and not the customer, and
  fire too late. There the mean gap comes from the counts: the exponential that is as silent for a day as a negative
  binomial with this mean, a rate of ln(1 + a rate) / a a day; but not faster than days were seen to be silent, -ln of
  their share, one silent day of two added, which keeps those who never work at the weekend honest.

All functions take and give arrays; times are in days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.statistics.arrays import Floats, Ints, Numbers

MOST_GAPS: Final = 40
LEAST_GAPS: Final = 4
"""Own gaps without which silence is not judged."""
COUNTED_FROM: Final = 1.5
"""Events a day from which the rate comes from counts."""
_PRIOR_GAPS: Final = 2.0
_POOLED: Final = 20.0  # gaps of everybody that a segment's own are added to
_DISPERSION: Final = 0.4


@dataclass(frozen=True)
class Rhythm:
    """How often each customer is active.

    Attributes:
        n: own gaps, at most 40.
        total: their sum in days.
        rate: events a day.
    """

    n: Ints
    total: Floats
    rate: Floats


def chance(gap: Numbers, n: Numbers, total: Numbers, base: Numbers) -> Floats:
    """P(a gap is longer than this one), from own gaps and the base gap. 1 where there is no gap and no base."""
    gaps, shape = np.maximum(np.asarray(gap, np.float64), 0), np.asarray(n, np.float64) + _PRIOR_GAPS
    scale = np.maximum(_scale(total, base), 1e-12)
    return np.asarray(np.exp(-shape * np.log1p(gaps / scale)))


def limit(p: Numbers, n: Numbers, total: Numbers, base: Numbers) -> Floats:
    """The gap in days at which `chance` falls to p: S (p^(-1 / (n + 2)) - 1)."""
    shape = np.asarray(n, np.float64) + _PRIOR_GAPS
    return np.asarray(_scale(total, base) * np.expm1(-np.log(np.asarray(p, np.float64)) / shape))


def _scale(total: Numbers, base: Numbers) -> Floats:
    return np.asarray(np.asarray(total, np.float64) + _PRIOR_GAPS * np.asarray(base, np.float64))


def rhythm(counts: Numbers, first: Numbers = 0) -> Rhythm:
    """The own gaps of N customers.

    Args:
        counts: events a day, [N, D]. The last column is today and not over: it ends a gap, and is no silent day.
        first: the column of each customer's first day.
    """
    y = np.asarray(counts)
    active = y > 0
    known = np.maximum(y.shape[1] - np.broadcast_to(np.asarray(first, np.int64), y.shape[:1]), 1)
    whole = np.maximum(known - 1, 1)  # days that are over
    rate = y[:, :-1].sum(axis=1) / whole
    n, total = _between_days(active)
    silent = (whole + 1 - active[:, :-1].sum(axis=1)) / (whole + 2)
    speed = np.minimum(np.log1p(_DISPERSION * rate) / _DISPERSION, -np.log(silent))
    return Rhythm(n, np.where(rate >= COUNTED_FROM, n / np.maximum(speed, 1e-9), total), rate)


def _between_days(active: Numbers) -> tuple[Ints, Floats]:
    """How many gaps lie between the last 41 active days, and how long they are together."""
    days = np.asarray(active)
    width = days.shape[1]
    after = np.cumsum(days[:, ::-1], axis=1)[:, ::-1]  # active days from here on
    last = width - 1 - np.argmax(days[:, ::-1], axis=1)
    used = days & (after <= MOST_GAPS + 1)
    start = np.argmax(used, axis=1)
    n = np.maximum(used.sum(axis=1) - 1, 0)
    return n.astype(np.int64), np.where(n > 0, last - start, 0).astype(np.float64)


def base_gap(rhythms: Rhythm, segment: Ints, segments: int, usual: float = 7.0) -> Floats:
    """The base gap of each segment, [S]: its median of mean gaps, drawn towards that of everybody.

    Segment and everybody are each pooled with the level above by the weight of 20 customers; above everybody is
    `usual`. Customers without a gap say nothing.
    """
    mean = rhythms.total / np.maximum(rhythms.n, 1)
    seen = rhythms.n > 0
    everybody = _pooled(mean[seen], usual)
    return np.array([_pooled(mean[seen & (segment == each)], everybody) for each in range(segments)])


def _pooled(gaps: Floats, above: float) -> float:
    own = float(np.median(gaps)) if gaps.size else above
    return (gaps.size * own + _POOLED * above) / (gaps.size + _POOLED)
