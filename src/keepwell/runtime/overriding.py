"""Overrides of a band: events like everything else, so every past score knows of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keepwell.base.time import last_day_before, to_rfc3339
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw, Rejection
from keepwell.events.slots import MAX_TEXT, keepable
from keepwell.runtime import cycle
from keepwell.runtime.explain import UnknownCustomerError
from keepwell.runtime.ports.overrides import OverrideRefusedError
from keepwell.runtime.receive import Parcel, receive
from keepwell.runtime.workspace import Workspace
from keepwell.scores.bands import BANDS
from keepwell.store import profiles
from keepwell.store.customers import number_of

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
    _receive(workspace, _begins(override, now), now)


def clear_override(workspace: Workspace, customer_id: str, now: int) -> bool:
    """End an override; False when there was none, and nothing is written.

    Raises:
        UnknownCustomerError: there is no such customer.
    """
    event = _ends(customer_id, now)
    if not _overridden(workspace, customer_id, now):
        return False
    _receive(workspace, event, now)
    return True


def _overridden(workspace: Workspace, customer_id: str, now: int) -> bool:
    with workspace.database.read() as session:
        found = number_of(session, customer_id)
        if found is None:
            raise UnknownCustomerError(customer_id)
        profile = profiles.at(session, found, now)
    return profile.override_band > 0 and profile.override_until >= last_day_before(now)


def _receive(workspace: Workspace, event: Event, now: int) -> None:
    if not _is_known(workspace, event):
        raise UnknownCustomerError(event.customer_id)
    with workspace.writing():
        receive(workspace, [Parcel(SOURCE, [event])], now)
        cycle.turn(workspace, now + 1)


class LiveOverrides:
    """Implements the `Overrides` port. `moved` is called once an override is committed: it moves the scores."""

    def __init__(self, workspace: Workspace, clock: Callable[[], int], moved: Callable[[], object]) -> None:
        self._workspace = workspace
        self._clock = clock
        self._moved = moved

    def set(self, customer_id: str, band: str, reason: str, until: int | None) -> bool:
        now = self._clock()
        return self._log(_begins(Override(customer_id, band, reason, until), now), now)

    def clear(self, customer_id: str) -> bool:
        now = self._clock()
        return self._log(_ends(customer_id, now), now)

    def _log(self, event: Event, now: int) -> bool:
        if not _is_known(self._workspace, event):
            return False
        with self._workspace.database.write() as session:
            receive(self._workspace, [Parcel(SOURCE, [event])], now)
            session.afterwards.append(self._moved)
        return True


def _begins(override: Override, now: int) -> Event:
    reason = " ".join(override.reason.split())
    problem = _problem(override, reason, now)
    if problem is not None:
        raise OverrideRefusedError(problem)
    ends = {} if override.until is None else {"until": to_rfc3339(override.until)}
    return _event(
        Raw(override.customer_id, "band_overridden", now, {"band": override.band, "reason": reason, **ends}), now
    )


def _ends(customer_id: str, now: int) -> Event:
    return _event(Raw(customer_id, "band_override_cleared", now), now)


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


def _is_known(workspace: Workspace, event: Event) -> bool:
    with workspace.database.read() as session:
        return number_of(session, event.customer_id) is not None
