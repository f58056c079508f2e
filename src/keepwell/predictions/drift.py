"""Whether the world is still the one a model was made in: inputs, chances, and how often they came true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.predictions.accuracy import Judged, figure, losses, observed_over_expected, weights
from keepwell.statistics.arrays import Floats, Ints, Mask

BINS: Final = 10
MOVED: Final = 0.25
"""A stability index from which on a distribution counts as another one; below .1 it is the same (Siddiqi 2006)."""
CALIBRATED: Final = (0.85, 1.15)
"""Observed over expected in which nothing is done (prediction.md, 3.3)."""
ENOUGH: Final = 50
"""Values on either side below which no index is given (ten bins of five), and customers below which nobody wins."""


def stability(before: Floats, after: Floats) -> float:
    """The population stability index of two samples of one figure: sum of (q - p) ln(q / p) over tenths of the first.

    Missing values are a bin of their own, and each bin has half an observation more than were seen, so that an empty
    one does not make it infinite. NaN with too few values.
    """
    if min(len(before), len(after)) < ENOUGH:
        return float("nan")
    known = before[np.isfinite(before)]
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS)) if len(known) else np.zeros(0)
    p, q = (_shares(values, edges) for values in (before, after))
    return float(((q - p) * np.log(q / p)).sum())


def _shares(values: Floats, edges: Floats) -> Floats:
    known = np.isfinite(values)
    place = np.where(known, np.searchsorted(edges, np.where(known, values, 0.0), side="right"), len(edges) + 1)
    counts = np.bincount(place, minlength=len(edges) + 2) + 0.5
    found: Floats = counts / counts.sum()
    return found


def moved(before: Mapping[str, Floats], after: Mapping[str, Floats]) -> dict[str, float]:
    """Figures that both have whose distribution is another one, with their index, the largest first."""
    found = {name: stability(before[name], after[name]) for name in before.keys() & after.keys()}
    return dict(sorted(((k, v) for k, v in found.items() if v >= MOVED), key=lambda each: (-each[1], each[0])))


def shift_due(newest: Sequence[Judged]) -> bool:
    """Whether the last two closed windows agree that the whole level is off: both too high or both too low.

    Only then an intercept is shifted; what one window says is noise more often than not (prediction.md, 3.3).
    """
    found = [figure(observed_over_expected, each) for each in newest[-2:]]
    low, high = CALIBRATED
    return len(found) == 2 and (all(each < low for each in found) or all(each > high for each in found))


@dataclass(frozen=True)
class Contest:
    """A new model against the one in use, on the newest closed window.

    Attributes:
        difference: mean log-loss of the challenger less that of the champion, in nats; less is better.
        low, high: its 90 % interval over samples of customers.
        customers: how many there were.
        won: whether the whole interval is below 0, and there were `ENOUGH`: of few the interval is too narrow.
    """

    difference: float
    low: float
    high: float
    customers: int
    won: bool


def contest(happened: Mask, champion: Floats, challenger: Floats, customer: Ints) -> Contest:
    """Let two models be judged by the same rows: paired log-loss, customers drawn with replacement.

    Without a row nobody wins.
    """
    gap = losses(happened, challenger) - losses(happened, champion)
    if not len(gap):
        nothing = float("nan")
        return Contest(nothing, nothing, nothing, 0, won=False)
    drawn = [float((gap * each).sum() / each.sum()) for each in weights(customer)]
    low, high = (float(each) for each in np.quantile(drawn, (0.05, 0.95)))
    number = len(np.unique(customer))
    return Contest(float(gap.mean()), low, high, number, won=high < 0 and number >= ENOUGH)
