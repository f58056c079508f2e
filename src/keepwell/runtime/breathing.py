"""A demo that breathes: what its customers did on the last days happens again, a little every second."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle as endless
from typing import Any

from keepwell.base.time import DAY_US
from keepwell.engines import duckdb as engine
from keepwell.events.accept import Receipt, accept
from keepwell.events.catalog import STREAM_OF, Stream, key_of, number
from keepwell.events.event import Event, Raw
from keepwell.expert.telemetry.observe import KINDS
from keepwell.runtime.ports.reception import LaterError
from keepwell.runtime.receive import Parcel
from keepwell.runtime.scoring import look
from keepwell.runtime.texts import sentiment
from keepwell.runtime.worker import Worker
from keepwell.runtime.workspace import Workspace
from keepwell.store.customers import all_ids

SOURCE = "simulation"
EVERY_S = 1.0
DAYS = 2
AT_MOST = 20_000
AGAIN = frozenset({"transaction", "api_called", "signed_in"})
"""Telemetry that may happen again. A counter, a loan or a transfer as it stood days ago would cure or harm somebody."""


class Breathing:
    """Sends simulated live events to a worker until it is stopped."""

    def __init__(self, worker: Worker, clock: Callable[[], int], every_s: float = EVERY_S) -> None:
        self._worker = worker
        self._clock = clock
        self._every_s = every_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keepwell-demo", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        rows = recent(self._worker.workspace, self._clock())
        for customer_id, kind, properties in endless(rows):
            if self._stop.wait(self._every_s):
                return
            now = self._clock()
            raw = Raw(customer_id, kind, now, properties, f"breath-{now}")
            event = accept(raw, Receipt(now, live=True, sentiment=sentiment))
            if isinstance(event, Event):
                try:
                    self._worker.submit(Parcel(SOURCE, [event]))
                except LaterError:
                    continue


@contextmanager
def breath(worker: Worker, clock: Callable[[], int], *, wanted: bool) -> Iterator[None]:
    """Let a demo breathe meanwhile, if that is wanted."""
    if not wanted:
        yield
        return
    breathing = Breathing(worker, clock)
    breathing.start()
    try:
        yield
    finally:
        breathing.stop()


def recent(workspace: Workspace, now: int) -> list[tuple[str, str, str]]:
    """What customers did on the last days of the log, in the order it happened: customer, event, properties.

    A transaction that has a signature happens once.
    """
    once = {number(each) for each in KINDS - AGAIN}
    kinds = ", ".join(str(kind) for kind, stream in STREAM_OF.items() if stream is Stream.ACTIVITY and kind not in once)
    where = f"kind IN ({kinds}) AND occurred_at >= {now - DAYS * DAY_US} AND customer > 0"
    table = engine.events_of(look(workspace, (now, now), []), where, AT_MOST)
    with workspace.database.read() as session:
        names = all_ids(session)
    return list(_said(table.to_pylist()[::-1], names))


def _said(rows: list[dict[str, Any]], names: Mapping[int, str]) -> Iterator[tuple[str, str, str]]:
    for row in rows:
        if '"signature"' in row["properties"]:
            continue
        name = row["name"] if isinstance(row["name"], str) else None
        yield names[row["customer"]], key_of(row["kind"], name), row["properties"]
