"""The form with which a band is set by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.base.time import day_of, day_to_date
from keepwell.customers.profile import OVERRIDE_DAYS
from keepwell.events.slots import MAX_TEXT
from keepwell.runtime.ports.book import Explanation
from keepwell.web.views import bands


@dataclass(frozen=True)
class Draft:
    """What somebody asked for, and why it was not done."""

    band: str
    reason: str
    until: str
    refused: str


@dataclass(frozen=True)
class OverrideForm:
    """`until` and `earliest` are ISO dates; `refused` is empty when nothing was refused."""

    customer_id: str
    since: str
    active: bool
    bands: Sequence[tuple[str, str]]
    band: str
    reason: str
    until: str
    earliest: str
    longest: int
    refused: str


def form(explanation: Explanation, since: str, now: int, draft: Draft | None = None) -> OverrideForm:
    """Filled with what was asked for; else with what holds; else with the usual length."""
    active = explanation.override_until is not None
    until = day_of(now) + OVERRIDE_DAYS if explanation.override_until is None else explanation.override_until
    filled = draft or Draft(
        band=(explanation.band or "") if active else "",
        reason=explanation.override_reason or "",
        until=day_to_date(until).isoformat(),
        refused="",
    )
    return OverrideForm(
        customer_id=explanation.customer_id,
        since=since,
        active=active,
        bands=[(band.key, band.label) for band in bands.BANDS],
        band=filled.band,
        reason=filled.reason,
        until=filled.until,
        earliest=day_to_date(day_of(now)).isoformat(),
        longest=MAX_TEXT,
        refused=filled.refused,
    )
