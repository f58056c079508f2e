"""The daily round of forecasts: everybody is forecast, published, and what is due is scored.

It runs in a thread of its own beside the worker. A round that is cut off is taken up where it stopped, and one that
fails is tried again within the hour; nothing else waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import msgspec
import structlog

from keepwell.base.time import DAY_US, day_of
from keepwell.predictions.forecast import Forecasts
from keepwell.predictions.news import WEEK_US
from keepwell.runtime import publishing, surveying
from keepwell.runtime.turning import Turning
from keepwell.runtime.workspace import Workspace
from keepwell.store.customers import has_anybody
from keepwell.store.database import Session
from keepwell.store.log import mark, set_mark


@dataclass(frozen=True)
class Foretold:
    """Forecasts of one moment, and the names of the events that counted as activity in them; empty: a customer's own.

    What came of them is judged by the same events.
    """

    forecasts: Sequence[Forecasts]
    counts: Sequence[str] = ()


Foretell = Callable[[Workspace, int], Foretold]
"""Makes the forecasts of a midnight (UTC) out of what happened and was known before it."""

LOOKED_EVERY_S: Final = 60.0
AFTER_A_FAILURE_S: Final = 1800.0
RELIVED_WEEKS: Final = (21, 18, 15, 12, 9, 6, 3, 1)
"""Weeks back: of every horizon two have closed, and every third week tells as much in a third of the time."""
_DAY, _FAILED = "foretold_day", "foretelling_failed"

log = structlog.get_logger("keepwell.foretelling")


class Failure(msgspec.Struct, frozen=True):
    """The last round failed: when, and why."""

    at: int
    because: str


def is_due(session: Session, now: int) -> bool:
    """Whether a day has begun since the last round; never while there is nobody."""
    return mark(session, _DAY) < day_of(now) and has_anybody(session)


def is_awaited(session: Session, now: int) -> bool:
    """Whether the round of the day is still to come, and did not fail."""
    return is_due(session, now) and failure(session) is None


def failure(session: Session) -> Failure | None:
    """Why the last round did not come to its end; None when it did."""
    found = session.one("SELECT value FROM setting WHERE name = ?", (_FAILED,))
    return msgspec.json.decode(str(found), type=Failure) if found else None


def go_round(workspace: Workspace, foretell: Foretell, now: int, *, relived: bool = False) -> bool:
    """The round of a day, if it is due; whether anything was published or scored.

    Forecasts are of the midnight with which the day began: of whole days, whenever the round is made. `relived` rounds
    are of past days of a simulated log.
    """
    with workspace.database.read() as session:
        if not is_due(session, now):
            return False
    scored = publishing.score_due(workspace, now)  # first: it needs no model, and cannot fail with one
    midnight = day_of(now) * DAY_US
    made = foretell(workspace, midnight)
    known = publishing.basis(workspace, midnight, made.counts)
    published = publishing.publish(workspace, made.forecasts, known, now, relived=relived)
    with workspace.database.write() as session:
        set_mark(session, _DAY, day_of(now))
        set_mark(session, _FAILED, "")
        surveying.look_at_forecasts(session, now)
    return bool(published or scored)


def relive(workspace: Workspace, foretell: Foretell, now: int) -> int:
    """The rounds of past weeks of a simulated log, each as it would have been; how many published or scored anything.

    Today's round is made by whoever serves.
    """
    midnight = day_of(now) * DAY_US
    moments = [midnight - back * WEEK_US for back in RELIVED_WEEKS]
    return sum(go_round(workspace, foretell, moment, relived=True) for moment in moments)


class Maker(Protocol):
    """Makes forecasts, and what is shown of them."""

    def foretell(self, workspace: Workspace, midnight: int) -> Foretold:
        """As `Foretell`."""
        ...

    def settle(self, now: int) -> bool:
        """Make what is shown out of what is published, unless it is; whether it was made."""
        ...


class Foretelling:
    """Goes round once a day while a server runs.

    Args:
        workspace: the folder.
        maker: makes forecasts, and what is shown of them.
        clock: microseconds.
        changed: called when something was published, scored or is shown anew.
    """

    def __init__(
        self, workspace: Workspace, maker: Maker, clock: Callable[[], int], changed: Callable[[], object]
    ) -> None:  # fmt: skip
        self._workspace = workspace
        self._maker = maker
        self._clock = clock
        self._changed = changed
        self._turning = Turning("foretelling", self._turn)

    def start(self) -> None:
        self._turning.start()

    def stop(self) -> None:
        """End after the round that is under way."""
        self._turning.stop()

    def _turn(self) -> float:
        return LOOKED_EVERY_S if self.once() else AFTER_A_FAILURE_S

    def once(self) -> bool:
        """One look; whether it went well. Whatever fails is written down and tried again; everything else goes on."""
        now = self._clock()
        try:
            done = go_round(self._workspace, self._maker.foretell, now)
            settled = self._maker.settle(now)
            if settled:
                self._forget()
            if settled or done:
                self._changed()
        except Exception as error:
            log.exception("the round of forecasts failed; it is tried again", exc_info=error)
            self._remember(Failure(now, f"{type(error).__name__}: {error}"[:500]))
            return False
        return True

    def _forget(self) -> None:
        """What failed before has come to its end."""
        with self._workspace.database.read() as session:
            failed = failure(session)
        if failed is not None:
            with self._workspace.database.write() as session:
                set_mark(session, _FAILED, "")

    def _remember(self, failed: Failure) -> None:
        try:
            with self._workspace.database.write() as session:
                if is_awaited(session, failed.at):  # what was published before still holds
                    surveying.look_at_forecasts(session, failed.at)
                set_mark(session, _FAILED, msgspec.json.encode(failed).decode())
        except Exception as error:
            log.exception("nor could that be written down", exc_info=error)
