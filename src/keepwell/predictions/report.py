"""What forecasts were worth: figures of closed horizons by stage and horizon, each with its interval.

All figures are of customers who were active when the forecast was made, and of publications of everybody: those in
between are of customers of whom there was news, and would be counted for that reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from keepwell.base.time import DAY_US
from keepwell.predictions.accuracy import FIGURES, Figure, Judged, threshold_for, weights
from keepwell.predictions.drift import shift_due
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.statistics.arrays import Floats, Ints, Mask

ENOUGH: Final = 20
"""To so many customers it has to have happened, and to so many not, before figures are told (prediction.md, 5)."""
SURE: Final = 0.95
EARLY_DAYS: Final = 30
LOOKED_BACK_DAYS: Final = 180
"""An alert counts as a warning of a loss when it opened within so many days before the last activity, or after it."""
WEEK_DAYS: Final = 7.0
APART: Final = 0.2
"""Shares of single publications that lie further apart are not steady; a judgement, as the next one."""
TIMES: Final = 1.5
"""So are ratios of which one is more than so many times another."""
RATIOS: Final = ("observed_over_expected", "lift_at_budget")
SHARES: Final = (
    "base_rate", "auroc", "average_precision", "brier_skill", "precision_at_budget", "recall_at_budget",
    "precision_when_new", "coverage_at_95", "accuracy_when_covered",
)  # fmt: skip
_LEVEL: Final = (0.025, 0.975)


@dataclass(frozen=True)
class Origin:
    """The forecasts of one moment for one horizon, now that it is closed.

    Attributes:
        rows: of customers active then of whom it can be told.
        last_day: when each was last active before the end, in days from `made_at`, shape (rows,).
        last_known: whether that is known.
        not_told: customers active then of whom it cannot be told.
        told: whether each chance was above the operating point of the alert; None where there was none.
    """

    made_at: int
    outcome: Outcome
    stage: Stage
    lead_days: int
    horizon: int
    rows: Judged
    last_day: Ints
    last_known: Mask
    not_told: int
    quiet_days: int = 0
    told: Mask | None = None

    @property
    def above(self) -> Mask:
        """Of whom there was an alert."""
        return np.zeros(len(self.rows), bool) if self.told is None else self.told

    @property
    def kind(self) -> tuple[Outcome, Stage, int, int, int]:
        return self.outcome, self.stage, self.lead_days, self.quiet_days, self.horizon

    @property
    def closed_at(self) -> int:
        return self.made_at + (self.lead_days + self.horizon + self.quiet_days) * DAY_US


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval over samples of customers; NaN where it is not defined.

    Attributes:
        lowest, highest: of single publications; NaN with fewer than two.
        steady: whether these lie near each other.
    """

    value: float
    low: float
    high: float
    lowest: float = float("nan")
    highest: float = float("nan")
    steady: bool = True


@dataclass(frozen=True)
class Group:
    """Figures of one stage and horizon.

    Attributes:
        origins: how many moments; `first_at`, `last_at`: of the oldest and the newest.
        customers, forecasts: how many were judged.
        happened: of how many forecasts what was forecast came.
        figures: by name; empty when there are too few, and `because` says so.
        level_off: whether the two newest origins agree that chances are too high, or too low, on the whole.
    """

    outcome: Outcome
    stage: Stage
    lead_days: int
    horizon: int
    origins: int
    first_at: int
    last_at: int
    customers: int
    forecasts: int
    happened: int
    not_told: int
    figures: dict[str, Estimate]
    because: str
    level_off: bool
    quiet_days: int = 0


def report(origins: Sequence[Origin], capacity: float) -> list[Group]:
    """Figures of everything that is closed, stage by stage, when `capacity` customers a week can be looked after.

    Of a sample of the customers, it is as small a part of the capacity.
    """
    kinds = sorted({each.kind for each in origins})
    return [_group([each for each in origins if each.kind == kind], capacity) for kind in kinds]


