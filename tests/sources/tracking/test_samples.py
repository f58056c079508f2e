"""What the SDKs sent when they were recorded (`python -m tests.sdks.record`) is read without a loss."""

import random

import pytest

from keepwell.events.event import Event
from keepwell.sources import tracking
from keepwell.sources.sent import Sent
from tests.sources.tracking.wire import NOW, SAMPLES, kept, packed

REQUESTS = [(sdk, request) for sdk, requests in SAMPLES.items() for request in requests]


def items_of(request):
    return tracking.read(request["path"], request["headers"], packed(request), NOW).items


def test_every_sdk_was_recorded():
    assert set(SAMPLES) == {"posthog_python", "rudder_node", "rudder_python", "segment_node", "segment_python"}


@pytest.mark.parametrize(("sdk", "request_"), REQUESTS, ids=[sdk for sdk, _ in REQUESTS])
def test_nothing_of_a_request_is_lost(sdk, request_):
    items = items_of(request_)

    assert [type(item) for item in items] == [Sent] * len(request_["body"]["batch"])
    assert [type(kept(item)) for item in items] == [Event] * len(items)


@pytest.mark.parametrize(("sdk", "request_"), REQUESTS, ids=[sdk for sdk, _ in REQUESTS])
def test_the_key_is_found(sdk, request_):
    batch = tracking.read(request_["path"], request_["headers"], packed(request_), NOW)

    assert tracking.key_of(request_["headers"], batch) == "sample-key"


@pytest.mark.parametrize("sdk", SAMPLES)
def test_an_sdk_says_the_same_in_any_order(sdk):
    in_order = [item for request in SAMPLES[sdk] for item in items_of(request)]
    shuffled = []
    for request in SAMPLES[sdk]:
        items = request["body"]["batch"].copy()
        random.Random(7).shuffle(items)
        shuffled += items_of(request | {"body": request["body"] | {"batch": items}})

    assert sorted(in_order, key=repr) == sorted(shuffled, key=repr)


@pytest.mark.parametrize("sdk", SAMPLES)
def test_every_sdk_says_the_same(sdk):
    items = [item for request in SAMPLES[sdk] for item in items_of(request)]
    said = {(item.raw.event, item.raw.customer_id, item.raw.user_id) for item in items}

    assert said - {("page_viewed", None, None), ("page_viewed", None, "anon-1")} == {
        ("contact_updated", None, "u-1"),
        ("customer_updated", "acct-1", "u-1"),
        ("feature_used", "acct-1", "u-1"),
        ("Signed In", None, "u-1"),
        ("page_viewed", None, "u-1"),
        ("Order Completed", None, "42"),
    }
    binds = {name for item in items for name in item.binds}
    assert binds >= {("user", "u-1"), ("email", "ada@example.org"), ("user", "anon-1"), ("anonymous", "anon-1")}
