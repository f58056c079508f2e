"""apsw, spoken to as the standard module is: enough of a driver for SQLAlchemy and for `Session`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import apsw
from sqlalchemy import Engine, create_engine

Row = tuple[Any, ...]


class Cursor:
    """A cursor whose statement is over when `execute` returns."""

    lastrowid = None
    arraysize = 1

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._rows: list[Row] = []
        self.description: Sequence[tuple[object, ...]] | None = None
        self.rowcount = -1

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        return self._run("execute", sql, parameters)

    def executemany(self, sql: str, parameters: Sequence[Sequence[object]]) -> Cursor:
        return self._run("executemany", sql, parameters)

    def _run(self, method: str, sql: str, parameters: Sequence[object]) -> Cursor:
        self.description = None
        before = self._connection.total_changes()
        cursor = self._connection.cursor()
        cursor.exec_trace = self._described  # a finished statement does not tell its columns any more
        self._rows = list(getattr(cursor, method)(sql, parameters))
        self.rowcount = self._connection.total_changes() - before
        return self

    def _described(self, cursor: apsw.Cursor, _sql: str, _bound: object) -> bool:
        columns = cursor.get_description()
        self.description = [(name, *[None] * 6) for name, *_ in columns] or None
        return True

    def fetchall(self) -> list[Row]:
        return self.fetchmany(len(self._rows))

    def fetchmany(self, size: int) -> list[Row]:
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def fetchone(self) -> Row | None:
        return next(iter(self.fetchmany(1)), None)

    def close(self) -> None:
        self._rows = []


class Connection:
    """A connection that begins nothing by itself."""

    isolation_level = None

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def cursor(self) -> Cursor:
        return Cursor(self._connection)

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> Cursor:
        return self.cursor().execute(sql, parameters)

    def commit(self) -> None:
        self._end("COMMIT")

    def rollback(self) -> None:
        self._end("ROLLBACK")

    def _end(self, how: str) -> None:
        if self._connection.in_transaction:
            self.execute(how)

    def create_function(self, *_: object, **__: object) -> None:
        """SQLAlchemy offers a REGEXP that nobody uses."""

    def close(self) -> None:
        self._connection.close()


MODULE = SimpleNamespace(
    paramstyle="qmark",
    sqlite_version_info=tuple(int(part) for part in apsw.sqlite_lib_version().split(".")),
    Error=apsw.Error,
    ProgrammingError=apsw.ConnectionClosedError,
)


def engine(connect: Callable[[], apsw.Connection]) -> Engine:
    """An engine of SQLAlchemy over apsw."""
    return create_engine("sqlite+pysqlite:///apsw", module=MODULE, creator=lambda: Connection(connect()))
