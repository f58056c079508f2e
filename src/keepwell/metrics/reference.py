"""The obvious slow reading of one customer's raw events: oracle of the fast path, source of explanations.

Plain Python from the definitions. Integers are added exactly; floats come out of the same operations
in the same order as in `measures.py`, so that both agree to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping

from keepwell.metrics import reference_account, reference_support, reference_usage, reference_volume
from keepwell.metrics.history import History
from keepwell.metrics.points import Curve
from keepwell.metrics.reference_support import urgent_open
from keepwell.metrics.reference_window import KEPT, Reader, Reading, day, own_activity

__all__ = ["READERS", "Reader", "Reading", "own_days", "points", "read", "urgent_open"]

READERS: Mapping[str, Reader] = {
    reader.__name__: reader
    for topic in (reference_usage, reference_volume, reference_support, reference_account)
    for reader in topic.READERS
}
"""One reader for each measure, under its name."""


def read(history: History, measure: str) -> Reading:
    """One measure of one customer.

    Raises:
        KeyError: no measure has this name.
    """
    return READERS[measure](history)


def points(reading: Reading, curve: Curve) -> float | None:
    """Points of a reading; None without data."""
    if reading.value is None or reading.fixed is not None:
        return reading.fixed
    if reading.value <= curve.xs[0]:
        return curve.ys[0]
    for x0, x1, y0, slope in zip(curve.xs, curve.xs[1:], curve.ys, curve.slopes, strict=False):
        if reading.value <= x1:
            return y0 + (reading.value - x0) * slope
    return curve.ys[-1]


def own_days(history: History) -> list[int]:
    """The days of the last 120 on which the customer was active itself, in order."""
    return sorted({day(event) for event in own_activity(history, KEPT)})
