"""DuckDB over sealed segments and hot rows: the past, and full runs. It owns no file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from keepwell.alerts import aggregates as closer
from keepwell.base.time import DAY_US
from keepwell.events.catalog import STREAM_OF, Stream
from keepwell.metrics import aggregates as agg
from keepwell.metrics.rollups import DAY_WINDOW, FACT_WINDOW, FOLDS, PART_WINDOW, Fold
from keepwell.metrics.statement import Statement
from keepwell.metrics.table import Ints, Result, Table, assemble

Asked = Sequence[tuple[int, int, int, int]]

MEMORY_LIMIT = "3GB"
_FOREVER = 2**62
FEW = 1000  # up to this many customers are picked out while reading


@dataclass(frozen=True)
class LogSnapshot:
    """What one consistent look at the log consists of.

    Attributes:
        files: absolute paths of segments, by stream (`first` holds the index of first uses).
        hot: hot rows that are not sealed, all streams.
        profiles: (customer, known_at, until, integers of `PROFILE_COLUMNS`).
        items: (set_id, item, number).
    """

    files: Mapping[str, Sequence[str]]
    hot: pa.Table
    profiles: pa.Table
    items: pa.Table


@contextmanager
def opened() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory, with limits."""
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        connection.execute("SET enable_progress_bar = false")  # standard output is the command's
        connection.execute("SET preserve_insertion_order = false")
        connection.execute(f"SET temp_directory = '{tempfile.gettempdir()}/keepwell-duckdb'")
        yield connection
    finally:
        connection.close()


def _parquet(paths: Sequence[str]) -> str:
    """A relation over some files."""
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{listed}])"


def _union(log: LogSnapshot, stream: str, columns: str, where: str, hot_where: str) -> str:
    """Events of one stream: segments, then hot rows."""
    hot = f"SELECT {columns} FROM hot WHERE {hot_where} AND ({where})"
    paths = log.files.get(stream, ())
    if not paths:
        return hot
    return f"SELECT {columns} FROM {_parquet(paths)} WHERE {where} UNION ALL {hot}"


def union(log: LogSnapshot, stream: Stream, columns: str, where: str) -> str:
    """Events of one stream that match a condition, as a statement over files and the relation `hot`."""
    return _union(log, stream, columns, where, _of(stream))


_SLOTS = (
    "customer, kind, own, source, occurred_at, known_at, key, n, v1, v2, part, part2, code, code2, ref, day2, day,"
    " known_day"
)


def compute(log: LogSnapshot, asked: Asked, customers: Sequence[int] | None = None, only: Sequence[str] = ()) -> Table:
    """Aggregates of all customers (or some) at the asked moments, each as it was known then.

    `only` names the statements that are needed, all when empty; columns of the others are missing.

    Several moments must all be UTC midnights: then a whole day is known or not.
    """
    merge = len(asked) > 1
    with opened() as connection:
        _prepare(connection, log, asked, customers)
        return _assemble(connection, [each for each in agg.statements(merge=merge) if each.name in only or not only])


def compute_closely(
    log: LogSnapshot, asked: Asked, customers: Sequence[int] | None = None
) -> tuple[Table, dict[str, Result]]:
    """What `compute` gives for one moment, and the results of `alerts.aggregates` beside it."""
    ((_, moment, _, _),) = asked
    with opened() as connection:
        _prepare(connection, log, asked, customers)
        where = f"known_at < {moment} AND known_day >= {(moment - DAY_US) // DAY_US}"
        attempts = closer.ATTEMPT.format(since=moment - DAY_US)
        recent = f"({_union(log, Stream.ACTIVITY, _SLOTS, where, _of(Stream.ACTIVITY))}) AS event"
        connection.execute(f"CREATE TEMP TABLE attempt AS {attempts.replace('FROM event', f'FROM {recent}')}")
        found: dict[str, Result] = {each.name: _columns(connection, each.sql) for each in closer.statements()}
        return _assemble(connection, agg.statements(merge=False)), found


def _prepare(
    connection: duckdb.DuckDBPyConnection, log: LogSnapshot, asked: Asked, customers: Sequence[int] | None
) -> None:
    """Rollups, and who is looked at when."""
    _load(connection, log, asked, _only(customers))
    if customers is None:
        connection.execute("CREATE TEMP TABLE touched AS SELECT DISTINCT customer FROM first_use WHERE part = ''")
    else:
        connection.register("chosen", pa.table({"customer": pa.array(customers, pa.int64())}))
        connection.execute("CREATE TEMP TABLE touched AS SELECT customer FROM chosen")
    connection.execute(f"CREATE TEMP TABLE scope AS {agg.SCOPE}")


def _only(customers: Sequence[int] | None) -> str:
    """A condition that keeps a few customers and the platform."""
    if customers is None or len(customers) > FEW:
        return "1 = 1"
    return f"customer IN ({', '.join(map(str, (0, *customers)))})"


