"""Puts together what pages and the API work with."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keepwell.runtime import history
from keepwell.runtime.alertbook import StoredAlerts
from keepwell.runtime.alerting import Page
from keepwell.runtime.book import StoredBook
from keepwell.runtime.chat import configured
from keepwell.runtime.consulting import Consulting, Reading
from keepwell.runtime.diagnosing import CrowdOfTheHour, StoredExpert
from keepwell.runtime.findings import StoredFindings
from keepwell.runtime.foresight import StoredForesight
from keepwell.runtime.interventions import Interventions, furnish
from keepwell.runtime.knowing import StoredKnowledge
from keepwell.runtime.once import StoredOnce
from keepwell.runtime.overriding import LiveOverrides
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.keys import KeyBook
from keepwell.runtime.ports.rejects import RejectLine, Replayed
from keepwell.runtime.replaying import replay_rejects
from keepwell.runtime.workspace import Workspace
from keepwell.store import evaluations, figures, rejects, scores


class StoredRejects:
    """Implements the `Rejects` port. `moved` is called once replayed rows are committed: it moves the scores.

    Rows of files bring their own past, which is made again at once; the worker goes on meanwhile.
    """

    def __init__(self, workspace: Workspace, clock: Callable[[], int], moved: Callable[[], object]) -> None:
        self._workspace = workspace
        self._clock = clock
        self._moved = moved
        self._renewing = threading.Lock()

    def after(self, last: int, limit: int) -> Sequence[RejectLine]:
        with self._workspace.database.read() as session:
            found = rejects.after(session, last, limit)
        return [
            RejectLine(
                each.id, each.source, each.file, each.row, each.reason, each.detail, each.raw, bool(each.truncated),
                each.recorded_at,
            )
            for each in found
        ]  # fmt: skip

    def replay(self) -> Replayed:
        with self._workspace.database.write() as session:
            done = replay_rejects(self._workspace, self._clock())
            session.afterwards.append(self._taken_in)
        return Replayed(done.accepted, done.duplicates, done.rejected, dict(done.reasons), done.customers, done.left)

    def _taken_in(self) -> None:
        with self._renewing:
            with self._workspace.database.read() as session:
                outdated = figures.outdated(session)
            if outdated is not None and history.renew(self._workspace, self._clock()):
                with self._workspace.database.write() as session:
                    everybody = [each.customer for each in scores.current(session)]
                    evaluations.touch(session, everybody, self._clock())
        self._moved()


@dataclass(frozen=True)
class Bells:
    """Whom to tell of writes.

    Attributes:
        moved: called after a write that changes scores.
        page: writes the letters of what became of alerts.
        alerted: called after a write that changes alerts.
    """

    moved: Callable[[], object]
    page: Page
    alerted: Callable[[], object]


@dataclass(frozen=True)
class Shared:
    """What pages share with threads: crowds to compare with, what interventions work with, and forecasts."""

    crowds: CrowdOfTheHour
    acts: Interventions
    foresight: StoredForesight


def shared(workspace: Workspace, clock: Callable[[], int]) -> Shared:
    """What is shared where nothing runs beside the pages."""
    return Shared(CrowdOfTheHour(workspace), furnish(workspace, clock), StoredForesight(workspace, clock))


def open_desk(workspace: Workspace, clock: Callable[[], int], keys: KeyBook, bells: Bells, shared: Shared) -> Desk:
    """Everything that pages and the API work with."""
    acts = shared.acts
    book, expert = StoredBook(workspace, clock), StoredExpert(workspace, clock, shared.crowds)
    past = StoredExpert(workspace, clock)
    return Desk(
        book=book,
        keys=keys,
        overrides=LiveOverrides(workspace, clock, bells.moved),
        rejects=StoredRejects(workspace, clock, bells.moved),
        once=StoredOnce(workspace.database, clock),
        alerts=StoredAlerts(workspace, clock, bells.page, bells.alerted),
        findings=StoredFindings(workspace, clock),
        expert=expert,
        knowledge=StoredKnowledge(workspace, clock, expert),
        runs=acts.runs(),
        tasks=acts.tasks(expert),
        messages=acts.messages(),
        playbooks=acts.playbooks(),
        foresight=shared.foresight,
        consultant=Consulting(Reading(expert, past, book, clock), configured(workspace.settings, clock)),
        clock=clock,
    )
