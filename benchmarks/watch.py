"""Watching where time goes: each statement of DuckDB and of the database, and what a process holds in memory."""

from __future__ import annotations

import os
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb

from keepwell.metrics.aggregates import statements
from keepwell.store.database import Session


class Clock:
    """Seconds by name; what is timed inside something else counts for itself only."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inside = 0.0

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        start, before, self._inside = time.perf_counter(), self._inside, 0.0
        try:
            yield
        finally:
            passed = time.perf_counter() - start
            self.seconds[name] += passed - self._inside
            self._inside = before + passed

    def best(self, other: Clock) -> None:
        """Keep the smaller time of each name."""
        for name, found in other.seconds.items():
            self.seconds[name] = min(found, self.seconds.get(name, found))


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cpu() -> float:
    """Seconds of processor that this process and its finished children took: what a busy machine does not change."""
    return sum(os.times()[:4])


def peak_bytes() -> int:
    """The most this process ever held. Not `ru_maxrss`, which a child inherits from who started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def forget_peak() -> None:
    """Let `peak_bytes` begin anew: what was held while something was prepared is nobody's."""
    Path("/proc/self/clear_refs").write_text("5")


def held_bytes() -> int:
    """What this process holds in memory now, without files that are mapped into it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) * 1024


_NAMES = {each.sql: each.name for merge in (False, True) for each in statements(merge=merge)}


def _title(sql: str) -> str:
    """What a statement is for, in a few words: its name, the table it makes, else its most telling columns."""
    if sql in _NAMES:
        return f"statement {_NAMES[sql]}"
    made = re.search(r"CREATE TEMP(?:ORARY)? TABLE (\w+)|INSERT INTO (\w+)|(DELETE FROM \w+)|(DROP TABLE)", sql)
    if made:
        return next(group for group in made.groups() if group)
    columns = re.findall(r"AS (\w+)\)?,?\n", sql) or re.findall(r"AS (\w+)", sql)
    table = re.search(r"FROM (\w+)", sql)
    words = columns[2] if len(columns) > 2 else " ".join(sql.split()[1:3])
    return f"{words} of {table.group(1) if table else ''}"


class _Watched:
    """A DuckDB connection whose every call is timed; the time of fetching counts for the statement."""

    def __init__(self, connection: Any, clock: Clock) -> None:  # noqa: ANN401 - stands in for a connection
        self._connection, self._clock, self._last = connection, clock, "register"

    def execute(self, sql: str, *arguments: object) -> _Watched:
        self._last = _title(sql)
        with self._clock.of(self._last):
            self._connection.execute(sql, *arguments)
        return self

    def __getattr__(self, name: str) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            with self._clock.of("register" if name == "register" else self._last):
                return getattr(self._connection, name)(*arguments)

        return call


@contextmanager
def duckdb_statements() -> Iterator[Clock]:
    """Time every statement of DuckDB."""
    clock, original = Clock(), duckdb.connect

    def watched(*arguments: object) -> _Watched:
        return _Watched(original(*arguments), clock)

    duckdb.connect = watched
    try:
        yield clock
    finally:
        duckdb.connect = original


@contextmanager
def steps(*watched: tuple[str, ModuleType, str]) -> Iterator[Clock]:
    """Time functions while others call them: each is named, and found in the module where its caller looks it up."""
    clock = Clock()
    originals = [getattr(module, function) for _, module, function in watched]
    for (name, module, function), original in zip(watched, originals, strict=True):
        setattr(module, function, _timed(clock, name, original))
    try:
        yield clock
    finally:
        for (_, module, function), original in zip(watched, originals, strict=True):
            setattr(module, function, original)


def _timed(clock: Clock, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def timed(*arguments: object, **named: object) -> Any:  # noqa: ANN401 - whatever it gives
        with clock.of(name):
            return work(*arguments, **named)

    return timed


@contextmanager
def database_statements() -> Iterator[Clock]:
    """Time every statement of the database."""
    clock, run, many = Clock(), Session.run, Session.many

    def timed_run(self: Session, sql: str, parameters: Sequence[object] = ()) -> object:
        with clock.of(_title(sql)):
            return run(self, sql, parameters)

    def timed_many(self: Session, sql: str, parameters: Sequence[Sequence[object]]) -> int:
        with clock.of(_title(sql)):
            return many(self, sql, parameters)

    Session.run, Session.many = timed_run, timed_many
    try:
        yield clock
    finally:
        Session.run, Session.many = run, many
