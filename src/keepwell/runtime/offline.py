"""Alerts while nobody serves: brought up to date by a command, and read by it."""

from __future__ import annotations

from keepwell.base.errors import KeepwellError
from keepwell.runtime import cycle, paging, rounds, surveying
from keepwell.runtime.alertbook import StoredAlerts
from keepwell.runtime.alerting import Page
from keepwell.runtime.clock import now_us
from keepwell.runtime.history import is_fresh, refresh
from keepwell.runtime.workspace import FolderBusyError, Workspace


class NoSuchAlertError(KeepwellError):
    """No alert has this number, or these.

    Attributes:
        numbers: those that were asked for and do not exist.
    """

    def __init__(self, *numbers: int) -> None:
        plural = "" if len(numbers) == 1 else "s"
        super().__init__(f"No alert has the number{plural} {', '.join(map(str, numbers))}.")
        self.numbers = numbers


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
            rounds.catch_up(workspace, now)
            survey(workspace, now)
    except FolderBusyError:
        return


def catch_up(workspace: Workspace, now: int) -> None:
    """Bring scores up to date, if anything was imported or a day has passed; alerts follow with the next survey."""
    if not is_fresh(workspace, now):
        refresh(workspace, now)
        with workspace.database.write() as session:
            surveying.look_at_all(session)
            rounds.diagnose_everybody(session)


def survey(workspace: Workspace, now: int) -> None:
    """Look at everybody under the rules that are due."""
    alarms = cycle.alarms_at(workspace)
    with workspace.database.read() as session:
        rules = surveying.due_rules(session, alarms, now)
    if rules:
        surveying.survey(workspace, alarms, rules, now, page_of(workspace))
