"""CloudEvents in their three modes."""

import base64
import json

import pytest

from keepwell.base.time import parse_instant
from keepwell.events.accept import Reason
from keepwell.sources.sent import BodyRefusedError
from tests.sources.tracking.wire import NOW, WHEN, kept, only, outcome, read

PATH = "/v1/cloudevents"
EVENT = {
    "specversion": "1.0", "id": "7", "source": "/billing", "type": "com.example.signed_in", "subject": "c1",
    "time": WHEN, "userid": "u1", "data": {"n": 1},
}  # fmt: skip


def without(*names):
    return {name: value for name, value in EVENT.items() if name not in names}


def as_headers(event):
    return {f"ce-{name}": str(value) for name, value in event.items() if name != "data"}


def test_every_mode_says_the_same():
    structured = only(PATH, EVENT, {"content-type": "application/cloudevents+json"})
    batched = read(PATH, [EVENT, EVENT], {"content-type": "application/cloudevents-batch+json"}).items
    binary = only(PATH, EVENT["data"], as_headers(EVENT) | {"content-type": "application/json; charset=utf-8"})

    for item in (structured, *batched, binary):
        raw = item.raw
        assert (raw.customer_id, raw.event, raw.user_id, raw.message_id) == ("c1", "signed_in", "u1", "/billing 7")
        assert json.loads(raw.properties) == {"n": 1}
        assert kept(item).occurred_at == parse_instant(WHEN)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("signed_in", "signed_in"),
        ("com.example.signed_in", "signed_in"),
        ("com.example.SignedIn.v2", "SignedIn"),
        ("com.example.order_placed", "com.example.order_placed"),
    ],
)
def test_the_plan_s_name_is_found_in_the_type(given, expected):
    assert only(PATH, EVENT | {"type": given}).raw.event == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"data": {"a": 1}}, {"a": 1}),
        ({"data": [1]}, {"data": [1]}),
        ({"data": "text"}, {"data": "text"}),
        ({"data": None}, {}),
        ({}, {}),
        ({"data_base64": base64.b64encode(b'{"a":1}').decode(), "datacontenttype": "application/json"}, {"a": 1}),
        ({"data_base64": base64.b64encode(b'{"a":1}').decode(), "datacontenttype": "application/x+json"}, {"a": 1}),
    ],
)
def test_data_are_the_properties(data, expected):
    item = only(PATH, without("data") | data)

    assert json.loads(item.raw.properties or "{}") == expected
    assert outcome(item) == "/billing 7"


def test_what_is_left_out_is_assumed():
    item = only(PATH, without("time", "userid", "data") | {"customerid": "c2"})

    assert (item.raw.timestamp, item.raw.user_id, item.raw.customer_id) == (NOW, None, "c2")


def test_a_long_identity_is_still_one():
    first, second = (only(PATH, EVENT | {"id": "x" * 300 + end}) for end in "ab")

    assert outcome(first) != outcome(second)
    assert len(outcome(first)) == 16


def test_header_values_are_unquoted():
    headers = as_headers(EVENT | {"subject": "caf%C3%A9"})

    assert only(PATH, b"", headers).raw.customer_id == "café"


BAD = {
    "a number": (5, Reason.BAD_ROW),
    "no version": (without("specversion"), Reason.BAD_ROW),
    "a later version": (EVENT | {"specversion": "2.0"}, Reason.BAD_ROW),
    "no id": (without("id"), Reason.BAD_ROW),
    "an empty source": (EVENT | {"source": ""}, Reason.BAD_ROW),
    "no type": (without("type"), Reason.BAD_ROW),
    "data that are no JSON": (
        without("data") | {"data_base64": "QUJD", "datacontenttype": "image/png"},
        Reason.BAD_PROPERTIES,
    ),
    "broken base64": (without("data") | {"data_base64": "*"}, Reason.BAD_ROW),
    "base64 of broken JSON": (without("data") | {"data_base64": "QUJD"}, Reason.BAD_ROW),
    "half a character": (EVENT | {"data": {"a": "\ud83d"}}, Reason.BAD_ROW),
    "no customer": (EVENT | {"customerid": ""}, Reason.MISSING_CUSTOMER),
}


@pytest.mark.parametrize(("event", "reason"), BAD.values(), ids=BAD)
def test_one_bad_event_leaves_the_others(event, reason):
    items = read(PATH, [EVENT, event, EVENT]).items

    assert [outcome(item) for item in items] == ["/billing 7", reason, "/billing 7"]


@pytest.mark.parametrize("body", [b"", b"5", b"null", b"[1,", b'{"id"', b"[" * 9])
def test_a_body_that_is_no_event_is_refused(body):
    with pytest.raises(BodyRefusedError):
        read(PATH, body)


@pytest.mark.parametrize(
    ("headers", "body", "reason"),
    [
        ({"content-type": "text/csv"}, b"a,b", Reason.BAD_PROPERTIES),
        ({}, b"{", Reason.BAD_ROW),
        ({}, b'{"a":"\xff"}', Reason.BAD_ENCODING),
        ({"ce-id": ""}, b"{}", Reason.BAD_ROW),
    ],
)
def test_a_bad_binary_event_is_kept(headers, body, reason):
    [item] = read(PATH, body, as_headers(EVENT) | headers).items

    assert outcome(item) == reason
