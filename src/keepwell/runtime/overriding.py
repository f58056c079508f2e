"""Overrides of a band: events like everything else, so every past score knows of them."""

from __future__ import annotations

from dataclasses import dataclass

from keepwell.base.errors import KeepwellError
from keepwell.base.time import to_rfc3339
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw, Rejection
from keepwell.runtime import cycle
from keepwell.runtime.explain import UnknownCustomerError
from keepwell.runtime.receive import receive
from keepwell.runtime.workspace import Workspace

SOURCE = "keepwell"


class OverrideRefusedError(KeepwellError):
    """An override that would end before it begins.

    Attributes:
        until: when it would end.
    """

    def __init__(self, until: str) -> None:
        super().__init__(f"an override cannot end in the past ({until}). Nothing was changed")
        self.until = until


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
    if override.until is not None and override.until <= now:
        raise OverrideRefusedError(to_rfc3339(override.until))
    ends = {} if override.until is None else {"until": to_rfc3339(override.until)}
    properties = {"band": override.band, "reason": override.reason, **ends}
    _receive(workspace, Raw(override.customer_id, "band_overridden", now, properties), now)


def clear_override(workspace: Workspace, customer_id: str, now: int) -> None:
    """End an override.

    Raises:
        UnknownCustomerError: there is no such customer.
    """
    _receive(workspace, Raw(customer_id, "band_override_cleared", now), now)


def _receive(workspace: Workspace, raw: Raw, now: int) -> None:
    with workspace.database.read() as session:
        if session.one("SELECT id FROM customer WHERE external_id = ?", (raw.customer_id,)) is None:
            raise UnknownCustomerError(str(raw.customer_id))
    event = accept(raw, Receipt(now, live=True))
    if isinstance(event, Rejection):
        raise ValueError(f"{event.reason}: {event.detail}")
    with workspace.writing():
        receive(workspace, [event], SOURCE)
        cycle.turn(workspace, now + 1)
