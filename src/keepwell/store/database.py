"""The relational database: one writer, snapshot readers, the same statements on SQLite and PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection, make_url

from keepwell.base.errors import KeepwellError

_FETCHED_AT_ONCE = 5000

READER_PRAGMAS = ("busy_timeout=10000", "temp_store=MEMORY", "cache_size=-65536", "mmap_size=1073741824")
WRITER_PRAGMAS = (
    *READER_PRAGMAS,
    "journal_mode=WAL",
    "synchronous=FULL",
    "secure_delete=ON",
    "wal_autocheckpoint=4000",
)
"""Durable at every commit; deleted content is overwritten."""

Parameters = Sequence[object]
Row = tuple[Any, ...]
"""A result row: what it holds is known by who wrote the statement."""


class DatabaseRefusedError(KeepwellError):
    """A database that cannot be used safely."""


class HalfWrittenError(KeepwellError):
    """A part of a transaction failed, and somebody wanted to commit the rest."""

    def __init__(self) -> None:
        super().__init__("A part of this change failed, so nothing was changed; what failed is in the log")


class DriverCursor(Protocol):
    """What both drivers give."""

    rowcount: int

    def execute(self, sql: str, parameters: Parameters = ...) -> object: ...

    def executemany(self, sql: str, parameters: Sequence[Parameters]) -> object: ...

    def fetchall(self) -> list[Row]: ...

    def fetchmany(self, size: int) -> list[Row]: ...

    @property
    def description(self) -> Sequence[tuple[object, ...]] | None: ...


class Session:
    """One transaction. Statements are written with `?` and run on either dialect."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        raw = connection.connection.driver_connection
        if raw is None:
            raise DatabaseRefusedError("the database connection is gone")
        self._cursor: DriverCursor = raw.cursor()
        self.dialect = connection.dialect.name
        self.spoilt = False
        self.afterwards: list[Callable[[], object]] = []  # called once the transaction is committed

    def _text(self, sql: str) -> str:
        return sql if self.dialect == "sqlite" else sql.replace("%", "%%").replace("?", "%s")

    def run(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run one statement; its rows, if it gives any."""
        if parameters or self.dialect == "sqlite":
            self._cursor.execute(self._text(sql), parameters)
        else:
            self._cursor.execute(sql)  # without parameters psycopg leaves % alone
        return self._cursor.fetchall() if self._cursor.description else []

    def many(self, sql: str, parameters: Sequence[Parameters]) -> int:
        """Run one statement for each of many parameter rows; how many rows it changed."""
        if not parameters:
            return 0
        self._cursor.executemany(self._text(sql), parameters)
        return self._cursor.rowcount

    @property
    def changed(self) -> int:
        """How many rows the last statement changed."""
        return self._cursor.rowcount

    def columns(self, sql: str, parameters: Parameters = ()) -> dict[str, list[Any]]:
        """The result of one statement as columns."""
        rows = self.run(sql, parameters)
        names = [str(entry[0]) for entry in self._cursor.description or ()]
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
        return {name: list(column) for name, column in zip(names, columns, strict=True)}

    def integers(self, sql: str, parameters: Parameters = ()) -> NDArray[np.int64]:
        """The result of a statement that gives integers only, [rows, columns]; in pieces, so that it stays small."""
        self._cursor.execute(self._text(sql), parameters)
        width = len(self._cursor.description or ())
        parts = [np.zeros((0, width), np.int64)]
        while rows := self._cursor.fetchmany(_FETCHED_AT_ONCE):
            parts.append(np.array(rows, np.int64))
        return np.concatenate(parts)

    def one(self, sql: str, parameters: Parameters = ()) -> Any:  # noqa: ANN401 - as in Row
        """The first value of the first row, or None."""
        rows = self.run(sql, parameters)
        return rows[0][0] if rows else None

    def temporary(self, name: str, select: str) -> None:
        """A table of this transaction, made from a query."""
        self._forget(name)
        self.run(f"CREATE TEMPORARY TABLE {name} AS {select}")

    def empty(self, name: str, columns: str) -> None:
        """An empty table of this transaction, kept in the order of its key where the store can."""
        self._forget(name)
        ordered = " WITHOUT ROWID" if self.dialect == "sqlite" else ""
        self.run(f"CREATE TEMPORARY TABLE {name} ({columns}){ordered}")

    def _forget(self, name: str) -> None:
        self.run(f"DROP TABLE IF EXISTS {'temp.' if self.dialect == 'sqlite' else 'pg_temp.'}{name}")


class Database:
    """An open database with exactly one writing connection."""

    def __init__(self, engine: Engine, readers: Engine) -> None:
        self.engine = engine
        self.readers = readers
        self.dialect = engine.dialect.name
        self.commits = 0  # of this process; what was read before a commit may be outdated after it
        self._lock = threading.RLock()
        self._writer: Connection | None = None
        self._session: Session | None = None

    @contextmanager
    def write(self) -> Iterator[Session]:
        """The one writing transaction: committed as a whole, or not at all.

        Inside another one of the same thread it joins that one, and a failure in it undoes both.
        """
        with self._lock:
            if self._session is not None:
                with _spoiling(self._session):
                    yield self._session
                return
            with self._begun() as session:
                yield session
            self.commits += 1
        for call in session.afterwards:
            call()

    @contextmanager
    def _begun(self) -> Iterator[Session]:
        if self._writer is None:
            self._writer = self.engine.connect()
            self._writer.info["writes"] = True
        with self._writer.begin():
            self._session = Session(self._writer)
            try:
                yield self._session
                if self._session.spoilt:
                    raise HalfWrittenError
            finally:
                self._session = None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A snapshot of everything committed before it."""
        with self.readers.connect() as connection, connection.begin():
            yield Session(connection)

    def checkpoint(self) -> None:
        """Fold SQLite's write-ahead log into the file; only the writer may do it."""
        if self.dialect != "sqlite":
            return
        with self._lock:
            if self._writer is not None:
                raw = self._writer.connection.driver_connection
                if raw is not None:
                    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Give back all connections."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self.readers.dispose()
        self.engine.dispose()


@contextmanager
def _spoiling(session: Session) -> Iterator[None]:
    """Note a failure, so that it cannot be caught and the rest committed."""
    try:
        yield
    except BaseException:
        session.spoilt = True
        raise


def open_database(url: str) -> Database:
    """Open a database by its SQLAlchemy URL (`sqlite:///...` or `postgresql+psycopg://...`).

    Raises:
        DatabaseRefusedError: another kind of database.
    """
    parsed = make_url(url)
    dialect = parsed.get_backend_name()
    if dialect == "postgresql":
        engine = create_engine(url, isolation_level="REPEATABLE READ")
        return Database(engine, engine)
    if dialect != "sqlite":
        raise DatabaseRefusedError(f"Keepwell runs on SQLite and PostgreSQL, not on {dialect}")
    readers = create_engine(f"sqlite:///file:{quote(parsed.database or '')}?mode=ro&uri=true")
    return over_sqlite(create_engine(url), readers)


def over_sqlite(engine: Engine, readers: Engine) -> Database:
    """SQLite behind two engines on one file: the writer's, and one that only reads. Any driver will do."""
    for each, pragmas in ((engine, WRITER_PRAGMAS), (readers, READER_PRAGMAS)):
        event.listen(each, "begin", _begin_sqlite)
        event.listen(each, "connect", partial(_prepare, pragmas))
    return Database(engine, readers)


def _prepare(pragmas: Sequence[str], raw: object, _record: object) -> None:
    raw.isolation_level = None  # type: ignore[attr-defined]  # SQLAlchemy begins transactions itself
    for pragma in pragmas:
        raw.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get("writes") else "BEGIN")
