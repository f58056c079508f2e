"""Events as they are on the wire."""

from __future__ import annotations

import msgspec

from keepwell.sources.items import ABSENT, Id, Moment


class Wrapping(msgspec.Struct):
    """A request: a batch, or else one event with the same key beside it."""

    batch: list[msgspec.Raw] | None = None
    api_key: object = None
    token: object = None
    sent_at: object = None


class Captured(msgspec.Struct, rename={"person": "$set"}, gc=False):
    """One event. `offset` is how many milliseconds passed between it and the sending."""

    event: str | None = None
    distinct_id: Id = None
    uuid: Id = None
    timestamp: Moment = None
    offset: int | float | None = None
    properties: msgspec.Raw = ABSENT
    person: msgspec.Raw = ABSENT
    api_key: object = None
    token: object = None


_DOLLAR = {
    "groups": "$groups",
    "person": "$set",
    "person_once": "$set_once",
    "anonymous": "$anon_distinct_id",
    "device": "$device_id",
    "group_type": "$group_type",
    "group_key": "$group_key",
    "group": "$group_set",
    "path": "$pathname",
    "screen": "$screen_name",
}


class Properties(msgspec.Struct, rename=_DOLLAR, gc=False):
    """Those properties that say something about the account and the user."""

    distinct_id: Id = None
    token: object = None
    alias: Id = None
    groups: dict[str, Id] | None = None
    person: msgspec.Raw = ABSENT
    person_once: msgspec.Raw = ABSENT
    anonymous: Id = None
    device: Id = None
    group_type: object = None
    group_key: Id = None
    group: msgspec.Raw = ABSENT
    path: object = None
    screen: object = None


decode_wrapping = msgspec.json.Decoder(Wrapping).decode
decode_event = msgspec.json.Decoder(Captured).decode
decode_properties = msgspec.json.Decoder(Properties).decode
