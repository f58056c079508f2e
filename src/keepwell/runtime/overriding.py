"""Overrides of a band: events like everything else, so every past score knows of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keepwell.base.errors import KeepwellError
from keepwell.base.time import to_rfc3339
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw, Rejection
from keepwell.runtime import cycle
from keepwell.runtime.explain import UnknownCustomerError
from keepwell.runtime.ports.overrides import OverrideRefusedError
from keepwell.runtime.receive import receive
from keepwell.runtime.workspace import Workspace

SOURCE = "keepwell"


class OverrideNotReadError(KeepwellError):
    """An override that the log does not accept as an event."""

    def __init__(self, refusal: Rejection) -> None:
        super().__init__(f"this override cannot be kept: {refusal.reason} {refusal.detail}. Nothing was changed")


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
        OverrideRefusedError: it would end before it begins.
    """
    _receive(workspace, _begins(override, now), now)


def clear_override(workspace: Workspace, customer_id: str, now: int) -> None:
    """End an override.

    Raises:
        UnknownCustomerError: there is no such customer.
    """
    _receive(workspace, _ends(customer_id, now), now)


class LiveOverrides:
    """Implements the `Overrides` port. `moved` is called once an override is committed: it moves the scores."""

    def __init__(self, workspace: Workspace, clock: Callable[[], int], moved: Callable[[], None]) -> None:
        self._workspace = workspace
        self._clock = clock
        self._moved = moved

    def set(self, customer_id: str, band: str, reason: str, until: int | None) -> bool:
        now = self._clock()
        return self._log(_begins(Override(customer_id, band, reason, until), now), now)

    def clear(self, customer_id: str) -> bool:
        now = self._clock()
        return self._log(_ends(customer_id, now), now)

    def _log(self, raw: Raw, now: int) -> bool:
        if not _is_known(self._workspace, raw):
            return False
        event = _accepted(raw, now)
        with self._workspace.database.write() as session:
            receive(self._workspace, [event], SOURCE)
            session.afterwards.append(self._moved)
        return True


def _begins(override: Override, now: int) -> Raw:
    if override.until is not None and override.until <= now:
        raise OverrideRefusedError(to_rfc3339(override.until))
    ends = {} if override.until is None else {"until": to_rfc3339(override.until)}
    properties = {"band": override.band, "reason": override.reason, **ends}
    return Raw(override.customer_id, "band_overridden", now, properties)


def _ends(customer_id: str, now: int) -> Raw:
    return Raw(customer_id, "band_override_cleared", now)


def _is_known(workspace: Workspace, raw: Raw) -> bool:
    with workspace.database.read() as session:
        return session.one("SELECT id FROM customer WHERE external_id = ?", (raw.customer_id,)) is not None


def _accepted(raw: Raw, now: int) -> Event:
    found = accept(raw, Receipt(now, live=True))
    if isinstance(found, Rejection):
        raise OverrideNotReadError(found)
    return found


def _receive(workspace: Workspace, raw: Raw, now: int) -> None:
    if not _is_known(workspace, raw):
        raise UnknownCustomerError(str(raw.customer_id))
    event = _accepted(raw, now)
    with workspace.writing():
        receive(workspace, [event], SOURCE)
        cycle.turn(workspace, now + 1)
