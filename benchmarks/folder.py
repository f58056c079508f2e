"""Data folders full of made-up events, written through the store as production writes them; kept between runs."""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks import events
from benchmarks.events import Size
from keepwell.config.settings import Settings
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import Stream
from keepwell.runtime.importing import FILES, compact_first_uses
from keepwell.runtime.workspace import Workspace, open_workspace
from keepwell.scores.scorecard import segment_id
from keepwell.store import log, profiles
from keepwell.store.schema import metadata
from keepwell.store.segments import FIRST

VERSION = 1  # of what is made here and in `events`: raise it to have kept folders made again
FACT_DAYS = 30  # facts are few: one segment a month
DRAWN_AT_ONCE = 300_000  # events
CHUNK = 20_000  # customers made at once


@contextmanager
def opened(folder: Path) -> Iterator[Workspace]:
    with open_workspace(Settings(data=folder, database_url=None)) as workspace:
        yield workspace


def made(cache: Path, size: Size) -> Path:
    """The folder of a size, made on first use. A half-made one is made again."""
    folder = cache / f"{size.customers}-{size.days}-{size.daily}-v{VERSION}-{_schema():08x}"
    if not folder.exists():
        building = folder.with_suffix(".building")
        shutil.rmtree(building, ignore_errors=True)
        with opened(building) as workspace, workspace.writing():
            _fill(workspace, size)
        building.rename(folder)
    return folder


def _schema() -> int:
    """Changes when a table does: a kept folder has the tables of the day it was made."""
    return zlib.crc32("".join(f"{table.name} {table.columns.keys()}" for table in metadata.sorted_tables).encode())


def _fill(workspace: Workspace, size: Size) -> None:
    with workspace.database.write() as session:
        log.source_id(session, FILES)
        workspace.ids.commit(workspace.ids.resolve(session, events.names(size.customers)))
    connection = events.connection()
    step = max(DRAWN_AT_ONCE // size.daily, 1)
    for start in range(size.first_day, events.END_DAY + 1, step):
        days = range(start, min(start + step, events.END_DAY + 1))
        drawn = events.table(connection, events.activity(size, start, len(days)))
        _write(workspace, Stream.ACTIVITY, *(drawn.filter(pc.equal(drawn.column("day"), day)) for day in days))
    _write_facts(workspace, events.table(connection, events.facts(size)), size)
    _write(workspace, Stream.FACT, events.table(connection, events.releases()))
    compact_first_uses(workspace)
    for start in range(1, size.customers + 1, CHUNK):
        end = min(start + CHUNK, size.customers + 1)
        _write_profiles(workspace, events.table(connection, events.states(size, start, end)))
    connection.close()
    with workspace.database.write() as session:
        log.set_mark(session, "watermark", size.days * size.daily)


def _write(workspace: Workspace, stream: Stream, *tables: pa.Table) -> None:
    """One segment for each table, and their first uses."""
    with workspace.database.write() as session:
        for table in tables:
            workspace.segments.write(session, stream, table, rolled=False)
        workspace.segments.write(session, FIRST, engine.first_uses(pa.concat_tables(tables)), rolled=False)


def _write_facts(workspace: Workspace, table: pa.Table, size: Size) -> None:
    day = table.column("known_day")
    for start in range(size.first_day, events.END_DAY + 1, FACT_DAYS):
        end = min(start + FACT_DAYS, events.END_DAY + 1)
        chosen = pc.and_(pc.greater_equal(day, start), pc.less(day, end))
        _write(workspace, Stream.FACT, table.filter(chosen))


def _write_profiles(workspace: Workspace, states: pa.Table) -> None:
    with workspace.database.write() as session:
        profiles.add_states(session, states, segment_id)
