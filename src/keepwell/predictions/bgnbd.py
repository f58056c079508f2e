"""BG/NBD: how likely a customer has left for good, and how likely nothing comes, without any label.

Fader, Hardie and Lee, "Counting Your Customers the Easy Way" (2005): purchases come at a rate that is gamma distributed
over customers (r, alpha); after each the customer leaves with a probability that is beta distributed (a, b). With x
repeat events, the last at age t and the age T now, in days:

    L = G(r + x) alpha^r / G(r) * B(a, b + x) / B(a, b)
        * [(alpha + T)^-(r + x) + (x > 0) a / (b + x - 1) (alpha + t)^-(r + x)]

in logarithms throughout, the bracket as one log-sum (Zammit and Zerafa, arXiv 2502.12912), so that nothing overflows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.predictions.diary import shuffled
from keepwell.predictions.features import Seen
from keepwell.predictions.landmarks import Question
from keepwell.statistics.arrays import Floats, Ints

MOST: Final = 20_000
"""Customers that the four parameters are fitted on, drawn by a hash; more change the third digit."""
_STARTS: Final = ((0.3, 50.0, 0.5, 2.0), (1.0, 100.0, 1.0, 5.0))
_BOUND: Final = 12.0  # of the logarithms of parameters
_STEPS: Final = 200
_HALVINGS: Final = 30
_LONGEST: Final = 2.0
_NEAR: Final = 1e-10


@dataclass(frozen=True)
class Lives:
    """Sufficient statistics of customers; all of shape (rows,).

    Attributes:
        repeats: active days after the first.
        last: the age at the last of them, days.
        age: the age now, days.
        weight: how many customers are alike.
    """

    repeats: Floats
    last: Floats
    age: Floats
    weight: Floats


@dataclass(frozen=True)
class Parameters:
    """The rate of events (r, alpha) and the propensity to leave after one (a, b)."""

    r: float
    alpha: float
    a: float
    b: float


def lives(seen: Seen, weight: Floats | None = None) -> Lives:
    """The statistics of customers at a day, one row a customer."""
    tenure, recency = seen.column("tenure"), seen.column("recency")
    given = np.ones(len(seen)) if weight is None else weight
    return Lives(seen.column("active_days") - 1, tenure - recency, tenure, given)


def summed(rows: Lives) -> Lives:
    """Customers who are alike as one row of more weight."""
    order = np.lexsort((rows.age, rows.last, rows.repeats))
    repeats, last, age = (each[order] for each in (rows.repeats, rows.last, rows.age))
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (np.diff(repeats) != 0) | (np.diff(last) != 0) | (np.diff(age) != 0)
    opens = np.flatnonzero(fresh)
    weight = np.add.reduceat(rows.weight[order], opens) if len(opens) else rows.weight
    return Lives(repeats[opens], last[opens], age[opens], weight)


def drawn(numbers: Ints, most: int = MOST) -> Ints:
    """Rows of at most so many customers, chosen by a hash of their numbers."""
    if len(numbers) <= most:
        return np.arange(len(numbers))
    return np.sort(np.argsort(shuffled(numbers), kind="stable")[:most])


def fit(rows: Lives, start: Parameters | None = None) -> Parameters:
    """The parameters of highest likelihood; from an earlier fit when one is given. Of nobody, where it starts."""
    starts = _STARTS if start is None else ((start.r, start.alpha, start.a, start.b),)
    if not len(rows.repeats):
        return Parameters(*starts[0])
    alike = summed(rows)
    fits = [_descend(np.log(each), alike) for each in starts]
    _, logs = min(fits, key=lambda found: found[0])
    return Parameters(*np.exp(logs).tolist())


def _descend(at: Floats, rows: Lives) -> tuple[float, Floats]:
    """The lowest loss from a start, and where it is: the method of Broyden, Fletcher, Goldfarb and Shanno (1970).

    Four parameters need no library for it: its start alone takes longer than all fits of a forecast.
    """
    loss, slope = _loss(at, rows)
    curve = np.eye(len(at))  # of the inverse of the second derivatives
    for _ in range(_STEPS):
        step = np.clip(-curve @ slope, -_LONGEST, _LONGEST)
        if step @ slope >= 0:
            curve, step = np.eye(len(at)), np.clip(-slope, -_LONGEST, _LONGEST)
        there, lower, steeper = _along(at, step, (loss, slope), rows)
        moved, turned = there - at, steeper - slope
        if loss - lower <= _NEAR * abs(loss):
            return lower, there
        at, loss, slope = there, lower, steeper
        if moved @ turned > _NEAR:
            left = np.eye(len(at)) - np.outer(moved, turned) / (moved @ turned)
            curve = left @ curve @ left.T + np.outer(moved, moved) / (moved @ turned)
    return loss, at


def _along(at: Floats, step: Floats, here: tuple[float, Floats], rows: Lives) -> tuple[Floats, float, Floats]:
    """A point along a step where the loss is enough lower, or where it began."""
    loss, slope = here
    share = 1.0
    for _ in range(_HALVINGS):
        there = np.clip(at + share * step, -_BOUND, _BOUND)
        lower, steeper = _loss(there, rows)
        if lower <= loss + 1e-4 * share * float(step @ slope):
            return there, lower, steeper
        share /= 2
    return at, loss, slope


def _loss(logs: Floats, rows: Lives) -> tuple[float, Floats]:
    """The mean of -log L, and its slopes along the logarithms of the parameters."""
    from scipy.special import gammaln, psi  # type: ignore[import-untyped]

    r, alpha, a, b = np.exp(logs)
    x, age, last = rows.repeats, rows.age, rows.last
    came = x > 0
    beta = b + np.maximum(x, 1) - 1
    alive = -(r + x) * np.log(alpha + age)
    gone = np.where(came, np.log(a) - np.log(beta) - (r + x) * np.log(alpha + last), -np.inf)
    either = np.logaddexp(alive, gone)
    value = (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x) + either
    )  # fmt: skip
    left = np.exp(gone - either)
    rate = (1 - left) * np.log(alpha + age) + left * np.log(alpha + last)
    slopes = (
        psi(r + x) - psi(r) + np.log(alpha) - rate,
        r / alpha - (r + x) * ((1 - left) / (alpha + age) + left / (alpha + last)),
        psi(a + b) - psi(a + b + x) + left / a,
        psi(a + b) + psi(b + x) - psi(b) - psi(a + b + x) - left / beta,
    )
    total = rows.weight.sum()
    means = np.array([(rows.weight * each).sum() for each in slopes]) / total
    return float(-(rows.weight * value).sum() / total), -means * np.exp(logs)


def alive(model: Parameters, rows: Lives) -> Floats:
    """P(not left for good). 1 for everybody without a repeat event: no score of churn."""
    ratio = (rows.repeats + model.r) * np.log((model.alpha + rows.age) / (model.alpha + rows.last))
    odds = np.log(model.a / (model.b + np.maximum(rows.repeats, 1) - 1)) + ratio
    found: Floats = np.where(rows.repeats > 0, 1 / (1 + np.exp(np.minimum(odds, 700))), 1.0)
    return found


def expected(model: Parameters, rows: Lives, question: Question, horizon: int) -> Floats:
    """P(no event in the window of a horizon)."""
    return nothing_within(model, rows, question.lasts(horizon), question.begins(horizon))


def nothing_within(model: Parameters, rows: Lives, days: int, begins: int = 0) -> Floats:
    """P(no event in so many days that begin after so many): the forecast.

    Who is there now leaves at the rate of its events times its propensity to leave after one, of which the mean is
    taken, a / (a + b + x); of days that begin at once this is the formula of the paper. It rises with `begins`.
    """
    here, usual = alive(model, rows), model.alpha + rows.age
    late = begins * model.a / (model.a + model.b + rows.repeats)
    power = -(rows.repeats + model.r)
    there, quiet = (np.exp(power * np.log1p(each / usual)) for each in (late, late + days))
    found: Floats = 1 - here * (there - quiet)
    return found
