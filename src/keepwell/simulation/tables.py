"""Events of one kind as columns, and how they become rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from numpy.typing import NDArray

from keepwell.events.event import PLATFORM, Raw
from keepwell.simulation.draws import Ints
from keepwell.simulation.stage import Moments

Column = NDArray[Any]

NOBODY = -1
"""The customer of an event about the platform itself."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Table:
    """Events of one kind.

    Attributes:
        event: the key in the tracking plan.
        feed: the source that delivers them.
        customer: index of the customer, or NOBODY.
        at: instants, microseconds.
        columns: properties by name; every row has all of them.
        seat: which of the customer's users did it.
        more: properties of single rows besides, by place.
    """

    event: str
    feed: str
    customer: Ints
    at: Ints
    columns: Mapping[str, Column] = field(default_factory=dict)
    seat: Ints | None = None
    more: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.at)


def table(event: str, feed: str, moments: Moments, seat: Ints | None = None, /, **columns: Column) -> Table:
    """A table of what happened at some moments."""
    return Table(event, feed, moments.customer, moments.at, columns, seat)


@dataclass(frozen=True)
class Rendering:
    """Writes rows of a table, with the ids customers and their users go by."""

    tag: str
    ids: Sequence[str]
    users: Sequence[Sequence[str]]

    def rows(self, number: int, source: Table, chosen: Ints, received: Ints) -> list[Raw]:
        """The chosen rows of the table with that number."""
        customers = source.customer[chosen].tolist()
        users: list[str | None] = [None] * len(customers)
        if source.seat is not None:
            users = [self.users[who][seat] for who, seat in zip(customers, source.seat[chosen].tolist(), strict=True)]
        places = [f"{self.tag}-{number:x}-{place:x}" for place in chosen.tolist()]
        return [
            Raw(self.ids[who] if who >= 0 else PLATFORM, source.event, at, properties, place, known, user)
            for who, at, properties, place, known, user in zip(
                customers, source.at[chosen].tolist(), _properties(source, chosen), places, received.tolist(), users,
                strict=True,
            )
        ]  # fmt: skip


def _properties(source: Table, chosen: Ints) -> list[str]:
    names = tuple(source.columns)
    values = (column[chosen].tolist() for column in source.columns.values())
    rows = (dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)) if names else ({} for _ in chosen)
    if not source.more:
        return [_encode(row).decode() for row in rows]
    nothing: Mapping[str, Any] = {}
    return [
        _encode({**row, **source.more.get(place, nothing)}).decode()
        for place, row in zip(chosen.tolist(), rows, strict=True)
    ]
