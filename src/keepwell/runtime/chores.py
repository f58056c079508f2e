"""What is done every minute or hour beside the cycle: watching the watcher, sealing, forgetting."""

from __future__ import annotations

import structlog

from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.runtime.seal import forget_sealed, seal
from keepwell.runtime.telemetry import Telemetry
from keepwell.runtime.workspace import Workspace
from keepwell.store import evaluations, log, payloads, rollups, runs, sources

WAITED_TOO_LONG_US = 5 * 60 * SECOND_US  # who waits longer than this for a new score is late, whatever the band
SEALED_EVERY_US = HOUR_US
_SEALED = "tidied_at"

logger = structlog.get_logger("keepwell.chores")


def do(workspace: Workspace, telemetry: Telemetry, now: int) -> None:
    """All chores that are due."""
    watch(workspace, telemetry, now)
    with workspace.database.read() as session:
        last = log.mark(session, _SEALED)
    if now - last >= SEALED_EVERY_US:
        tidy(workspace, now)


def watch(workspace: Workspace, telemetry: Telemetry, now: int) -> evaluations.Coverage:
    """Whether everybody was evaluated within the limit of their band."""
    with workspace.database.read() as session:
        found = evaluations.coverage(session, now, now - WAITED_TOO_LONG_US)
        above, upto = rollups.next_rows(session, 10**12)
        waiting = int(session.one("SELECT COUNT(*) FROM dirty") or 0)
        overdue = runs.overdue(session, now - runs.OVERDUE_US)
    if overdue:
        logger.warning("runs of playbooks are overdue: the thread that acts may be stuck", runs=overdue)
    telemetry.overdue.set(overdue)
    telemetry.late.set(len(found.late))
    telemetry.quarantined.set(found.quarantined)
    telemetry.coverage.set(found.share)
    telemetry.unfolded.set(upto - above)
    telemetry.waiting.set(waiting)
    return found


def tidy(workspace: Workspace, now: int) -> None:
    """Seal what is two days old, and forget what nothing shows any more."""
    with workspace.database.write() as session:
        log.set_mark(session, _SEALED, now)
        sources.forget_old(session, now)
        payloads.forget_old(session, now)
    if seal(workspace, now):
        forget_sealed(workspace)
