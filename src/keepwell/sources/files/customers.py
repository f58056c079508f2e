"""Customer files: one row a customer, columns are traits. A row becomes the events that say so."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from keepwell.events.event import Raw
from keepwell.events.mapping import EventMap

COLUMNS = EventMap(columns={"customer_id": "id"})
"""Files of customers may call the id simply `id`."""

_PARTS = (("contacts", "contact_updated", "contact_id"), ("wallets", "wallet_linked", "address"))
_LISTS = ("entitled_features", "offered_addons", "contacts", "wallets")


def customer_rows(raw: Raw, now: int) -> list[Raw]:
    """A row of a customer file as events: the traits, each contact, each wallet.

    They count from the row's `timestamp`, else from the customer's `created_at`, else from now. A contact
    or wallet that is not a table is its name. Properties that are no table are left to be refused.
    """
    given = _value("properties", raw.properties)
    if not isinstance(given, Mapping | None) and given != "":
        return [Raw(raw.customer_id, "customer_updated", raw.timestamp or now, given)]
    traits = {name: _value(name, value) for name, value in given.items()} if isinstance(given, Mapping) else {}
    parts = [(kind, key, traits.pop(name, None)) for name, kind, key in _PARTS]
    when = raw.timestamp or traits.get("created_at") or now
    found = [Raw(raw.customer_id, "customer_updated", when, traits)]
    for kind, key, items in parts:
        several = items if isinstance(items, list) else [] if items is None else [items]
        each = [item if isinstance(item, Mapping) else {key: item} for item in several]
        found += [Raw(raw.customer_id, kind, when, item) for item in each]
    return found


def _value(name: str, value: object) -> object:
    """Lists and tables arrive as JSON text from CSV; lists also as `a;b;c`."""
    if not isinstance(value, str):
        return value
    if value[:1] in ("[", "{"):
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return value
    return [item.strip() for item in value.split(";") if item.strip()] if name in _LISTS else value
