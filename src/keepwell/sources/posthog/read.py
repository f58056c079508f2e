"""Reading a capture request: a batch, a list, or one event; as JSON or as the form of a browser's last beacon."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from urllib.parse import unquote_to_bytes

from keepwell.sources.items import FAULTS, Item, bounded, counted, is_object, listed, refused, sent_instant, unread
from keepwell.sources.posthog import wire
from keepwell.sources.posthog.terms import heard, sent
from keepwell.sources.sent import Batch, BodyRefusedError, Sent, Unread
from keepwell.sources.split import split

_FORM = b"data="


def read(body: bytes, now: int) -> Batch:
    """What a capture request brought; `now` is the moment of receipt.

    Raises:
        BodyRefusedError: the body as a whole is no such request.
    """
    if body.startswith(_FORM):
        body = _form(body)
    body = bounded(body)
    wrapping = wire.Wrapping()
    if body.lstrip().startswith(b"["):
        items = listed(body)
    else:
        wrapping, items = _unwrapped(body)
    sent_at = sent_instant(wrapping.sent_at)
    given = [_item(item, sent_at, now) for item in items]
    key = _text(wrapping.api_key, wrapping.token) or next((key for _, key in given if key), None)
    return Batch([each for several, _ in given for each in several], key)


def _form(body: bytes) -> bytes:
    """The JSON in a form's field, which may be base64."""
    value = unquote_to_bytes(body[len(_FORM) :].partition(b"&")[0].replace(b"+", b" ")).strip()
    if value[:1] in (b"{", b"["):
        return value
    try:
        return base64.b64decode(value.replace(b" ", b"+"), validate=True)
    except binascii.Error:
        raise BodyRefusedError("The form's field data is no JSON and no base64. Nothing of it was kept") from None


def _unwrapped(body: bytes) -> tuple[wire.Wrapping, Sequence[Item]]:
    """The envelope and its items, taken apart when one of them spoils the whole."""
    try:
        wrapping = wire.decode_wrapping(body)
    except FAULTS as error:
        parts = split(body, b"batch")
        if parts is not None:
            return _around(parts[0]), counted(parts[1])
        if not is_object(body):
            raise refused(error) from None
        return wire.Wrapping(), [body]
    return wrapping, [body] if wrapping.batch is None else counted(wrapping.batch)


def _around(body: bytes) -> wire.Wrapping:
    try:
        return wire.decode_wrapping(body)
    except FAULTS as error:
        raise refused(error) from None


def _item(item: Item, sent_at: int | None, now: int) -> tuple[Sequence[Sent | Unread], str | None]:
    try:
        event = wire.decode_event(item)
        found = heard(event, sent_at, now)
        return sent(found), _text(event.api_key, event.token, found.properties.token)
    except FAULTS as error:
        return [unread(item, error)], None


def _text(*given: object) -> str | None:
    return next((each for each in given if isinstance(each, str) and each), None)