def _group(origins: Sequence[Origin], capacity: float) -> Group:
    ordered = sorted(origins, key=lambda each: each.made_at)
    rows = joined([each.rows for each in ordered])
    happened = int(rows.happened.sum())
    enough = min(happened, len(rows) - happened) >= ENOUGH
    needed = f"it needs {ENOUGH} forecasts that came true and {ENOUGH} that did not"
    because = "" if enough else f"{happened} of {len(rows)} forecasts came true: {needed}"
    first = ordered[0]
    return Group(
        outcome=first.outcome, stage=first.stage, lead_days=first.lead_days,
        quiet_days=first.quiet_days, horizon=first.horizon,
        origins=len(ordered), first_at=first.made_at, last_at=ordered[-1].made_at,
        customers=len(np.unique(rows.customer)), forecasts=len(rows), happened=happened,
        not_told=sum(each.not_told for each in ordered),
        figures=_figures(ordered, rows, capacity) if enough else {}, because=because,
        level_off=shift_due([each.rows for each in ordered]),
    )  # fmt: skip


def joined(several: Sequence[Judged]) -> Judged:
    """The rows of several as one."""
    return Judged(
        np.concatenate([each.happened for each in several]),
        np.concatenate([each.chance for each in several]),
        np.concatenate([each.customer for each in several]),
    )


Weighed = Callable[[Floats], float]
"""A figure of all rows, with how often each counts."""


def _figures(origins: Sequence[Origin], rows: Judged, capacity: float) -> dict[str, Estimate]:
    samples = weights(rows.customer)
    alerts = _alerts(origins, capacity)
    wanted: dict[str, Weighed] = {name: partial(_plain, of, rows) for name, of in FIGURES.items()}
    wanted |= _at_the_budget(rows, alerts)
    wanted |= _leads(origins, rows, alerts)
    wanted |= _commitments(origins, rows)
    parts = _parts(origins)
    return {name: _spread(name, of, _estimate(of, samples, len(rows)), parts) for name, of in wanted.items()}


def _plain(of: Figure, rows: Judged, weight: Floats) -> float:
    return of(rows.happened, rows.chance, weight)


def _estimate(of: Weighed, samples: Sequence[Floats], number: int) -> Estimate:
    drawn = np.array([of(weight) for weight in samples])
    drawn = drawn[np.isfinite(drawn)]
    nothing = float("nan")
    low, high = np.quantile(drawn, _LEVEL) if len(drawn) > len(samples) / 2 else (nothing, nothing)
    return Estimate(of(np.ones(number)), float(low), float(high))


def _parts(origins: Sequence[Origin]) -> list[Floats]:
    """Weights that let the rows of one origin count, and no others; of each origin."""
    place = np.repeat(np.arange(len(origins)), [len(each.rows) for each in origins])
    return [(place == each).astype(float) for each in range(len(origins))]


def _spread(name: str, of: Weighed, whole: Estimate, parts: Sequence[Floats]) -> Estimate:
    """A figure with what it was in single publications, which taken together may hide that it swings."""
    if name not in SHARES + RATIOS:
        return whole
    found = np.array([of(weight) for weight in parts if weight.any()])
    found = found[np.isfinite(found)]
    if len(found) < 2:
        return whole
    lowest, highest = float(found.min()), float(found.max())
    steady = highest <= TIMES * lowest if name in RATIOS else highest - lowest <= APART
    return replace(whole, lowest=lowest, highest=highest, steady=steady)


def _share(part: Mask, whole: Mask, weight: Floats) -> float:
    total = float(weight[whole].sum())
    return float(weight[part & whole].sum()) / total if total else float("nan")


# ---------------------------------------------------------------------- what a day's capacity finds


@dataclass(frozen=True)
class _Alerts:
    """Who would have been looked at, of shape (rows,) over all origins.

    Attributes:
        looked: those with the highest chances of each origin, as many as can be looked after until the next one.
        opened: those of them who were not looked at in the origin before.
        new: those above the operating point who were not above it in the origin before.
        days: how long until the next origin.
    """

    looked: Mask
    opened: Mask
    new: Mask
    days: Floats


def _alerts(origins: Sequence[Origin], capacity: float) -> _Alerts:
    looked: list[Mask] = []
    opened: list[Mask] = []
    new: list[Mask] = []
    gaps = _gaps(origins)
    before: Ints = np.zeros(0, np.int64)
    told: Ints = np.zeros(0, np.int64)
    for origin, gap in zip(origins, gaps, strict=True):
        found = np.zeros(len(origin.rows), bool)
        found[np.argsort(-origin.rows.chance, kind="stable")[: max(round(capacity * gap / WEEK_DAYS), 0)]] = True
        looked.append(found)
        opened.append(found & ~np.isin(origin.rows.customer, before))
        before = origin.rows.customer[found]
        new.append(origin.above & ~np.isin(origin.rows.customer, told))
        told = origin.rows.customer[origin.above]
    days = np.repeat(gaps, [len(each.rows) for each in origins])
    return _Alerts(np.concatenate(looked), np.concatenate(opened), np.concatenate(new), days)


