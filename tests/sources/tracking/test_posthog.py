"""PostHog's events and their variants, in the terms of the plan."""

import base64
import json
from urllib.parse import quote

import pytest

from keepwell.base.time import HOUR_US, SECOND_US, to_rfc3339
from keepwell.events.accept import Reason
from keepwell.sources.sent import BodyRefusedError, Sent
from tests.sources.tracking.wire import NOW, WHEN, kept, only, outcome, read


def captured(event, distinct_id="u1", **given):
    properties = {name.replace("_S_", "$"): value for name, value in given.items()}
    return {"event": event, "distinct_id": distinct_id, "uuid": "m1", "timestamp": WHEN, "properties": properties}


def terms(item):
    raw = item.raw
    return raw.event, raw.customer_id, raw.user_id, json.loads(raw.properties or "{}"), item.binds


USER_A1 = (("user", "a1"), ("anonymous", "a1"))
EVENTS = {
    "an event": (captured("E", n=1), [("E", None, "u1", {"n": 1}, ())]),
    "with its account": (
        captured("E", _S_groups={"project": "p1", "company": "c1"}),
        [("E", "c1", "u1", {"$groups": {"project": "p1", "company": "c1"}}, ())],
    ),
    "with another group": (
        captured("E", _S_groups={"project": "p1"}),
        [("E", None, "u1", {"$groups": {"project": "p1"}}, ())],
    ),
    "a number as id": (captured("E", 42), [("E", None, "42", {}, ())]),
    "the id among the properties": (
        {"event": "E", "properties": {"distinct_id": "u1"}},
        [("E", None, "u1", {"distinct_id": "u1"}, ())],
    ),
    "nulls": (
        {"event": "E", "distinct_id": "u1", "properties": None, "timestamp": None, "$set": None, "uuid": None},
        [("E", None, "u1", {}, ())],
    ),
    "$set": (
        captured("$set", _S_set={"email": "Ada@x.org", "title": "T"}),
        [
            (
                "contact_updated",
                None,
                "u1",
                {"contact_id": "u1", "email": "Ada@x.org", "title": "T"},
                (("email", "ada@x.org"),),
            )
        ],
    ),
    "$set beside the properties": (
        captured("$set") | {"$set": {"title": "T"}},
        [("contact_updated", None, "u1", {"contact_id": "u1", "title": "T"}, ())],
    ),
    "set only once": (
        captured("$set", _S_set_once={"plan": "free"}),
        [("contact_updated", None, "u1", {"contact_id": "u1", "$set_once": {"plan": "free"}}, ())],
    ),
    "traits that come with an event": (
        captured("E", _S_set={"title": "T"}, _S_groups={"company": "c1"}),
        [
            ("E", "c1", "u1", {"$set": {"title": "T"}, "$groups": {"company": "c1"}}, ()),
            ("contact_updated", "c1", "u1", {"contact_id": "u1", "title": "T"}, ()),
        ],
    ),
    "$identify": (
        captured("$identify", _S_anon_distinct_id="a1", _S_set={"title": "T"}),
        [("contact_updated", None, "u1", {"contact_id": "u1", "title": "T"}, USER_A1)],
    ),
    "$create_alias": (
        captured("$create_alias", "a1", alias="u1"),
        [("contact_updated", None, "u1", {"contact_id": "u1", "previous_id": "a1"}, USER_A1)],
    ),
    "$groupidentify": (
        captured("$groupidentify", _S_group_type="company", _S_group_key="c1", _S_group_set={"name": "Acme"}),
        [("customer_updated", "c1", "u1", {"name": "Acme"}, (("user", "u1"),))],
    ),
    "$groupidentify of nobody": (
        captured("$groupidentify", "$company_c1", _S_group_type="company", _S_group_key=5),
        [("customer_updated", 5, "$company_c1", {}, ())],
    ),
    "$groupidentify of another group": (
        captured("$groupidentify", _S_group_type="project", _S_group_key="p1"),
        [("$groupidentify", None, "u1", {"$group_type": "project", "$group_key": "p1"}, ())],
    ),
    "$pageview": (
        captured("$pageview", _S_pathname="/docs"),
        [("page_viewed", None, "u1", {"path": "/docs", "$pathname": "/docs"}, ())],
    ),
    "$screen": (
        captured("$screen", _S_screen_name="Home"),
        [("page_viewed", None, "u1", {"path": "Home", "$screen_name": "Home"}, ())],
    ),
}


