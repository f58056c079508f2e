"""Lines with gaps as SVG path data: whole numbers and relative steps, because pages hold hundreds of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

TALL = 1000  # the height of every chart in its own units


@dataclass(frozen=True)
class Scale:
    """Values between `low` and `high` on a height of TALL units, counted from the top."""

    low: float
    high: float

    def y(self, value: float) -> int:
        return round(TALL * (1 - self.share(value)))

    def share(self, value: float) -> float:
        """How far up a value stands, 0-1; what is outside the scale stands at its edge."""
        share = (value - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, share))


@dataclass(frozen=True)
class Run:
    """Heights without a gap, one a step to the right."""

    x: int
    ys: Sequence[int]


def runs(values: Sequence[float | None], scale: Scale, x: int = 0) -> Iterator[Run]:
    """The unbroken stretches of a series."""
    ys: list[int] = []
    for i, value in enumerate([*values, None]):
        if value is not None:
            ys.append(scale.y(value))
        elif ys:
            yield Run(x + i - len(ys), ys)
            ys = []


def line(stretches: Sequence[Run]) -> str:
    """One stroke for each run; a lonely value becomes a dot under round line caps."""
    return "".join(f"M{run.x} {run.ys[0]}{_steps(run.ys) or 'h0'}" for run in stretches)


def area(stretches: Sequence[Run]) -> str:
    """The surface between each run and the bottom."""
    return "".join(f"M{run.x} {TALL}V{run.ys[0]}{_steps(run.ys)}V{TALL}z" for run in stretches if len(run.ys) > 1)


def _steps(ys: Sequence[int]) -> str:
    steps = [f"1 {after - before}" for before, after in pairwise(ys)]
    return "l" + " ".join(steps).replace(" -", "-") if steps else ""
