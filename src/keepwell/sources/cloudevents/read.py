"""Reading CloudEvents. The attributes are those of the specification, version 1.0; 0.3 differs in nothing read here."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from urllib.parse import unquote

import msgspec

from keepwell.base.ids import hash63
from keepwell.events.accept import MAX_ID, Reason
from keepwell.events.catalog import find
from keepwell.events.event import Raw
from keepwell.sources.items import ABSENT, FAULTS, Id, Item, Moment, UnfitError, is_object, listed, refused, unread
from keepwell.sources.sent import Batch, Sent, Unread

_HEADER = "ce-"
_VERSIONS = ("1.0", "0.3")


class _CloudEvent(msgspec.Struct, gc=False):
    """One event. `customerid` and `userid` are extensions; without the first the subject is the customer."""

    specversion: str | None = None
    id: str | None = None
    source: str | None = None
    type: str | None = None
    subject: str | None = None
    time: Moment = None
    datacontenttype: str | None = None
    data: msgspec.Raw = ABSENT
    data_base64: str | None = None
    customerid: Id = None
    userid: Id = None


_decode = msgspec.json.Decoder(_CloudEvent).decode
_check = msgspec.json.Decoder(object).decode


def read(headers: Mapping[str, str], body: bytes, now: int) -> Batch:
    """What a request brought: one event described by `ce-` headers, one as an object, or a list of them.

    Header names are in lower case. `now` is the moment of receipt.

    Raises:
        BodyRefusedError: the body as a whole is no such request.
    """
    if "ce-id" in headers or "ce-type" in headers:
        return Batch([_binary(headers, body, now)])
    if body.lstrip().startswith(b"["):
        return Batch([_item(each, now) for each in listed(body)])
    item = _item(body, now)
    if isinstance(item, Unread) and not is_object(body):
        raise refused(ValueError(item.rejection.detail))
    return Batch([item])


def _item(item: Item, now: int) -> Sent | Unread:
    try:
        event = _decode(item)
        return _sent(event, _data(event), now)
    except FAULTS as error:
        return unread(item, error)


def _binary(headers: Mapping[str, str], body: bytes, now: int) -> Sent | Unread:
    fields = {name: headers.get(_HEADER + name) for name in _CloudEvent.__struct_fields__ if name != "data"}
    texts = {name: unquote(value) for name, value in fields.items() if value is not None}
    event = _CloudEvent(**texts)  # type: ignore[arg-type]  # headers are texts
    event.datacontenttype = headers.get("content-type")
    try:
        return _sent(event, _json(event, body) if body else None, now)
    except FAULTS as error:
        return unread(body, error)


def _sent(event: _CloudEvent, data: str | None, now: int) -> Sent:
    if event.specversion not in _VERSIONS:
        raise UnfitError(Reason.BAD_ROW, "specversion")
    for name, value in (("id", event.id), ("source", event.source), ("type", event.type)):
        if not value:
            raise UnfitError(Reason.BAD_ROW, name)
    customer = event.subject if event.customerid is None else event.customerid
    user = None if event.userid is None else str(event.userid)
    timeless = event.time in (None, "")
    when, own = (now, 0) if timeless else (event.time, None)
    return Sent(Raw(customer, _name(event.type or ""), when, data, _identity(event), user_id=user, own_time=own))


def _name(kind: str) -> str:
    """The plan's event behind a name such as `com.example.signed_in` or `com.example.signed_in.v2`, else the name."""
    if find(kind) is not None:
        return kind
    parts = kind.split(".")
    return next((part for part in reversed(parts[-2:]) if find(part) is not None), kind)


def _identity(event: _CloudEvent) -> str:
    """Source and id together are what tells two events apart."""
    found = f"{event.source} {event.id}"
    return found if len(found) <= MAX_ID else f"{hash63(found.encode()):016x}"


def _data(event: _CloudEvent) -> str | None:
    if event.data_base64 is not None:
        return _json(event, base64.b64decode(event.data_base64, validate=True))
    found = str(event.data, "utf-8")
    return None if found in ("", "null") else _as_object(found)


def _json(event: _CloudEvent, data: bytes) -> str:
    kind = (event.datacontenttype or "application/json").partition(";")[0].strip().lower()
    if not kind.endswith("json"):
        raise UnfitError(Reason.BAD_PROPERTIES, "datacontenttype")
    _check(data)
    return _as_object(data.decode())


def _as_object(data: str) -> str:
    """Properties are an object; any other data is the property `data`."""
    text = data.strip()
    return text if text.startswith("{") else f'{{"data":{text}}}'
