"""Importing files: read, accept, count once, seal; durable and restartable chunk by chunk."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from keepwell.base.ids import hash63
from keepwell.base.time import day_of
from keepwell.engines import duckdb as engine
from keepwell.events.accept import Receipt
from keepwell.events.catalog import STREAM_OF, Stream
from keepwell.events.mapping import EventMap
from keepwell.runtime.accepting import Again, Part, Refusal, Task, parts
from keepwell.runtime.texts import sentiment
from keepwell.runtime.workspace import Workspace
from keepwell.scores.scorecard import segment_id
from keepwell.sources.files.customers import COLUMNS
from keepwell.sources.files.read import fingerprint, row_count
from keepwell.store import batch, evaluations, figures, imports, links, log, profiles, rejects
from keepwell.store.database import Session
from keepwell.store.segments import FIRST, manifest

CONFLICT = "conflicting_duplicate"
FILES = "files"
UNKNOWN_SHOWN = 20

Progress = Callable[[int], None]
"""Told how many rows were done with."""


class Summary(msgspec.Struct):
    """What an import came to. `customers` are those with a row that was accepted or already known.

    `unknown_events` holds at most `UNKNOWN_SHOWN` names.
    """

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    reasons: dict[str, int] = {}
    customers: int = 0
    unknown_events: dict[str, int] = {}  # names outside the tracking plan and their rows, the most frequent first


class Occurrences:
    """Counts rows with the very same content, within one file, without keeping the content.

    Hashes seen so far are kept as sorted arrays, merged when they grow: 8 bytes a row.
    """

    def __init__(self) -> None:
        self._seen: list[NDArray[np.int64]] = []
        self._repeated: dict[int, int] = {}

    def tell(self, events: pa.Table) -> pa.Table:
        """Events (a table of `batch.ACCEPTED`) whose repeats without a message id are events of their own."""
        nameless = np.flatnonzero(np.asarray(pc.is_null(events.column("message_id"))))
        keys = events.column("key").to_numpy().copy()
        numbers = self.number(keys[nameless].tolist())
        for place, number in zip(nameless.tolist(), numbers, strict=True):
            if number > 1:
                keys[place] = hash63(f"{keys[place]}\x1f{number}".encode())
        bodies = events.column("body").to_numpy().copy()
        bodies[nameless] = keys[nameless]
        changed = {"key": pa.array(keys), "body": pa.array(bodies)}
        return pa.table([changed.get(name, events[name]) for name in events.column_names], schema=events.schema)

    def number(self, hashes: Sequence[int]) -> list[int]:
        """The occurrence number of each row of a chunk, in order."""
        distinct, counts = np.unique(np.array(hashes, np.int64), return_counts=True)
        old = self._known(distinct)
        special = (counts > 1) | old
        before = dict(zip(distinct[special].tolist(), old[special].tolist(), strict=True))
        self._keep(distinct[~old])
        return [self._next(content, before) for content in hashes] if before else [1] * len(hashes)

    def _next(self, content: int, before: Mapping[int, bool]) -> int:
        if content not in before:
            return 1
        number = self._repeated.get(content, int(before[content])) + 1
        self._repeated[content] = number
        return number

    def _known(self, distinct: NDArray[np.int64]) -> NDArray[np.bool_]:
        known = np.zeros(len(distinct), np.bool_)
        for seen in self._seen:
            place = np.minimum(np.searchsorted(seen, distinct), len(seen) - 1)
            known |= seen[place] == distinct
        return known

    def _keep(self, fresh: NDArray[np.int64]) -> None:
        if not len(fresh):
            return
        self._seen.append(fresh)
        while len(self._seen) > 1 and len(self._seen[-1]) * 2 > len(self._seen[-2]):
            last = self._seen.pop()
            self._seen[-1] = np.sort(np.concatenate((self._seen[-1], last)))


@dataclass
class Import:
    """One import under way."""

    workspace: Workspace
    recorded_at: int
    progress: Progress = lambda _rows: None
    customers: set[int] = field(default_factory=set)
    unknown: Counter[str] = field(default_factory=Counter)

    def file(self, task: Task) -> imports.ImportRun:
        """Import a file, or the rest of it when an earlier import of the same content was cut off."""
        identity = f"{fingerprint(task.path)}-{task.mapping.version}-{int(task.customers)}"
        with self.workspace.database.read() as session:
            run = imports.unfinished(session, identity) or imports.ImportRun(identity, str(task.path))
        occurrences, again, row = Occurrences(), Again(task), 0
        for part in parts(task):
            events = part.events if task.customers else occurrences.tell(part.events)
            row += part.rows
            self.unknown.update(_unknown(part.events))
            if row > run.rows_done:  # a chunk is done as a whole or not at all
                self._store(replace(part, events=events), run, row, again)
            self.progress(part.rows)
        run.finished_at = self.recorded_at
        with self.workspace.database.write() as session:
            imports.save(session, run)
        return run

    def _store(self, part: Part, run: imports.ImportRun, row: int, again: Again) -> None:
        """One transaction: what is new of a chunk, and how far the file has got."""
        with self.workspace.database.write() as session:
            counted, ids = store_events(self.workspace, session, part.events, FILES)
            refused = [*part.refused, *_conflicts(part.places[list(counted.places)].tolist(), again)]
            rejects.add(session, [_reject(run, each, self.recorded_at) for each in refused])
            _tally(run, counted, refused, row)
            imports.save(session, run)
        self.workspace.ids.commit(ids)
        self.customers.update(ids.values())


def _unknown(events: pa.Table) -> dict[str, int]:
    """Names that the tracking plan does not hold, and how many rows have them."""
    names = events.column("name").filter(pc.equal(events.column("kind"), 0))
    return {str(each["values"]): int(each["counts"]) for each in names.value_counts().to_pylist()}


def _reject(run: imports.ImportRun, refused: Refusal, recorded_at: int) -> rejects.Refused:
    return FILES, run.path, refused.row, refused.reason, refused.detail, refused.text, recorded_at


def _conflicts(rows: Sequence[int], again: Again) -> list[Refusal]:
    """Rows whose message id was used for another content, as refused rows."""
    return [Refusal(row, CONFLICT, "message_id", again.text(row)) for row in rows]


def _tally(run: imports.ImportRun, counted: log.Counted, refused: Sequence[Refusal], rows_done: int) -> None:
    run.rows_done = rows_done
    run.accepted += len(counted.fresh)
    run.duplicates += counted.duplicates
    run.conflicts += len(counted.conflicts)
    reasons = Counter(run.reasons)
    reasons.update(each.reason for each in refused)
    run.reasons = dict(sorted(reasons.items()))


def store_events(
    workspace: Workspace, session: Session, events: pa.Table, source: str, *, past: bool = True
) -> tuple[log.Counted, dict[str, int]]:
    """Count events once and write the new ones straight into segments, in the caller's transaction.

    `past` says whether daily scores since they were known are to be made again.
    """
    origin = log.origin(session, source)
    counted = log.count_once(session, events, origin.repeats, alike=origin.alike)
    ids = workspace.ids.resolve(session, batch.customers(events))
    fresh = batch.logged(counted.fresh, ids, origin.source)
    if not len(fresh):
        return counted, ids
    tables = {stream: fresh.filter(is_of(stream, fresh)) for stream in Stream}
    for stream, table in tables.items():
        workspace.segments.write(session, stream, table, rolled=False)
    workspace.segments.write(session, FIRST, engine.first_uses(fresh), rolled=False)
    profiles.add_states(session, tables[Stream.STATE], segment_id)
    _link(session, counted.fresh)
    if past:
        _outdate(session, pc.min(fresh.column("known_at")).as_py())
    since = pc.min(fresh.column("recorded_at")).as_py()
    evaluations.touch(session, {each for each in fresh.column("customer").unique().to_pylist() if each}, since)
    log.set_mark(session, "watermark", log.mark(session, "watermark") + len(fresh))
    return counted, ids


def _link(session: Session, fresh: pa.Table) -> None:
    """Let linked wallets mean their customers from now on; of one that is linked twice, the last one has it."""
    states = fresh.filter(is_of(Stream.STATE, fresh)).sort_by("occurred_at")
    columns = (states.column(name).to_pylist() for name in ("kind", "ref", "customer_id"))
    links.bind(session, {name: account for kind, ref, account in zip(*columns, strict=True)
                         for name in links.linked(kind, ref)})  # fmt: skip


def is_of(stream: Stream, events: pa.Table) -> pa.ChunkedArray:
    """Which rows of the log belong to a stream."""
    kinds = pa.array([kind for kind, found in STREAM_OF.items() if found is stream], pa.int64())
    return pc.is_in(events.column("kind"), kinds)


def _outdate(session: Session, known_at: int) -> None:
    """Days that now know more: references are made again when they are asked for, daily scores by `history`."""
    session.run("DELETE FROM reference WHERE day > ?", (day_of(known_at),))
    figures.outdate(session, day_of(known_at))


def compact_first_uses(workspace: Workspace) -> None:
    """Put the index of first uses into one file."""
    with workspace.database.read() as session:
        old = manifest(session, [FIRST])
    if len(old) < 2:
        return
    merged = engine.merge_first_uses(workspace.segments.paths(old))
    with workspace.database.write() as session:
        workspace.segments.write(session, FIRST, merged, rolled=all(each.rolled for each in old))
        session.many("UPDATE segment SET retired = 1 WHERE id = ?", [(each.id,) for each in old])


def import_events(
    workspace: Workspace, paths: Sequence[Path], recorded_at: int, mapping: EventMap | None = None,
    progress: Progress = lambda _rows: None,
) -> Summary:  # fmt: skip
    """Import files of events; a summary over all of them.

    Raises:
        KeepwellError: a file cannot be read, or the folder is in use.
    """
    receipt = Receipt(recorded_at, sentiment=sentiment)
    return _run(
        Import(workspace, recorded_at, progress), [Task(path, receipt, mapping or EventMap()) for path in paths]
    )


def import_customers(
    workspace: Workspace, paths: Sequence[Path], recorded_at: int, progress: Progress = lambda _rows: None
) -> Summary:
    """Import files of customers, contacts and wallets.

    Raises:
        KeepwellError: a file cannot be read, or the folder is in use.
    """
    receipt = Receipt(recorded_at)
    tasks = [Task(path, receipt, COLUMNS, customers=True) for path in paths]
    return _run(Import(workspace, recorded_at, progress), tasks)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """No search for reference cycles meanwhile: rows hold none, and there are many."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _run(job: Import, tasks: Sequence[Task]) -> Summary:
    summary = Summary()
    with job.workspace.writing(), _without_collecting():
        for task in tasks:
            run = job.file(task)
            summary.accepted += run.accepted
            summary.duplicates += run.duplicates
            summary.reasons = dict(Counter(summary.reasons) + Counter(run.reasons))
        compact_first_uses(job.workspace)
    summary.rejected = sum(summary.reasons.values())
    summary.customers = len(job.customers)
    summary.unknown_events = dict(job.unknown.most_common(UNKNOWN_SHOWN))
    return summary


def rows_in(paths: Sequence[Path]) -> int | None:
    """How many rows the files have, when all of them tell."""
    counts = [row_count(path) if path.exists() else None for path in paths]
    return None if None in counts else sum(count or 0 for count in counts)


def waiting_rejects(workspace: Workspace, limit: int) -> list[rejects.Reject]:
    """Rejected rows that were not accepted since, oldest first."""
    with workspace.database.read() as session:
        return rejects.listed(session, limit=limit)
