"""Caps: circumstances under which no sum of good indicators may hide trouble."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keepwell.metrics.rollups import DAY_WINDOW
from keepwell.metrics.table import Floats, Ints, Mask
from keepwell.metrics.view import View

UNLIKELY = 0.02
EXPECTED_EVENTS = 4.0
SILENT_DAYS = 28
FORGOTTEN_DAYS = 90


@dataclass(frozen=True)
class Cap:
    """A ceiling for the score, with the reason in words."""

    name: str
    ceiling: float
    label: str


CAPS: tuple[Cap, ...] = (
    Cap("dormant", 39.0, "No own activity for at least 28 days although some was to be expected"),
    Cap("cancellation", 39.0, "The subscription is cancelled"),
    Cap("silent", 59.0, "Silent for longer than its own rhythm explains"),
    Cap("urgent_ticket", 59.0, "An urgent ticket is open"),
)
"""Lowest first; of several the first that applies is shown."""


def silence_probability(active_days: int, baseline_days: float, silent_days: float) -> float:
    """Chance of such a silence under the own rhythm: (E / (E + s))^n.

    The predictive distribution of a Poisson rate known from n active days in E days. Plain
    multiplications, so that every machine gives the same bytes.
    """
    base = baseline_days / (baseline_days + silent_days)
    found, square = 1.0, base
    while active_days:
        if active_days & 1:
            found *= square
        square *= square
        active_days >>= 1
    return found


@dataclass(frozen=True)
class Rhythm:
    """Own activity of the last 120 days, per row of a table."""

    active: Ints  # days with own activity
    last: Ints  # the last of them, 0 without any
    gap: Floats  # days since then, the running day counted by its elapsed part
    baseline: Ints  # days from the start of the window, or of the customer, to the last one


def rhythm(view: View) -> Rhythm:
    """The rhythm of every row."""
    active = view.ever("own_days")
    last = view.table.days["last_own"].max(axis=1)
    d = view.scope("d")
    gap = np.where(last == d, 0.0, (d - last - 1) + view.elapsed)
    start = np.maximum(d - (DAY_WINDOW - 1), view.scope("first_day"))
    return Rhythm(active, last, np.where(active > 0, gap, float(DAY_WINDOW)), np.maximum(last - start + 1, 1))


def active_caps(view: View) -> dict[str, Mask]:
    """Which caps apply to which rows."""
    own = rhythm(view)
    paused = view.scope("paused_until") >= view.scope("d")
    expected = SILENT_DAYS * own.active / np.maximum(own.baseline, SILENT_DAYS)
    silent_28 = (view.now("own_days") == 0) & (own.active > 0)
    forgotten = (view.scope("own_ever") > 0) & (view.quarter("own_days") == 0) & (view.tenure >= FORGOTTEN_DAYS)
    return {
        "dormant": ~paused & ((silent_28 & (expected >= EXPECTED_EVENTS)) | forgotten),
        "cancellation": view.scope("cancelled") > 0,
        "silent": ~paused & _unlikely(own),
        "urgent_ticket": view.one("urgent_open") > 0,
    }


def _unlikely(own: Rhythm) -> Mask:
    """Rows whose silence has a probability below 2 %. Equal rhythms are computed once."""
    rows = np.stack((own.active.astype(np.float64), own.baseline.astype(np.float64), own.gap), axis=1)
    chosen = (own.active >= EXPECTED_EVENTS) & (own.gap > 0)
    distinct, where = np.unique(rows[chosen], axis=0, return_inverse=True)
    chance = np.array([silence_probability(int(n), e, s) for n, e, s in distinct.tolist()], np.float64)
    found = np.zeros(len(own.active), np.bool_)
    found[chosen] = (chance < UNLIKELY)[where.reshape(-1)] if len(distinct) else False
    return found


def lowest(caps: dict[str, Mask], size: int) -> Ints:
    """Place in CAPS of the cap that applies, or -1."""
    place = np.full(size, -1, np.int64)
    for index in range(len(CAPS) - 1, -1, -1):
        place[caps[CAPS[index].name]] = index
    return place
