"""Has the level of use changed? A negative-binomial log-likelihood-ratio CUSUM against the own past.

With e events expected on a day, y seen, dispersion a (variance e + a e^2) and a level rho times the old one:

    llr = y ln(rho (1 + a e) / (1 + a rho e)) + ln((1 + a e) / (1 + a rho e)) / a;   C = max(0, C + llr)

as in Hoehle and Paul, "Count data regression charts for the monitoring of surveillance time series" (2008). What is
expected is the customer's own mean of days [-98, -14) times the factor of the weekday: it lags, so that a decline does
not eat its own baseline. 84 days and not 56, because the noise of the baseline is most of what limits the chart: of
halvings at 1.5 to 5 events a day it finds .84 instead of .81 within 30 days at 5 % false alarms.

Rows are customers, columns are days. Below `QUIET` events a day a halving cannot be seen within a month by anybody:
such customers have an expectation of 0 and are not judged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from keepwell.statistics.arrays import Floats, Ints, Mask, Numbers, Singles

DOWN: Final = 0.5
UP: Final = 2.0
QUIET: Final = 0.5
"""Events a day below which nobody is judged."""
WINDOW: Final = 84
LAG: Final = 14
LEAST_DAYS: Final = 28
"""Days of baseline without which nobody is judged."""
DISPERSION: Final = 0.4
"""Of the daily counts of an ordinary customer, where there are too few to estimate it."""
CEILING: Final = 20.0
"""Evidence is not piled up beyond this, so that the end of a shift is seen within days."""
_CAP: Final = (4.0, 2.0)  # a day counts as 4 e + 2 at most: one wild day is not a level
_DISPERSIONS: Final = (0.05, 6.0)
_PRIOR_CUSTOMERS: Final = 10.0
_PRIOR_WEEKS: Final = 30.0


@dataclass(frozen=True)
class State:
    """What the chart remembers of each customer: 8 bytes.

    Attributes:
        value: the evidence C, float32.
        days: days since it was last 0, int32; the shift is as old as that.
    """

    value: Singles
    days: NDArray[np.int32]


def fresh(customers: int) -> State:
    """Nothing known against anybody."""
    return State(np.zeros(customers, np.float32), np.zeros(customers, np.int32))


def step(state: State, y: Numbers, expected: Numbers, a: Numbers, rho: float = DOWN) -> State:
    """One day for N customers.

    Args:
        state: of the evening before.
        y: events of the day.
        expected: what was expected; 0 for whom is not judged (the evidence is forgotten), NaN when the day does not
            count, as in an outage (the evidence stays).
        a: dispersion, one or for each customer, above 0.
        rho: the level looked for, as a factor of the old one.
    """
    e, spread, factor = np.asarray(expected, np.float32), np.asarray(a, np.float32), np.float32(rho)
    changed = 1 + spread * factor * e
    ratio = np.log1p(spread * e * (1 - factor) / changed)
    capped = np.minimum(np.asarray(y, np.float32), np.float32(_CAP[0]) * e + np.float32(_CAP[1]))
    value = state.value + capped * np.log1p((factor - 1) / changed) + ratio / spread
    counted, judged = ~np.isnan(e), e > 0
    value = np.where(judged, np.clip(value, 0, np.float32(CEILING)), np.float32(0))
    days = np.where(value > 0, state.days + 1, 0).astype(np.int32)
    return State(np.where(counted, value, state.value), np.where(counted, days, state.days + (state.value > 0)))


def run(counts: Numbers, expected: Numbers, a: Numbers, rho: float = DOWN) -> tuple[Singles, State]:
    """Every day of [N, D]: the evidence at the end of each, and the state after the last."""
    y, e = np.asarray(counts), np.asarray(expected)
    state, values = fresh(y.shape[0]), np.zeros(y.shape, np.float32)
    for day in range(y.shape[1]):
        state = step(state, y[:, day], e[:, day], a, rho)
        values[:, day] = state.value
    return values, state


def last(counts: Numbers, expected: Numbers, a: Numbers, rho: float = DOWN) -> State:
    """The state after the last day of [N, D]."""
    y, e = np.asarray(counts), np.asarray(expected)
    state = fresh(y.shape[0])
    for day in range(y.shape[1]):
        state = step(state, y[:, day], e[:, day], a, rho)
    return state


def since(state: State, today: int) -> Ints:
    """The day on which the shift began: the first after the evidence was last 0; tomorrow where there is none."""
    return np.asarray(today + 1 - state.days, np.int64)


def baseline(counts: Numbers, factor: Numbers = 1.0, first: Numbers = 0, window: int = WINDOW) -> Floats:
    """Mean events a day of days [-window - 14, -14) before each day, [N, D + 1]: the last column is of tomorrow.

    Args:
        counts: [N, D].
        factor: of the weekday, [D] or [N, D]; the mean is that of a day of factor 1.
        first: the column of each customer's first day; what comes before is not a day without events.
        window: days of baseline.

    0 where fewer than 28 days are known.
    """
    y = np.asarray(counts)
    days = y.shape[1]
    known = np.arange(days) >= np.broadcast_to(np.asarray(first), y.shape[:1])[:, None]
    seen, weight, number = (_sums(np.where(known, each, 0.0)) for each in (y, np.asarray(factor), 1.0))
    until = np.maximum(np.arange(days + 1) - LAG, 0)
    start = np.maximum(until - window, 0)
    enough = number[:, until] - number[:, start] >= min(LEAST_DAYS, window)
    over = np.maximum(weight[:, until] - weight[:, start], 1e-9)
    return np.where(enough, (seen[:, until] - seen[:, start]) / over, 0.0)


def level(counts: Numbers, factor: Numbers = 1.0, first: Numbers = 0, window: int = WINDOW) -> Floats:
    """The last column of `baseline` alone: the mean events a day that is expected tomorrow, [N].

    It takes a copy of the factors at most, and none at all of the counts, where that takes a dozen of both.
    """
    y = np.asarray(counts)
    until = max(y.shape[1] - LAG, 0)
    start = max(until - window, 0)
    known = np.arange(start, until) >= np.broadcast_to(np.asarray(first), y.shape[:1])[:, None]
    factors = np.broadcast_to(np.asarray(factor), y.shape)[:, start:until]
    seen = np.sum(y[:, start:until], axis=1, where=known, dtype=np.float64)
    weight = np.sum(factors, axis=1, where=known, dtype=np.float64)
    enough = known.sum(axis=1) >= min(LEAST_DAYS, window)
    return np.where(enough, seen / np.maximum(weight, 1e-9), 0.0)


def expectation(level: Floats, factor: Numbers = 1.0) -> Floats:
    """Events expected: the baseline times the factor of the day, 0 below `QUIET`: too quiet to judge."""
    return np.where(level >= QUIET, level * np.asarray(factor, np.float64), 0.0)


def weekday_factors(counts: Numbers, weekday: Numbers, segment: Ints, segments: int) -> Floats:
    """How busy each weekday is in each segment, [S, 7] with mean 1.

    Every customer has the same say, whatever the volume; ten customers' worth of weeks in which all days are equal
    are added.

    Args:
        counts: [N, D].
        weekday: 0 to 6 for each day, [D].
        segment: 0 to S - 1 for each customer, [N].
        segments: S.
    """
    y = np.asarray(counts, np.float64)
    own = y.mean(axis=1, keepdims=True) if y.shape[1] else np.zeros((len(y), 1))
    share = np.where(own >= QUIET, np.minimum(y / np.maximum(own, 1e-9), 4.0), 0.0)
    which = np.eye(7)[np.asarray(weekday, np.int64)]
    weeks = np.maximum(which.sum(axis=0), 1)
    member = np.eye(segments)[segment].T * (own[:, 0] >= QUIET)
    total = member @ (share @ which / weeks) + _PRIOR_CUSTOMERS
    return np.asarray(total / total.mean(axis=1, keepdims=True), np.float64)


def dispersion(counts: Numbers, segment: Ints, segments: int, first: Numbers = 0) -> Floats:
    """Dispersion a of each customer's days, [N], as the sums of weeks show it.

    By moments, 7 (variance - mean) / mean^2 of the weeks. Sums of weeks and not days: who rests at the weekend is no
    restless customer, and one whose good and bad days come in a row is more so than his days show. With days, 15 % of
    the steady customers of a simulated world alarm where with weeks 5 % do. The own value weighs as much as its weeks
    against 30 of the segment's mean, and that is drawn towards .4 by the weight of ten customers. Who is quiet has
    the segment's.

    Args:
        counts: [N, D], of days before those to be judged; 15 weeks are good.
        segment: 0 to S - 1 for each customer, [N].
        segments: S.
        first: the column of each customer's first day: what comes before are no days without events.
    """
    y = np.asarray(counts, np.float64)
    number = y.shape[1] // 7
    common = np.full(segments, DISPERSION)
    if number < 2:
        return common[segment]
    start = y.shape[1] - 7 * number
    weeks = y[:, start:].reshape(len(y), number, 7).sum(axis=2)
    begins = np.broadcast_to(np.asarray(first, np.int64), y.shape[:1])[:, None]
    known = start + 7 * np.arange(number) >= begins  # weeks that the customer was there from beginning to end
    count = known.sum(axis=1)
    mean = np.where(known, weeks, 0.0).sum(axis=1) / np.maximum(count, 1)
    spread = np.where(known, (weeks - mean[:, None]) ** 2, 0.0).sum(axis=1)
    variance = spread / np.maximum(count - 1, 1)
    loud = (mean >= 7 * QUIET) & (count >= 2)
    own = np.clip(7 * (variance - mean) / np.where(loud, mean, 1.0) ** 2, *_DISPERSIONS)
    members, sums = (np.bincount(segment[loud], each, segments) for each in (None, own[loud]))
    common = (sums + _PRIOR_CUSTOMERS * DISPERSION) / (members + _PRIOR_CUSTOMERS)
    weight = np.where(loud, count / (count + _PRIOR_WEEKS), 0.0)
    return np.asarray(weight * own + (1 - weight) * common[segment])


def _sums(values: Floats) -> Floats:
    """Running sums that begin with 0, so that any span of days is a difference of two."""
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)


EDGES: Final = (0.5, 1.5, 5.0)
"""Events a day at which one rate class ends and the next begins."""
THRESHOLDS: Final = {DOWN: (np.inf, 4.8, 5.7, 5.6), UP: (np.inf, 4.5, 5.5, 5.0)}
"""Evidence needed in each rate class, so that about 5 % of the customers that stay the same alarm within 30 days.

