"""Requests as senders make them, and what becomes of them."""

import gzip
import json
from pathlib import Path

from keepwell.base.time import parse_instant
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event
from keepwell.sources import tracking
from keepwell.sources.sent import Sent, Unread

NOW = parse_instant("2026-11-22T23:08:00Z")
RECEIPT = Receipt(NOW, live=True)
WHEN = "2026-11-22T23:07:59Z"
SAMPLES = {
    path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "samples").glob("*.json"))
}


def dumped(body):
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def packed(request):
    """The bytes of a recorded request."""
    body = dumped(request["body"])
    return gzip.compress(body) if request["headers"].get("content-encoding") == "gzip" else body


def read(path, body, headers=None):
    return tracking.read(path, headers or {}, dumped(body), NOW)


def only(path, body, headers=None):
    """The one event of a request."""
    [item] = read(path, body, headers).items
    assert isinstance(item, Sent), item
    return item


def track(**given):
    return {"type": "track", "userId": "u1", "event": "E", "messageId": "m1", "timestamp": WHEN} | given


def batch(*items, **envelope):
    return {"batch": list(items), "sentAt": WHEN} | envelope


def kept(item):
    """The event an item becomes, for an account that reception would have found."""
    raw = item.raw
    customer = "found" if raw.customer_id is None else raw.customer_id
    return accept(type(raw)(customer, *[getattr(raw, name) for name in raw.__struct_fields__[1:]]), RECEIPT)


def outcome(item):
    """What an item comes to, in a word: the event's message id, or why it is none."""
    if isinstance(item, Unread):
        return item.rejection.reason
    event = kept(item)
    return event.message_id if isinstance(event, Event) else event.reason
