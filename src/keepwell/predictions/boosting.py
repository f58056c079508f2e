"""Boosted trees: one model of all horizons, and a hazard of bins for contracts.

The landmark super-model has a row for each customer, landmark and horizon, and may not rise with the horizon (Sandqvist
2026, arXiv 2601.17605): any horizon is served, and forecasts agree with each other by construction. The discrete-time
hazard has a row for each bin a contract lived to see; P(ended) = 1 - product(1 - hazard).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from keepwell.base.errors import KeepwellError
from keepwell.predictions import bgnbd, logit
from keepwell.predictions.features import Seen
from keepwell.predictions.landmarks import Landmark, Question
from keepwell.predictions.small import NAMES, five
from keepwell.statistics.arrays import Floats, Mask, Singles

if TYPE_CHECKING:
    from lightgbm import Booster

ROUNDS: Final = 180
MOST: Final = 500_000
"""Rows a model is fitted on, drawn with a fixed seed."""
LANDMARK_MOST: Final = 4000
"""Customers that BG/NBD is fitted on at each landmark."""
SETTINGS: Final = {
    "objective": "binary", "learning_rate": 0.05, "num_leaves": 15, "max_bin": 127, "min_child_samples": 100,
    "feature_fraction": 0.7, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5.0, "verbose": -1, "seed": 1,
    "deterministic": True, "force_row_wise": True,
}  # fmt: skip
THREADS: Final = 1
"""Of LightGBM: more than the machine has free make a fit ten times as long."""


class BoostingMissingError(KeepwellError):
    """LightGBM cannot be loaded, as when libgomp is not installed.

    Attributes:
        problem: what the loader said.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(f"boosted trees are left out, for LightGBM cannot be loaded here ({problem})")
        self.problem = problem


_FREE: Final = (0, 0)
_FALLING: Final = (1, -1)
"""Silence may not get likelier with the horizon, nor with what BG/NBD expects less, which falls with it too."""
_RISING: Final = (1, 1)
"""A departure may not get less likely."""


def _train(x: Singles, y: Mask, threads: int, last: tuple[int, int]) -> Booster:
    """Trees in which the last two columns may only raise (1) or lower (-1) the forecast, or do both (0)."""
    try:
        import lightgbm
    except (ImportError, OSError) as error:
        raise BoostingMissingError(str(error)) from None
    direction = [0] * (x.shape[1] - len(last)) + list(last)
    settings = SETTINGS | {"num_threads": threads, "monotone_constraints": direction}
    return lightgbm.train(settings, lightgbm.Dataset(x, y.astype(np.float32)), ROUNDS)


@dataclass(frozen=True)
class Boosted:
    """Trees over features, the horizon among them.

    Attributes:
        question: what is asked.
        trees: fitted.
        lives: BG/NBD at the day of the forecast.
    """

    question: Question
    trees: Booster
    lives: bgnbd.Parameters
    threads: int = THREADS

    def log_odds(self, seen: Seen) -> Floats:
        """Shape (rows, horizons)."""
        return np.column_stack([self._predict(seen, horizon) for horizon in self.question.horizons])

    def _predict(self, seen: Seen, horizon: int) -> Floats:
        rows = _columns(seen, self.lives, self.question, horizon)
        found: Floats = np.asarray(self.trees.predict(rows, raw_score=True, num_threads=self.threads))
        return found

    def parts(self, seen: Seen, horizon: int) -> Floats:
        """What each feature adds to the log-odds, and last those of the average: shape (rows, features + 1)."""
        rows = _columns(seen, self.lives, self.question, horizon)
        found: Floats = np.asarray(self.trees.predict(rows, pred_contrib=True, num_threads=self.threads))
        return found


def names(seen: Seen) -> tuple[str, ...]:
    """Names of the columns of the trees."""
    return (*seen.names, *(f"own_{name}" for name in NAMES), "expectation", "horizon")


def _columns(seen: Seen, lives: bgnbd.Parameters, question: Question, horizon: int) -> Singles:
    quiet = bgnbd.expected(lives, bgnbd.lives(seen), question, horizon)
    last = np.full(len(seen), float(horizon))
    return np.column_stack((seen.values, five(seen), quiet, last)).astype(np.float32)