Measured as the 95th percentile of the highest evidence in 30 days, down: plain negative-binomial streams 4.3, 5.0,
4.9; sign-ins of steady customers of a simulated world 4.3, 5.4, 5.2; all their own activity -, 4.4, 5.0. A hard
world, whose steady customers wander by a quarter from month to month, would need 5.0, 6.1 and 6.3. A third is added,
because a rule that asks for all activity alarmed 5.2 % of 1,056 well customers without it, and 4.3 % with it. At these
values 2.6 % of plain streams alarm, 3.9 % of an ordinary world and 7.6 % of a hard one; of halvings at 1.5 events a day
and more .78 are found within 30 days (.86 at exactly 5 % false alarms), .66 in an ordinary world (.72) and .59 in a
hard one (.50)."""


def rate_class(rate: Numbers) -> Ints:
    """0 below .5 events a day, then 1, 2, and 3 from 5 on."""
    return np.asarray(np.digitize(np.asarray(rate, np.float64), EDGES), np.int64)


def threshold(level: Numbers, rho: float = DOWN) -> Floats:
    """The evidence needed at a baseline of so many events a day."""
    return np.asarray(THRESHOLDS[rho])[rate_class(level)]


def alarming(state: State, level: Numbers, rho: float = DOWN) -> Mask:
    """Whose evidence is enough."""
    return np.asarray(state.value > threshold(level, rho))
