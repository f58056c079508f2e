"""Importing files: read, accept, count once, seal; durable and restartable chunk by chunk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from keepwell.base.ids import hash63
from keepwell.base.time import day_of
from keepwell.engines import duckdb as engine
from keepwell.events.accept import Reason, Receipt, accept, content_key
from keepwell.events.catalog import STREAM_OF, Stream, key_of
from keepwell.events.event import Event, Raw, Rejection
from keepwell.events.mapping import EventMap
from keepwell.runtime.texts import sentiment
from keepwell.runtime.workspace import Workspace
from keepwell.scores.scorecard import segment_id
from keepwell.sources.files.customers import COLUMNS, customer_rows
from keepwell.sources.files.read import REQUIRED, chunks, fingerprint, raw_text, row_count
from keepwell.sources.files.rows import Broken, Row
from keepwell.store import batch, imports, log, profiles, rejects
from keepwell.store.database import Session
from keepwell.store.segments import FIRST, manifest

CONFLICT = "conflicting_duplicate"
FILES = "files"

Progress = Callable[[int], None]
"""Told how many rows were done with."""


class Summary(msgspec.Struct):
    """What an import came to. `customers` are those with a row that was accepted or already known."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0
    reasons: dict[str, int] = {}
    customers: int = 0


class Occurrences:
    """Counts rows with the very same content, within one file, without keeping the content.

    Hashes seen so far are kept as sorted arrays, merged when they grow: 8 bytes a row.
    """

    def __init__(self) -> None:
        self._seen: list[NDArray[np.int64]] = []
        self._repeated: dict[int, int] = {}

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
            self._seen[-1] = np.union1d(self._seen[-1], last)


@dataclass
class Import:
    """One import under way."""

    workspace: Workspace
    source: str
    receipt: Receipt
    mapping: EventMap = field(default_factory=EventMap)
    progress: Progress = lambda _rows: None
    expand: Callable[[Raw], list[Raw]] | None = None  # one row may say several things
    customers: set[int] = field(default_factory=set)

    def file(self, path: Path) -> imports.ImportRun:
        """Import a file, or the rest of it when an earlier import of the same content was cut off."""
        identity = f"{fingerprint(path)}-{self.mapping.version}"
        with self.workspace.database.read() as session:
            run = imports.unfinished(session, identity) or imports.ImportRun(identity, str(path))
        occurrences, row = Occurrences(), 0
        required = REQUIRED if self.expand is None else ("customer_id",)
        for chunk in chunks(path, self.mapping, required):
            identities = self._identities(chunk, occurrences)
            if row + len(chunk) > run.rows_done:  # a chunk is done as a whole or not at all
                self._chunk(chunk, identities, run, row)
            row += len(chunk)
            self.progress(len(chunk))
        run.finished_at = self.receipt.recorded_at
        with self.workspace.database.write() as session:
            imports.save(session, run)
        return run

    def _identities(self, chunk: Sequence[Row], occurrences: Occurrences) -> list[int | None]:
        """The identity of each row without a message id: its content in the file and its occurrence number."""
        identities: list[int | None] = [None] * len(chunk)
        if self.expand is not None:  # saying the same of a customer twice is saying it once
            return identities
        nameless = [
            (place, content_key(row)) for place, row in enumerate(chunk) if isinstance(row, Raw) and not row.message_id
        ]
        numbers = occurrences.number([content for _, content in nameless])
        for (place, content), number in zip(nameless, numbers, strict=True):
            identities[place] = content if number == 1 else hash63(f"{content}\x1f{number}".encode())
        return identities

    def _chunk(
        self, chunk: Sequence[Row], identities: Sequence[int | None], run: imports.ImportRun, start: int
    ) -> None:
        """One transaction: what is new of a chunk, and how far the file has got."""
        events, refused = self._accept(chunk, identities, start)
        with self.workspace.database.write() as session:
            counted, ids = store_events(self.workspace, session, events, self.source)
            refused += [
                (place, Rejection(CONFLICT, "message_id"), raw_text(_raw_of(event)))
                for place, event in enumerate(counted.conflicts)
            ]
            at = self.receipt.recorded_at
            rejects.add(
                session,
                [
                    (self.source, run.path, place + 1, each.reason, each.detail, text, at)
                    for place, each, text in refused
                ],
            )
            _tally(run, counted, refused, start + len(chunk))
            imports.save(session, run)
        self.workspace.ids.commit(ids)
        self.customers.update(ids.values())

    def _accept(
        self, chunk: Sequence[Row], identities: Sequence[int | None], start: int
    ) -> tuple[list[Event], list[tuple[int, Rejection, str]]]:
        events: list[Event] = []
        refused: list[tuple[int, Rejection, str]] = []
        receipt = self.receipt
        for place, (row, identity) in enumerate(zip(chunk, identities, strict=True), start):
            if isinstance(row, Broken):
                refused.append((place, row.rejection, row.text))
                continue
            for raw in self._meant(row):
                accepted = accept(raw, receipt, identity)
                if isinstance(accepted, Event):
                    events.append(accepted)
                else:
                    refused.append((place, accepted, raw_text(raw)))
        return events, refused

    def _meant(self, raw: Raw) -> Sequence[Raw]:
        """What a row says in our own terms."""
        if self.expand is not None:
            return self.expand(raw)
        if not self.mapping.events:
            return (raw,)
        mapped = self.mapping.apply(raw)
        return () if mapped is None else (mapped,)


