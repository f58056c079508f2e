"""Segment's calls and their variants, in the terms of the plan."""

import json
import random

import pytest

from keepwell.base.time import DAY_US, HOUR_US, SECOND_US, to_rfc3339
from keepwell.events.accept import Reason
from keepwell.events.event import Event
from keepwell.sources.items import MAX_ITEMS
from keepwell.sources.sent import BodyRefusedError, Sent, Unread
from tests.sources.tracking.wire import NOW, WHEN, batch, kept, only, outcome, read, track


def said(item):
    """Event, account, user and properties."""
    raw = item.raw
    return raw.event, raw.customer_id, raw.user_id, json.loads(raw.properties or "{}")


def call(kind, **given):
    return {"type": kind, "messageId": "m1", "timestamp": WHEN} | given


ANONYMOUS = ("anonymous", "a1")
CALLS = {
    "track": (track(properties={"n": 1}), ("E", None, "u1", {"n": 1}), (), ()),
    "of a visitor": (track(userId=None, anonymousId="a1"), ("E", None, None, {}), (ANONYMOUS,), ()),
    "an account in the context": (track(context={"groupId": "g1"}), ("E", "g1", "u1", {}), (), ()),
    "an account beside the event": (track(groupId="g1"), ("E", "g1", "u1", {}), (), ()),
    "two accounts": (track(groupId="g2", context={"groupId": "g1"}), ("E", "g1", "u1", {}), (), ()),
    "an empty account": (track(groupId="g2", context={"groupId": ""}), ("E", "g2", "u1", {}), (), ()),
    "numbers": (track(userId=42, groupId=7, anonymousId=8), ("E", 7, "42", {}), (("anonymous", "8"),), ()),
    "nulls": (
        track(properties=None, context=None, anonymousId=None, groupId=None, integrations=None, sentAt=None),
        ("E", None, "u1", {}),
        (),
        (),
    ),
    "empty lists of PHP": (track(properties=[], traits=[]), ("E", None, "u1", {}), (), ()),
    "without a type": ({"event": "E", "userId": "u1"}, ("E", None, "u1", {}), (), ()),
    "in capitals": (track(type="Track"), ("E", None, "u1", {}), (), ()),
    "fields nobody knows": (track(channel="server", _metadata={"a": [1]}), ("E", None, "u1", {}), (), ()),
    "identify": (
        call("identify", userId="u1", anonymousId="a1", traits={"email": " Ada@Example.org ", "title": "Trader"}),
        ("contact_updated", None, "u1", {"contact_id": "u1", "email": " Ada@Example.org ", "title": "Trader"}),
        (("email", "ada@example.org"), ANONYMOUS),
        (("email", "ada@example.org"), ANONYMOUS),
    ),
    "traits in the context": (
        call("identify", userId="u1", traits={}, context={"traits": {"title": "Trader"}}),
        ("contact_updated", None, "u1", {"contact_id": "u1", "title": "Trader"}),
        (),
        (),
    ),
    "identify without traits": (
        call("identify", userId=5, traits=None, context={"groupId": "g1"}),
        ("contact_updated", "g1", "5", {"contact_id": 5}),
        (),
        (),
    ),
    "identify a visitor": (
        call("identify", anonymousId="a1", traits={"locale": "de"}),
        ("contact_updated", None, None, {"contact_id": "a1", "locale": "de"}),
        (ANONYMOUS,),
        (ANONYMOUS,),
    ),
    "identify an address": (
        call("identify", anonymousId="a1", traits={"email": "b@x.org"}),
        ("contact_updated", None, None, {"email": "b@x.org"}),
        (("email", "b@x.org"), ANONYMOUS),
        (("email", "b@x.org"), ANONYMOUS),
    ),
    "an address that is none": (
        call("identify", userId="u1", traits={"email": 7}),
        ("contact_updated", None, "u1", {"contact_id": "u1", "email": 7}),
        (),
        (),
    ),
    "group": (
        call("group", userId="u1", anonymousId="a1", groupId="g1", traits={"name": "Acme"}, context={"groupId": "g0"}),
        ("customer_updated", "g1", "u1", {"name": "Acme"}),
        (),
        (("user", "u1"), ANONYMOUS),
    ),
    "group with the user's traits beside": (
        call("group", userId="u1", groupId="g1", context={"traits": {"title": "Trader"}}),
        ("customer_updated", "g1", "u1", {}),
        (),
        (("user", "u1"),),
    ),
    "page": (
        call("page", userId="u1", category="Docs", name="Pricing", properties={"path": "/pricing"}),
        ("page_viewed", None, "u1", {"area": "Docs", "name": "Pricing", "path": "/pricing"}),
        (),
        (),
    ),
    "screen": (
        call("screen", anonymousId="a1", name="Home", category=None, properties={}),
        ("page_viewed", None, None, {"name": "Home", "path": "Home"}),
        (ANONYMOUS,),
        (),
    ),
    "page without a name": (call("page", userId="u1"), ("page_viewed", None, "u1", {}), (), ()),
    "alias": (
        call("alias", userId="u1", previousId="a1"),
        ("contact_updated", None, "u1", {"contact_id": "u1", "previous_id": "a1"}),
        (("user", "a1"), ANONYMOUS),
        (("user", "a1"), ANONYMOUS),
    ),
}


