"""Scores as whole tenths of a point, so that what a page shows adds up to the last digit shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

TOLERANCE = 1e-9
DIGITS = 9  # of floating-point numbers that mean something


def tenths(score: float) -> int:
    """A score in whole tenths, rounded down: 79.96 shows as 79.9 and stays in its band."""
    clean = Decimal(str(round(score, DIGITS)))  # 0.57 * 100 is 56.99999999999999
    return int((clean * 10).to_integral_value(ROUND_FLOOR))


def shift(now: float | None, change: float | None) -> int | None:
    """A change in tenths, as the difference of the two scores shown."""
    if now is None or change is None:
        return None
    return tenths(now) - tenths(now - change)


def adds_up(parts: Sequence[float], total: float) -> bool:
    return abs(math.fsum(parts) - total) <= TOLERANCE * max(1, len(parts))


def apportion(parts: Sequence[float], total: int) -> list[int]:
    """Whole tenths for `parts` that add up to `total` tenths, each as near to its part as that allows.

    What is exactly 0 stays 0.
    """
    shown = [math.floor(part * 10) for part in parts]
    moved = [i for i, part in enumerate(parts) if part]
    if not moved:
        return shown
    each, rest = divmod(total - sum(shown), len(moved))
    largest_remainder_first = sorted(moved, key=lambda i: shown[i] - parts[i] * 10)
    for rank, i in enumerate(largest_remainder_first):
        shown[i] += each + (rank < rest)
    return shown


def rounded(parts: Sequence[float]) -> list[int]:
    """Whole tenths for parts that belong to no total."""
    return [math.floor(part * 10 + 0.5) for part in parts]
