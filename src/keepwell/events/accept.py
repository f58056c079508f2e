"""Acceptance: a raw row becomes an Event or a Rejection with a reason. It never raises."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from keepwell.base.ids import hash63
from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.events import catalog, slots
from keepwell.events.event import ASSUMED_KNOWN, CLAMPED, Event, Raw, Rejection
from keepwell.events.instants import LATEST_US, OLDEST_US, instant

MAX_ID = slots.MAX_TEXT
MAX_PROPERTIES = 64 * 1024
MAX_SKEW_US = 300 * SECOND_US

Sentiment = Callable[[str], int | None]
"""Reads a text; gives 0-1000 (thousandths), or None when it cannot tell."""


class Reason(StrEnum):
    """Why a row was refused: the closed list that summaries count by."""

    MISSING_CUSTOMER = "missing_customer"
    BAD_CUSTOMER = "bad_customer"
    MISSING_EVENT = "missing_event"
    BAD_EVENT = "bad_event"
    BAD_TIMESTAMP = "bad_timestamp"
    TOO_OLD = "timestamp_too_old"
    IN_FUTURE = "timestamp_in_future"
    BAD_PROPERTIES = "bad_properties"
    TOO_LARGE = "properties_too_large"
    BAD_PROPERTY = "bad_property"
    MISSING_PROPERTY = "missing_property"
    NEGATIVE = "negative_amount"
    OVERFLOW = "amount_overflow"
    BAD_MESSAGE_ID = "bad_message_id"
    BAD_ENCODING = "invalid_utf8"
    BAD_ROW = "unreadable_row"
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True)
class Receipt:
    """The circumstances under which rows are received.

    Attributes:
        recorded_at: when Keepwell writes them.
        live: True when `known_at` is the moment of receipt; False for files, which bring their own.
        sentiment: reads texts; None leaves the sentiment out.
    """

    recorded_at: int
    live: bool = False
    sentiment: Sentiment | None = None


class Refused(Exception):
    """Carries a rejection out of the readers."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.rejection = Rejection(reason.value, detail)


_decode_object = msgspec.json.Decoder(dict[str, object]).decode
_encode = msgspec.json.Encoder().encode


def accept(raw: Raw, receipt: Receipt, identity: int | None = None) -> Event | Rejection:
    """Read a raw row.

    `identity` is the key of a row without a message id. A file gives one made of the content and
    its occurrence number, so that a re-import adds nothing and a truly repeated row still counts;
    without it the content alone is the identity.
    """
    try:
        return _accept(raw, receipt, identity)
    except Refused as refused:
        return refused.rejection


_BLANK: list[Any] = list(catalog.BLANK)


def _accept(raw: Raw, receipt: Receipt, identity: int | None) -> Event:
    name = _name(raw.event)
    spec = catalog.find(name)
    customer_id = _customer(raw.customer_id, spec)
    properties, text = _properties(raw.properties)
    claimed, occurred_at, known_at, flags = _times(raw, receipt)
    message_id = _short(raw.message_id, Reason.BAD_MESSAGE_ID, "message_id")
    user_id = _short(raw.user_id, Reason.BAD_CUSTOMER, "user_id")
    sent_at = None if raw.sent_at is None else _optional_instant(raw.sent_at)
    key = _key(raw, message_id, identity)
    times: list[Any] = [occurred_at, known_at, receipt.recorded_at, sent_at, flags]
    names: list[Any] = [_hour(raw.own_time, claimed), key, message_id, user_id]
    if spec is None:
        return Event(customer_id, 0, name, 0, *times, *names, *_BLANK, text)  # type: ignore[call-arg]  # in the order of its fields
    slots: list[Any] = _slots(spec, properties, receipt.sentiment)
    own = spec.own and (spec.own_needs is None or bool(slots[catalog.SLOTS.index(spec.own_needs)]))
    return Event(customer_id, spec.number, None, int(own), *times, *names, *slots, text)  # type: ignore[call-arg]  # as above


def _hour(own_time: object, claimed: int) -> int:
    """The hour of the sender's own time, by which repeats are told apart."""
    own = own_time if type(own_time) is int and 0 <= own_time <= LATEST_US else claimed
    return own // HOUR_US


def _key(raw: Raw, message_id: str | None, identity: int | None) -> int:
    if message_id:
        return hash63(message_id.encode("utf-8", "surrogatepass"))
    return content_key(raw) if identity is None else identity


def content_key(raw: Raw) -> int:
    """The identity of a row that brought none: its content."""
    customer = raw.customer_id.strip() if isinstance(raw.customer_id, str) else raw.customer_id
    try:
        content = f"{customer}\x1f{raw.event}\x1f{raw.timestamp}\x1f{raw.user_id}\x1f{raw.properties}"
    except (ValueError, RecursionError):  # numbers or nesting beyond all bounds: refused anyway
        content = "unreadable"
    return hash63(content.encode("utf-8", "surrogatepass"))


def _name(value: object) -> str:
    if value is None or value == "":
        raise Refused(Reason.MISSING_EVENT, "event")
    if not isinstance(value, str) or not slots.keepable(value):
        raise Refused(Reason.BAD_EVENT, "event")
    return value


