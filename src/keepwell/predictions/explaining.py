"""Why a forecast is what it is, in words, and what would change it.

The parts are exact: they and the log-odds of the average customer add up to the log-odds of the forecast. They tell
what the model saw, not what caused anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from keepwell.predictions import bgnbd, logit
from keepwell.predictions.boosting import Boosted, Hazard, names
from keepwell.predictions.candidates import Assumed, Mixed, Model
from keepwell.predictions.diary import Days, Diary, arranged
from keepwell.predictions.features import Seen
from keepwell.predictions.forecast import Reason
from keepwell.predictions.foretelling import Foresight
from keepwell.predictions.landmarks import seen_at
from keepwell.predictions.linear import Linear
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
        base: the log-odds of the average customer.
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
    if foresight.model is None:
        return {}
    here = np.searchsorted(foresight.forecasts.customer, customers)
    numbers = np.append(foresight.forecasts.customer, -1)
    rows = np.array([row for row, number in zip(here.tolist(), customers, strict=True) if numbers[row] == number], int)
    if not len(rows):
        return {}
    seen = foresight.seen.among(rows)
    column = foresight.question.horizons.index(horizon)
    told, parts = _parts(foresight.model, seen, column, foresight)
    then = _if_active(foresight, diary, seen)[:, column]
    return {
        int(numbers[row]): _one(
            foresight, seen.among(np.array([place])), (told, parts[place]), (horizon, float(then[place]))
        )
        for place, row in enumerate(rows)
    }


def _one(foresight: Foresight, seen: Seen, parts: tuple[Sequence[str], Floats], then: tuple[int, float]) -> Explained:
    """One customer; `parts` are named log-odds, the average's last, `then` the horizon and the forecast if active."""
    told, points = parts
    sums: dict[str, float] = {}
    for name, point in zip(told, points[:-1].tolist(), strict=True):
        sums[about(name)] = sums.get(about(name), 0.0) + point
    outcome = foresight.question.outcome
    reasons = [Reason(topic, words(topic, seen, outcome), point) for topic, point in sums.items() if point]
    reasons.sort(key=lambda each: -abs(each.points))
    changes = (Change("one active day more, yesterday", then[1]),)
    chance = float(logit.sigmoid(np.array([points.sum()]))[0])
    return Explained(then[0], chance, float(points[-1]), tuple(reasons), changes)


def _parts(model: Model, seen: Seen, column: int, foresight: Foresight) -> tuple[Sequence[str], Floats]:
    """Names of parts, and the parts of each customer with the average's last, shape (rows, parts + 1)."""
    told, found = _of(model, seen, column, foresight)
    found[:, -1] += foresight.shift
    return told, found


def _of(model: Model, seen: Seen, column: int, foresight: Foresight) -> tuple[Sequence[str], Floats]:
    horizon = foresight.question.horizons[column]
    match model:
        case Linear():
            return (*model.form.heads(len(model.question.horizons)), *model.form.names), model.parts(seen, column)
        case Boosted() | Hazard():
            return names(seen), model.parts(seen, horizon)
        case Mixed():
            told, grown = _of(model.trees, seen, column, foresight)
            judged = foresight.question.judged
            there = grown if horizon == judged else model.trees.parts(seen, judged)
            line = model.line.parts(seen, 0)
            both = np.hstack((grown[:, :-1] - there[:, :-1] / 2, line / 2))
            both[:, -1] += grown[:, -1] - there[:, -1] / 2
            return (*told, *model.line.form.heads(1), *model.line.form.names), both
        case Assumed():
            return ("active_days", "tenure", "recency"), _steps(model, seen, column, foresight.seen)
    raise TypeError(type(model))


def _steps(model: Assumed, seen: Seen, column: int, everybody: Seen) -> Floats:
    """BG/NBD step by step from the average customer: first its days, then its age, then its silence."""
    rows = bgnbd.lives(seen)
    mean = [np.full(len(seen), each.mean()) for each in (bgnbd.lives(everybody).repeats, everybody.column("tenure"))]
    silence = float(everybody.column("recency").mean())
    stages = [
        (mean[0], mean[1], silence), (rows.repeats, mean[1], silence), (rows.repeats, rows.age, silence),
        (rows.repeats, rows.age, rows.age - rows.last),
    ]  # fmt: skip
    odds = []
    for repeats, age, quiet in stages:
        last = np.where(repeats > 0, np.maximum(age - quiet, 0), 0.0)
        lives = bgnbd.Lives(repeats, last, age, rows.weight)
        odds.append(logit.log_odds(bgnbd.expected(model.lives, lives, model.question, model.question.horizons[column])))
    return np.column_stack((*np.diff(odds, axis=0), odds[0]))


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


def largest(found: Explained, number: int = 3) -> tuple[Reason, ...]:
    """The reasons that matter most."""
    return found.reasons[:number]