@dataclass(frozen=True)
class Lesson:
    """What trees are fitted on: landmarks, newest first, each with BG/NBD as of it.

    Attributes:
        parts: landmarks.
        lives: BG/NBD of each.
        now: BG/NBD at that day.
        until: the day by which a window must have closed.
        question: what is asked.
        most: rows at most.
        threads: of LightGBM.
    """

    parts: Sequence[Landmark]
    lives: Sequence[bgnbd.Parameters]
    now: bgnbd.Parameters
    until: int
    question: Question
    most: int = MOST
    threads: int = THREADS

    def at_most(self, rows: int) -> Lesson:
        """The same with fewer rows."""
        return replace(self, most=rows)

    def closed(self, part: Landmark, horizon: int) -> bool:
        """Whether a window of a landmark had closed."""
        return part.seen.day + self.question.ends(horizon) <= self.until


def fit_all_horizons(lesson: Lesson) -> Boosted:
    """The landmark super-model of what had closed by a day.

    Raises:
        BoostingMissingError: LightGBM cannot be loaded.
    """
    x, y, asked = [], [], lesson.question
    rows = [(part, lives, h) for part, lives in zip(lesson.parts, lesson.lives, strict=True) for h in asked.grid]
    rows = [(part, lives, horizon) for part, lives, horizon in rows if lesson.closed(part, horizon)]
    share = lesson.most / max(sum(len(part.seen) for part, _, _ in rows), 1)
    rng = np.random.default_rng(2)
    for part, lives, horizon in rows:
        some = part if share >= 1 else part.among(np.flatnonzero(rng.random(len(part.seen)) < share))
        x.append(_columns(some.seen, lives, asked, horizon))
        y.append(some.happened(horizon))
    trees = _train(np.concatenate(x), np.concatenate(y), lesson.threads, _RISING if asked.rises else _FALLING)
    return Boosted(asked, trees, lesson.now, lesson.threads)


def lives_at(seen: Seen, start: bgnbd.Parameters | None = None) -> bgnbd.Parameters:
    """BG/NBD at a landmark, from that of a neighbour when there is one."""
    return bgnbd.fit(bgnbd.lives(seen.among(bgnbd.drawn(seen.place, LANDMARK_MOST))), start)


@dataclass(frozen=True)
class Hazard:
    """Trees that tell how likely a contract ends in a bin, if it has lasted until then.

    Attributes:
        question: what is asked; its horizons are the ends of the bins.
    """

    question: Question
    trees: Booster
    lives: bgnbd.Parameters
    threads: int = THREADS

    def log_odds(self, seen: Seen) -> Floats:
        """Of the end of the contract within each horizon, shape (rows, horizons)."""
        lasts = np.column_stack([1 - self._hazard(seen, place) for place in range(len(self.question.horizons))])
        return logit.log_odds(1.0 - np.cumprod(lasts, axis=1, dtype=np.float64))

    def _hazard(self, seen: Seen, place: int) -> Floats:
        rows = _columns(seen, self.lives, self.question, self.question.horizons[place])
        found: Floats = np.asarray(self.trees.predict(rows, num_threads=self.threads))
        return found

    def parts(self, seen: Seen, horizon: int) -> Floats:
        """What each feature adds to the log-odds of a horizon; the hazards' own parts, stretched to its scale.

        A product of hazards is no exact sum over features: the parts are the means of those of the bins, and what
        is left goes to the horizon, for it is time that the hazards add up over.
        """
        bins = [each for each in self.question.horizons if each <= horizon]
        rows = [_columns(seen, self.lives, self.question, each) for each in bins]
        told = [np.asarray(self.trees.predict(each, pred_contrib=True, num_threads=self.threads)) for each in rows]
        found: Floats = np.stack(told).mean(0).astype(np.float64)
        rest: Floats = self.log_odds(seen)[:, len(bins) - 1] - found.sum(1)
        found[:, -2] += rest
        return found


def fit_hazard(lesson: Lesson) -> Hazard:
    """The hazard of the bins that had closed by a day.

    Raises:
        BoostingMissingError: LightGBM cannot be loaded.
    """
    x, y, asked = [], [], lesson.question
    for part, lives in zip(lesson.parts, lesson.lives, strict=True):
        for begins, ends in zip((0, *asked.horizons), asked.horizons, strict=False):
            if lesson.closed(part, ends):
                wait = part.waits[asked.lead]
                there = np.flatnonzero(wait >= begins)
                x.append(_columns(part.seen.among(there), lives, asked, ends))
                y.append(wait[there] < ends)
    xs, ys = np.concatenate(x), np.concatenate(y)
    if len(xs) > lesson.most:
        rows = np.random.default_rng(0).permutation(len(xs))[: lesson.most]
        xs, ys = xs[rows], ys[rows]
    return Hazard(asked, _train(xs, ys, lesson.threads, _FREE), lesson.now, lesson.threads)
