"""A logistic regression with a normal prior on each coefficient: the maximum of the posterior, by Newton steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.statistics.arrays import Floats, Mask

_STEPS: Final = 50
_LONGEST: Final = 3.0  # of one step, so that a far start does not run away
_NEAR: Final = 1e-8


@dataclass(frozen=True)
class Prior:
    """What is thought of each coefficient before the log has spoken.

    Attributes:
        mean: shape (coefficients,).
        spread: standard deviations, same shape.
    """

    mean: Floats
    spread: Floats


def fit(columns: Floats, happened: Mask, weight: Floats, prior: Prior, start: Floats | None = None) -> Floats:
    """Coefficients of columns of shape (rows, coefficients); a constant is a column of ones among them."""
    found = (prior.mean if start is None else start).astype(float)
    precision = prior.spread**-2.0
    for _ in range(_STEPS):
        chance = sigmoid(columns @ found)
        slope = columns.T @ (weight * (chance - happened)) + precision * (found - prior.mean)
        curve = (columns * (weight * chance * (1 - chance))[:, None]).T @ columns + np.diag(precision)
        step = np.clip(np.linalg.solve(curve, slope), -_LONGEST, _LONGEST)
        found = found - step
        if np.abs(step).max() < _NEAR:
            break
    return found


def sigmoid(log_odds: Floats) -> Floats:
    """The probability of log-odds."""
    found: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -35, 35)))
    return found


def log_odds(chance: Floats) -> Floats:
    """The log-odds of probabilities, held off 0 and 1."""
    held = np.clip(chance, 1e-9, 1 - 1e-9)
    found: Floats = np.log(held / (1 - held))
    return found
