"""Event maps: foreign rows under our names, and what cannot be read left for acceptance to refuse."""

import json

import pytest

from keepwell.events.accept import Reason, accept
from keepwell.events.mapping import EventMap, EventRule
from tests.events.rows import FILE, sent

MAP = EventMap(
    {"customer_id": "Account"},
    {
        "Order Placed": EventRule("transaction", {"value_usd": "total", "chain": "net"}, {"kind": "swap"}),
        "Session": EventRule("signed_in"),
        "Heartbeat": EventRule("signed_in", drop=True),
        "Seen": EventRule("page_viewed", set={"area": "docs"}),
    },
)


def test_an_event_the_map_does_not_name_stays_as_it_is():
    raw = sent("Signed In", {"a": 1})

    assert MAP.apply(raw) is raw


def test_an_event_is_renamed_and_its_properties_are_left_alone():
    raw = sent("Session", '{"a": 1}', message_id="m")

    assert MAP.apply(raw) == sent("signed_in", '{"a": 1}', message_id="m")


def test_an_event_is_left_out():
    assert MAP.apply(sent("Heartbeat")) is None


@pytest.mark.parametrize("form", [dict, json.dumps], ids=["object", "text"])
def test_properties_get_our_names_and_keep_theirs(form):
    mapped = MAP.apply(sent("Order Placed", form({"total": 12, "kind": "theirs", "x": 1})))

    assert mapped.properties == {"total": 12, "kind": "swap", "x": 1, "value_usd": 12}


@pytest.mark.parametrize("properties", [None, "", {}, "{}"])
def test_fixed_properties_are_added_to_none(properties):
    assert MAP.apply(sent("Seen", properties)).properties == {"area": "docs"}


@pytest.mark.parametrize("properties", ["{", "[1]", '{"a": "\ud800"}', '{"a":' * 5000, 7, [1], b"{}"], ids=repr)
def test_properties_that_cannot_be_read_are_refused_as_they_came(properties):
    mapped = MAP.apply(sent("Seen", properties))

    assert mapped.properties == properties
    assert accept(mapped, FILE).reason == Reason.BAD_PROPERTIES


@pytest.mark.parametrize("event", [None, 7, ["Session"], {}])
def test_an_event_that_is_no_text_is_left_to_acceptance(event):
    assert MAP.apply(sent(event)) == sent(event)


def test_the_version_tells_maps_apart():
    rules = [
        EventRule("signed_in"),
        EventRule("transaction"),
        EventRule("signed_in", drop=True),
        EventRule("signed_in", rename={"a": "b"}),
        EventRule("signed_in", set={"a": "b"}),
    ]
    maps = [EventMap(), EventMap({"event": "e"}), *(EventMap(events={"E": rule}) for rule in rules)]

    assert len({each.version for each in maps}) == len(maps)
    assert EventMap(events={"E": EventRule("signed_in")}).version == maps[2].version
