"""Types of arrays, and their parts."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Numbers = ArrayLike  # anything that can be read as an array of numbers

__all__ = ["Floats", "Ints", "Mask", "Numbers", "Singles", "blocks"]

_AT_ONCE = 8192


def blocks(rows: int) -> Iterator[slice]:
    """Rows in parts so small that what is made of them stays in the processor's cache; one part at least."""
    for start in range(0, max(rows, 1), _AT_ONCE):
        yield slice(start, min(start + _AT_ONCE, rows))
