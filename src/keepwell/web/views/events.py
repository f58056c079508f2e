"""Events as lists show them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.base.time import SECOND_US
from keepwell.runtime.ports.book import CustomerLine, EventLine, IndicatorLine
from keepwell.web.views import links, words

LONGEST_VALUE = 120
MOST_PROPERTIES = 12
A_MINUTE_US = 60 * SECOND_US


@dataclass(frozen=True)
class EventRow:
    """One event. `late` says when it arrived, if that was not at once."""

    message_id: str
    event: str
    at: str
    late: str
    customer: str
    href: str
    properties: Sequence[tuple[str, str]]
    more: int


@dataclass(frozen=True)
class EventsPage:
    """A list of events; `missing` are message ids known to lie behind an indicator, but too old to show."""

    customer: str
    customer_href: str
    all_href: str
    indicator: str
    summary: str
    rows: Sequence[EventRow]
    missing: Sequence[str] = ()


def row(line: EventLine) -> EventRow:
    shown = list(line.properties.items())[:MOST_PROPERTIES]
    late = line.received_at - line.occurred_at > A_MINUTE_US
    return EventRow(
        message_id=line.message_id,
        event=line.event,
        at=words.moment(line.occurred_at),
        late=words.moment(line.received_at) if late else "",
        customer=line.customer_id,
        href=links.customer(line.customer_id),
        properties=[(key, _value(value)) for key, value in shown],
        more=len(line.properties) - len(shown),
    )


def newest(customer: CustomerLine | None, lines: Sequence[EventLine], limit: int) -> EventsPage:
    """The newest events, of one customer or of all."""
    summary = f"the newest {limit}" if len(lines) >= limit else words.count(len(lines), "event")
    return EventsPage(
        customer=_name(customer),
        customer_href=links.customer(customer.id) if customer else "",
        all_href="",
        indicator="",
        summary=summary,
        rows=[row(line) for line in lines],
    )


def behind(customer: CustomerLine, indicator: IndicatorLine, lines: Sequence[EventLine]) -> EventsPage:
    """The events that an indicator was measured from, as far as they are among `lines`."""
    by_id = {line.message_id: line for line in lines}
    named = len(indicator.events)
    of = f"the newest {named} of " if named < indicator.event_count else ""
    return EventsPage(
        customer=_name(customer),
        customer_href=links.customer(customer.id),
        all_href=links.events(customer=customer.id),
        indicator=f"{indicator.label}: {indicator.explained}",
        summary=of + words.count(indicator.event_count, "event"),
        rows=[row(by_id[key]) for key in indicator.events if key in by_id],
        missing=[key for key in indicator.events if key not in by_id],
    )


def _name(customer: CustomerLine | None) -> str:
    return (customer.name or customer.id) if customer else ""


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "\N{HORIZONTAL ELLIPSIS}"
