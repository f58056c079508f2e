"""Overrides of a band: events like everything else, so every past score knows of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keepwell.base.time import DAY_US, last_day_before, to_rfc3339
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw, Rejection
from keepwell.events.slots import MAX_TEXT, keepable
from keepwell.runtime import cycle
from keepwell.runtime.explain import UnknownCustomerError
from keepwell.runtime.ports.overrides import OverrideRefusedError
from keepwell.runtime.receive import receive
from keepwell.runtime.workspace import Workspace
from keepwell.scores.bands import BANDS
from keepwell.store import profiles

SOURCE = "keepwell"


@dataclass(frozen=True)
class Override:
    """A band shown instead of the computed one; it ends on the day of `until`."""

    customer_id: str
    band: str
    reason: str
    until: int | None = None


def set_override(workspace: Workspace, override: Override, now: int) -> None:
    """Begin an override.

    Raises:
        UnknownCustomerError: there is no such customer.
        OverrideRefusedError: what `Overrides` refuses.
    """
    event = _beginning(override, now)
    with workspace.writing():
        _write(workspace, event, now)


def clear_override(workspace: Workspace, customer_id: str, now: int) -> bool:
    """End an override; False when there was none, and nothing is written.

    Raises:
        UnknownCustomerError: there is no such customer.
    """
    event = _event(Raw(customer_id, "band_override_cleared", now), now)
    with workspace.writing():
        if not _overridden(workspace, event.customer_id, now):
            return False
        _write(workspace, event, now)
    return True


def _overridden(workspace: Workspace, customer_id: str, now: int) -> bool:
    with workspace.database.read() as session:
        found = session.one("SELECT id FROM customer WHERE external_id = ?", (customer_id,))
        if found is None:
            raise UnknownCustomerError(customer_id)
        profile = profiles.at(session, int(found), now)
    return profile.override_band > 0 and profile.override_until >= last_day_before(now)


class StoredOverrides:
    """Implements the `Overrides` port for a process that holds the folder's lock already."""

    def __init__(self, workspace: Workspace, clock: Callable[[], int]) -> None:
        self._workspace = workspace
        self._clock = clock

    def begin(self, customer_id: str, band: str, reason: str, until_day: int) -> None:
        now = self._clock()
        override = Override(customer_id, band, reason, (until_day + 1) * DAY_US - 1)
        self._take(_beginning(override, now), now)

    def end(self, customer_id: str) -> None:
        now = self._clock()
        self._take(_event(Raw(customer_id, "band_override_cleared", now), now), now)

    def _take(self, event: Event, now: int) -> None:
        with self._workspace.turning:
            _write(self._workspace, event, now)


def _beginning(override: Override, now: int) -> Event:
    reason = " ".join(override.reason.split())
    problem = _problem(override, reason, now)
    if problem is not None:
        raise OverrideRefusedError(problem)
    ends = {} if override.until is None else {"until": to_rfc3339(override.until)}
    return _event(
        Raw(override.customer_id, "band_overridden", now, {"band": override.band, "reason": reason, **ends}), now
    )


def _problem(override: Override, reason: str, now: int) -> str | None:
    if override.band not in BANDS:
        return f"there is no band called {override.band[:40]!r}; the bands are {', '.join(BANDS)}"
    if not reason:
        return "an override needs a reason"
    if not keepable(reason):
        return f"a reason is at most {MAX_TEXT} characters of plain text"
    if override.until is not None and override.until <= now:
        return f"an override cannot end in the past ({to_rfc3339(override.until)})"
    return None


def _event(raw: Raw, now: int) -> Event:
    event = accept(raw, Receipt(now, live=True))
    if isinstance(event, Rejection):
        raise OverrideRefusedError(f"the override was not understood ({event.reason} {event.detail})")
    return event


def _write(workspace: Workspace, event: Event, now: int) -> None:
    with workspace.database.read() as session:
        if session.one("SELECT id FROM customer WHERE external_id = ?", (event.customer_id,)) is None:
            raise UnknownCustomerError(event.customer_id)
    receive(workspace, [event], SOURCE)
    cycle.turn(workspace, now + 1)
