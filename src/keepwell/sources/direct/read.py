"""Reading our own events: one object, a list, `{"events": [...]}`, or one object a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from keepwell.events.catalog import BY_KEY, find
from keepwell.events.event import Raw
from keepwell.sources.files.rows import from_object
from keepwell.sources.items import (
    ABSENT,
    FAULTS,
    MAX_ITEMS,
    Id,
    Item,
    Moment,
    bounded,
    counted,
    email,
    is_object,
    json_text,
    listed,
    names,
    refused,
    unread,
)
from keepwell.sources.sent import Batch, Name, Sent, Unread
from keepwell.sources.split import split

_CONTACT = BY_KEY["contact_updated"]


class _Event(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """An event that has our own fields only; anything else is read by name, as in files."""

    customer_id: Id = None
    event: str | None = None
    timestamp: Moment = None
    properties: msgspec.Raw = ABSENT
    message_id: Id = None
    user_id: Id = None
    sent_at: Moment = None


class _Wrapping(msgspec.Struct):
    events: list[msgspec.Raw] | None = None


_decode_event = msgspec.json.Decoder(_Event).decode
_decode_any = msgspec.json.Decoder(dict[str, object]).decode
_decode_text = msgspec.json.Decoder(str).decode
_decode_wrapping = msgspec.json.Decoder(_Wrapping).decode


def read(body: bytes, now: int) -> Batch:
    """What a request brought; `now` is the moment of receipt.

    Raises:
        BodyRefusedError: the body as a whole is none of the forms that are read.
    """
    return Batch([_item(item, now) for item in _items(bounded(body))])


def _items(body: bytes) -> Sequence[Item]:
    if body.lstrip().startswith(b"["):
        return listed(body)
    try:
        wrapping = _decode_wrapping(body)
    except FAULTS as error:
        return _unwrapped(body, error)
    return [body] if wrapping.events is None else counted(wrapping.events)


def _unwrapped(body: bytes, error: Exception) -> Sequence[Item]:
    """Lines, or the items of a wrapping that one of them spoils, or one event that cannot be read."""
    lines = [line for line in body.split(b"\n", MAX_ITEMS + 1) if line.strip()]
    if len(lines) > 1 and any(is_object(line) for line in lines):
        return counted(lines)
    parts = split(body, b"events")
    if parts is not None:
        return counted(parts[1])
    if not is_object(body):
        raise refused(error)
    return [body]


def _item(item: Item, now: int) -> Sent | Unread:
    try:
        return _sent(_raw(item), now)
    except FAULTS as error:
        return unread(item, error)


def _raw(item: Item) -> Raw:
    try:
        event = _decode_event(item)
    except msgspec.ValidationError:
        return from_object(_decode_any(item), {})
    properties = json_text(event.properties)
    if properties and properties.startswith('"'):  # an object as text, as in files
        properties = _decode_text(properties)
    ids = event.customer_id, event.event, event.timestamp, properties, event.message_id
    return Raw(*ids, user_id=event.user_id, sent_at=event.sent_at)


def _sent(raw: Raw, now: int) -> Sent:
    if raw.timestamp is None or raw.timestamp == "":
        raw = msgspec.structs.replace(raw, timestamp=now, own_time=0)
    if not isinstance(raw.event, str) or find(raw.event) is not _CONTACT:
        return Sent(raw)
    return Sent(raw, (), _binds(raw.properties))


def _binds(properties: object) -> tuple[Name, ...]:
    """The names of a contact: who says that somebody belongs to an account says so of the address too."""
    given = _decode_any(properties) if isinstance(properties, str) and properties else properties
    if not isinstance(given, Mapping):
        return ()
    user = given.get("contact_id")
    return names(("user", user if isinstance(user, str | int) else None), ("email", email(given.get("email"))))
