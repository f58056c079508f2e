"""Reading a request of Segment's tracking API: whole when all is well, item by item when something is not."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keepwell.sources.items import (
    FAULTS,
    Id,
    Item,
    bounded,
    counted,
    is_object,
    json_text,
    refused,
    sent_instant,
    unread,
)
from keepwell.sources.segment import calls
from keepwell.sources.segment.terms import Arrival, sent
from keepwell.sources.sent import Batch, Sent, Unread
from keepwell.sources.split import split

_KINDS = ("track", "identify", "group", "page", "screen", "alias")
KINDS = {kind: kind for kind in _KINDS} | {kind[0]: kind for kind in _KINDS}
"""Calls that bring one event, by the last part of their address."""

BATCHES = ("batch", "b", "import")
"""Calls that bring many."""


def read(call: str, body: bytes, now: int) -> Batch:
    """What a call brought; `call` is one of `BATCHES` or `KINDS`, `now` the moment of receipt.

    Raises:
        BodyRefusedError: the body as a whole is no such call.
    """
    if call not in BATCHES:
        return _single(KINDS[call], body, now)
    bounded(body)
    try:
        return _whole(body, now)
    except FAULTS:
        return _one_by_one(body, now)


def _whole(body: bytes, now: int) -> Batch:
    envelope = calls.decode_envelope(body)
    group_id = None if envelope.context is None else envelope.context.group_id
    arrival = Arrival(now, sent_instant(envelope.sent_at), group_id)
    items = [sent(call, arrival) for call in counted(envelope.batch)]
    key = envelope.write_key or next((call.write_key for call in envelope.batch if call.write_key), None)
    return Batch(items, key)


def _one_by_one(body: bytes, now: int) -> Batch:
    wrapping, batch = _unwrapped(body)
    arrival = Arrival(now, sent_instant(wrapping.sent_at), _group_of(wrapping.context))
    read_items = [_item(each, arrival) for each in counted(batch)]
    given = wrapping.write_key if isinstance(wrapping.write_key, str) else None
    return Batch([item for item, _ in read_items], given or next((key for _, key in read_items if key), None))


def _unwrapped(body: bytes) -> tuple[calls.Wrapping, Sequence[Item]]:
    """The envelope and its items, taken apart when one of them spoils the whole."""
    try:
        wrapping = calls.decode_wrapping(body)
    except FAULTS as error:
        parts = split(body, b"batch")
        if parts is None:
            raise refused(error) from None
    else:
        return wrapping, wrapping.batch
    around, items = parts
    try:
        return calls.decode_wrapping(around), items
    except FAULTS as error:
        raise refused(error) from None


def _group_of(context: msgspec.Raw) -> Id:
    """The account that an envelope's context names; a context that makes no sense names none."""
    try:
        found = calls.decode_context(json_text(context) or "null")
    except FAULTS:
        return None
    return None if found is None else found.group_id


def _item(item: Item, arrival: Arrival) -> tuple[Sent | Unread, str | None]:
    try:
        call = calls.decode_call(item)
        return sent(call, arrival), call.write_key
    except FAULTS as error:
        return unread(item, error), None


def _single(kind: str, body: bytes, now: int) -> Batch:
    try:
        call = calls.decode_call(body)
        return Batch([sent(call, Arrival(now), kind)], call.write_key)
    except FAULTS as error:
        if not is_object(body):
            raise refused(error) from None
        return Batch([unread(body, error)])
