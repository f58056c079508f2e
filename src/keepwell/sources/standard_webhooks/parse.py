"""Events of ours, sent as the Standard Webhooks specification says.

https://www.standardwebhooks.com
"""

from __future__ import annotations

from collections.abc import Sequence

from keepwell.events.event import ROW_FIELDS, Raw
from keepwell.sources import payload
from keepwell.sources.delivery import Delivery
from keepwell.sources.payload import Item
from keepwell.sources.sent import Batch, Sent

HEADERS = ("webhook", "svix")


def parse(delivery: Delivery) -> Batch:
    """The event, or the list of events, of a body.

    What an event leaves out is taken from the headers: the id (with its place in a list) and the moment.

    Raises:
        BodyRefusedError: the body is not JSON.
    """
    value = payload.decode(delivery.body)
    own_id, moment = _header(delivery, "id"), _header(delivery, "timestamp")
    given = value if isinstance(value, list) else [value]
    places = iter(range(len(given)))

    def read(item: Item) -> Sequence[Sent]:
        place = next(places)
        own = f"{own_id}:{place}" if own_id and isinstance(value, list) else own_id
        known = {name: item.get(name) for name in ROW_FIELDS if name != "received_at"}
        raw = Raw(**{**known, "message_id": known["message_id"] or own, "timestamp": known["timestamp"] or moment})
        return [Sent(raw)]

    return payload.batch(given, read)


def _header(delivery: Delivery, name: str) -> str | None:
    return next((found for family in HEADERS if (found := delivery.headers.get(f"{family}-{name}"))), None)
