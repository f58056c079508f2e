"""What a real SDK sends to a real server arrives whole: nothing refused, and each call in the terms of the plan."""

from collections import Counter

import pytest

from keepwell.base.time import DAY_US
from keepwell.config.settings import Settings
from keepwell.runtime.clock import now_us
from keepwell.runtime.workspace import open_workspace
from keepwell.store import profiles
from tests import live
from tests.sdks.drivers import DRIVERS, send
from tests.sources.tracking.wire import SAMPLES, packed

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
CALLED = ("accepted", "duplicates", "rejected")
CALLS = Counter(
    contact_updated=2, page_viewed=2, customer_updated=1, feature_used=1, signed_in=1, **{"Order Completed": 1}
)

ALONE = ("rudder_node",)
"""Sends its first call at once, in a request of its own: the user has no group yet, and is a customer of one."""


@pytest.mark.parametrize("run", RUNS, ids=" ".join)
def test_everything_an_sdk_sends_is_kept(server, run):
    driver, *options = run
    sent = send(driver, server.url, server.key, *options)
    events = server.api("/events").json()["events"]

    assert server.rejected() == []
    assert len(events) == len({event["message_id"] for event in events}) == sent
    assert Counter(event["event"] for event in events) == CALLS
    [used] = [event for event in events if event["properties"].get("feature") == "swap"]
    assert (used["customer_id"], used["event"]) == ("acct-1", "feature_used")
    [bought] = [event for event in events if event["event"] == "Order Completed"]
    assert bought["customer_id"] == "42"
    live.until(lambda: server.score("acct-1") is not None)
    profile = profile_of(server, "acct-1")
    assert profile.traits.items() >= {"name": "Acme", "mrr": 500, "plan": "pro"}.items()
    named = profile_of(server, "u-1" if driver in ALONE else "acct-1").contacts["u-1"]
    assert named.traits.items() >= {"email": "Ada@Example.org", "title": "Trader"}.items()
    line = seen(server)
    assert (line["accepted"], line["duplicates"], line["rejected"]) == (sent, 0, 0)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """One server for all recordings."""
    with live.process(tmp_path_factory.mktemp("recorded") / "data") as running:
        yield running


@pytest.mark.parametrize("driver", DRIVERS)
def test_the_same_requests_again_add_nothing(recorded, driver):
    first, second = ([sent_again(recorded, each) for each in SAMPLES[driver]] for _ in range(2))

    assert sum(each["accepted"] for each in first) == 8
    assert sum(each["accepted"] for each in second) == 0
    assert sum(each["duplicates"] for each in second) == 8
    assert recorded.rejected() == []


def sent_again(server, request):
    """What became of a recorded request, sent with our key in the place of the recorded one."""
    asked = {**request, "body": {**request["body"]}}
    for name in ("api_key", "writeKey"):
        if name in asked["body"]:
            asked["body"][name] = server.key
    headers = {name: value for name, value in request["headers"].items() if name != "authorization"}
    if "authorization" in request["headers"]:
        headers["authorization"] = f"Bearer {server.key}"
    answer = server.post(request["path"], packed(asked), headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def profile_of(server, customer):
    with open_workspace(Settings(data=server.data)) as space, space.database.read() as session:
        number = session.one("SELECT id FROM customer WHERE external_id = ?", (customer,))
        return profiles.at(session, number, now_us() + DAY_US)


def seen(server):
    """The counters of the monitoring."""
    text = server.client.get("/metrics", headers={"authorization": f"Bearer {server.api_key}"}).text
    prefix = "keepwell_events_total{"
    lines = [line.removeprefix(prefix).split("} ") for line in text.splitlines() if line.startswith(prefix)]
    return {name: int(float(value)) for labels, value in lines for name in CALLED if f'"{name}"' in labels}