@pytest.mark.parametrize(("event", "expected"), EVENTS.values(), ids=EVENTS)
def test_an_event_in_our_terms(event, expected):
    batched = read("/batch/", {"api_key": "k", "batch": [event]})
    alone = read("/capture/", {"api_key": "k"} | event)
    listed = read("/e/", [event | {"api_key": "k"}])
    with_bad = read("/batch", {"api_key": "k", "batch": [5, event]})

    for found in (batched, alone, listed):
        assert found.key == "k"
        assert [terms(item) for item in found.items] == expected
        assert {outcome(item) for item in found.items} <= {"m1", "m1:set", None}
    assert [terms(item) for item in with_bad.items[1:]] == expected


def test_traits_that_come_with_an_event_are_an_event_of_their_own():
    items = read("/batch/", {"batch": [captured("E", _S_set={"title": "T"})]}).items

    assert [item.raw.message_id for item in items] == ["m1", "m1:set"]


def test_a_device_is_a_name():
    assert only("/e/", captured("E", _S_device_id="d1")).names == (("anonymous", "d1"),)


@pytest.mark.parametrize("place", ["token", "api_key"])
def test_the_key_of_a_browser(place):
    assert read("/e/", captured("E") | {place: "k"}).key == "k"
    assert read("/e/", captured("E", token="k")).key == "k"
    assert read("/i/v0/e/", [5, captured("E", token="k")]).key == "k"
    assert read("/e/", captured("E")).key is None


def test_an_event_of_ages_ago_is_too_old():
    [item] = read("/e/", {"event": "E", "distinct_id": "u1", "offset": 1.7e308}).items

    assert outcome(item) == Reason.TOO_OLD


def test_the_sender_s_clock_is_corrected():
    event = captured("E") | {"timestamp": to_rfc3339(NOW - HOUR_US - 5 * SECOND_US)}
    item = only("/batch/", {"batch": [event], "sent_at": to_rfc3339(NOW - HOUR_US)})

    assert kept(item).occurred_at == NOW - 5 * SECOND_US


@pytest.mark.parametrize(("offset", "expected"), [(1500, 1_500_000), (0.5, 500), (-9, 0), (None, 0)])
def test_a_browser_may_say_how_long_ago_it_was(offset, expected):
    item = only("/e/", {"event": "E", "distinct_id": "u1", "offset": offset, "properties": {}})

    assert NOW - kept(item).occurred_at == expected


@pytest.mark.parametrize("encode", [str.encode, lambda text: base64.b64encode(text.encode())])
def test_a_browser_s_last_beacon_is_a_form(encode):
    body = b"data=" + quote(encode(json.dumps([captured("E", token="k")]))).encode() + b"&compression=base64"

    assert read("/e/", body).key == "k"
    assert only("/e/", body).raw.event == "E"


BAD = {
    "a number": (5, Reason.BAD_ROW),
    "no event": ({"distinct_id": "u1"}, Reason.MISSING_EVENT),
    "properties that are none": ({"event": "E", "properties": [1]}, Reason.BAD_ROW),
    "groups that are none": (captured("E", _S_groups=["c1"]), Reason.BAD_ROW),
    "no alias": (captured("$create_alias"), Reason.BAD_ROW),
    "no group": (captured("$groupidentify", _S_group_type="company"), Reason.MISSING_CUSTOMER),
    "traits that are none": (captured("$set", _S_set=5), Reason.BAD_ROW),
    "half a character": (captured("E", a="\ud83d"), Reason.BAD_ROW),
}


@pytest.mark.parametrize(("event", "reason"), BAD.values(), ids=BAD)
def test_one_bad_event_leaves_the_others(event, reason):
    found = read("/batch/", {"batch": [captured("E"), event, captured("F")], "api_key": "k"})

    assert [outcome(item) for item in found.items] == ["m1", reason, "m1"]
    assert found.key == "k"
    assert [outcome(item) for item in read("/e/", [event, captured("F")]).items] == [reason, "m1"]


@pytest.mark.parametrize("body", [b"", b"5", b"null", b'{"batch"', b"[1,", b"data=%%", b"data=e30", b'{"batch":[1'])
def test_a_body_that_is_no_request_is_refused(body):
    with pytest.raises(BodyRefusedError):
        read("/batch/", body)


def test_a_broken_event_is_kept():
    [item] = read("/capture/", b'{"event":"E","properties":{"a":NaN}}').items

    assert not isinstance(item, Sent)
    assert "NaN" in item.text
