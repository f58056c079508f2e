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


def histogram(counts: Sequence[int]) -> list[Bin]:
    """Twenty bins out of how many scores lie in each. Empty when there are no scores."""
    tallest = max(counts, default=0)
    return [Bin(i * WIDTH, n, n / tallest) for i, n in enumerate(counts)] if tallest else []
