"""Calls as they are on the wire. Fields that say nothing to Keepwell are passed over without being read."""

from __future__ import annotations

import msgspec

from keepwell.sources.items import ABSENT, Id, Moment


class Context(msgspec.Struct, rename="camel", gc=False):
    """Circumstances of a call, of the whole batch or of one item."""

    group_id: Id = None
    traits: msgspec.Raw = ABSENT  # RudderStack's place for the traits of the user


class Call(msgspec.Struct, rename="camel", gc=False):
    """One call. A field that is absent and one that is null are the same."""

    type: str | None = None
    message_id: Id = None
    user_id: Id = None
    anonymous_id: Id = None
    group_id: Id = None
    previous_id: Id = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    properties: msgspec.Raw = ABSENT
    traits: msgspec.Raw = ABSENT
    context: Context | None = None
    timestamp: Moment = None
    original_timestamp: Moment = None
    received_at: Moment = None  # somebody in between received it, and corrected `timestamp`
    sent_at: Moment = None
    write_key: str | None = None


class Envelope(msgspec.Struct, rename="camel", gc=False):
    """A batch whose items are all in order."""

    batch: list[Call]
    sent_at: Moment = None
    write_key: str | None = None
    context: Context | None = None


class Wrapping(msgspec.Struct, rename="camel"):
    """A batch of which nothing is believed but that it is one."""

    batch: list[msgspec.Raw]
    sent_at: object = None
    write_key: object = None
    context: msgspec.Raw = ABSENT


decode_call = msgspec.json.Decoder(Call).decode
decode_context = msgspec.json.Decoder(Context | None).decode
decode_envelope = msgspec.json.Decoder(Envelope).decode
decode_wrapping = msgspec.json.Decoder(Wrapping).decode
