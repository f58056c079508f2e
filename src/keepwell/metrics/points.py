"""Curves: a measured value becomes points between 0 and 100, piecewise linear, clamped at the ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from keepwell.metrics.table import Floats


@dataclass(frozen=True)
class Curve:
    """Points by value. `xs` rise strictly; both have the same length, at least 2."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]

    @property
    def slopes(self) -> tuple[float, ...]:
        """Points per unit of value, between each two knots."""
        knots = list(zip(self.xs, self.ys, strict=True))
        return tuple((y1 - y0) / (x1 - x0) for (x0, y0), (x1, y1) in pairwise(knots))

    def points(self, value: Floats) -> Floats:
        """Points for each value.

        >>> Curve((0.0, 1.0, 2.0), (0.0, 80.0, 100.0)).points(np.array([-1.0, 0.5, 1.5, 9.0])).tolist()
        [0.0, 40.0, 90.0, 100.0]
        """
        found = np.full(len(value), self.ys[-1])
        for x0, x1, y0, slope in zip(self.xs[-2::-1], self.xs[:0:-1], self.ys[-2::-1], self.slopes[::-1], strict=True):
            found = np.where(value <= x1, y0 + (value - x0) * slope, found)
        return np.where(value <= self.xs[0], self.ys[0], found)


def parse_curve(text: str) -> Curve:
    """Read `0:0 .5:50 1:100`.

    Raises:
        ValueError: it is no curve, with the reason in words.
    """
    knots = [_knot(word) for word in text.split()]
    xs, ys = tuple(x for x, _ in knots), tuple(y for _, y in knots)
    if len(knots) < 2:
        raise ValueError("a curve needs at least two `value:points` pairs")
    if not all(a < b for a, b in pairwise(xs)):
        raise ValueError("the values of a curve must rise")
    if not all(0 <= y <= 100 for y in ys):
        raise ValueError("points lie between 0 and 100")
    return Curve(xs, ys)


def _knot(word: str) -> tuple[float, float]:
    value, colon, points = word.partition(":")
    if not colon:
        raise ValueError(f"`{word}` is not `value:points`")
    try:
        knot = float(value), float(points)
    except ValueError:
        raise ValueError(f"`{word}` is not `value:points`") from None
    if not np.isfinite(knot).all():
        raise ValueError(f"`{word}` is not finite")
    return knot


def format_curve(curve: Curve) -> str:
    """The text `parse_curve` reads back."""
    pairs: Sequence[tuple[float, float]] = list(zip(curve.xs, curve.ys, strict=True))
    return " ".join(f"{shortest(x)}:{shortest(y)}" for x, y in pairs)


def shortest(number: float) -> str:
    """The shortest text that is read back as the very number."""
    return f"{number:g}" if float(f"{number:g}") == number else repr(number)
