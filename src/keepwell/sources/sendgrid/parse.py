"""Mail events of SendGrid: a list of them.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

from collections.abc import Sequence

from keepwell.sources import payload
from keepwell.sources.delivery import Delivery
from keepwell.sources.payload import Item, present, word
from keepwell.sources.sent import Batch, Sent

EVENTS = {
    "delivered": "email_delivered",
    "open": "email_opened",
    "click": "email_clicked",
    "bounce": "email_bounced",
    "spamreport": "email_complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}


def parse(delivery: Delivery) -> Batch:
    """The events of a list.

    Raises:
        BodyRefusedError: the body is not JSON.
    """
    return payload.batch(payload.several(delivery.body), _read)


def _read(event: Item) -> Sequence[Sent]:
    kind = word(event.get("event"))
    if kind is None:
        return ()
    who = payload.whose(event.get("customer_id"), ("email", event.get("email")), user_id=event.get("user_id"))
    said = present(
        message=word(event.get("sg_message_id")),
        email=word(event.get("email")),
        url=event.get("url"),
        type=word(event.get("type")),
        reason=event.get("reason"),
        group=word(event.get("asm_group_id")),
        opened_by_machine=event.get("sg_machine_open"),
    )
    name = EVENTS.get(kind, f"sendgrid.{kind}")
    return payload.sent(who, event.get("timestamp"), word(event.get("sg_event_id")), (name, said))
