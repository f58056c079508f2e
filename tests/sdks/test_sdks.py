"""What a real SDK sends arrives whole: nothing refused, and each call in the terms of the plan."""

from collections import Counter

import pytest

from keepwell.customers.profile import versions
from keepwell.events.catalog import STREAM_OF, Stream, key_of
from tests.sdks.drivers import send

RUNS = [
    ("segment_python",),
    ("segment_python", "gzip"),
    ("rudder_python",),
    ("rudder_python", "gzip"),
    ("posthog_python",),
    ("posthog_python", "gzip"),
    ("segment_node",),
    ("rudder_node",),
    ("rudder_node", "gzip"),
]
CALLS = Counter(
    contact_updated=2, page_viewed=2, customer_updated=1, feature_used=1, signed_in=1, **{"Order Completed": 1}
)


@pytest.mark.parametrize("run", RUNS, ids=" ".join)
def test_everything_an_sdk_sends_is_kept(server, run):
    driver, *options = run
    sent = send(driver, server.url, server.key, *options)
    delivered = server.delivered()

    assert server.refused() == []
    assert len(delivered) == sent
    assert len({event.message_id for event in delivered}) == sent
    assert Counter(key_of(event.kind, event.name) for event in delivered) == CALLS
    [used] = [event for event in delivered if event.part == "swap"]
    assert (used.customer_id, used.user_id) == ("acct-1", "u-1")
    assert {event.customer_id for event in delivered if event.user_id == "42"} == {"42"}
    profile = versions(
        [event for event in delivered if STREAM_OF[event.kind] is Stream.STATE and event.user_id == "u-1"]
    )[-1]
    assert profile.traits.items() >= {"name": "Acme", "mrr": 500, "plan": "pro"}.items()
    assert profile.contacts["u-1"].traits.items() >= {"email": "Ada@Example.org", "title": "Trader"}.items()
