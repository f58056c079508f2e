"""Sealing: hot rows that are folded and two days old move into segments; the hot table stays small."""

from __future__ import annotations

from keepwell.base.time import DAY_US, day_of
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import Stream
from keepwell.runtime.importing import compact_first_uses, is_of
from keepwell.runtime.workspace import Workspace
from keepwell.store import log, rollups
from keepwell.store.segments import FIRST

HOT_DAYS = 2
DELETED_AT_ONCE = 5000


def seal(workspace: Workspace, now: int) -> int:
    """Seal every folded hot row known before the last 48 hours; how many rows that were.

    One transaction writes the manifest rows and advances `sealed_to`, so a reader sees a row either
    hot or sealed; `forget_sealed` deletes the hot rows afterwards.
    """
    bound = day_of(now - HOT_DAYS * DAY_US) * DAY_US
    with workspace.database.write() as session:
        newest = session.one("SELECT MAX(id) FROM event WHERE known_at < ?", (bound,))
        if newest is None or int(newest) > log.mark(session, "rolled_to"):
            return 0
        table = log.hot(session, "known_at < ?", (bound,))
        for stream in Stream:
            workspace.segments.write(session, stream, table.filter(is_of(stream, table)), rolled=True)
        workspace.segments.write(session, FIRST, engine.first_uses(table), rolled=True)
        log.set_mark(session, "sealed_to", max(bound, log.mark(session, "sealed_to")))
        rollups.prune(session, day_of(now))
    compact_first_uses(workspace)
    return len(table)


def forget_sealed(workspace: Workspace) -> None:
    """Delete hot rows that are sealed, in small chunks; readers pass over them already."""
    while True:
        with workspace.database.write() as session:
            bound = log.mark(session, "sealed_to")
            rows = session.run("SELECT id FROM event WHERE known_at < ? LIMIT ?", (bound, DELETED_AT_ONCE))
            session.many("DELETE FROM event WHERE id = ?", rows)
        if len(rows) < DELETED_AT_ONCE:
            return
