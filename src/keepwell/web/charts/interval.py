"""A difference and its interval on an axis through zero."""

from __future__ import annotations

from dataclasses import dataclass

WIDE = 1000  # the width in the units of the drawing
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
"""Shares at which the axis may end."""


@dataclass(frozen=True)
class Interval:
    """Places from the left in units of the drawing; the axis reaches from -`reach` to +`reach`."""

    reach: float
    low: int
    difference: int
    high: int


def interval(difference: float, low: float, high: float) -> Interval:
    """Where to draw a difference of shares, -1 to 1, and its interval: zero is in the middle."""
    most = max(abs(difference), abs(low), abs(high))
    reach = next((each for each in STEPS if each >= most), 1.0)

    def place(value: float) -> int:
        return round((value + reach) / (2 * reach) * WIDE)

    return Interval(reach, place(low), place(difference), place(high))
