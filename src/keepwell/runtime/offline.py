"""Alerts while nobody serves: brought up to date by a command, and read by it."""

from __future__ import annotations

from keepwell.alerts.rule import Cadence
from keepwell.base.errors import KeepwellError
from keepwell.runtime import cycle, paging, surveying
from keepwell.runtime.alertbook import StoredAlerts
from keepwell.runtime.clock import now_us
from keepwell.runtime.history import is_fresh, refresh
from keepwell.runtime.surveying import Page
from keepwell.runtime.workspace import FolderBusyError, Workspace


class NoSuchAlertError(KeepwellError):
    """No alert has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"No alert has the number {number}.")


def page_of(workspace: Workspace) -> Page:
    """Writes letters into the outbox."""
    return lambda session, alarms, outcome, now: paging.post(
        session, paging.Desk(alarms, workspace.settings), outcome, now
    )


def alert_book(workspace: Workspace) -> StoredAlerts:
    """The alerts, for a command."""
    return StoredAlerts(workspace, now_us, page_of(workspace), lambda: None)


def bring_up_to_date(workspace: Workspace, now: int) -> None:
    """Scores and alerts as of now, unless somebody else writes to the folder and does it already."""
    try:
        with workspace.writing():
            catch_up(workspace, now)
    except FolderBusyError:
        return


def catch_up(workspace: Workspace, now: int) -> None:
    """Bring scores and alerts up to date, if anything was imported or a day has passed."""
    fresh = is_fresh(workspace, now)
    if not fresh:
        refresh(workspace, now)
    alarms = cycle.alarms_at(workspace)
    with workspace.database.read() as session:
        rules = surveying.due_rules(session, alarms, now)
    if not fresh:
        rules += alarms.of(Cadence.IMMEDIATE)
    if rules and not workspace_is_empty(workspace):
        surveying.survey(workspace, alarms, rules, now, page_of(workspace))


def workspace_is_empty(workspace: Workspace) -> bool:
    """Whether there is nobody to look at."""
    with workspace.database.read() as session:
        return session.one("SELECT 1 FROM customer LIMIT 1") is None