@pytest.mark.parametrize(("sent", "expected", "names", "binds"), CALLS.values(), ids=CALLS)
def test_a_call_in_our_terms(sent, expected, names, binds):
    item = only("/v1/batch", batch(sent))

    assert said(item) == expected
    assert item.names == names
    assert item.binds == binds
    assert isinstance(kept(item), Event)


@pytest.mark.parametrize(("sent", "expected", "names", "binds"), CALLS.values(), ids=CALLS)
def test_it_means_the_same_item_by_item(sent, expected, names, binds):
    item, broken = read("/v1/batch", batch(sent, 5)).items

    assert (said(item), item.names, item.binds) == (expected, names, binds)
    assert isinstance(broken, Unread)


def test_an_area_is_read_from_the_category():
    item = only("/v1/batch", batch(call("page", userId="u1", category="Docs")))

    assert kept(item).code == 1


@pytest.mark.parametrize("name", ["track", "identify", "group", "page", "screen", "alias"])
def test_a_call_has_its_own_address(name):
    body = {"userId": "u1", "groupId": "g1", "previousId": "a1", "event": "E", "name": "N", "writeKey": "k"}
    in_batch = only("/v1/batch", batch({"type": name} | body))

    for address in (f"/v1/{name}", f"/v1/{name[0]}", f"/v1/{name}/"):
        assert only(address, body).raw.event == in_batch.raw.event
        assert read(address, body).key == "k"


@pytest.mark.parametrize("address", ["/v1/batch", "/v1/b", "/v1/import", "/v1/batch/"])
def test_the_key_may_be_in_the_envelope_or_in_an_item(address):
    assert read(address, batch(track(), writeKey="k")).key == "k"
    assert read(address, batch(track(), track(writeKey="k"))).key == "k"
    assert read(address, batch(5, track(writeKey="k"))).key == "k"
    assert read(address, batch(5, track(), writeKey="k")).key == "k"
    assert read(address, batch(track())).key is None
    assert read(address, batch()).items == []


def test_the_envelope_s_context_holds_for_items_that_name_none():
    items = read("/v1/batch", batch(track(), track(context={"groupId": "g1"}), context={"groupId": "g0"})).items
    broken = read("/v1/batch", batch(track(), 5, context={"groupId": "g0"})).items

    assert [item.raw.customer_id for item in items] == ["g0", "g1"]
    assert broken[0].raw.customer_id == "g0"
    assert read("/v1/batch", batch(track(), context="none")).items[0].raw.customer_id is None


def after(microseconds):
    return to_rfc3339(NOW + microseconds)