_READ = {
    "day": (Stream.ACTIVITY, DAY_WINDOW),
    "day_part": (Stream.ACTIVITY, PART_WINDOW),
    "fact": (Stream.FACT, FACT_WINDOW),
}
"""What each rollup is made from, and how many days back."""


def _load(connection: duckdb.DuckDBPyConnection, log: LogSnapshot, asked: Asked, only: str) -> None:
    """The relations the statements read: rollups made from events known by the latest moment."""
    connection.register("hot", log.hot)
    connection.register("profile", log.profiles)
    connection.register("set_item", log.items)
    moments = [pa.array(column, pa.int64()) for column in zip(*asked, strict=True)]
    connection.register("moments", pa.table(moments, names=["a", "t", "d", "k"]))
    connection.execute("CREATE TEMP TABLE asked AS SELECT * FROM moments")
    latest = max(t for _, t, _, _ in asked)
    oldest = min(d for _, _, d, _ in asked)
    day = "known_day" if len(asked) > 1 else "0 AS known_day"
    slots = _SLOTS.replace(" known_day", f" {day}")
    for fold in FOLDS:
        if fold.table == "first_use":
            _first_use(connection, log, latest, only)
            continue
        stream, window = _READ[fold.table]
        where = f"known_at < {latest} AND known_day > {oldest - window}"
        if fold.table == "fact":  # releases are few and are asked for whatever their age
            where = f"known_at < {latest} AND (known_day > {oldest - window} OR customer = 0)"
        source = f"({_union(log, stream, slots, f'{where} AND {only}', _of(stream))}) AS event"
        connection.execute(f"CREATE TEMP TABLE {fold.table} AS {fold.sql.replace('FROM event', f'FROM {source}')}")


def _of(stream: Stream) -> str:
    return f"kind IN ({', '.join(str(kind) for kind, found in STREAM_OF.items() if found is stream)})"


def _first_use(connection: duckdb.DuckDBPyConnection, log: LogSnapshot, latest: int, only: str) -> None:
    fresh = _fold("first_use").sql.replace("FROM event", "FROM hot")
    paths = log.files.get("first", ())
    known, sealed = f"known_at < {latest} AND {only}", ""
    if paths:
        sealed = f"SELECT customer, part, known_at, day FROM {_parquet(paths)} WHERE {known} UNION ALL "
    connection.execute(f"CREATE TEMP TABLE first_use AS {sealed}SELECT * FROM ({fresh}) AS fresh WHERE {known}")


def _fold(table: str) -> Fold:
    return next(fold for fold in FOLDS if fold.table == table)


def first_uses(events: pa.Table) -> pa.Table:
    """The index of first uses of a batch of events."""
    with opened() as connection:
        connection.register("event", events)
        return connection.sql(_fold("first_use").sql).to_arrow_table()


def merge_first_uses(paths: Sequence[str]) -> pa.Table:
    """Several indexes of first uses as one, each first use once."""
    with opened() as connection:
        return connection.sql(
            f"""SELECT customer, part, known_at, day FROM (
              SELECT *, MIN(day) OVER (PARTITION BY customer, part ORDER BY known_at, day
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
              FROM {_parquet(paths)}
            ) AS lows WHERE before IS NULL OR day < before"""
        ).to_arrow_table()


def fold_files(paths: Sequence[str], sql: str) -> pa.Table:
    """The result of a fold over the events of some segments, as one relation `fresh`."""
    with opened() as connection:
        connection.execute(f"CREATE VIEW fresh AS SELECT * FROM {_parquet(paths)}")
        return connection.sql(sql).to_arrow_table()


def events_of(log: LogSnapshot, where: str, limit: int) -> pa.Table:
    """Events of all streams that match a condition over the log's columns, newest first."""
    parts = [f"({_union(log, stream, '*', where, _of(stream))})" for stream in Stream]
    with opened() as connection:
        connection.register("hot", log.hot)
        return connection.sql(
            f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS event"
            f" ORDER BY occurred_at DESC, key DESC, source DESC LIMIT {limit}"
        ).to_arrow_table()


def latest_of_each(log: LogSnapshot, wheres: Sequence[str], each: int) -> pa.Table:
    """What was sent that matches one of some conditions over the log's columns, customer by customer, oldest first.

    Of a customer with more than `each` events, the newest. No two conditions may match the same event. They are read
    one by one: one customer is found three times as quickly by itself as in a list of two.
    """
    columns = "customer, kind, name, occurred_at, key, properties"
    streams = (stream for stream in Stream if stream is not Stream.STATE)
    parts = [f"({_union(log, stream, columns, where, _of(stream))})" for stream in streams for where in wheres]
    newest = "ROW_NUMBER() OVER (PARTITION BY customer ORDER BY occurred_at DESC, key DESC)"
    with opened() as connection:
        connection.register("hot", log.hot)
        return connection.sql(
            f"SELECT {columns} FROM ({' UNION ALL '.join(parts)}) AS event QUALIFY {newest} <= {each}"
            " ORDER BY customer, occurred_at, key"
        ).to_arrow_table()