def _raw_of(event: Event) -> Raw:
    return Raw(
        event.customer_id, key_of(event.kind, event.name), event.occurred_at, event.properties,
        message_id=event.message_id, received_at=event.known_at, user_id=event.user_id,
    )  # fmt: skip


def _tally(
    run: imports.ImportRun,
    counted: log.Counted,
    refused: Sequence[tuple[int, Rejection, str]],
    rows_done: int,
) -> None:
    run.rows_done = rows_done
    run.accepted += len(counted.fresh)
    run.duplicates += counted.duplicates
    run.conflicts += len(counted.conflicts)
    reasons = Counter(run.reasons)
    reasons.update(rejection.reason for _, rejection, _ in refused)
    run.reasons = dict(sorted(reasons.items()))


def store_events(
    workspace: Workspace, session: Session, events: Sequence[Event], source: str
) -> tuple[log.Counted, dict[str, int]]:
    """Count events once and write the new ones straight into segments, in the caller's transaction."""
    number = log.source_id(session, source)
    counted = log.count_once(session, events, number)
    ids = workspace.ids.resolve(session, {event.customer_id for event in events})
    by_stream: dict[Stream, list[Event]] = {stream: [] for stream in Stream}
    for event in counted.fresh:
        by_stream[STREAM_OF[event.kind]].append(event)
    tables = {stream: batch.table(chosen, ids, number) for stream, chosen in by_stream.items() if chosen}
    for stream, table in tables.items():
        workspace.segments.write(session, stream, table, rolled=False)
    if tables:
        firsts = engine.first_uses(pa.concat_tables(tables.values()))
        workspace.segments.write(session, FIRST, firsts, rolled=False)
    profiles.add_states(session, by_stream[Stream.STATE], ids, number, segment_id)
    if counted.fresh:
        _forget_later(session, min(event.known_at for event in counted.fresh))
        log.mark_dirty(session, {ids[event.customer_id] for event in counted.fresh if event.customer_id})
        log.set_mark(session, "watermark", log.mark(session, "watermark") + len(counted.fresh))
    return counted, ids


def _forget_later(session: Session, known_at: int) -> None:
    """References and snapshots of days that now know more are made again when they are asked for."""
    session.run("DELETE FROM reference WHERE day > ?", (day_of(known_at),))
    session.run("DELETE FROM snapshot WHERE day >= ?", (day_of(known_at),))


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
    return _run(Import(workspace, FILES, receipt, mapping or EventMap(), progress), paths)


def import_customers(
    workspace: Workspace, paths: Sequence[Path], recorded_at: int, progress: Progress = lambda _rows: None
) -> Summary:
    """Import files of customers, contacts and wallets.

    Raises:
        KeepwellError: a file cannot be read, or the folder is in use.
    """
    receipt = Receipt(recorded_at)
    job = Import(workspace, FILES, receipt, COLUMNS, progress, expand=lambda raw: customer_rows(raw, recorded_at))
    return _run(job, paths)


def _run(job: Import, paths: Sequence[Path]) -> Summary:
    summary = Summary()
    with job.workspace.writing():
        for path in paths:
            run = job.file(path)
            summary.accepted += run.accepted
            summary.duplicates += run.duplicates
            summary.reasons = dict(Counter(summary.reasons) + Counter(run.reasons))
        compact_first_uses(job.workspace)
    summary.rejected = sum(summary.reasons.values())
    summary.customers = len(job.customers)
    return summary


def rows_in(paths: Sequence[Path]) -> int | None:
    """How many rows the files have, when all of them tell."""
    counts = [row_count(path) if path.exists() else None for path in paths]
    return None if None in counts else sum(count or 0 for count in counts)


def replay_rejects(workspace: Workspace, recorded_at: int, mapping: EventMap | None = None) -> Summary:
    """Try rejected rows again, for example with a map. Those accepted now are no longer listed.

    A row keeps what it said about when it was received. Raises KeepwellError when the folder is in use.
    """
    summary, replayed = Summary(), []
    receipt = Receipt(recorded_at, sentiment=sentiment)
    with workspace.writing():
        with workspace.database.read() as session:
            waiting = [each for each in rejects.listed(session, limit=1_000_000) if not each.truncated and each.raw]
        events: list[Event] = []
        for each in waiting:
            raw = _replayable(each.raw)
            mapped = (mapping.apply(raw) if mapping else raw) if raw else None
            found = accept(mapped, receipt) if mapped else Rejection(Reason.BAD_ROW.value)
            if isinstance(found, Event):
                events.append(found)
                replayed.append(each.id)
            else:
                summary.reasons[found.reason] = summary.reasons.get(found.reason, 0) + 1
        with workspace.database.write() as session:
            counted, ids = store_events(workspace, session, events, FILES)
            rejects.mark_replayed(session, replayed, recorded_at)
        workspace.ids.commit(ids)
    summary.accepted, summary.duplicates = len(counted.fresh), counted.duplicates + len(counted.conflicts)
    summary.rejected, summary.customers = sum(summary.reasons.values()), len(set(ids.values()))
    return summary


def _replayable(text: str) -> Raw | None:
    try:
        return msgspec.json.decode(text, type=Raw)
    except msgspec.DecodeError:
        return None


def waiting_rejects(workspace: Workspace, limit: int) -> list[rejects.Reject]:
    """Rejected rows that were not accepted since, oldest first."""
    with workspace.database.read() as session:
        return rejects.listed(session, limit=limit)
