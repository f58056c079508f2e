"""How well probabilities did, beside what happened: ranking, sharpness, calibration, and what a day's capacity finds.

All figures take rows of one kind: what happened (True = the event that was forecast), the probability that was given,
and optionally a weight. Without weights each row counts once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.statistics.arrays import Floats, Ints, Mask

BINS: Final = 15
"""Equal-mass bins of the calibration error."""
NEAREST: Final = 1e-6
"""Probabilities are held this far from 0 and 1 before a logarithm is taken."""
REPEATS: Final = 200
SEED: Final = 20_240_229


@dataclass(frozen=True)
class Judged:
    """Forecasts whose horizon has passed; all of shape (rows,).

    Attributes:
        happened: whether the event that was forecast came.
        chance: the probability that was given, 0 to 1.
        customer: whose forecast it was: rows of one customer are not independent.
    """

    happened: Mask
    chance: Floats
    customer: Ints

    def __len__(self) -> int:
        return len(self.happened)

    def among(self, rows: Mask) -> Judged:
        """Some of them."""
        return Judged(self.happened[rows], self.chance[rows], self.customer[rows])


Figure = Callable[[Mask, Floats, Floats], float]
"""One figure of what happened, the probabilities and the weights; NaN where it is not defined."""


def base_rate(happened: Mask, _chance: Floats, weight: Floats) -> float:
    """The share to whom it happened."""
    return _mean(happened.astype(float), weight)


def auroc(happened: Mask, chance: Floats, weight: Floats) -> float:
    """P(one to whom it happened got the higher probability than one to whom it did not), ties counted half."""
    order, last = _ranked(chance)
    hits, misses = _steps(happened[order], weight[order], last)
    pairs = hits.sum() * misses.sum()
    if not pairs:
        return float("nan")
    below = np.cumsum(misses) - misses / 2
    return float((hits * below).sum() / pairs)


def average_precision(happened: Mask, chance: Floats, weight: Floats) -> float:
    """The area under precision over recall, as a sum of steps (Manning et al. 2008, 8.4)."""
    order, last = _ranked(-chance)
    hits, misses = _steps(happened[order], weight[order], last)
    if not hits.sum():
        return float("nan")
    found, seen = np.cumsum(hits), np.cumsum(hits + misses)
    return float((hits * np.divide(found, seen, out=np.zeros_like(found), where=seen > 0)).sum() / found[-1])


def brier(happened: Mask, chance: Floats, weight: Floats) -> float:
    """The mean squared distance of probability and outcome (Brier 1950)."""
    return _mean((chance - happened) ** 2, weight)


def brier_skill(happened: Mask, chance: Floats, weight: Floats) -> float:
    """1 - Brier / Brier of saying the base rate to everybody: 0 or less is no better than that."""
    share = base_rate(happened, chance, weight)
    plain = share * (1 - share)
    return 1 - brier(happened, chance, weight) / plain if plain > 0 else float("nan")


def log_loss(happened: Mask, chance: Floats, weight: Floats) -> float:
    """The mean of -ln of the probability that was given to what happened, in nats."""
    return _mean(losses(happened, chance), weight)


def losses(happened: Mask, chance: Floats) -> Floats:
    """-ln of the probability given to what happened, of each row."""
    held = np.clip(chance, NEAREST, 1 - NEAREST)
    found: Floats = -np.log(np.where(happened, held, 1 - held))
    return found


def calibration_error(happened: Mask, chance: Floats, weight: Floats) -> float:
    """The mean distance of said and seen over bins of equal mass (expected calibration error, Naeini et al. 2015)."""
    total = weight.sum()
    if not total:
        return float("nan")
    order = np.argsort(chance, kind="stable")
    mass = np.cumsum(weight[order]) - weight[order] / 2
    place = np.minimum((mass / total * BINS).astype(np.int64), BINS - 1)
    gaps = np.bincount(place, (weight * (happened - chance))[order], BINS)
    return float(np.abs(gaps).sum() / total)


def observed_over_expected(happened: Mask, chance: Floats, weight: Floats) -> float:
    """How many it happened to for each that was expected; 1 is calibrated on the whole."""
    expected = float((chance * weight).sum())
    return float((happened * weight).sum()) / expected if expected > 0 else float("nan")


FIGURES: Final[dict[str, Figure]] = {
    "base_rate": base_rate,
    "auroc": auroc,
    "average_precision": average_precision,
    "brier": brier,
    "brier_skill": brier_skill,
    "log_loss": log_loss,
    "calibration_error": calibration_error,
    "observed_over_expected": observed_over_expected,
}


def figure(of: Figure, rows: Judged) -> float:
    """One figure, each row counting once."""
    return of(rows.happened, rows.chance, np.ones(len(rows))) if len(rows) else float("nan")


def interval(of: Figure, rows: Judged, repeats: int = REPEATS, level: float = 0.95) -> tuple[float, float]:
    """The range of a figure over samples of customers with replacement (the bootstrap of Efron 1979, by customer).

    Drawn with a fixed seed: the same rows give the same interval. NaN where fewer than half of the samples define it.
    """
    found = np.array([of(rows.happened, rows.chance, weight) for weight in weights(rows.customer, repeats)])
    found = found[np.isfinite(found)]
    if len(found) <= repeats / 2:
        return float("nan"), float("nan")
    low, high = np.quantile(found, ((1 - level) / 2, (1 + level) / 2))
    return float(low), float(high)


def weights(customer: Ints, repeats: int = REPEATS) -> list[Floats]:
    """How often each row counts in each sample of customers."""
    rng = np.random.default_rng(SEED)
    _, place = np.unique(customer, return_inverse=True)
    number = int(place.max()) + 1 if len(place) else 0
    return [np.bincount(rng.integers(0, number, number), minlength=number)[place].astype(float) for _ in range(repeats)]


@dataclass(frozen=True)
class Found:
    """What looking at the highest probabilities finds.

    Attributes:
        looked: how many were looked at.
        precision: the share of these to whom it happened.
        recall: the share of all to whom it happened that were among them.
        lift: precision over the base rate.
    """

    looked: int
    precision: float
    recall: float
    lift: float


def at_capacity(rows: Judged, capacity: int) -> Found:
    """What a look at the `capacity` highest probabilities would have found; of equals the first row is looked at."""
    looked = min(max(capacity, 0), len(rows))
    hits = int(rows.happened[np.argsort(-rows.chance, kind="stable")[:looked]].sum())
    everybody = int(rows.happened.sum())
    nothing = float("nan")
    precision = hits / looked if looked else nothing
    share = everybody / len(rows) if everybody else nothing
    return Found(looked, precision, hits / everybody if everybody else nothing, precision / share)


@dataclass(frozen=True)
class Committed:
    """What becomes of answering only when sure enough.

    Attributes:
        threshold: an answer is given where max(p, 1 - p) is at least this; above 1 where none is good enough.
        coverage: the share of rows with an answer.
        accuracy: the share of answers that were right; NaN without any.
        number: answers.
    """

    threshold: float
    coverage: float
    accuracy: float
    number: int


def threshold_for(rows: Judged, accuracy: float = 0.95) -> float:
    """The lowest sureness from which on answers were right at least this often; 2 where there is none.

    Frozen on rows of the past and applied to later ones by `committed`.
    """
    if not len(rows):
        return 2.0
    sure, right = _answers(rows)
    order = np.argsort(-sure, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    ends = np.append(np.diff(sure[order]) != 0, [True])
    good = np.flatnonzero(ends & (share >= accuracy))
    return float(sure[order][good[-1]]) if len(good) else 2.0


def committed(rows: Judged, threshold: float) -> Committed:
    """What answering from a sureness on gives."""
    sure, right = _answers(rows)
    given = sure >= threshold
    number = int(given.sum())
    return Committed(
        threshold,
        number / len(rows) if len(rows) else 0.0,
        float(right[given].mean()) if number else float("nan"),
        number,
    )


def _answers(rows: Judged) -> tuple[Floats, Mask]:
    sure: Floats = np.maximum(rows.chance, 1 - rows.chance)
    right: Mask = (rows.chance > 0.5) == rows.happened
    return sure, right


def _mean(values: Floats, weight: Floats) -> float:
    total = weight.sum()
    return float((values * weight).sum() / total) if total else float("nan")


def _ranked(key: Floats) -> tuple[Ints, Mask]:
    """The order of a key, and which places are the last of their equals."""
    order = np.argsort(key, kind="stable")
    last = np.ones(len(order), dtype=bool)
    last[:-1] = np.diff(key[order]) != 0
    return order, last


def _steps(happened: Mask, weight: Floats, last: Mask) -> tuple[Floats, Floats]:
    """Weights of hits and misses of each run of equals."""
    ends = np.flatnonzero(last)
    hits, total = (np.diff(np.cumsum(each)[ends], prepend=0.0) for each in (weight * happened, weight))
    return hits, total - hits