SECOND = SECOND_US
CLOCKS = {
    "right": (after(-5 * SECOND), after(-SECOND), -5 * SECOND),
    "half a minute off": (after(-35 * SECOND), after(-30 * SECOND), -35 * SECOND),
    "two hours slow": (after(-2 * HOUR_US - 5 * SECOND), after(-2 * HOUR_US), -5 * SECOND),
    "two hours fast": (after(2 * HOUR_US - 5 * SECOND), after(2 * HOUR_US), -5 * SECOND),
    "in 1970": ("1970-01-01T00:00:10Z", "1970-01-01T00:01:00Z", -50 * SECOND),
    "in 2099": ("2099-01-01T00:00:10Z", "2099-01-01T00:01:00Z", -50 * SECOND),
    "an old event, sent now": (after(-300 * DAY_US), after(0), -300 * DAY_US),
    "an old event, a slow clock": (after(-300 * DAY_US - HOUR_US), after(-HOUR_US), -300 * DAY_US),
    "without an offset": (after(-HOUR_US - SECOND)[:-1], after(-HOUR_US)[:-1], -SECOND),
    "in seconds": ((NOW - HOUR_US) // SECOND - 5, (NOW - HOUR_US) // SECOND, -5 * SECOND),
    "in milliseconds": ((NOW - HOUR_US) // 1000 - 5000, (NOW - HOUR_US) // 1000, -5 * SECOND),
    "no time": (None, after(-HOUR_US), 0),
    "an empty time": ("", after(-HOUR_US), 0),
    "no sending": (after(-HOUR_US), None, -HOUR_US),
    "no sense in the sending": (after(-HOUR_US), "yesterday", -HOUR_US),
    "later than it was sent": (after(-HOUR_US), "1970-01-01T00:00:00Z", -HOUR_US),
}


@pytest.mark.parametrize(("timestamp", "sent_at", "expected"), CLOCKS.values(), ids=CLOCKS)
@pytest.mark.parametrize("name", ["timestamp", "originalTimestamp"])
def test_the_sender_s_clock_is_corrected(name, timestamp, sent_at, expected):
    item = {"type": "track", "userId": "u1", "event": "E", name: timestamp}
    in_envelope = only("/v1/batch", {"batch": [item], "sentAt": sent_at})
    in_item = only("/v1/batch", {"batch": [item | {"sentAt": sent_at}]})
    alone = only("/v1/track", item | {"sentAt": sent_at})

    assert [kept(each).occurred_at - NOW for each in (in_envelope, in_item, alone)] == [expected] * 3


def test_a_batch_sent_again_brings_the_same_times():
    """Its journey took longer, and that must not make other events of them."""
    again = [only("/v1/batch", batch(track(), sentAt=after(-late * SECOND))).raw.timestamp for late in (1, 40)]

    assert again == [WHEN, WHEN]


def test_a_time_that_was_corrected_on_the_way_is_not_corrected_again():
    times = {"timestamp": after(-2 * HOUR_US), "originalTimestamp": after(-3 * HOUR_US), "sentAt": after(-HOUR_US)}
    item = only("/v1/batch", {"batch": [track(**times, receivedAt=after(-HOUR_US))]})

    assert kept(item).occurred_at == NOW - 2 * HOUR_US


def test_when_it_was_sent_is_kept():
    item = only("/v1/batch", batch(track(), sentAt=after(-SECOND)))

    assert kept(item).sent_at == NOW - SECOND
    assert kept(only("/v1/batch", batch(track(), sentAt="1970-01-01T00:00:01Z"))).sent_at is None


ROW, ENCODING = Reason.BAD_ROW, Reason.BAD_ENCODING
BAD = {
    "a number": (b"5", ROW),
    "null": (b"null", ROW),
    "a list": (b"[1]", ROW),
    "a text": (b'"{"', ROW),
    "nothing": (b"{}", ROW),
    "no such call": (b'{"type":"ping","userId":"u1"}', ROW),
    "a call that is no text": (b'{"type":5}', ROW),
    "an id with a fraction": (b'{"type":"track","event":"E","userId":1.5}', ROW),
    "an id that is a list": (b'{"type":"track","event":"E","userId":["u"]}', ROW),
    "an event that is no text": (b'{"type":"track","event":{}}', ROW),
    "no event": (b'{"type":"track"}', Reason.MISSING_EVENT),
    "no account": (b'{"type":"group","userId":"u1"}', Reason.MISSING_CUSTOMER),
    "no earlier name": (b'{"type":"alias","userId":"u1"}', ROW),
    "traits that are none": (b'{"type":"identify","userId":"u1","traits":[1]}', ROW),
    "properties that are none": (b'{"type":"track","event":"E","properties":[1]}', Reason.BAD_PROPERTIES),
    "a time that is none": (b'{"type":"track","event":"E","timestamp":"soon"}', Reason.BAD_TIMESTAMP),
    "an event of 1970": (b'{"type":"track","event":"E","timestamp":"1970-01-02T00:00:00Z"}', Reason.TOO_OLD),
    "no UTF-8": (b'{"type":"track","event":"E\xff"}', ENCODING),
    "no UTF-8 in a property": (b'{"type":"track","event":"E","properties":{"a":"\xe9"}}', ENCODING),
    "half a character": (b'{"type":"track","event":"E","properties":{"a":"\\ud83d"}}', ROW),
    "no number": (b'{"type":"track","event":"E","properties":{"a":NaN}}', ROW),
    "a comma too many": (b'{"type":"track","event":"E",}', ROW),
    "deep": (b'{"type":"track","event":"E","properties":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}", ROW),
    "a huge number": (b'{"type":"track","event":"E","userId":' + b"9" * 5000 + b"}", ROW),
    "large": (b'{"type":"track","event":"E","properties":{"a":"' + b"x" * 70_000 + b'"}}', Reason.TOO_LARGE),
    "a NUL": (b'{"type":"track","event":"E\\u0000"}', Reason.BAD_EVENT),
}


@pytest.mark.parametrize(("item", "reason"), BAD.values(), ids=BAD)
def test_one_bad_item_leaves_the_others(item, reason):
    good = [json.dumps(track(messageId=f"m{number}")).encode() for number in range(3)]
    body = b'{"sentAt":"%s","batch":[%s, %s ,%s,%s],"writeKey":"k"}' % (WHEN.encode(), good[0], item, good[1], good[2])
    found = read("/v1/batch", body)

    assert [outcome(each) for each in found.items] == ["m0", reason, "m1", "m2"]
    assert found.key == "k"


def test_what_could_not_be_read_is_kept_as_it_was():
    bad = {"type": "track", "event": "E", "userId": [1], "x": "x" * 100_000}
    [small, large] = read("/v1/batch", batch({"type": "ping", "a": "é"}, bad)).items

    assert json.loads(small.text) == {"type": "ping", "a": "é"}
    assert len(large.text) == 64 * 1024
    assert "userId" in large.rejection.detail


REFUSED = [
    b"",
    b" ",
    b"null",
    b"[]",
    b"5",
    b'"batch"',
    b"{}",
    b'{"batch":{}}',
    b'{"batch":[',
    b'{"batch":[1,2',
    b"\xff\xfe{",
]


@pytest.mark.parametrize(
    "body", [*REFUSED, b'{"batch":null}', b'{"batch":"[]"}', b"[" * 5000, b'{"batch":[]} x', b"--x"]
)
def test_a_body_that_is_no_batch_is_refused(body):
    with pytest.raises(BodyRefusedError, match="Nothing of it was kept"):
        read("/v1/batch", body)


@pytest.mark.parametrize("item", [{"type": "track", "event": "E"}, 5])
def test_a_batch_has_a_largest_number_of_items(item):
    assert len(read("/v1/batch", batch(*[item] * MAX_ITEMS)).items) == MAX_ITEMS
    with pytest.raises(BodyRefusedError, match="10000"):
        read("/v1/batch", batch(*[item] * (MAX_ITEMS + 1)))


def test_the_order_of_arrival_does_not_matter():
    calls = [sent | {"messageId": name} for name, (sent, *_) in CALLS.items()]
    shuffled = random.Random(3).sample(calls, len(calls))

    def read_all(items):
        return sorted(read("/v1/batch", batch(*items)).items, key=repr)

    assert read_all(calls) == read_all(shuffled)
    assert all(isinstance(item, Sent) for item in read_all(calls))
