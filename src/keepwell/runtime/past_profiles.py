"""Profiles as known at moments, out of one look at the log: columns for many customers at once."""

from __future__ import annotations

import numpy as np

from keepwell.engines.duckdb import LogSnapshot
from keepwell.statistics.arrays import Ints


class Profiles:
    """The versions of a look at the log."""

    def __init__(self, log: LogSnapshot) -> None:
        self._columns: dict[str, Ints] = {
            name: np.asarray(log.profiles.column(name).to_numpy(), np.int64) for name in log.profiles.column_names
        }
        self._items: dict[int, dict[str, int]] = {}
        columns = (log.items.column(name).to_pylist() for name in ("set_id", "item", "number"))
        for identity, item, number in zip(*columns, strict=True):
            self._items.setdefault(identity, {})[item] = number

    def at(self, moment: int, customers: Ints, *names: str) -> list[Ints]:
        """Integers of the profiles of customers (ascending) as known before a moment; 0 of whom there is none."""
        columns = self._columns
        rows = np.flatnonzero((columns["known_at"] < moment) & (moment <= columns["until"]))
        whose = columns["customer"][rows]
        place = np.searchsorted(customers, whose)
        here = np.isin(whose, customers)
        found = []
        for name in names:
            values = np.zeros(len(customers), np.int64)
            values[place[here]] = columns[name][rows[here]]
            found.append(values)
        return found

    def items(self, identity: int) -> dict[str, int]:
        """The texts of a set with their numbers: entitled features, or limits of meters."""
        return self._items.get(identity, {})
