"""Mail events of Postmark: one a request.

https://postmarkapp.com/developer/webhooks/webhooks-overview
"""

from __future__ import annotations

from collections.abc import Sequence

from keepwell.sources import payload
from keepwell.sources.delivery import Delivery
from keepwell.sources.payload import Item, at, present, word
from keepwell.sources.sent import Batch, Sent

EVENTS = {
    "Delivery": ("email_delivered", "DeliveredAt"),
    "Open": ("email_opened", "ReceivedAt"),
    "Click": ("email_clicked", "ReceivedAt"),
    "Bounce": ("email_bounced", "BouncedAt"),
    "SpamComplaint": ("email_complained", "BouncedAt"),
    "SubscriptionChange": ("unsubscribed", "ChangedAt"),
}


def parse(delivery: Delivery) -> Batch:
    """The event of a request.

    Raises:
        BodyRefusedError: the body is not JSON.
    """
    return payload.batch([payload.decode(delivery.body)], _read)


def _read(given: Item) -> Sequence[Sent]:
    kind = word(given.get("RecordType"))
    if kind is None:
        return ()
    event, moment = EVENTS.get(kind, (f"postmark.{kind}", "ReceivedAt"))
    if kind == "SubscriptionChange" and not _left(given):
        event = "postmark.SubscriptionChange"
    email = given.get("Recipient") or given.get("Email")
    data = given.get("Metadata")
    who = payload.whose(at(data, "customer_id"), ("email", email), user_id=at(data, "user_id"))
    said = present(
        message=word(given.get("MessageID")),
        email=word(email),
        url=given.get("OriginalLink"),
        type=word(given.get("Type") or given.get("SuppressionReason")),
        reason=given.get("Description"),
    )
    return payload.sent(who, given.get(moment), _own_id(kind, given, word(given.get(moment))), (event, said))


def _left(given: Item) -> bool:
    """Bounces and complaints suppress an address too, and are told by events of their own."""
    return given.get("SuppressSending") is True and given.get("SuppressionReason") == "ManualSuppression"


def _own_id(kind: str, given: Item, when: str | None) -> str | None:
    """Bounces have an id; of the others the message, whom it was for and the moment make one."""
    number = word(given.get("ID"))
    if number:
        return f"{kind}:{number}"
    message = word(given.get("MessageID"))
    return f"{kind}:{message}:{given.get('Recipient')}:{when}"[:200] if message and when else None