def _customer(value: object, spec: catalog.EventSpec | None) -> str:
    """The customer's own id, without white space around it. Some events may be about nobody: the platform."""
    if value is None or value == "":
        if spec is not None and spec.about_nobody:
            return ""
        raise Refused(Reason.MISSING_CUSTOMER, "customer_id")
    found = _id(value, Reason.BAD_CUSTOMER, "customer_id").strip()
    if not found:
        raise Refused(Reason.BAD_CUSTOMER, "customer_id")
    return found


def _short(value: object, reason: Reason, field: str) -> str | None:
    return None if value is None or value == "" else _id(value, reason, field)


def _id(value: object, reason: Reason, field: str) -> str:
    """An id as text; whole numbers of up to 64 bits are accepted as their text."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() <= 64:
        return str(value)
    if not isinstance(value, str) or not slots.keepable(value):
        raise Refused(reason, field)
    return value


def _properties(value: object) -> tuple[Mapping[str, object], str]:
    """The properties as an object and as the JSON text to keep."""
    if value is None or value == "":
        return {}, "{}"
    if isinstance(value, Mapping):
        try:
            value = _encode(value).decode()
        except (TypeError, ValueError, OverflowError, RecursionError):
            raise Refused(Reason.BAD_PROPERTIES) from None
    if not isinstance(value, str):
        raise Refused(Reason.BAD_PROPERTIES)
    if len(value) * 4 > MAX_PROPERTIES and len(value.encode("utf-8", "surrogatepass")) > MAX_PROPERTIES:
        raise Refused(Reason.TOO_LARGE)
    try:
        return _decode_object(value), value
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise Refused(Reason.BAD_PROPERTIES) from None


def _moment(value: object, reason: Reason, detail: str) -> int | None:
    try:
        return instant(value)
    except (ValueError, OverflowError):
        raise Refused(reason, detail) from None


def _optional_instant(value: object) -> int | None:
    """The sender's own clock is only a note: an unreadable one is left out."""
    try:
        return instant(value)
    except (ValueError, OverflowError):
        return None


def _times(raw: Raw, receipt: Receipt) -> tuple[int, int, int, int]:
    """What the sender claimed, when it happened, when it was known, and what had to be assumed."""
    claimed = _moment(raw.timestamp, Reason.BAD_TIMESTAMP, "timestamp")
    if claimed is None:
        raise Refused(Reason.BAD_TIMESTAMP, "timestamp")
    if claimed < OLDEST_US:
        raise Refused(Reason.TOO_OLD, "timestamp")
    if claimed > receipt.recorded_at + MAX_SKEW_US and not receipt.live:
        raise Refused(Reason.IN_FUTURE, "timestamp")
    received: int | None = receipt.recorded_at
    if not receipt.live:
        received = None if raw.received_at is None else _moment(raw.received_at, Reason.BAD_TIMESTAMP, "received_at")
    if received is None:
        occurred = min(claimed, receipt.recorded_at)
        return claimed, occurred, occurred, ASSUMED_KNOWN if claimed == occurred else ASSUMED_KNOWN | CLAMPED
    known = max(min(received, receipt.recorded_at), OLDEST_US)
    return (claimed, claimed, known, 0) if claimed <= known else (claimed, known, known, CLAMPED)


def _slots(spec: catalog.EventSpec, properties: Mapping[str, object], sentiment: Sentiment | None) -> list[Any]:
    """The slots of an event, in the order of `catalog.SLOTS`."""
    for name in spec.required:
        if properties.get(name) in (None, ""):
            raise Refused(Reason.MISSING_PROPERTY, name)
    values = list(spec.blank)
    name = ""
    try:
        for place, name, reader in spec.plan:
            value = properties.get(name)
            if value is not None:
                values[place] = reader(value)
    except slots.Unreadable as unreadable:
        raise Refused(Reason(unreadable.reason), name) from None
    if spec.key == "survey_answered":
        values[_V1] = _survey_score(properties)
    if spec.text and sentiment and values[_V2] is None:
        values[_V2] = _sentiment_of(properties.get(spec.text), sentiment)
    if values[_N] is None:
        values[_N] = 1
    return values


_N, _V1, _V2 = (catalog.SLOTS.index(name) for name in ("n", "v1", "v2"))


def _read(reader: slots.Reader, name: str, value: object) -> int | str | None:
    try:
        return reader(value)
    except slots.Unreadable as unreadable:
        raise Refused(Reason(unreadable.reason), name) from None


def _survey_score(properties: Mapping[str, object]) -> int | str | None:
    kind = properties.get("kind") or "nps"
    if not isinstance(kind, str) or kind.lower() not in catalog.SURVEYS:
        raise Refused(Reason.BAD_PROPERTY, "kind")
    return _read(catalog.SURVEYS[kind.lower()], "score", properties.get("score"))


def _sentiment_of(text: object, sentiment: Sentiment) -> int | None:
    return sentiment(text) if isinstance(text, str) and text.strip() else None
