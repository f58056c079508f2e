"""Notifications of Intercom, by their topic.

https://developers.intercom.com/docs/references/webhooks/webhook-models
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from keepwell.sources import payload
from keepwell.sources.delivery import Delivery
from keepwell.sources.payload import Fact, Item, Whose, at, present, table, word
from keepwell.sources.sent import Batch, Sent


def parse(delivery: Delivery) -> Batch:
    """The events of one notification.

    Raises:
        BodyRefusedError: the body is not JSON.
    """
    return payload.batch([payload.decode(delivery.body)], _read)


def _read(notification: Item) -> Sequence[Sent]:
    topic, item = word(notification.get("topic")), table(notification, "data", "item")
    if topic is None or topic == "ping":
        return ()
    read = READERS.get(topic)
    fact = (read(item) if read else None) or (f"intercom.{topic}", payload.scalars(item))
    return payload.sent(_whose(item), notification.get("created_at"), word(notification.get("id")), fact)


def _whose(item: Item) -> Whose:
    """By the attribute `customer_id`, our id of the person, the company, or the person's address."""
    kind = item.get("type")
    contact = item if kind == "contact" else table(item, "contacts", "contacts", 0) or table(item, "contact")
    author = table(item, "source", "author")
    written = author.get("email") if author.get("type") in ("user", "lead", "contact") else None
    company = item.get("id") if kind == "company" else item.get("company_id") or at(item, "company", "id")
    return payload.whose(
        at(item, "custom_attributes", "customer_id"),
        ("intercom", company),
        ("email", contact.get("email") or written),
        user_id=contact.get("external_id"),
    )


def _opened(ticket: Item) -> Fact:
    attributes = table(ticket, "ticket_attributes")
    said = (attributes.get("_default_title_"), attributes.get("_default_description_"))
    text = "\n".join(each[:4000] for each in said if isinstance(each, str))
    return "ticket_opened", present(ticket=word(ticket.get("id")), text=text)


def _state(ticket: Item) -> Fact | None:
    """The state is a word until API version 2.11, since then an object with that word as category."""
    state = ticket.get("ticket_state")
    solved = (at(state, "category") if isinstance(state, dict) else state) == "resolved"
    return ("ticket_solved", present(ticket=word(ticket.get("id")))) if solved else None


def _rated(conversation: Item) -> Fact | None:
    rating = table(conversation, "conversation_rating")
    if rating.get("rating") is None:
        return None
    said = present(ticket=word(conversation.get("id")), score=rating["rating"], text=rating.get("remark"))
    return "ticket_rated", said


def _talk(event: str, **more: object) -> Callable[[Item], Fact]:
    return lambda conversation: (event, present(conversation=word(conversation.get("id")), **more))


def _unsubscribed(contact: Item) -> Fact:
    return "unsubscribed", present(contact_id=word(contact.get("external_id")))


READERS: dict[str, Callable[[Item], Fact | None]] = {
    "ticket.created": _opened,
    "ticket.state.updated": _state,
    "ticket.closed": lambda ticket: ("ticket_solved", present(ticket=word(ticket.get("id")))),
    "conversation.rating.added": _rated,
    "conversation.user.created": _talk("message_received", started_by="customer"),
    "conversation.user.replied": _talk("message_replied"),
    "conversation.admin.single.created": _talk("message_sent", answerable=True),
    "conversation.admin.replied": _talk("message_sent", answerable=True),
    "contact.unsubscribed": _unsubscribed,
}
