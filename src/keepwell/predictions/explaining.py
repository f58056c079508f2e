"""Why a forecast is what it is, in words, and what would change it.

The parts are exact: they and the log-odds of the average customer add up to the log-odds of the forecast. They tell
what the model saw, not what caused anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from keepwell.predictions import logit
from keepwell.predictions.diary import Days, Diary, arranged
from keepwell.predictions.features import Seen
from keepwell.predictions.forecast import Reason
from keepwell.predictions.foretelling import Foresight
from keepwell.predictions.landmarks import seen_at
from keepwell.predictions.wording import about, words
from keepwell.statistics.arrays import Floats, Ints


@dataclass(frozen=True)
class Change:
    """What the forecast would be if something were different.

    Attributes:
        says: what would be different.
        chance: the forecast then.
    """

    says: str
    chance: float


@dataclass(frozen=True)
class Explained:
    """One forecast of one customer, taken apart.

    Attributes:
        horizon: days.
        chance: the forecast.
        base: the log-odds of the average customer at this horizon, the same for everybody.
        reasons: its parts, the one that moves most first; they and the base add up to the log-odds of the forecast.
        changes: what would change it.
    """

    horizon: int
    chance: float
    base: float
    reasons: tuple[Reason, ...]
    changes: tuple[Change, ...]


def explain(foresight: Foresight, diary: Diary, customers: Sequence[int], horizon: int) -> dict[int, Explained]:
    """The forecasts of some customers, taken apart; of those who have none nothing is told."""
    if foresight.apart is None:
        return {}
    here = np.searchsorted(foresight.forecasts.customer, customers)
    numbers = np.append(foresight.forecasts.customer, -1)
    rows = np.array([row for row, number in zip(here.tolist(), customers, strict=True) if numbers[row] == number], int)
    if not len(rows):
        return {}
    seen = foresight.seen.among(rows)
    column = foresight.question.horizons.index(horizon)
    told, parts = foresight.apart.parts(seen, column)
    parts[:, -1] += foresight.shift
    then = _if_active(foresight, diary, seen)[:, column]
    return {
        int(numbers[row]): _one(seen.among(np.array([place])), (told, parts[place]), (horizon, float(then[place])))
        for place, row in enumerate(rows)
    }


def _one(seen: Seen, parts: tuple[Sequence[str], Floats], then: tuple[int, float]) -> Explained:
    """One customer; `parts` are named log-odds, the average's last, `then` the horizon and the forecast if active."""
    told, points = parts
    sums: dict[str, float] = {}
    for name, point in zip(told, points[:-1].tolist(), strict=True):
        sums[about(name)] = sums.get(about(name), 0.0) + point
    reasons = [Reason(topic, words(topic, seen), point) for topic, point in sums.items() if point]
    reasons.sort(key=lambda each: -abs(each.points))
    changes = (Change("one active day more, yesterday", then[1]),)
    chance = float(logit.sigmoid(np.array([points.sum()]))[0])
    return Explained(then[0], chance, float(points[-1]), tuple(reasons), changes)


def _if_active(foresight: Foresight, diary: Diary, seen: Seen) -> Floats:
    """The forecasts of customers had they been active on the day before, shape (rows, horizons)."""
    some = diary.of(seen.place)
    more = replace(some, own=_with_day(some.own, seen.day - 1))
    then = seen_at(more, seen.day, foresight.question.outcome, seen.median_gap)
    assert foresight.model is not None  # noqa: S101 - asked only of a model that spoke
    found: Floats = logit.sigmoid(foresight.model.log_odds(then) + foresight.shift)
    return found


def _with_day(rows: Days, day: int) -> Days:
    """Rows, and one event more of everybody on a day that none of them has."""
    has = np.zeros(rows.customers, dtype=bool)
    has[rows.owner[rows.day == day]] = True
    lacking: Ints = np.flatnonzero(~has)
    fill = np.full(len(lacking), day)
    ones, nothing = np.ones(len(lacking), np.int64), np.zeros(len(lacking), np.int64)
    columns = zip(
        (rows.owner, rows.day, rows.known, rows.count, rows.cents), (lacking, fill, fill, ones, nothing), strict=True
    )
    return arranged(rows.customers, *(np.concatenate(pair) for pair in columns))
