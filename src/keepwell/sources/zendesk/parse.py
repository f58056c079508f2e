"""Tickets of Zendesk: event subscriptions, and triggers with the body the README gives.

https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events
"""

from __future__ import annotations

from collections.abc import Sequence

from keepwell.sources import payload
from keepwell.sources.delivery import Delivery
from keepwell.sources.payload import Fact, Item, present, table, word
from keepwell.sources.sent import Batch, Sent

PREFIX = "zen:event-type:"
TRIGGERED = ("ticket_opened", "ticket_updated", "ticket_escalated", "ticket_solved", "ticket_rated")
_NOT_PROPERTIES = ("event", "customer_id", "user_id", "organization_id", "email", "timestamp", "score")


def parse(delivery: Delivery) -> Batch:
    """The events of one delivery.

    Raises:
        BodyRefusedError: the body is not JSON.
    """
    return payload.batch([payload.decode(delivery.body)], _read)


def _read(event: Item) -> Sequence[Sent]:
    kind = word(event.get("type"))
    if kind is None or not kind.startswith(PREFIX):
        return _triggered(event)
    kind = kind.removeprefix(PREFIX)
    detail = table(event, "detail")
    about_organization = kind.startswith("organization.")
    who = payload.whose(
        detail.get("external_id") if about_organization else None,  # a ticket's own is about the ticket
        ("zendesk", detail.get("id") if about_organization else detail.get("organization_id")),
    )
    fact = _fact(kind, detail, table(event, "event")) or (f"zendesk.{kind}", _plain(detail))
    return payload.sent(who, event.get("time"), word(event.get("id")), fact)


def _fact(kind: str, ticket: Item, change: Item) -> Fact | None:
    number, current = word(ticket.get("id")), word(change.get("current"))
    if kind == "ticket.created":
        text = "\n".join(filter(None, (_text(ticket.get("subject")), _text(ticket.get("description")))))
        return "ticket_opened", present(ticket=number, severity=_severity(ticket.get("priority")), text=text)
    if kind == "ticket.priority_changed" and current:
        return "ticket_updated", present(ticket=number, severity=_severity(current))
    if kind == "ticket.status_changed" and _solves(current, word(change.get("previous"))):
        return "ticket_solved", present(ticket=number)
    return None


def _solves(current: str | None, previous: str | None) -> bool:
    """A solved ticket is closed by Zendesk some days later: that is not solved again."""
    return current == "SOLVED" or (current == "CLOSED" and previous != "SOLVED")


def _severity(priority: object) -> str | None:
    return priority.lower() if isinstance(priority, str) else None


def _text(value: object) -> str | None:
    """A customer's own words, as much of them as is needed to tell the mood."""
    return value[:4000] if isinstance(value, str) else None


def _plain(detail: Item) -> dict[str, object]:
    """Without what was written: it belongs to the events that read it."""
    return {key: value for key, value in payload.scalars(detail).items() if key not in ("subject", "description")}


def _triggered(given: Item) -> Sequence[Sent]:
    """What a trigger of the account sends. It has no id: the ticket at its moment is one."""
    event = word(given.get("event"))
    if event not in TRIGGERED:
        return ()
    who = payload.whose(
        given.get("customer_id"),
        ("zendesk", given.get("organization_id")),
        ("email", given.get("email")),
        user_id=given.get("user_id"),
    )
    score = {"score": _score(given["score"])} if "score" in given else {}
    more = {key: value for key, value in given.items() if key not in _NOT_PROPERTIES}
    number, when = word(given.get("ticket")), word(given.get("timestamp"))
    own_id = f"{event}:{number}:{when}" if number and when else None
    return payload.sent(who, given.get("timestamp"), own_id, (event, present(**more, **score)))


def _score(rating: object) -> object:
    """`Good, I'm satisfied` is `good`, in whichever words the account has put it after the first."""
    first = rating.strip().split(",")[0].split(" ")[0].lower() if isinstance(rating, str) else ""
    return first if first in ("good", "bad") else rating
