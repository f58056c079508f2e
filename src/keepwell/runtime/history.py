"""Bringing the remembered scores up to date: missing days from the log, many dates at once, then now."""

from __future__ import annotations

from keepwell.base.time import DAY_US, day_of, last_day_before
from keepwell.runtime import cycle
from keepwell.runtime.overviews import PastDays
from keepwell.runtime.scoring import reference_for, remember_references, score_at, score_days
from keepwell.runtime.workspace import Workspace
from keepwell.scores.bands import Scored as Fact
from keepwell.store import figures, scorecards, scores
from keepwell.store.customers import has_anybody

HISTORY_DAYS = 365
SNAPSHOTS_AT_MOST = 2_000_000  # a very large base gets a shorter first history, and its own from then on


def refresh(workspace: Workspace, now: int) -> None:
    """Publish the scorecards, fill missing daily snapshots, score everybody now, and make figures of past days."""
    with workspace.database.write() as session:
        scorecards.publish(session, workspace.deck, now)
    cycle.fold_segments(workspace, now)
    today = last_day_before(now)
    renew(workspace, now)
    scored = score_at(workspace, now)
    with workspace.database.write() as session:
        remember_references(session, [reference_for(workspace, today)])
        cycle.write_scores(session, scored, now)
        session.run("DELETE FROM dirty")
    PastDays(workspace.database).before(now)


def renew(workspace: Workspace, now: int) -> bool:
    """Make daily scores that are missing or know too little, up to yesterday; whether there were any.

    A worker may go on meanwhile, and pages show what is kept of the past until the new one is there.
    """
    with workspace.database.read() as session:
        outdated = figures.outdated(session)
    missing = _missing(workspace, last_day_before(now), outdated)
    if missing:
        _fill(workspace, *missing)
    if outdated:
        with workspace.database.write() as session:
            figures.made_again(session, outdated)
    return missing is not None


def _missing(workspace: Workspace, today: int, outdated: figures.Outdated | None) -> tuple[int, int] | None:
    """First and last day whose snapshots have to be made, or None."""
    with workspace.database.read() as session:
        customers = int(session.one("SELECT COUNT(*) FROM customer") or 0)
        newest = session.one("SELECT MAX(day) FROM snapshot WHERE day < ?", (today,))
        first = session.one("SELECT MIN(day) FROM first_use WHERE part = '' AND customer > 0")
    if first is None:
        return None
    reach = min(HISTORY_DAYS, SNAPSHOTS_AT_MOST // max(customers, 1))
    unknown = 0 if newest is None else int(newest) + 1
    start = max(today - reach, int(first), unknown if outdated is None else min(unknown, outdated.day))
    return (start, today - 1) if start < today else None


def _fill(workspace: Workspace, first_day: int, last_day: int) -> None:
    """Snapshots of a span, and the effective bands over all snapshots that then exist."""
    for scored in score_days(workspace, first_day, last_day):
        rows = [row for row in cycle.snapshot_rows(scored) if first_day <= int(str(row[1])) <= last_day]
        with workspace.database.write() as session:
            scores.save_snapshots(session, rows)
    with workspace.database.write() as session:
        scores.forget_history(session)
        histories = scores.histories(session, 0)
        facts = {
            customer: [Fact((day + 1) * DAY_US, score) for day, score in days if day <= last_day]
            for customer, days in histories.items()
        }
        cycle.decide_bands(session, facts, (last_day + 1) * DAY_US)


def is_fresh(workspace: Workspace, now: int) -> bool:
    """Whether the worker can go on from what is remembered: nothing imported waits, and no day is missing or old."""
    with workspace.database.read() as session:
        imported = session.one("SELECT 1 FROM segment WHERE rolled = 0 AND retired = 0 LIMIT 1")
        newest = session.one("SELECT MAX(as_of) FROM score")
        outdated = figures.outdated(session)
        nobody = not has_anybody(session)
    if nobody:
        return True
    return imported is None and outdated is None and newest is not None and day_of(int(newest)) >= day_of(now) - 1
