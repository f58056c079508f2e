"""What a share could be, seen from the few of which it was counted."""

from __future__ import annotations

from math import sqrt
from typing import Final

Z95: Final = 1.959963984540054
"""The quantile of the standard normal that leaves 2.5 % above it."""


def wilson(hits: int, trials: int, z: float = Z95) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927), 95 % by default; all of 0 to 1 without trials.

    Unlike the plain interval it is never empty at 0 or 1, and it never leaves them.
    """
    if not trials:
        return 0.0, 1.0
    share, spread = hits / trials, z * z / trials
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    return max(0.0, middle - half) if hits else 0.0, min(1.0, middle + half) if hits < trials else 1.0
