"""Customer files: one row a customer, columns are traits. A row becomes the events that say so."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from keepwell.events.event import Raw
from keepwell.events.mapping import EventMap

COLUMNS = EventMap(columns={"customer_id": "id"})
"""Files of customers may call the id simply `id`."""

_LISTS = ("entitled_features", "offered_addons")


def customer_rows(raw: Raw, now: int) -> list[Raw]:
    """A row of a customer file as events: the traits, each contact, each wallet.

    They count from the row's `timestamp`, else from the customer's `created_at`, else from now.
    """
    traits = dict(raw.properties) if isinstance(raw.properties, Mapping) else {}
    traits = {name: _value(name, value) for name, value in traits.items()}
    contacts, wallets = traits.pop("contacts", None), traits.pop("wallets", None)
    when = raw.timestamp or traits.get("created_at") or now
    found = [Raw(raw.customer_id, "customer_updated", when, traits)]
    for kind, items in (("contact_updated", contacts), ("wallet_linked", wallets)):
        given = items if isinstance(items, list) else []
        found += [Raw(raw.customer_id, kind, when, item) for item in given if isinstance(item, Mapping)]
    return found


def _value(name: str, value: object) -> object:
    """Lists and tables arrive as JSON text from CSV; lists also as `a;b;c`."""
    if not isinstance(value, str):
        return value
    if value[:1] in ("[", "{"):
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value
    return [item.strip() for item in value.split(";") if item.strip()] if name in _LISTS else value
