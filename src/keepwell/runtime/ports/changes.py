"""The parts of a change, told by indicator: what it came to, and the opposite movements behind that."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keepwell.runtime.ports.book import ChangePart

CAUSES = {
    "behaviour": "What happened since then",
    "roll_off": "Older activity no longer counts",
    "late_data": "Data that arrived late",
}
"""Causes that an indicator can have, in words. All others concern the whole score and say what they are."""


class Movement(msgspec.Struct, frozen=True):
    """One cause of a movement. `place` is that of its part in the change."""

    label: str
    points: float
    place: int


class Moved(msgspec.Struct, frozen=True):
    """An indicator, or something that concerns the whole score, and its movements: the largest first."""

    label: str
    movements: Sequence[Movement]

    @property
    def points(self) -> float:
        """What the movements came to."""
        return sum(movement.points for movement in self.movements)

    @property
    def why(self) -> str:
        """The one cause of an indicator's movement; empty when there are several, or the label says it."""
        alone = len(self.movements) == 1
        return self.movements[0].label if alone and self.movements[0].label != self.label else ""


def by_indicator(parts: Sequence[ChangePart]) -> list[Moved]:
    """Every part once, those of one indicator together, what moved the score most first."""
    found: dict[tuple[str, str], tuple[str, list[Movement]]] = {}
    for place, part in enumerate(parts):
        per_indicator = part.kind in CAUSES and part.name != part.kind
        label = _indicator(part) if per_indicator else part.label
        cause = CAUSES[part.kind] if per_indicator else part.label
        key = ("", part.name) if per_indicator else (part.kind, part.name)
        found.setdefault(key, (label, []))[1].append(Movement(cause, part.points, place))
    moved = [Moved(label, sorted(some, key=lambda each: -abs(each.points))) for label, some in found.values()]
    return sorted(moved, key=lambda each: -abs(each.points))


def _indicator(part: ChangePart) -> str:
    """The label without its cause: "Behaviour: Active days" is "Active days"."""
    _, colon, after = part.label.partition(": ")
    return after if colon else part.label
