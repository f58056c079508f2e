"""Rows of a file as raw events: columns found by name, extra columns added to the properties."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from keepwell.events.event import ROW_FIELDS, Raw, Rejection

FIELDS = ROW_FIELDS
_ALIASES = {
    "messageId": "message_id", "receivedAt": "received_at", "userId": "user_id", "sentAt": "sent_at",
    "customerId": "customer_id", "groupId": "customer_id",
}  # fmt: skip


class Broken(msgspec.Struct, frozen=True):
    """A row that cannot even be read, with as much of it as can be kept."""

    rejection: Rejection
    text: str


Row = Raw | Broken
Chunk = list[Row]

_decode = msgspec.json.Decoder(dict[str, object]).decode


class Columns:
    """Which column of a file is which field of a raw event."""

    def __init__(self, names: Sequence[str], renamed: Mapping[str, str]) -> None:
        self.names = list(names)
        theirs = {name: field for field, name in renamed.items()}
        found = [theirs.get(name) or _ALIASES.get(name, name) for name in names]
        self.places = {field: found.index(field) for field in FIELDS if field in found}
        self.extra = [(place, name) for place, name in enumerate(found) if name not in FIELDS]

    def reader(self) -> Callable[[Sequence[object]], Raw]:
        """A function from the values of a row to a raw event."""
        places = [self.places.get(field) for field in FIELDS]
        extra = self.extra

        def read(values: Sequence[object]) -> Raw:
            raw = Raw(*[None if place is None else values[place] for place in places])
            return _with_extra(raw, {name: values[place] for place, name in extra}) if extra else raw

        return read


def _with_extra(raw: Raw, extra: Mapping[str, object]) -> Raw:
    given = {name: value for name, value in extra.items() if value is not None and value != ""}
    if not given:
        return raw
    properties = raw.properties
    if isinstance(properties, str) and properties:
        try:
            properties = _decode(properties)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return raw  # the row is refused for its properties, and kept as it is
    if properties is None or properties == "":
        return msgspec.structs.replace(raw, properties=given)
    if not isinstance(properties, Mapping):
        return raw
    return msgspec.structs.replace(raw, properties={**given, **properties})


def from_object(found: Mapping[str, object], renamed: Mapping[str, str]) -> Raw:
    """A raw event of a JSON object."""
    names = list(found)
    return Columns(names, renamed).reader()(list(found.values()))
