"""Who will outgrow its plan, and who is likely to take more: a limit's projection, then a propensity.

The projection needs no labels: it goes from the meters of the plan. The propensity is a small logit, and there is none
before the log holds `ENOUGH` upgrades and the logit held on a later quarter. Neither is a reason to sell to somebody in
trouble: `held` says who is left in peace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.predictions import logit
from keepwell.predictions.accuracy import Judged
from keepwell.predictions.worth import refusal
from keepwell.statistics import limits
from keepwell.statistics.arrays import Floats, Ints, Mask

DAYS: Final = 90
"""How far a propensity looks ahead."""
ENOUGH: Final = 30
"""Upgrades in the log without which there is no propensity."""
WEEKS: Final = 8
"""Weeks of a meter a projection is made from."""
WEEK: Final = 7


@dataclass(frozen=True)
class Meters:
    """Meters with a limit in the plan, one line each; all of shape (lines, ...).

    Attributes:
        row: whose: places in an array of customers.
        top: the highest value of each week, oldest first, shape (lines, weeks); NaN where nothing was reported.
        limit: of the plan, above 0.
    """

    row: Ints
    top: Floats
    limit: Floats

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class Projected:
    """When each customer's plan becomes too small, by the meter that gets there first; all of shape (customers,).

    Attributes:
        line: the line of that meter; -1 where none has a limit and a report.
        share: the highest of its last two weeks over the limit; NaN without a line.
        not_before: days until the limit, 19 of 20 take longer; NaN where it is not projected.
        expected: days until the line of its growth gets there; 0 when it is reached.
        likely_by: 19 of 20 lie beyond the limit by then.
        growth: what a week adds on average, as a share of the limit; 0 where that is not known.
    """

    line: Ints
    share: Floats
    not_before: Floats
    expected: Floats
    likely_by: Floats
    growth: Floats


def project(meters: Meters, customers: int) -> Projected:
    """When limits are reached. A date is given only where the growth is sure: 19 of 20 get there within 26 weeks."""
    found = limits.reached(meters.top, meters.limit)
    sure = found.known & np.isfinite(found.likely_by)
    days = [np.where(sure, each * WEEK, np.nan) for each in (found.not_before, found.expected, found.likely_by)]
    latest = np.nan_to_num(meters.top[:, -2:]).max(axis=1, initial=0.0)
    share = latest / meters.limit
    line = _first(meters.row, np.nan_to_num(days[1], nan=np.inf), share, customers)
    chosen = np.maximum(line, 0)

    def of(values: Floats) -> Floats:
        return np.where(line >= 0, values[chosen], np.nan) if len(meters) else np.full(customers, np.nan)

    growth = np.nan_to_num(of(_growth(meters)))
    return Projected(line, of(share), of(days[0]), of(days[1]), of(days[2]), growth)


def _first(row: Ints, days: Floats, share: Floats, customers: int) -> Ints:
    """The line of each customer that is reached first; of equals the fullest, then the first."""
    found = np.full(customers, -1, np.int64)
    order = np.lexsort((-np.arange(len(row)), share, -days))
    found[row[order]] = order
    return found


def _growth(meters: Meters) -> Floats:
    """The mean change from week to week over the limit; NaN with fewer than two neighbouring weeks."""
    steps = np.diff(meters.top, axis=1)
    number = (~np.isnan(steps)).sum(axis=1)
    total = np.nansum(steps, axis=1)
    found: Floats = np.where(number > 0, total / np.maximum(number, 1), np.nan) / meters.limit
    return found


def held(band: Ints, severe: Mask, gone: Mask, stable: int) -> list[str]:
    """Why nothing may be proposed to a customer now; nothing where something may.

    Args:
        band: places of the customers' bands, the worst first; -1 when health is not known.
        severe: whether a severe ticket is open.
        gone: whether the customer left, is paused, or is leaving.
        stable: the place of the first band that is not at risk.
    """
    told = []
    for place, trouble, left in zip(band.tolist(), severe.tolist(), gone.tolist(), strict=True):
        if left:
            told.append("has left, is leaving, or is paused")
        elif trouble:
            told.append("a severe ticket is open")
        elif place < 0:
            told.append("health is not known")
        else:
            told.append("at risk or critical" if place < stable else "")
    return told


@dataclass(frozen=True)
class Landmark:
    """Customers as known at one moment; all of shape (customers,).

    Attributes:
        customer: numbers, ascending.
        share: of the plan's limit in use; NaN without one.
        growth: of that in a week.
        near: 1 / (1 + weeks until the limit); 0 where it is not projected.
        breadth: the share of the entitled features in use; NaN when not known.
        active: own active days in 28.
        seats: in the plan; 0 when not known.
        score: health, 0 to 100.
        came: whether it took more in the next `DAYS`; None while these are not over.
    """

    customer: Ints
    share: Floats
    growth: Floats
    near: Floats
    breadth: Floats
    active: Floats
    seats: Floats
    score: Floats
    came: Mask | None = None

    def __len__(self) -> int:
        return len(self.customer)


FEATURES: Final = (
    "use of the limit", "a limit at hand", "growth in a week", "nearness of the limit", "breadth of use",
    "breadth known", "active days", "seats", "health",
)  # fmt: skip


def columns(at: Landmark) -> Floats:
    """What a propensity rests on, shape (customers, 1 + features): a constant and numbers of about 0 to 1."""
    return np.column_stack(
        [
            np.ones(len(at)),
            np.clip(np.nan_to_num(at.share), 0, 2),
            ~np.isnan(at.share),
            np.clip(at.growth * 10, -1, 1),
            at.near,
            np.clip(np.nan_to_num(at.breadth), 0, 1),
            ~np.isnan(at.breadth),
            np.nan_to_num(at.active) / 28,
            np.log1p(at.seats) / 5,
            np.nan_to_num(at.score) / 100,
        ]
    )


def propensity(now: Landmark, closed: Sequence[Landmark], upgrades: int) -> tuple[Floats, str]:
    """P(more is taken within `DAYS`) of each customer; or NaN for all, and why, as a sentence.

    Args:
        now: the customers at the moment.
        closed: earlier moments whose window is over, the newest first; their windows do not overlap.
        upgrades: how many the log holds.
    """
    nothing = np.full(len(now), np.nan)
    if upgrades < ENOUGH:
        return nothing, f"The log holds {upgrades} upgrades; a propensity takes {ENOUGH}."
    if len(closed) < 2 or not len(now):
        return nothing, "A propensity needs one quarter to learn from and a later one to be tested on."
    newest, older = closed[0], closed[1:]
    said = logit.sigmoid(columns(newest) @ _fitted(older))
    why = refusal(Judged(_came(newest), said, newest.customer))
    if why:
        return nothing, why
    return logit.sigmoid(columns(now) @ _fitted(closed)), ""


def _fitted(closed: Sequence[Landmark]) -> Floats:
    rows = np.concatenate([columns(at) for at in closed])
    happened = np.concatenate([_came(at) for at in closed])
    weight = np.full(len(rows), min(1.0, 2 / len(closed)))  # of one customer at most two rows of weight
    size = rows.shape[1]
    return logit.fit(rows, happened, weight, logit.Prior(np.zeros(size), np.array([5.0, *[2.0] * (size - 1)])))


def _came(at: Landmark) -> Mask:
    if at.came is None:
        raise ValueError("the window of this landmark is not over")
    return at.came
