"""The only clock."""

from __future__ import annotations

import time


def now_us() -> int:
    """Microseconds since 1970-01-01T00:00Z."""
    return time.time_ns() // 1000


def elapsed_s() -> float:
    """Seconds on a clock that never steps, for measuring how long something takes."""
    return time.monotonic()
