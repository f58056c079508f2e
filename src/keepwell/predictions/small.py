"""What logits look at: five features with a house prior for few customers, and the plain ones that stand beside trees.

The five mean the same in every business: time is measured in units of the base's own median gap, so that slopes
travel. Their prior is what three public logs agree on and how much they differ (prediction.md 4.2). The plain ones are
recency, frequency, tenure and money, with slopes that the installation's own log has to find; for contracts there are
payments, requests and the way to the renewal beside them.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from keepwell.predictions.features import Seen
from keepwell.predictions.linear import Form
from keepwell.predictions.logit import Prior
from keepwell.statistics.arrays import Floats

NAMES: Final = ("recency", "active_days", "tenure", "overdue", "trend")
MEAN: Final = (-0.31, -1.41, 0.51, 0.78, -0.04)
"""Slopes to start from, per unit of log1p(recency/gap), log(active days), log1p(tenure/gap), log1p(recency/own gap),
log(active days of the last 90 / of the 90 before)."""
SPREAD: Final = (0.60, 0.36, 0.19, 0.29, 0.13)
"""How much they differ between the logs they come from."""
DOUBT: Final = 0.5
"""Beyond that: another business may differ more than three did."""
ACTIVE: Final = 180
"""Fitted on customers active within so many days: the others are an easy crowd that bends the slopes."""
_EVERYBODY: Final = 10**6


def five(seen: Seen) -> Floats:
    """The five features, shape (rows, 5)."""
    recency, number = seen.column("recency"), seen.column("active_days")
    gap = seen.median_gap
    latest = seen.column("active_90")
    before = seen.column("active_180") - latest
    return np.column_stack(
        (
            np.log1p(recency / gap),
            np.log(number),
            np.log1p(seen.column("tenure") / gap),
            np.log1p(recency / seen.own_gap),
            np.log((latest + 0.5) / (before + 0.5)),
        )
    )


def plain(seen: Seen) -> Floats:
    """Recency, active days, tenure and money of an active day, shape (rows, 4)."""
    return np.column_stack([np.log1p(np.maximum(seen.column(name), 0)) for name in _PLAIN])


def contract(seen: Seen) -> Floats:
    """The five, and what is known of payments, requests and the renewal, shape (rows, 9)."""
    more = [np.log1p(np.nan_to_num(seen.column(name))) for name in ("failed_payments_90", "tickets_90")]
    left = seen.column("days_to_renewal")
    due = np.where(np.isfinite(left), np.exp(-np.maximum(np.nan_to_num(left), 0) / 30), 0.0)
    return np.column_stack((five(seen), *more, due, np.isfinite(left)))


def leaving(seen: Seen) -> Floats:
    """Silence, pace and its trends of the last 90 days, and what went wrong in them, shape (rows, 10).

    Nothing that grows with the log, as counts of all days do: what was learned when it was young would mislead later.
    """
    recency, known = seen.column("recency"), np.minimum(seen.column("tenure"), _LATELY)
    own = [np.log1p(recency / seen.median_gap), np.log1p(recency / seen.own_gap)]
    own += [np.log((seen.column("active_90") + 0.5) / (known + 1)), np.log1p(known / seen.median_gap)]
    trends = [_less(seen, known, *each) for each in (("active", 14), ("active", 30), ("events", 30))]
    troubles = [np.log1p(np.nan_to_num(seen.column(name))) for name in _TROUBLES]
    return np.column_stack((*own, *trends, *troubles))


def _less(seen: Seen, known: Floats, of: str, window: int) -> Floats:
    """How the pace of the last days compares with that of the days before that are known, in logarithms."""
    late, both = (seen.column(f"{of}_{days}") for days in (window, _LATELY))
    usual = (both - late) * window / np.maximum(known - window, window)
    found: Floats = np.log((late + 0.5) / (usual + 0.5))
    return found


_LATELY: Final = 90
_TROUBLES: Final = ("failed_payments_90", "tickets_90", "failed_transactions_90")
_PLAIN: Final = ("recency", "active_days", "tenure", "money_mean")
HOUSE: Final = Form(NAMES, five, Prior(np.array(MEAN), np.hypot(SPREAD, DOUBT)), ACTIVE)
"""The form for few customers."""
PLAIN: Final = Form(_PLAIN, plain, Prior(np.zeros(4), np.ones(4)), _EVERYBODY, scaled=True)
"""The form that stands beside boosted trees."""
CONTRACT: Final = Form(
    (*NAMES, "failed_payments", "tickets", "renewal", "renewal"), contract, Prior(np.zeros(9), np.full(9, 0.5)),
    _EVERYBODY, scaled=True, shaped=False,
)  # fmt: skip
"""The form for ends of contracts: no house prior is known for them."""
LEAVING: Final = Form(
    ("recency", "overdue", "active_90", "tenure", "trend_14_90", "trend_30_90", "trend_events", *_TROUBLES), leaving,
    Prior(np.zeros(10), np.full(10, 0.5)), None, scaled=True,
)  # fmt: skip
"""The form for departures: who is about to leave comes less often first, and within weeks."""
