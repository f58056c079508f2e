"""Receiving live events: counted once and durable in the hot table before anybody is told."""

from __future__ import annotations

from collections.abc import Sequence

from keepwell.events.event import Event
from keepwell.runtime.workspace import Workspace
from keepwell.store import batch, log


def receive(workspace: Workspace, events: Sequence[Event], source: str) -> log.Counted:
    """The ingest transaction: rows, seen, dirty marks. Committed and synced when this returns."""
    with workspace.database.write() as session:
        number = log.source_id(session, source)
        counted = log.count_once(session, batch.accepted(events), number)
        ids = workspace.ids.resolve(session, batch.customers(counted.fresh))
        log.append(session, counted.fresh, ids, number)
        log.set_mark(session, "watermark", log.mark(session, "watermark") + len(counted.fresh))
        session.afterwards.append(lambda: workspace.ids.commit(ids))
    return counted
