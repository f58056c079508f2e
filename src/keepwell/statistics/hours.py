"""Counts by hour of the day: others as they would look had they tried when a customer did, and blocks of hours.

With own trials n_h in hour h (n of all), and X_h of N_h failed of the others (X of N of all), of which C_h (C) were to
be expected by the past of those very customers who tried in the hour, the others' share in an hour is

    q_h = X / N - e + e_h,   e = (X - C) / N,   e_h = (X_h - C_h + m e) / (N_h + m):

what they fail on the day, and by how much more the hour is worse than usual than the day is. An hour of few trials is
drawn towards the day, and one in which somebody busy and clumsy happened to be awake is no bad hour. Then n_h q_h
failures are to be expected of the hour, and E = sum n_h q_h of all. The others re-weighted to these hours are N* trials
with the share E / n, where N* = n^2 / sum(n_h^2 / (N_h + m)) is as many as leave the same uncertainty (Kish, 1965,
section 11.7), and N at most. Had the customer the hours of everybody, n_h / n = N_h / N, then N* is N, and E / n is
X / N but for what is drawn towards the day; and it is exactly X / N in any hours when all are as much worse than usual.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from keepwell.statistics.arrays import Floats, Ints, Numbers
from keepwell.statistics.failures import Counts

HOURS: Final = 24
DRAWN: Final = 20.0
"""Trials of others in an hour at which their share counts as much as that of the day (m)."""
LENGTHS: Final = (2, 4, 8, 16)
"""Of blocks, in hours; they overlap by half, so that what lasts as long lies mostly in one."""
BLOCKS: Final[Floats] = np.array(
    [
        np.isin(np.arange(HOURS), np.arange(start, start + length) % HOURS)
        for length in LENGTHS
        for start in range(0, HOURS, length // 2)
    ],
    np.float64,
)
"""Which hours a block holds, [B, 24]; the day is a circle."""


def same_hours(trials: Numbers, others: Numbers) -> Counts:
    """The others re-weighted to the hours of N customers: failed and trials, [N], both whole.

    Args:
        trials: own, [N, 24]; a customer without any has the hours of the others.
        others: failed, trials and failures to be expected by hour, [N, 3, 24] or [3, 24].
    """
    failed, theirs, usual = np.moveaxis(np.asarray(others, np.float64), -2, 0)
    mine = np.broadcast_to(np.asarray(trials, np.float64), np.broadcast_shapes(np.shape(trials), theirs.shape))
    mine = np.where(mine.sum(axis=-1, keepdims=True) > 0, mine, theirs)
    every = np.maximum(theirs.sum(axis=-1, keepdims=True), 1e-9)
    day, worse = (each.sum(axis=-1, keepdims=True) / every for each in (failed, failed - usual))
    share = np.clip(day - worse + (failed - usual + DRAWN * worse) / (theirs + DRAWN), 0.0, 1.0)
    own = np.maximum(mine.sum(axis=-1), 1e-9)
    equal = own**2 / np.maximum((mine**2 / (theirs + DRAWN)).sum(axis=-1), 1e-12)
    number = np.rint(np.minimum(equal, every[..., 0]))
    return Counts(np.rint(number * (mine * share).sum(axis=-1) / own), number)


def usual(others: Numbers) -> Floats:
    """The share of failures that was to be expected of others, of such a table as above, [N]; 0 of nobody."""
    _, trials, expected = np.moveaxis(np.asarray(others, np.float64), -2, 0).sum(axis=-1)
    return np.asarray(expected / np.maximum(trials, 1e-9))


def worst_block(own: Counts, usual: Numbers) -> Ints:
    """The block that holds the clearest excess of failures of N customers, [N]: a place of `BLOCKS`, -1 without any.

    By the likelihood ratio x ln(x / e) - (x - e) of a scan for clusters (Kulldorff, 1997), against the usual share.
    It looks at nobody else, so that what others did in the block is asked once.

    Args:
        own: by hour, [N, 24].
        usual: share of failures, [N].
    """
    failed, trials = (np.asarray(each, np.float64) @ BLOCKS.T for each in (own.failed, own.trials))
    expected = trials * np.asarray(usual, np.float64)[:, None]
    over = failed > expected
    gain = np.log(np.divide(failed, expected, out=np.ones_like(failed), where=over & (expected > 0)))
    ratio = np.where(over, failed * gain - (failed - expected), 0.0)
    return np.where(ratio.max(axis=1, initial=0.0) > 0, ratio.argmax(axis=1), -1).astype(np.int64)
