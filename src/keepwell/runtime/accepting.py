"""Accepting the rows of a file, on all cores when the file is large: the part of an import that needs no store."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from keepwell.base.errors import KeepwellError
from keepwell.events.accept import Receipt, accept, content_key
from keepwell.events.event import Event, Raw
from keepwell.events.mapping import EventMap
from keepwell.sources.files.customers import customer_rows
from keepwell.sources.files.read import REQUIRED, Share, chunks, raw_text
from keepwell.sources.files.rows import Broken, Row
from keepwell.store import batch

LARGE_FILE = 4 * 1024 * 1024
READERS = 2


@dataclass(frozen=True)
class Task:
    """What to do with a file."""

    path: Path
    receipt: Receipt
    mapping: EventMap = field(default_factory=EventMap)
    customers: bool = False  # rows are customers, not events


@dataclass(frozen=True)
class Refusal:
    """A row that was refused, counted from 1."""

    row: int
    reason: str
    detail: str
    text: str


@dataclass(frozen=True)
class Part:
    """An accepted chunk.

    Attributes:
        events: a table of `batch.ACCEPTED`.
        places: for each event the row it was, counted from 1.
        refused: the rows that were refused.
        rows: how many rows there were.
    """

    events: pa.Table
    places: NDArray[np.int64]
    refused: Sequence[Refusal]
    rows: int


class Again:
    """The rows of a file read once more, in order, for the few of which more is wanted after they were accepted."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._chunks = chunks(task.path, task.mapping, _required(task))
        self._chunk: Sequence[Row] = ()
        self._start = 0

    def text(self, row: int) -> str:
        """What is kept of a row, counted from 1 and not before the chunk of the last one; empty if it is gone.

        Raises:
            KeepwellError: the file cannot be read.
        """
        while row > self._start + len(self._chunk):
            self._start += len(self._chunk)
            found = next(self._chunks, None)
            if found is None:
                return ""
            self._chunk = found
        raw = self._chunk[row - self._start - 1]
        return raw.text if isinstance(raw, Broken) else raw_text(self._task.mapping.apply(raw) or raw)


def parts(task: Task) -> Iterator[Part]:
    """The chunks of a file in order.

    Raises:
        KeepwellError: the file cannot be read.
    """
    large = task.path.exists() and task.path.stat().st_size >= LARGE_FILE
    return _together(task) if large and (os.cpu_count() or 1) > 1 else _alone(task, Share())


def _alone(task: Task, share: Share) -> Iterator[Part]:
    start = 0
    for chunk in chunks(task.path, task.mapping, _required(task), share):
        yield _accept(task, chunk, start)
        start += len(chunk) if share.of == 1 else 0  # with others, whoever collects knows where it starts


def _required(task: Task) -> tuple[str, ...]:
    return ("customer_id",) if task.customers else REQUIRED


def _accept(task: Task, chunk: Sequence[Row], start: int) -> Part:
    events: list[Event] = []
    places: list[int] = []
    refused: list[Refusal] = []
    receipt = task.receipt
    for place, row in enumerate(chunk, start + 1):
        if isinstance(row, Broken):
            refused.append(Refusal(place, row.rejection.reason, row.rejection.detail, row.text))
            continue
        for raw, identity in _meant(task, row):
            found = accept(raw, receipt, identity)
            if isinstance(found, Event):
                events.append(found)
                places.append(place)
            else:
                refused.append(Refusal(place, found.reason, found.detail, raw_text(raw)))
    return Part(batch.accepted(events), np.array(places, np.int64), refused, len(chunk))


def _meant(task: Task, raw: Raw) -> Sequence[tuple[Raw, int | None]]:
    """What a row says in our own terms; its identity is what it says in the file's."""
    if task.customers:
        return [(each, None) for each in customer_rows(raw, task.receipt.recorded_at)]
    if not task.mapping.events:
        return ((raw, None),)
    mapped = task.mapping.apply(raw)
    return () if mapped is None else ((mapped, content_key(raw)),)


def _together(task: Task) -> Iterator[Part]:
    """Several readers take turns with the chunks; their parts come in the order of the file."""
    context = get_context("spawn")
    pipes = [context.Pipe(duplex=False) for _ in range(READERS)]
    readers = [
        context.Process(target=_read, args=(task, Share(index, READERS), pipe[1]), daemon=True)
        for index, pipe in enumerate(pipes)
    ]
    for reader in readers:
        reader.start()
    for pipe in pipes:
        pipe[1].close()  # so that a reader that dies is noticed
    try:
        yield from _in_turn([pipe[0] for pipe in pipes])
    finally:
        for reader in readers:
            reader.terminate()
            reader.join()


def _in_turn(pipes: Sequence[Connection]) -> Iterator[Part]:
    start, turn = 0, 0
    while True:
        part = pipes[turn % len(pipes)].recv()
        if part is None:
            return
        if isinstance(part, Exception):
            raise part
        yield _moved(part, start)
        start += part.rows
        turn += 1


def _moved(part: Part, start: int) -> Part:
    """The part with its rows counted from the start of the file."""
    refused = [Refusal(start + each.row, each.reason, each.detail, each.text) for each in part.refused]
    return Part(part.events, part.places + start, refused, part.rows)


def _read(task: Task, share: Share, pipe: Connection) -> None:
    """The work of one reader. It ends by itself when nobody listens any more."""
    gc.disable()  # rows hold no cycles, and there are many
    try:
        for part in _alone(task, share):
            pipe.send(part)
        pipe.send(None)
    except BrokenPipeError:
        return
    except KeepwellError as error:
        pipe.send(error)
