"""How many scores lie in each stretch of five points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BINS = 20
WIDTH = 100 // BINS


@dataclass(frozen=True)
class Bin:
    """The customers from `low` up to the next bin; `share` is the height beside the tallest, 0-1."""

    low: int
    count: int
    share: float

    @property
    def high(self) -> int:
        return self.low + WIDTH


def histogram(scores: Sequence[float]) -> list[Bin]:
    """Twenty bins; a score of 100 belongs to the last. Empty when there are no scores."""
    counts = [0] * BINS
    for score in scores:
        counts[min(int(score // WIDTH), BINS - 1)] += 1
    tallest = max(counts)
    return [Bin(i * WIDTH, n, n / tallest) for i, n in enumerate(counts)] if tallest else []
