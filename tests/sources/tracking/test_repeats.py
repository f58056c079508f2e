"""What is sent again is the same event, whatever happened to its time on the way."""

import msgspec
import pytest

from keepwell.base.time import HOUR_US, SECOND_US, to_rfc3339
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event
from keepwell.sources.tracking import read

NEAR_THE_HOUR = 500_000 * HOUR_US - SECOND_US
SKEWED = to_rfc3339(NEAR_THE_HOUR - 30 * 60 * SECOND_US)
BODIES = {
    "/v1/track": {"type": "track", "event": "signed_in", "userId": "u", "messageId": "m"},
    "/v1/batch": {"batch": [{"type": "track", "event": "signed_in", "userId": "u", "messageId": "m"}]},
    "/v1/batch skewed": {
        "batch": [{"type": "track", "event": "signed_in", "userId": "u", "messageId": "m", "timestamp": SKEWED}],
        "sentAt": SKEWED,
    },
    "/batch": {"batch": [{"event": "signed_in", "distinct_id": "u", "uuid": "m"}]},
    "/v1/events": {"event": "signed_in", "customer_id": "u", "message_id": "m"},
    "/v1/cloudevents": {"specversion": "1.0", "id": "m", "source": "s", "type": "signed_in", "subject": "u"},
}


@pytest.mark.parametrize("name", BODIES)
def test_a_request_sent_again_in_the_next_hour_brings_the_same_event(name):
    headers = {"content-type": "application/cloudevents+json" if "cloud" in name else "application/json"}
    found = []
    for now in (NEAR_THE_HOUR, NEAR_THE_HOUR + 2 * SECOND_US):
        (item,) = read(name.split()[0], headers, msgspec.json.encode(BODIES[name]), now).items
        event = accept(msgspec.structs.replace(item.raw, customer_id="u"), Receipt(now, live=True))
        assert isinstance(event, Event), event
        found.append((event.hour, event.key))

    assert found[0] == found[1]
