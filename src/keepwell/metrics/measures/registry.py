"""The register of measures: one number per customer out of integer aggregates, and who has it.

Only + - * / and comparisons, in a fixed order, so that every machine gives the same bytes.
`reference.py` reads the same definitions from raw events, slowly; a law holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from keepwell.metrics.rollups import kind_label
from keepwell.metrics.table import Floats, Ints, Mask
from keepwell.metrics.view import View

RATIO_K = 5.0  # shrinks ratios of few transactions towards 1
SETTLED_DAYS = 7  # days before not having used something says anything about a customer
RATIO_TENURE = 56  # days before a customer has an earlier window of its own
EXPECTED_DAYS = 20.0  # days of own activity expected in 28
SILENT_WHEN = 4  # 0 points when nothing came although this many were to be expected
NO_TICKET_POINTS = 90.0


@dataclass(frozen=True)
class Value:
    """A measured value per row. `fixed` are points that bypass the curve (NaN: use the curve)."""

    value: Floats
    has: Mask
    fixed: Floats | None = None


@dataclass(frozen=True)
class Measure:
    """One way to measure an indicator. `sources` are the event kinds that can give it data."""

    name: str
    label: str
    window_days: int
    sources: tuple[str, ...]
    read: Callable[[View], Value]

    @property
    def window(self) -> str:
        return "now" if self.window_days == 0 else f"{self.window_days} days"


MEASURES: dict[str, Measure] = {}

USE = tuple(
    kind_label(key) for key in ("signed_in", "session_ended", "feature_used", "api_called", "transaction", "work")
)
SUPPORT = (kind_label("ticket_opened"),)
ANY: tuple[str, ...] = ()


def measure(
    label: str, window_days: int, *sources: str
) -> Callable[[Callable[[View], Value]], Callable[[View], Value]]:
    """Register a measure under the name of its function. Two of one name are refused."""

    def register(read: Callable[[View], Value]) -> Callable[[View], Value]:
        name = read.__name__
        if name in MEASURES:
            raise ValueError(f"two measures are called {name}")
        MEASURES[name] = Measure(name, label, window_days, sources, read)
        return read

    return register


def floats(values: Ints | Floats) -> Floats:
    return values.astype(np.float64)


def ratio(now: Floats, before: Floats, k: Floats | float) -> tuple[Floats, Floats]:
    """(now + k) / (before + k), and 0 points when nothing came although some was to be expected."""
    value = (now + k) / (before + k)
    return value, np.where((now == 0) & (before >= SILENT_WHEN), 0.0, np.nan)
