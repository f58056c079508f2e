"""Satisfaction: smoothed answers that fall, or one bad answer."""

from __future__ import annotations

import numpy as np

from keepwell.alerts.conditions.registry import Found, Line, Params, condition, filled
from keepwell.alerts.seen import Seen
from keepwell.events.catalog import SURVEYS
from keepwell.metrics.table import Floats, Mask
from keepwell.metrics.view import decay

EARLIER = 30  # days between the two readings
HALF_LIFE = 60  # days; as in the survey score
FRESH = 14  # days for which a bad answer is news
DETRACTOR = {"nps": 600, "csat": 250, "ces": 340}
"""Thousandths of the scale up to which an answer is bad: 0-6 of 10, 1-2 of 5, 1-3 of 7."""


@condition("satisfaction_drop", "survey_answered")
def satisfaction_drop(seen: Seen, params: Params) -> Found:
    """Smoothed satisfaction fell by so much in 30 days, or somebody answered as a detractor."""
    now, before = _smoothed(seen, 0), _smoothed(seen, EARLIER)
    bad = _detractor(seen)
    fall = before - now
    threshold = params["fall"]
    holds = bad | (np.nan_to_num(fall, nan=0.0) >= threshold)

    def because(row: int) -> str:
        if bad[row]:
            return f"A detractor answered in the last {FRESH} days"
        return f"Satisfaction fell by {fall[row]:.2f} in {EARLIER} days, on a scale of 0 to 1"

    def evidence(row: int) -> list[Line]:
        return [
            ("Satisfaction now", _words(now[row])),
            (f"{EARLIER} days ago", _words(before[row])),
            ("A detractor answered", "yes" if bad[row] else "no"),
        ]

    return Found(holds, fall, filled(seen, threshold), "of 1", because, evidence)


def _words(share: float) -> str:
    return "not known" if np.isnan(share) else f"{share:.2f}"


def _smoothed(seen: Seen, earlier: int) -> Floats:
    """The mean of all answers at least so old, newer ones counting more; NaN without one."""
    row, columns = seen.many["answers"]
    age = columns["age"] - earlier
    weight = np.where(age >= 0, decay(HALF_LIFE)[np.maximum(age, 0)], 0.0)
    total = np.bincount(row, weight * columns["total"] / 1000.0, len(seen))
    whole = np.bincount(row, weight * columns["n"], len(seen))
    found: Floats = np.divide(total, whole, out=np.full(len(seen), np.nan), where=whole > 0)
    return found


def _detractor(seen: Seen) -> Mask:
    """Whether the newest answers, when they are fresh, hold a bad one."""
    row, columns = seen.many["answers"]
    edges = np.array([500, *(DETRACTOR[kind] for kind in SURVEYS)])  # the first is of answers without a known scale
    newest = np.full(len(seen), FRESH)
    np.minimum.at(newest, row, columns["age"])
    bad = (columns["age"] == newest[row]) & (columns["age"] < FRESH) & (columns["lowest"] <= edges[columns["scale"]])
    found = np.zeros(len(seen), np.bool_)
    found[row[bad]] = True
    return found
