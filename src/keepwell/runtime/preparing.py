"""What scoring needs besides the customers, made beside the worker: on a large base a new day takes seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import structlog

from keepwell.base.time import SECOND_US, last_day_before
from keepwell.runtime import cycle
from keepwell.runtime.scoring import deck_at, reference_for, remember_references
from keepwell.runtime.workspace import Workspace
from keepwell.store import fleets

DECK_LOOKED_AT_EVERY_US = 60 * SECOND_US

log = structlog.get_logger("keepwell.worker")


def in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="keepwell-preparing", daemon=True).start()


class Preparation:
    """The reference of the day and the scorecards in force. Asked by one thread.

    Args:
        workspace: the log.
        done: called when what was not ready is.
        beside: runs what takes long, and returns at once.
    """

    def __init__(
        self, workspace: Workspace, done: Callable[[], None], beside: Callable[[Callable[[], None]], None] = in_a_thread
    ) -> None:
        self._workspace = workspace
        self._done = done
        self._beside = beside
        self._known: cycle.Ready | None = None
        self._making = False

    def ready(self, now: int) -> cycle.Ready | None:
        """What scoring at a moment needs; None while it is being made."""
        if not self._fits(now) and not self._making:
            self._making = True
            self._beside(lambda: self.make(now))
        known = self._known
        if known is None or not self._fits(now):
            return None
        if known.at + DECK_LOOKED_AT_EVERY_US < now:
            self._known = known = self._looked_again(known, now)
        return known

    def _looked_again(self, known: cycle.Ready, now: int) -> cycle.Ready:
        """What may have changed within a day; the reference is another one after a past was made again."""
        reference = reference_for(self._workspace, known.day)
        deck, alarms = deck_at(self._workspace, now), cycle.alarms_at(self._workspace)
        with self._workspace.database.read() as session:
            fleet = fleets.at(session, known.day)
        return replace(known, at=now, reference=reference, deck=deck, alarms=alarms, fleet=fleet)

    def look_again(self) -> None:
        """Scorecards, rules or incidents have changed."""
        if self._known is not None:
            self._known = replace(self._known, at=0)

    def make(self, now: int) -> None:
        """Make it, however long it takes. The reference is kept: it stays what it is all day."""
        try:
            made = cycle.prepare(self._workspace, now)
            with self._workspace.database.write() as session:
                remember_references(session, [made.reference])
            self._known = made
        except Exception as error:  # events are taken all the same
            log.exception("the reference of the day could not be made; it is tried again", exc_info=error)
            self._making = False
        else:
            self._making = False
            self._done()

    def _fits(self, now: int) -> bool:
        return self._known is not None and self._known.day == last_day_before(now)
