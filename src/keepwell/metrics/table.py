"""The aggregates of many customers as columns, ready for NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keepwell.metrics.aggregates import BUCKETS, DAY_AGGREGATES, EARLIER
from keepwell.metrics.statement import Statement

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_CUSTOMER_BITS = 40


@dataclass(frozen=True)
class Rows:
    """A result with several rows per customer: columns of equal length, and the table row each belongs to.

    Rows of one table row are neighbours and in the order in which they are to be added up.
    """

    row: Ints
    columns: Mapping[str, NDArray[np.generic]]

    def __getitem__(self, name: str) -> Ints:
        return self.columns[name]  # type: ignore[return-value]


@dataclass(frozen=True)
class Table:
    """Aggregates of N (moment, customer) pairs, ordered by moment, then customer.

    Attributes:
        scope: the columns of `scope`, [N] each.
        days: sums over the wide rollup, [N, 4] each, one column per bucket of age; [N, 1] of what only the
            last 28 days are asked for.
        one: the columns of the single-row statements, [N] each, and `kind.column` of the parts.
        rows: assets, meters, aged and latest.
        connected: kinds of events the platform ever sent, per moment.
        sets: (moment, entitled set) -> (features, advanced features).
    """

    scope: Mapping[str, Ints]
    days: Mapping[str, Ints]
    one: Mapping[str, Ints]
    rows: Mapping[str, Rows]
    connected: Mapping[int, frozenset[str]]
    sets: Mapping[tuple[int, int], tuple[int, int]]

    def __len__(self) -> int:
        return len(self.scope["customer"])


Result = Mapping[str, NDArray[Any]]


def _key(a: Ints, customer: Ints) -> Ints:
    return (a << _CUSTOMER_BITS) + customer


def assemble(
    scope: Mapping[str, Ints],
    results: Mapping[str, tuple[Statement, Result]],
    connected: Mapping[int, frozenset[str]],
    sets: Mapping[tuple[int, int], tuple[int, int]],
) -> Table:
    """Line up the results of all statements with the scope, which must be sorted by (a, customer)."""
    keys = _key(scope["a"], scope["customer"])
    size = len(keys)
    one: dict[str, Ints] = {}
    rows: dict[str, Rows] = {}
    widths = {name: len(BUCKETS) if name in EARLIER else 1 for name in DAY_AGGREGATES}
    days = {name: np.zeros((size, width), np.int64, order="F") for name, width in widths.items()}
    for name, (statement, result) in results.items():
        place = np.searchsorted(keys, _key(result["a"], result["customer"]))
        if name in ("days", "earlier"):
            for column in statement.columns[1:]:
                days[column][place, result["bucket"]] = result[column]
        elif name == "parts":
            _spread_parts(one, statement, result, (place, size))
        elif statement.single:
            for column in statement.columns:
                one[column] = np.zeros(size, np.int64)
                one[column][place] = result[column]
        else:
            rows[name] = _ordered(statement, result, place)
    return Table(scope, days, one, rows, connected, sets)


def _spread_parts(
    one: dict[str, Ints], statement: Statement, result: Result, where: tuple[NDArray[np.intp], int]
) -> None:
    place, size = where
    for kind in (1, 2, 3):
        chosen = result["kind"] == kind
        for column in statement.columns[1:]:
            spread = one[f"{kind}.{column}"] = np.zeros(size, np.int64)
            spread[place[chosen]] = result[column][chosen]


def _ordered(statement: Statement, result: Result, place: NDArray[np.intp]) -> Rows:
    """Rows sorted by table row, then by the two columns that tell its rows apart: an engine-free order."""
    order = np.lexsort((*(_rank(result[column]) for column in reversed(statement.columns[:2])), place))
    columns = {column: result[column][order] for column in statement.columns}
    return Rows(place[order].astype(np.int64), columns)


def _rank(values: NDArray[np.generic]) -> NDArray[np.generic]:
    """Texts by their place in sorted order; numbers as they are."""
    if values.dtype.kind != "O":
        return values
    texts = values.tolist()
    places = {text: place for place, text in enumerate(sorted(set(texts)))}
    return np.fromiter((places[text] for text in texts), np.int64, len(texts))
