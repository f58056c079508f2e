"""Types of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Numbers = ArrayLike  # anything that can be read as an array of numbers

__all__ = ["Floats", "Ints", "Mask", "Numbers", "Singles"]
