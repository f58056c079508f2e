"""Events, of one customer or of all, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from keepwell.base.time import to_datetime
from keepwell.runtime.ports.book import EventLine, EventPlace, EventsAsked
from keepwell.runtime.ports.desk import Desk
from keepwell.web.api import cursors
from keepwell.web.api.asked import Cursor, CustomerId, Limit, Moment, moment
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.needs import Role, Scope, needs
from keepwell.web.pages import NoSuchCustomer


class Event(msgspec.Struct, frozen=True):
    """Something that happened. Events about the platform itself have an empty `customer_id`."""

    message_id: str
    customer_id: str
    event: str
    occurred_at: Instant
    received_at: Instant
    properties: dict[str, Any]


class Events(msgspec.Struct, frozen=True):
    """A part of the list. `next` is the cursor of the part after it, null at the end."""

    events: Sequence[Event]
    next: str | None


def add_routes(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/events", needs(Role.VIEWER, Scope.READ), Events))
    def list_events(since: Moment = None, until: Moment = None, cursor: Cursor = None, limit: Limit = 100) -> Response:
        """Events of all customers that occurred from `since` to before `until`, the newest first."""
        return _part(desk, EventsAsked(None, moment(since, "since"), moment(until, "until")), cursor, limit)

    @api.add(Spec("GET", "/customers/{customer_id}/events", needs(Role.VIEWER, Scope.READ), Events))
    def list_customer_events(
        customer_id: CustomerId,
        since: Moment = None,
        until: Moment = None,
        cursor: Cursor = None,
        limit: Limit = 100,
    ) -> Response:
        """Events of one customer that occurred from `since` to before `until`, the newest first."""
        return _part(desk, EventsAsked(customer_id, moment(since, "since"), moment(until, "until")), cursor, limit)


def _part(desk: Desk, asked: EventsAsked, cursor: str | None, limit: int) -> Response:
    found = desk.book.events_part(asked, cursors.read(cursor, EventPlace, asked), limit)
    if found is None:
        raise NoSuchCustomer(asked.customer_id or "")
    return reply(Events([_event(line) for line in found.lines], cursors.write(found.next, asked)))


def _event(line: EventLine) -> Event:
    return Event(
        line.message_id, line.customer_id, line.event, to_datetime(line.occurred_at), to_datetime(line.received_at),
        line.properties,
    )  # fmt: skip
