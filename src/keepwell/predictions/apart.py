"""A forecast taken apart: what each feature adds to the log-odds of a customer, and what everybody has in common.

The parts of a model are exact, but not all are reasons of a customer, so they are told anew and still add up:

- The average is that of customers who were active lately: against all who ever came, everybody's silence is short.
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
from keepwell.predictions.bgnbd import Lives, Parameters
from keepwell.predictions.boosting import Boosted, Hazard, names
from keepwell.predictions.candidates import Assumed, Mixed, Model
from keepwell.predictions.features import Seen
from keepwell.predictions.linear import Linear
from keepwell.predictions.trials import ACTIVE
from keepwell.predictions.wording import SILENCE, about
from keepwell.statistics.arrays import Floats

STEPS: Final = ("active_days", "recency")
"""What an expectation of BG/NBD is made of, in the order in which it is taken apart."""
_HEADS: Final = ("base", "horizon", "expectation")
_TINY: Final = 1e-12
_POOLED: Final = 2.0  # gaps of the base that are added to a customer's own
_SOME: Final = 60
"""Customers whose mean is the average."""

Parts = tuple[tuple[str, ...], Floats]
"""Names of features, and what each adds, with the average's last: shape (rows, names + 1)."""


def parts_of(model: Model, seen: Seen, column: int, everybody: Seen) -> Parts:
    """The log-odds of customers at a horizon, taken apart against the average of everybody who was active lately."""
    lately = np.flatnonzero(everybody.column("recency") <= ACTIVE)
    near = everybody.among(lately) if len(lately) else everybody
    usual = near.among(np.linspace(0, len(near) - 1, min(_SOME, len(near))).astype(int))
    both = replace(seen, place=np.append(usual.place, seen.place), values=np.concatenate((usual.values, seen.values)))
    told, every = _told(model, both, column, usual)
    theirs, found = every[: len(usual)], every[len(usual) :]
    average = theirs.mean(0)
    found[:, :-1] -= average[:-1]
    found[:, -1] += average[:-1].sum()
    pause, pace = _slopes(told, theirs, usual)
    if pause <= 0:
        return tuple("active_days" if about(name) == SILENCE else name for name in told), found
    moved = max(pause - max(pace, 0.0), 0.0) * (_pace(seen) - _pace(usual).mean())
    return (*told, *STEPS), np.column_stack((found[:, :-1], -moved, moved, found[:, -1]))


def _pace(seen: Seen) -> Floats:
    """How often customers come, as a logarithm; of those with few days nearer to what is common."""
    repeats = seen.column("active_days") - 1
    own = np.where(repeats > 0, np.nan_to_num(seen.column("gap_mean")) * repeats, 0.0)
    found: Floats = np.log((repeats + _POOLED) / (own + _POOLED * seen.median_gap))
    return found


def _slopes(told: Sequence[str], parts: Floats, usual: Seen) -> tuple[float, float]:
    """How much the last activity's part grows with the pause, and with the own pace that it is measured against."""
    last = parts[:, [place for place, name in enumerate(told) if about(name) == SILENCE]].sum(1)
    looked = np.column_stack((np.ones(len(usual)), np.log1p(usual.column("recency")), _pace(usual)))
    _, pause, pace = np.linalg.lstsq(looked, last, rcond=None)[0].tolist()
    return pause, pace


def _told(model: Model, seen: Seen, column: int, usual: Seen) -> Parts:
    match model:
        case Assumed():
            days = model.horizons[column]
            return STEPS, _steps(lambda rows: _odds(model.lives, rows, days), seen, usual)
        case Linear():
            return _line(model, seen, column, usual)
        case Boosted() | Hazard() | Mixed():
            return _trees(model, seen, column, usual)
    raise TypeError(type(model))


def _odds(lives: Parameters, rows: Lives, days: int) -> Floats:
    """The log-odds of BG/NBD."""
    return logit.log_odds(bgnbd.nothing_within(lives, rows, days))


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
    told = (*model.form.heads(len(model.horizons)), *_named(model))
    found = model.parts(seen, column)
    if not model.form.shaped:
        return _resolved(told, found)

    def further(rows: Lives) -> Floats:
        return _odds(model.lives, rows, model.horizons[column]) - _odds(model.lives, rows, model.horizons[-1])

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
        return names(seen), model.parts(seen, model.horizons[column]).astype(np.float64)
    told, grown = _grown(model.trees, seen, column)
    last = grown if column == len(model.trees.horizons) - 1 else _grown(model.trees, seen, -1)[1]
    line = model.line.parts(seen, 0)
    both = np.hstack((grown[:, :-1] - last[:, :-1] / 2, line / 2))
    both[:, -1] += grown[:, -1] - last[:, -1] / 2
    return (*told, *model.line.form.heads(1), *_named(model.line)), both


def _trees(model: Boosted | Hazard | Mixed, seen: Seen, column: int, usual: Seen) -> Parts:
    """The parts of trees, without those of the horizon and of what BG/NBD expects; the usual ones are seen first."""
    told, found = _grown(model, seen, column)
    horizon, expectation = told.index("horizon"), told.index("expectation")
    common, usually = float(found[: len(usual), horizon].mean()), found[: len(usual), expectation].copy()
    silence = _silence(model, (seen, usual), column, usually)
    found[:, expectation] -= silence
    named = (*told[:expectation], "active_days", *told[expectation + 1 :], "recency")
    return _resolved(named, _level(named, np.column_stack((found[:, :-1], silence, found[:, -1])), common))


def _silence(model: Boosted | Hazard | Mixed, whose: tuple[Seen, Seen], column: int, usually: Floats) -> Floats:
    """What of the expectation's part is due to silence, by what expecting more adds among usual customers."""
    trees = model.trees if isinstance(model, Mixed) else model
    seen, usual = whose

    def expects(rows: Lives) -> Floats:
        return bgnbd.nothing_within(trees.lives, rows, trees.horizons[column])

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
