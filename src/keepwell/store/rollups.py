"""Rollups: a cache of now. The fold of new events is added to what is there, each event once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from keepwell.alerts import aggregates as closer
from keepwell.base.time import DAY_US
from keepwell.metrics import aggregates as agg
from keepwell.metrics.rollups import (
    AMOUNT_CAP,
    DAY_WINDOW,
    FACT_WINDOW,
    FOLDS,
    LATEST,
    PART_WINDOW,
    PULSE,
    PULSE_WINDOW,
    Fold,
)
from keepwell.metrics.statement import Statement
from keepwell.metrics.table import Ints, Result, Table, assemble
from keepwell.store.database import Session
from keepwell.store.log import mark, set_mark
from keepwell.store.schema import EVENT_COLUMNS

Asked = Sequence[tuple[int, int, int, int]]
"""Moments: (a, t, d, k), see `keepwell.metrics.aggregates`."""

FOLD_ROWS = 5000  # hot rows folded at once: their largest sums still fit a BIGINT


def select(fold: Fold, source: str) -> str:
    """The fold of a source of events, with the columns of its table in order.

    Rollups of now do not tell when a row became known: rows that differ only in that are one row.
    """
    now = f"(SELECT {', '.join('0 AS known_day' if name == 'known_day' else name for name in EVENT_COLUMNS)} FROM {source}) AS event"
    text = fold.sql.replace("FROM event", f"FROM {now}")
    if fold.combine == "least":
        return f"SELECT customer, part, 0, MIN(day) FROM ({text}) AS folded WHERE 1 = 1 GROUP BY customer, part"
    # SQLite needs a WHERE before ON CONFLICT, or it reads ON as a join
    return f"SELECT {', '.join(columns_of(fold))} FROM ({text}) AS folded WHERE 1 = 1"


def columns_of(fold: Fold) -> tuple[str, ...]:
    """All columns of a rollup table."""
    middle = {"day": ("known_day",), "day_part": ("known_day",), "first_use": ("known_at",)}.get(fold.table, ())
    return (*fold.keys, *middle, *fold.columns)


def _combine(fold: Fold) -> str:
    def added(name: str) -> str:
        total = f"{fold.table}.{name} + excluded.{name}"
        if name in ("amount", "value"):
            total = f"CASE WHEN {total} > {AMOUNT_CAP} THEN {AMOUNT_CAP} ELSE {total} END"
        return f"{name} = {total}"

    def largest(name: str) -> str:
        return f"{name} = CASE WHEN excluded.{name} > {fold.table}.{name} THEN excluded.{name} ELSE {fold.table}.{name} END"

    match fold.combine:
        case "add":
            changes = [largest(name) if name in LATEST else added(name) for name in fold.columns]
        case "part":
            changes = [largest(name) if name == "top" else added(name) for name in fold.columns]
        case "least":
            return f"DO UPDATE SET day = excluded.day WHERE excluded.day < {fold.table}.day"
        case _:
            return "DO NOTHING"
    return f"DO UPDATE SET {', '.join(changes)}"


def upsert(fold: Fold) -> str:
    """`INSERT ... ` up to its rows, and how they combine with what is there."""
    return f"INSERT INTO {fold.table} ({', '.join(columns_of(fold))}) {{rows}} ON CONFLICT ({', '.join(fold.keys)}) {_combine(fold)}"


def unfolded(session: Session) -> int:
    """How many hot rows the rollups do not know yet."""
    return int(session.one("SELECT COALESCE(MAX(id), 0) FROM event") or 0) - mark(session, "rolled_to")


def next_rows(session: Session, limit: int) -> tuple[int, int]:
    """The numbers (above, upto] of the hot rows to fold next, at most so many; none when they are equal."""
    above = mark(session, "rolled_to")
    newest = int(session.one("SELECT COALESCE(MAX(id), 0) FROM event") or 0)
    return above, max(above, min(newest, above + limit))


def fold_hot(session: Session, above: int, upto: int) -> None:
    """Fold hot rows with numbers in (above, upto] into the rollups, mark their customers, advance the mark."""
    for start in range(above, upto, FOLD_ROWS):
        _fold_range(session, start, min(start + FOLD_ROWS, upto))
    set_mark(session, "rolled_to", upto)


_TOUCH = (
    "INSERT INTO dirty (customer, since) SELECT customer, MIN(recorded_at) FROM event"
    " WHERE id > ? AND id <= ? AND customer > 0 GROUP BY customer ON CONFLICT DO NOTHING"
)


def _fold_range(session: Session, above: int, upto: int) -> None:
    source = f"(SELECT * FROM event WHERE id > {above} AND id <= {upto}) AS fresh"
    for fold in (*FOLDS, PULSE):
        session.run(upsert(fold).format(rows=select(fold, source)))
    session.run(_TOUCH, (above, upto))


def add_rows(session: Session, fold: Fold, rows: Sequence[tuple[object, ...]]) -> None:
    """Add rows folded elsewhere, for example from segments."""
    marks = ", ".join("?" for _ in columns_of(fold))
    session.many(upsert(fold).format(rows=f"VALUES ({marks})"), rows)


def prune(session: Session, today: int) -> None:
    """Forget rollup rows that no window reaches any more."""
    session.run("DELETE FROM day WHERE day <= ?", (today - DAY_WINDOW,))
    session.run("DELETE FROM day_part WHERE day <= ?", (today - PART_WINDOW,))
    session.run("DELETE FROM pulse WHERE day <= ?", (today - PULSE_WINDOW,))
    session.run("DELETE FROM fact WHERE day <= ? AND customer > 0", (today - FACT_WINDOW,))


def clear(session: Session) -> None:
    """Empty all rollups, for a rebuild."""
    for fold in (*FOLDS, PULSE):
        session.run(f"DELETE FROM {fold.table}")


def aggregate(session: Session, asked: Asked, touched: Sequence[int]) -> Table:
    """Aggregates of the touched customers out of the rollups: the live path."""
    rows = " UNION ALL ".join(
        f"SELECT CAST({a} AS BIGINT) AS a, CAST({t} AS BIGINT) AS t, CAST({d} AS BIGINT) AS d, CAST({k} AS BIGINT) AS k"
        for a, t, d, k in asked
    )
    session.temporary("asked", rows)
    session.temporary(
        "touched", "SELECT id AS customer FROM customer WHERE 1 = 0"
    )  # with a key, SQLite begins elsewhere
    session.many("INSERT INTO touched (customer) VALUES (?)", [(each,) for each in touched])
    scope = _scope(session)
    results = {
        statement.name: (statement, _ints(session, statement.sql, ("a", "customer", *statement.columns)))
        for statement in agg.statements(merge=False)
    }
    return assemble(scope, results, _connected(session), _sets(session))


def look_closely(
    session: Session, moment: int, statements: Sequence[Statement], customers: Sequence[int] | None = None
) -> dict[str, Result]:
    """Results of statements of `alerts.aggregates` for those whom `aggregate` has just looked at, or some of them."""
    attempt = f"JOIN ({closer.ATTEMPT.format(since=moment - DAY_US)}) e ON"
    chosen = "scope s"
    if customers is not None:
        numbers = ", ".join(map(str, customers)) or "NULL"
        chosen = f"(SELECT * FROM scope WHERE customer IN ({numbers})) s"
    found: dict[str, Result] = {}
    for each in statements:
        sql = each.sql.replace("JOIN attempt e ON", attempt).replace("FROM scope s", f"FROM {chosen}")
        found[each.name] = _ints(session, sql, ("a", "customer", *each.columns))
    return found


def _scope(session: Session) -> dict[str, Ints]:
    """Who is looked at when: a table in the order of its key, so that the statements need no sorting."""
    names = ", ".join(agg.SCOPE_COLUMNS)
    columns = ", ".join(f"{name} BIGINT" for name in agg.SCOPE_COLUMNS)
    session.empty("scope", f"{columns}, PRIMARY KEY (a, customer)")
    session.run(f"INSERT INTO scope ({names}) SELECT {names} FROM ({agg.SCOPE}) AS found ORDER BY a, customer")
    return _sorted_scope(_ints(session, f"SELECT {names} FROM scope", agg.SCOPE_COLUMNS))


def _sorted_scope(scope: Result) -> dict[str, Ints]:
    order = np.lexsort((scope["customer"], scope["a"]))
    return {name: column[order].astype(np.int64) for name, column in scope.items()}


def _ints(session: Session, sql: str, names: Sequence[str]) -> dict[str, NDArray[np.generic]]:
    if "asset" in names:
        rows = session.run(sql)
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
        return {
            name: np.array(column, object if name == "asset" else np.int64)
            for name, column in zip(names, columns, strict=True)
        }
    return dict(zip(names, session.integers(sql).T, strict=True))


def _connected(session: Session) -> Mapping[int, frozenset[str]]:
    seen: dict[int, set[str]] = {}
    for a, part in session.run(agg.CONNECTED):
        seen.setdefault(int(a), set()).add(str(part))
    return {a: frozenset(parts) for a, parts in seen.items()}


def _sets(session: Session) -> Mapping[tuple[int, int], tuple[int, int]]:
    rows = session.run(agg.ENTITLED_SETS)
    return {(int(a), int(s)): (int(n), int(v)) for a, s, n, v in rows}
