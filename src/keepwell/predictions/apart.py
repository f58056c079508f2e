"""A forecast taken apart: what each feature adds to the log-odds of a customer, and what everybody has in common.

The parts of a model are exact, but not all are reasons of a customer, so they are told anew and still add up:

- The average is that of customers who were there: against all who ever came, everybody's silence is short.
- How long a time was asked about is the same for everybody and belongs to the average. What it means for one customer
  more than for others is spread over the other parts by their size.
- What BG/NBD expects is made of active days over an age, and of silence, and is told as these.
- A pause is measured against the own pace. A model may count the plain pause, and take back of those who come seldom
  what it counted too much; that is moved from the frequency to the last activity. Where a longer pause even speaks
  for a customer, it only corrects the frequency, and is told with it.
- The age of a customer is its own reason only where old customers stay. Where it speaks against them it is what active
  days are counted over: many days are fewer for somebody old.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from keepwell.predictions import bgnbd, logit
from keepwell.predictions.bgnbd import Lives
from keepwell.predictions.boosting import Boosted, Hazard, names
from keepwell.predictions.candidates import Assumed, Mixed, Model
from keepwell.predictions.features import Seen
from keepwell.predictions.forecast import Outcome
from keepwell.predictions.landmarks import present
from keepwell.predictions.linear import Linear
from keepwell.predictions.wording import SILENCE, about
from keepwell.statistics.arrays import Floats

STEPS: Final = ("active_days", "recency")
"""What an expectation of BG/NBD is made of, in the order in which it is taken apart."""
_HEADS: Final = ("base", "horizon", "expectation")
_TINY: Final = 1e-12
_SOME: Final = 60
"""Customers whose mean is the average."""

Parts = tuple[tuple[str, ...], Floats]
"""Names of features, and what each adds, with the average's last: shape (rows, names + 1)."""


class Apart:
    """Takes the forecasts of a model apart, against the average of everybody who was there.

    What the model makes of the average customers takes longer than all the rest: it is looked at once a horizon.
    """

    def __init__(self, model: Model, everybody: Seen, outcome: Outcome) -> None:
        near = everybody.among(np.flatnonzero(present(everybody, outcome)))
        near = near if len(near) else everybody
        self._model = model
        self._usual = near.among(np.linspace(0, len(near) - 1, min(_SOME, len(near))).astype(int))
        self._grown: dict[int, Floats] = {}

    def parts(self, seen: Seen, column: int) -> Parts:
        """The log-odds of customers at a horizon, in the column of it."""
        usual = self._usual
        values = np.concatenate((usual.values, seen.values))
        both = replace(seen, place=np.append(usual.place, seen.place), values=values)
        told, every = self._told(both, column)
        theirs, found = every[: len(usual)], every[len(usual) :]
        average = theirs.mean(0)
        found[:, :-1] -= average[:-1]
        found[:, -1] += average[:-1].sum()
        pause, pace = _slopes(told, theirs, usual)
        if pause <= 0:
            return tuple("active_days" if about(name) == SILENCE else name for name in told), found
        moved = max(pause - max(pace, 0.0), 0.0) * (_pace(seen) - _pace(usual).mean())
        return (*told, *STEPS), np.column_stack((found[:, :-1], -moved, moved, found[:, -1]))

    def _told(self, both: Seen, column: int) -> Parts:
        """The average customers first."""
        model, usual = self._model, self._usual
        match model:
            case Assumed():
                return STEPS, _steps(lambda rows: _odds(model, rows, column), both, usual)
            case Linear():
                return _line(model, both, column, usual)
            case Boosted() | Hazard() | Mixed():
                return _trees(model, (both, usual), column, self._both(model, both, column))
        raise TypeError(type(model))

    def _both(self, model: Boosted | Hazard | Mixed, both: Seen, column: int) -> Parts:
        """The parts of trees, with those of the average customers as they were found before."""
        first = len(self._usual)
        if column not in self._grown:
            self._grown[column] = _grown(model, self._usual, column)[1]
        told, found = _grown(model, both.among(np.arange(first, len(both))), column)
        return told, np.concatenate((self._grown[column], found))


def _pace(seen: Seen) -> Floats:
    """How often customers come, as a logarithm."""
    found: Floats = -np.log(seen.own_gap)
    return found


def _slopes(told: Sequence[str], parts: Floats, usual: Seen) -> tuple[float, float]:
    """How much the last activity's part grows with the pause, and with the own pace that it is measured against."""
    last = parts[:, [place for place, name in enumerate(told) if about(name) == SILENCE]].sum(1)
    looked = np.column_stack((np.ones(len(usual)), np.log1p(usual.column("recency")), _pace(usual)))
    _, pause, pace = np.linalg.lstsq(looked, last, rcond=None)[0].tolist()
    return pause, pace


def _odds(model: Assumed | Linear, rows: Lives, column: int) -> Floats:
    """The log-odds of BG/NBD."""
    return logit.log_odds(_expected(model, rows, column))


