"""Days of customers out of the log: what forecasts are made from. Sums are of whole numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import duckdb
import numpy as np
import pyarrow as pa

from keepwell.engines.duckdb import LogSnapshot, opened, union
from keepwell.events.catalog import STATUSES, Stream, key_of, number
from keepwell.statistics.arrays import Ints

MONEY: Final = ("amount", "value_usd", "usd", "value", "revenue", "total", "price", "volume")
"""Properties of events under names of their own that are money, the first one that is a number counts."""
_MOST: Final = 10**11  # units of money in one event; beyond it a sum could overflow
_FAILED: Final = ", ".join(str(STATUSES.index(each)) for each in ("failed", "expired", "rejected"))
_VALUE: Final = "CAST(COALESCE(v2, 0) // 10000 AS BIGINT)"


@dataclass(frozen=True)
class Rows:
    """Rows of customers' days; all of shape (rows,)."""

    customer: Ints
    day: Ints
    known: Ints
    count: Ints
    cents: Ints


def _money() -> str:
    paths = (f"TRY_CAST(json_extract_string(properties, '$.{name}') AS DOUBLE)" for name in MONEY)
    found = f"COALESCE({', '.join(paths)}, 0)"
    return f"CAST(ROUND(CASE WHEN ABS({found}) <= {_MOST} THEN {found} ELSE 0 END * 100) AS BIGINT)"


class Activity:
    """One look at the log, asked for days; open it with `with`."""

    def __init__(self, log: LogSnapshot, until: int) -> None:
        """What happened and was known before a moment."""
        self._log = log
        self._known = f"customer > 0 AND known_at < {until} AND occurred_at < {until}"
        self._held = opened()

    def __enter__(self) -> Self:
        self._connection: duckdb.DuckDBPyConnection = self._held.__enter__()
        self._connection.register("hot", self._log.hot)
        return self

    def __exit__(self, *error: object) -> None:
        self._held.__exit__(None, None, None)

    def names(self) -> tuple[int, Mapping[str, int]]:
        """Customer-days of own activity, and of each event under a name of its own."""
        own = self._events(Stream.ACTIVITY, "own = 1", "customer, day")
        (days,) = self._one(f"SELECT COUNT(*) FROM (SELECT DISTINCT customer, day FROM ({own}))")
        named = self._events(Stream.ACTIVITY, "kind = 0", "customer, day, name")
        counted = f"SELECT name, COUNT(*) FROM (SELECT DISTINCT name, customer, day FROM ({named})) GROUP BY name"
        return int(days), {str(name): int(rows) for name, rows in self._connection.execute(counted).fetchall()}

    def events(self) -> Mapping[str, int]:
        """How many of each event there are, those of the plan and those under names of their own."""
        parts = [self._events(each, "TRUE", "kind, CASE WHEN kind = 0 THEN name END AS name, n") for each in Stream]
        sql = f"SELECT kind, name, CAST(SUM(n) AS BIGINT) FROM ({' UNION ALL '.join(parts)}) GROUP BY kind, name"
        return {key_of(int(kind), name): int(n) for kind, name, n in self._connection.execute(sql).fetchall()}

    def _one(self, sql: str) -> tuple[int, ...]:
        found: tuple[int, ...] | None = self._connection.execute(sql).fetchone()
        assert found is not None  # noqa: S101 - an aggregate gives one row
        return found

    def own(self) -> Rows:
        """Own activity that the tracking plan knows; money is the value of transactions."""
        cents = f"CASE WHEN kind = {number('transaction')} THEN {_VALUE} ELSE 0 END"
        return self._rows([self._events(Stream.ACTIVITY, "own = 1", f"customer, day, known_day, n, {cents} AS cents")])

    def named(self, names: Sequence[str], kinds: Sequence[int] = ()) -> Rows:
        """Events under names of the platform's own, and events of the plan, with the money in their properties."""
        self._connection.register("chosen", pa.table({"chosen": pa.array(list(names), pa.string())}))
        which = f"((kind = 0 AND name IN (SELECT chosen FROM chosen)) OR kind IN ({_listed(kinds)}))"
        columns = f"customer, day, known_day, n, {_money()} AS cents"
        return self._rows([self._events(stream, which, columns) for stream in Stream])

    def of_kinds(self, keys: Sequence[str], *, failed: bool = False) -> Rows:
        """Events of the plan; with `failed` only what did not succeed."""
        which = f"kind IN ({_listed([number(key) for key in keys])})"
        if failed:
            which += f" AND code2 IN ({_FAILED})"
        return self._rows([self._events(each, which, "customer, day, known_day, n, 0 AS cents") for each in Stream])

    def first_uses(self) -> Rows:
        """The first use of each feature that became known, one row each."""
        found = self._events(Stream.ACTIVITY, f"kind = {number('feature_used')}", "customer, day, known_day, part")
        pair = "MIN(struct_pack(k := known_day, d := day)) AS pair"
        first = f"SELECT customer, {pair} FROM ({found}) GROUP BY customer, part"
        return self._rows([f"SELECT customer, pair.d AS day, pair.k AS known_day, 1 AS n, 0 AS cents FROM ({first})"])

    def _events(self, stream: Stream, which: str, columns: str) -> str:
        return union(self._log, stream, columns, f"{self._known} AND {which}")

    def _rows(self, parts: Sequence[str]) -> Rows:
        sql = (
            "SELECT customer, day, known_day, CAST(SUM(n) AS BIGINT) AS count, CAST(SUM(cents) AS BIGINT) AS cents"
            f" FROM ({' UNION ALL '.join(f'({part})' for part in parts)}) AS event GROUP BY ALL"
        )
        found = self._connection.sql(sql).to_arrow_table()
        names = ("customer", "day", "known_day", "count", "cents")
        return Rows(*(found.column(name).to_numpy().astype(np.int64) for name in names))


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "NULL"