def customers_with(log: LogSnapshot, where: str) -> list[int]:
    """Customers of whom there are events that match a condition over the log's columns, in no order."""
    streams = (each for each in Stream if each is not Stream.STATE)
    parts = " UNION ALL ".join(f"({_union(log, stream, 'customer', where, _of(stream))})" for stream in streams)
    with opened() as connection:
        connection.register("hot", log.hot)
        rows = connection.execute(f"SELECT DISTINCT customer FROM ({parts}) AS event WHERE customer > 0").fetchall()
    return [int(customer) for (customer,) in rows]


def newest_of_each(log: LogSnapshot, where: str) -> dict[str, NDArray[np.int64]]:
    """When the newest event that matches a condition over the log's columns happened, of each customer with any.

    As columns `customer`, ascending, and `occurred_at`.
    """
    parts = " UNION ALL ".join(
        f"({_union(log, stream, 'customer, occurred_at', where, _of(stream))})" for stream in Stream
    )
    with opened() as connection:
        connection.register("hot", log.hot)
        found = _columns(
            connection,
            f"SELECT customer, MAX(occurred_at) AS occurred_at FROM ({parts}) AS event WHERE customer > 0"
            " GROUP BY customer ORDER BY customer",
        )
    return {name: np.asarray(column, np.int64) for name, column in found.items()}


def read(log: LogSnapshot, stream: Stream, where: str, sql: str) -> Result:
    """Columns of a query over events of one stream that match a condition; the query reads them from `event`."""
    with opened() as connection:
        connection.register("hot", log.hot)
        connection.execute(f"CREATE VIEW event AS {_union(log, stream, _SLOTS + ', user_id', where, _of(stream))}")
        return _columns(connection, sql)


def feature_uses(log: LogSnapshot, before: int, least: int, most: int) -> tuple[list[str], Result]:
    """Features that at least so many customers use, the most used first, and the record lows of first uses of them.

    Columns `customer`, `feature` (a place among the features, -1 for the first event of any kind), `known_at`, `day`;
    all as known before a moment. Of more than `most` features those with the most users.
    """
    with opened() as connection:
        connection.register("hot", log.hot)
        _first_use(connection, log, before, "customer > 0")
        connection.execute(
            "CREATE TEMP TABLE chosen AS SELECT part, ROW_NUMBER() OVER (ORDER BY users DESC, part) - 1 AS feature"
            " FROM (SELECT part, COUNT(DISTINCT customer) AS users FROM first_use WHERE part LIKE 'f:%' GROUP BY part)"
            f" WHERE users >= {least} ORDER BY users DESC, part LIMIT {most}"
        )
        names = connection.execute("SELECT part FROM chosen ORDER BY feature").fetchall()
        sql = (
            "SELECT u.customer, CAST(COALESCE(c.feature, -1) AS BIGINT) AS feature, u.known_at, u.day"
            " FROM first_use u LEFT JOIN chosen c ON c.part = u.part WHERE u.part = '' OR c.part IS NOT NULL"
        )
        return [part[2:] for (part,) in names], _columns(connection, sql)


def _assemble(connection: duckdb.DuckDBPyConnection, statements: Sequence[Statement]) -> Table:
    names = ", ".join(agg.SCOPE_COLUMNS)
    scope: dict[str, Ints] = {
        name: np.asarray(column, np.int64)
        for name, column in _columns(connection, f"SELECT {names} FROM scope ORDER BY a, customer").items()
    }
    results = {statement.name: (statement, _columns(connection, statement.sql)) for statement in statements}
    connected: dict[int, set[str]] = {}
    for a, part in connection.execute(agg.CONNECTED).fetchall():
        connected.setdefault(a, set()).add(part)
    sets = {(a, s): (n, v) for a, s, n, v in connection.execute(agg.ENTITLED_SETS).fetchall()}
    return assemble(scope, results, {a: frozenset(parts) for a, parts in connected.items()}, sets)


def _columns(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, NDArray[np.generic]]:
    found = connection.sql(sql).to_arrow_table()  # twice as fast as fetchnumpy
    return {name: found.column(name).to_numpy() for name in found.column_names}


def first_days(log: LogSnapshot, customer: int) -> list[tuple[str, int, int]]:
    """Feature, when it became known, day of first use: all record lows of a customer."""
    with opened() as connection:
        connection.register("hot", log.hot)
        _first_use(connection, log, _FOREVER, f"customer = {customer}")
        rows = connection.execute("SELECT part, known_at, day FROM first_use WHERE part LIKE 'f:%'").fetchall()
    return [(part[2:], known_at, day) for part, known_at, day in rows]