def _expected(model: Assumed | Linear | Boosted | Hazard, rows: Lives, column: int) -> Floats:
    return bgnbd.expected(model.lives, rows, model.question, model.question.horizons[column])


def _steps(value: Callable[[Lives], Floats], seen: Seen, usual: Seen) -> Floats:
    """From the average customer to each: first its days and its age, then its silence; the average last."""
    rows, crowd = bgnbd.lives(seen), bgnbd.lives(usual)
    same = np.ones(len(seen))
    quiet, own = same * usual.column("recency").mean(), rows.age - rows.last
    stages = [
        (same * crowd.repeats.mean(), same * crowd.age.mean(), quiet),
        (rows.repeats, rows.age, quiet), (rows.repeats, rows.age, own),
    ]  # fmt: skip
    values = [
        value(Lives(days, np.where(days > 0, np.maximum(age - silent, 0), 0.0), age, rows.weight))
        for days, age, silent in stages
    ]
    return np.column_stack((*np.diff(values, axis=0), values[0]))


def _line(model: Linear, seen: Seen, column: int, usual: Seen) -> Parts:
    """The parts of a logit. What its horizon adds to BG/NBD, it takes from there step by step."""
    told = (*model.form.heads(len(model.question.horizons)), *_named(model))
    found = model.parts(seen, column)
    if not model.form.shaped:
        return _resolved(told, found)

    def further(rows: Lives) -> Floats:
        return _odds(model, rows, column) - _odds(model, rows, -1)

    place = told.index("expectation")
    steps = _steps(further, seen, usual) * model.weights[place]
    found[:, place] = steps[:, -1]
    return _resolved((*told, *STEPS), np.column_stack((found[:, :-1], steps[:, :-1], found[:, -1])))


def _named(model: Linear) -> tuple[str, ...]:
    """What the columns of a logit tell of."""
    weights = model.weights[len(model.weights) - len(model.form.names) :].tolist()
    return tuple(
        "active_days" if name == "tenure" and weight > 0 else name
        for name, weight in zip(model.form.names, weights, strict=True)
    )


def _grown(model: Boosted | Hazard | Mixed, seen: Seen, column: int) -> Parts:
    """The parts of trees, and of a logit beside them, as the models have them."""
    if not isinstance(model, Mixed):
        return names(seen), model.parts(seen, model.question.horizons[column]).astype(np.float64)
    told, grown = _grown(model.trees, seen, column)
    judged = model.trees.question.place
    there = grown if column == judged else _grown(model.trees, seen, judged)[1]
    line = model.line.parts(seen, 0)
    both = np.hstack((grown[:, :-1] - there[:, :-1] / 2, line / 2))
    both[:, -1] += grown[:, -1] - there[:, -1] / 2
    return (*told, *model.line.form.heads(1), *_named(model.line)), both


def _trees(model: Boosted | Hazard | Mixed, whose: tuple[Seen, Seen], column: int, grown: Parts) -> Parts:
    """The parts of trees, without those of the horizon and of what BG/NBD expects; `whose` are all, and the usual."""
    (told, found), usual = grown, whose[1]
    horizon, expectation = told.index("horizon"), told.index("expectation")
    common, usually = float(found[: len(usual), horizon].mean()), found[: len(usual), expectation].copy()
    silence = _silence(model, whose, column, usually)
    found[:, expectation] -= silence
    named = (*told[:expectation], "active_days", *told[expectation + 1 :], "recency")
    return _resolved(named, _level(named, np.column_stack((found[:, :-1], silence, found[:, -1])), common))


def _silence(model: Boosted | Hazard | Mixed, whose: tuple[Seen, Seen], column: int, usually: Floats) -> Floats:
    """What of the expectation's part is due to silence, by what expecting more adds among usual customers."""
    trees = model.trees if isinstance(model, Mixed) else model
    seen, usual = whose

    def expects(rows: Lives) -> Floats:
        return _expected(trees, rows, column)

    level = expects(bgnbd.lives(usual))
    level -= level.mean()
    slope = float(level @ usually) / max(float(level @ level), _TINY)
    return slope * _steps(expects, seen, usual)[:, 1]


def _level(told: Sequence[str], found: Floats, common: float) -> Floats:
    """The horizon's part: what it is usually goes to the average, the rest over the other parts by their size."""
    place = [each for each, name in enumerate(told) if name == "horizon"]
    rest = found[:, place].sum(1) - common
    changed = found.copy()
    changed[:, place] = 0.0
    size = np.abs(changed[:, :-1])
    whole = size.sum(1)
    spread = whole > 0
    changed[:, :-1] += size * np.where(spread, rest / np.where(spread, whole, 1.0), 0.0)[:, None]
    changed[:, -1] += common + np.where(spread, 0.0, rest)
    return changed


def _resolved(told: Sequence[str], found: Floats) -> Parts:
    """Without heads: they go to the average."""
    kept = [place for place, name in enumerate(told) if name not in _HEADS]
    heads = [place for place, name in enumerate(told) if name in _HEADS]
    common = found[:, heads].sum(1) + found[:, -1]
    return tuple(told[place] for place in kept), np.column_stack((found[:, kept], common))
