"""Logits of several horizons at once, which cannot contradict themselves.

Silence: log-odds(h) = a + d log(h / longest) + c (B(h) - B(longest)) + slopes x, with d <= 0 <= c, where B is the
log-odds of BG/NBD: how the chance falls with the horizon is its shape, how high it is the logit's own. Departures are
likelier the later: there the sign of the logarithm is turned. Ends of
contracts have an intercept for each horizon instead: on the same rows windows are nested, so intercepts rise with the
horizon.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.predictions import bgnbd, logit
from keepwell.predictions.features import Seen
from keepwell.predictions.landmarks import Landmark, Question, fair
from keepwell.predictions.logit import Prior
from keepwell.statistics.arrays import Floats, Ints, Mask

INTERCEPT: Final = 5.0
"""Spread of the prior of intercepts: they are the installation's own."""
SHAPE: Final = Prior(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
"""Of d and c: at first the horizon counts as BG/NBD has it."""
MOST: Final = 20_000
"""Rows at most, each with all horizons."""
_FIXED: Final = 1e-6


@dataclass(frozen=True)
class Form:
    """What a logit looks at.

    Attributes:
        names: of its columns.
        columns: the columns of customers, shape (rows, columns).
        slopes: what is thought of their slopes before the log has spoken.
        active: it is fitted on customers who were active within so many days; None: on those who were there.
        scaled: whether slopes are per standard deviation of a column.
        shaped: whether the horizon counts as BG/NBD has it, or has intercepts of its own.
    """

    names: tuple[str, ...]
    columns: Callable[[Seen], Floats]
    slopes: Prior
    active: int | None
    scaled: bool = False
    shaped: bool = True

    def among(self, part: Landmark) -> Landmark:
        """Those of a landmark that it is fitted on."""
        return part.present() if self.active is None else part.active(self.active)

    def heads(self, horizons: int) -> tuple[str, ...]:
        """Names of what stands before the columns."""
        return ("base", "horizon", "expectation") if self.shaped else ("horizon",) * horizons


@dataclass(frozen=True)
class Linear:
    """A fitted logit.

    Attributes:
        form: what it looks at.
        question: what is asked.
        lives: BG/NBD at the day of the forecast.
        weights: of heads and columns, shape (weights,).
        average: means of the columns over the rows it was fitted on, shape (columns,).
        refits: weights of refits to resampled customers, shape (refits, weights).
    """

    form: Form
    question: Question
    lives: bgnbd.Parameters
    weights: Floats
    average: Floats
    refits: Floats

    def log_odds(self, seen: Seen) -> Floats:
        """Shape (rows, horizons)."""
        found: Floats = self._design(seen) @ self.weights
        return found

    def spread(self, seen: Seen) -> Floats:
        """How far each refit is from the fit, in log-odds: shape (refits, rows, horizons)."""
        found: Floats = np.moveaxis(self._design(seen) @ (self.refits - self.weights).T, -1, 0)
        return found

    def parts(self, seen: Seen, place: int) -> Floats:
        """What heads and columns add to the log-odds of a horizon, and last those of the average: (rows, weights + 1).

        The head of the horizon is the same for everybody and belongs to the average.
        """
        design = self._design(seen)[:, place]
        width = len(self.weights) - len(self.average)
        middle = np.concatenate((design[0, :width], self.average))
        if self.form.shaped:
            middle[2] = 0.0
        return np.column_stack(((design - middle) * self.weights, np.full(len(design), middle @ self.weights)))

    def _design(self, seen: Seen) -> Floats:
        """Heads and columns, shape (rows, horizons, weights)."""
        x = self.form.columns(seen)
        heads = _heads(self.form, seen, self.lives, self.question)
        wide = np.broadcast_to(x[:, None, :], (len(x), len(self.question.horizons), x.shape[1]))
        return np.concatenate((heads, wide), axis=2)


def _heads(form: Form, seen: Seen, lives: bgnbd.Parameters, question: Question) -> Floats:
    """What depends on the horizon, shape (rows, horizons, heads)."""
    horizons = question.horizons
    number = len(horizons)
    if not form.shaped:
        return np.broadcast_to(np.eye(number), (len(seen), number, number))
    rows = bgnbd.lives(seen)
    expected = logit.log_odds(np.column_stack([bgnbd.expected(lives, rows, question, each) for each in horizons]))
    turned = -1.0 if question.rises else 1.0
    flat = np.broadcast_to(turned * np.log(np.array(horizons) / horizons[-1]), expected.shape)
    return np.stack((np.ones_like(expected), flat, expected - expected[:, -1:]), axis=2)


@dataclass(frozen=True)
class Course:
    """What a logit is fitted on.

    Attributes:
        parts: landmarks.
        lives: BG/NBD of each.
        now: BG/NBD at the day of the forecast.
        question: what is asked.
        closed: how many of the horizons, from the shortest on, had closed for each landmark.
    """

    parts: Sequence[Landmark]
    lives: Sequence[bgnbd.Parameters]
    now: bgnbd.Parameters
    question: Question
    closed: Sequence[int]


def fit(form: Form, course: Course, refits: int = 0) -> Linear:
    """The logit of a course."""
    near, horizons = [form.among(part) for part in course.parts], course.question.horizons
    x = np.concatenate([form.columns(part.seen) for part in near])
    heads = [_heads(form, part.seen, lives, course.question) for part, lives in zip(near, course.lives, strict=True)]
    happened = np.concatenate([np.column_stack([part.happened(each) for each in horizons]) for part in near])
    whose = np.concatenate([part.seen.place for part in near])
    known = np.repeat(course.closed, [len(part.seen) for part in near])[:, None] > np.arange(len(horizons))
    rows = np.sort(np.random.default_rng(0).permutation(len(x))[:MOST])
    x, head = x[rows], np.concatenate(heads)[rows]
    middle = x.mean(0)
    scale = np.maximum(x.std(0), 1e-9) if form.scaled else np.ones(x.shape[1])
    stack = _Stack(head, (x - middle) / scale, (happened[rows], known[rows]), whose[rows])
    fits = stack.fitted(form, _prior(form, head.shape[2], middle), refits)
    weights = _unscaled(form, fits, middle, scale)
    return Linear(form, course.question, course.now, weights[0], middle, weights[1:])


def _prior(form: Form, heads: int, middle: Floats) -> Prior:
    """The prior of heads, at the middle of the columns, and of slopes."""
    level = 0.0 if form.scaled else float(middle @ form.slopes.mean)
    mean, spread = np.full(heads, level), np.full(heads, INTERCEPT)
    if form.shaped:
        mean[1:], spread[1:] = SHAPE.mean, SHAPE.spread
    return Prior(np.concatenate((mean, form.slopes.mean)), np.concatenate((spread, form.slopes.spread)))


def _unscaled(form: Form, fits: Floats, middle: Floats, scale: Floats) -> Floats:
    """Weights of the columns as they are, shape (fits, weights)."""
    width = fits.shape[1] - len(middle)
    slopes = fits[:, width:] / scale
    heads = fits[:, :width].copy()
    levels = 1 if form.shaped else width
    heads[:, :levels] -= (slopes @ middle)[:, None]
    return np.hstack((heads, slopes))


@dataclass(frozen=True)
class _Stack:
    """Heads (rows, horizons, heads), columns (rows, columns), customers (rows,).

    `outcome` is what happened, and whether that is known yet, both (rows, horizons).
    """

    head: Floats
    x: Floats
    outcome: tuple[Mask, Mask]
    whose: Ints

    def fitted(self, form: Form, prior: Prior, refits: int) -> Floats:
        """The fit, and refits to samples of customers with replacement, shape (1 + refits, weights)."""
        happened, known = (each.T.ravel() for each in self.outcome)
        number = self.head.shape[1]
        flat = np.hstack((self.head.transpose(1, 0, 2).reshape(-1, self.head.shape[2]), np.tile(self.x, (number, 1))))
        samples = (fair(self.whose), *self._resampled(refits))
        found: list[Floats] = []
        for weight in samples:
            # each row once for each horizon, at a share of its weight: they are one customer's one fate
            shared = np.tile(weight / number, number) * known
            start = found[0] if found else None
            found.append(_held(form, flat, happened, shared, (prior, start)))
        return np.array(found)

    def _resampled(self, number: int) -> list[Floats]:
        rng = np.random.default_rng(1)
        _, place = np.unique(self.whose, return_inverse=True)
        size, fairly = int(place.max()) + 1, fair(self.whose)
        return [fairly * np.bincount(rng.integers(0, size, size), minlength=size)[place] for _ in range(number)]


def _held(form: Form, x: Floats, happened: Mask, weight: Floats, known: tuple[Prior, Floats | None]) -> Floats:
    """The fit, with d and c held at 0 where they would make a longer silence likelier than a shorter one."""
    prior, start = known
    found = logit.fit(x, happened, weight, prior, start)
    if not form.shaped or (found[1] <= 0 <= found[2]):
        return found
    mean, spread = prior.mean.copy(), prior.spread.copy()
    for place in [each for each, wrong in ((1, found[1] > 0), (2, found[2] < 0)) if wrong]:
        mean[place], spread[place] = 0.0, _FIXED
    found = logit.fit(x, happened, weight, Prior(mean, spread))
    found[1], found[2] = min(found[1], 0.0), max(found[2], 0.0)
    return found