def _gaps(origins: Sequence[Origin]) -> Floats:
    """Days from each origin to the next; of the last one as usual."""
    found = np.diff([each.made_at for each in origins]) / DAY_US
    usual = float(np.median(found)) if len(found) else WEEK_DAYS
    return np.append(found, usual)


def _at_the_budget(rows: Judged, alerts: _Alerts) -> dict[str, Weighed]:
    everybody = np.ones(len(rows), bool)

    def precision(weight: Floats) -> float:
        return _share(rows.happened, alerts.looked, weight)

    def lift(weight: Floats) -> float:
        base = _share(rows.happened, everybody, weight)
        return precision(weight) / base if base else float("nan")

    def false_alerts(weight: Floats) -> float:
        days = float((weight * alerts.days)[~rows.happened].sum())
        wrong = float(weight[alerts.opened & ~rows.happened].sum())
        return wrong / days * 30 if days else float("nan")

    return {
        "looked_at_at_budget": lambda weight: _share(alerts.looked, everybody, weight),
        "precision_at_budget": precision,
        "recall_at_budget": lambda weight: _share(alerts.looked, rows.happened, weight),
        "lift_at_budget": lift,
        "false_alerts_per_healthy_customer_30d": false_alerts,
        "precision_when_new": lambda weight: _share(rows.happened, alerts.new, weight),
    }


def _leads(origins: Sequence[Origin], rows: Judged, alerts: _Alerts) -> dict[str, Weighed]:
    """How long before the last activity of those who were lost, and of whom there was an alert, it opened."""
    made = np.repeat([each.made_at // DAY_US for each in origins], [len(each.rows) for each in origins])
    last = made + np.concatenate([each.last_day for each in origins])
    known = rows.happened & np.concatenate([each.last_known for each in origins])
    whose, when = rows.customer[alerts.looked], made[alerts.looked]
    place: list[int] = []
    lead: list[int] = []
    for row in _first_of_each(rows.customer, known):
        own = when[(whose == rows.customer[row]) & (when <= made[row]) & (when >= last[row] - LOOKED_BACK_DAYS)]
        if len(own):
            place.append(row)
            lead.append(int(last[row] - own.min()))
    days, at = np.array(lead, float), np.array(place, np.int64)

    def median(weight: Floats) -> float:
        drawn = np.repeat(days, weight[at].astype(np.int64))
        return float(np.median(drawn)) if len(drawn) else float("nan")

    def early(weight: Floats) -> float:
        total = float(weight[at].sum())
        return float(weight[at][days >= EARLY_DAYS].sum()) / total if total else float("nan")

    return {"median_lead_days": median, "share_with_30_days": early}


def _first_of_each(customer: Ints, rows: Mask) -> list[int]:
    """The first of some rows of each customer; rows are in the order of time."""
    places = np.flatnonzero(rows)
    _, first = np.unique(customer[places], return_index=True)
    found: list[int] = places[first].tolist()
    return found


# ---------------------------------------------------------------------- answers only when sure


def _commitments(origins: Sequence[Origin], rows: Judged) -> dict[str, Weighed]:
    """Coverage and accuracy of answers, with the threshold of the newest origin that was closed when each was made."""
    asked, given = (np.zeros(len(rows), bool) for _ in range(2))
    start = 0
    for origin in origins:
        part = slice(start, start + len(origin.rows))
        start = part.stop
        closed = [each for each in origins if each.closed_at <= origin.made_at]
        if closed:
            chance = origin.rows.chance
            asked[part] = True
            given[part] = np.maximum(chance, 1 - chance) >= threshold_for(closed[-1].rows, SURE)
    right = (rows.chance > 0.5) == rows.happened
    return {
        "coverage_at_95": lambda weight: _share(given, asked, weight),
        "accuracy_when_covered": lambda weight: _share(right, given, weight),
    }
