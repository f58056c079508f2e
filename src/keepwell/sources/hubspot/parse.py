"""Changes in HubSpot. A delivery is a list of them, of up to 100.

A change names one object and says nothing about others: what belongs to a company is learned from associations.
https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide
"""

from __future__ import annotations

from collections.abc import Sequence

from keepwell.sources import payload
from keepwell.sources.delivery import Delivery
from keepwell.sources.payload import Fact, Item, Whose, present, whose, word
from keepwell.sources.sent import Batch, Name, Sent

TRAITS = ("plan", "mrr", "seats", "segment", "renewal_date")
"""Properties of a company that are traits of ours when they are called like them."""

_TYPES = {"0-1": "contact", "0-2": "company", "0-3": "deal", "0-5": "ticket"}


def parse(delivery: Delivery) -> Batch:
    """The events of a list of changes.

    Raises:
        BodyRefusedError: the body is not JSON.
    """
    return payload.batch(payload.several(delivery.body), _read)


def _read(change: Item) -> Sequence[Sent]:
    kind, _, what = (word(change.get("subscriptionType")) or "").partition(".")
    if kind == "object":  # the newer form has the type in a field of its own
        kind = _TYPES.get(word(change.get("objectTypeId")) or "", kind)
    if not what:
        return ()
    who, fact = _meaning(kind, what, change)
    found = payload.sent(who, change.get("occurredAt"), _own_id(change), fact)
    bound = _bound(what, change)
    return [Sent(each.raw, each.names, (*each.binds, *bound)) for each in found]


def _own_id(change: Item) -> str | None:
    """HubSpot says that `eventId` is not unique: with its subscription and object it is."""
    parts = [word(change.get(name)) for name in ("eventId", "subscriptionId", "objectId", "fromObjectId", "toObjectId")]
    return ":".join(part or "" for part in parts) if parts[0] else None


def _meaning(kind: str, what: str, change: Item) -> tuple[Whose, Fact]:
    unknown: Fact = (f"hubspot.{kind}.{what}", payload.scalars(change))
    if what == "associationChange":
        company = _ends(change).get("company")
        return whose(None, ("hubspot", company)), unknown
    name, value = word(change.get("propertyName")), change.get("propertyValue")
    number = change.get("objectId")
    if kind == "company":
        explicit = value if what == "propertyChange" and name == "customer_id" else None
        return whose(explicit, ("hubspot", number)), _trait(name, value) or unknown
    who = whose(None, (f"hubspot_{kind}", number))
    if kind == "deal" and name == "dealtype" and value == "existingbusiness":
        return who, ("expansion_discussed", present(deal=word(number)))
    return who, unknown


def _trait(name: str | None, value: object) -> Fact | None:
    return ("customer_updated", {name: value}) if name in TRAITS and value not in (None, "") else None


def _ends(change: Item) -> dict[str, str | None]:
    """What is associated, by type: `DEAL_TO_COMPANY` from 1 to 2 is deal 1 and company 2."""
    origin, _, target = (word(change.get("associationType")) or "").lower().partition("_to_")
    return {origin: word(change.get("fromObjectId")), target: word(change.get("toObjectId"))}


def _bound(what: str, change: Item) -> list[Name]:
    """What belongs to a company from now on. It may have others besides: the primary one counts."""
    ends = _ends(change)
    gone = change.get("associationRemoved") is not False or change.get("isPrimaryAssociation") is not True
    if what != "associationChange" or gone or not ends.get("company"):
        return []
    return [(f"hubspot_{kind}", number) for kind, number in ends.items() if kind and kind != "company" and number]
