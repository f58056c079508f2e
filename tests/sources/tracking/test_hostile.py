"""Whatever bytes come, a request is read or refused by name, and what was read is accepted or rejected."""

import gzip
import json
import time
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.events.accept import Reason, accept
from keepwell.events.event import Event, Rejection
from keepwell.sources import tracking
from keepwell.sources.body import MAX_UNPACKED
from keepwell.sources.sent import BodyRefusedError, Sent
from keepwell.sources.split import MAX_SPLIT, split
from tests.sources.tracking.wire import NOW, RECEIPT, batch, dumped, outcome, read, track

FIELDS = (
    "type", "event", "userId", "anonymousId", "groupId", "previousId", "messageId", "timestamp", "originalTimestamp",
    "sentAt", "context", "traits", "properties", "name", "category", "batch", "events", "writeKey", "api_key",
    "distinct_id", "uuid", "offset", "$set", "$groups", "$group_type", "$group_key", "$group_set", "alias", "email",
    "customer_id", "user_id", "message_id", "specversion", "id", "source", "subject", "time", "data", "data_base64",
)  # fmt: skip
WORDS = (
    "", "track", "identify", "group", "page", "alias", "$set", "$identify", "$create_alias", "$groupidentify",
    "company", "1.0", "u1", "a@b.c", "2026-11-22T23:00:00Z", "2026-11-22", "1970-01-01", "9999-12-31T23:59:59-23:59",
    "\x00", "\ud800", "x" * 300, "²", "9" * 30,
)  # fmt: skip
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.sampled_from(WORDS)
    | st.text(max_size=5)
)
objects = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=8),
    max_leaves=20,
)
wrapped = st.builds(lambda name, items, more: {**more, name: items},
    st.sampled_from(("batch", "events")),
    st.lists(st.dictionaries(st.sampled_from(FIELDS), objects, max_size=10), max_size=4),
    st.dictionaries(st.sampled_from(FIELDS), objects, max_size=3),
)  # fmt: skip
documents = (objects | wrapped).map(lambda value: json.dumps(value).encode())
headers = st.dictionaries(
    st.sampled_from(("content-type", "content-encoding", "authorization", "ce-id", "ce-type", "ce-specversion")),
    st.sampled_from(("gzip", "deflate", "application/json", "text/plain", "Basic x", "1.0", "%", "")),
    max_size=2,
)


def check(path, given_headers, body):
    with suppress(BodyRefusedError):
        found = tracking.read(path, given_headers, body, NOW)
        key = tracking.key_of(given_headers, found)
        assert key is None or isinstance(key, str)
        for item in found.items:
            if isinstance(item, Sent):
                assert isinstance(accept(item.raw, RECEIPT), Event | Rejection)
                assert all(isinstance(part, str) for name in (*item.names, *item.binds) for part in name)
            else:
                assert item.rejection.reason in list(Reason)


@pytest.mark.parametrize("path", tracking.READERS)
@given(headers, st.binary(max_size=60) | documents)
def test_any_request(path, given_headers, body):
    check(path, given_headers, body)


@given(st.data())
def test_any_damage_to_a_good_batch(data):
    body = bytearray(dumped(batch(*[track(messageId=f"m{number}", properties={"é": [1, {}]}) for number in range(3)])))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    check("/v1/batch", {}, bytes(body))
    check("/batch/", {}, bytes(body))
    check("/v1/events", {}, bytes(body))


@given(st.lists(st.sampled_from([track(), 5, None, [1], {"type": "ping"}, track(event=5), track(event="\ud800")])))
def test_good_items_are_kept_among_any_bad_ones(items):
    given_items = [*items, track(messageId="last")]
    found = read("/v1/batch", batch(*given_items)).items

    assert len(found) == len(given_items)
    assert [outcome(item) == "m1" for item in found[:-1]] == [item == track() for item in items]
    assert outcome(found[-1]) == "last"


json_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=9) | st.sampled_from(['"', "[,]", "{\\", "batch"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3) | st.just("batch"), inner, max_size=4)
    ),
)


@given(st.lists(json_values), st.dictionaries(st.text(max_size=3), json_values), st.sampled_from([None, 1]))
def test_an_array_taken_apart_is_the_same_array(items, around, indent):
    def written(value):
        return json.dumps(value, indent=indent, ensure_ascii=False).encode("utf-8", "surrogatepass")

    _, alone = split(written(items))
    rest, inside = split(written({**around, "batch": items}), b"batch")

    assert [json.loads(item) for item in alone] == items
    assert [json.loads(item) for item in inside] == items
    assert json.loads(rest) == {**around, "batch": []}


BOMBS = {
    "open brackets": b"[" * MAX_SPLIT,
    "empty items": b'{"batch":[' + b"[]," * (MAX_SPLIT // 3 - 9) + b"[]]}",
    "commas": b'{"batch":[' + b"1," * (MAX_SPLIT // 2 - 9) + b"1]}",
    "quotes": b'"' * MAX_SPLIT,
    "strokes": b'{"batch":["' + b"\\" * (MAX_SPLIT - 20),
    "open brackets, packed": gzip.compress(b"[" * MAX_UNPACKED),
    "open objects": b'{"batch":' * (MAX_SPLIT // 10),
}


@pytest.mark.parametrize("body", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_in_bounded_time(body):
    started = time.process_time()
    with pytest.raises(BodyRefusedError):
        read("/v1/batch", body)

    assert time.process_time() - started < 10


MANY = {
    "/v1/batch": b'{"batch":[%s]}',
    "/v1/events": b'{"events":[%s]}',
    "/batch/": b'{"batch":[%s]}',
    "/e/": b"[%s]",
    "/v1/cloudevents": b"[%s]",
}


@pytest.mark.parametrize("path", MANY)
@pytest.mark.parametrize("item", [b"1", b"{}"])
def test_millions_of_items_are_refused_before_they_are_made(path, item):
    body = gzip.compress(MANY[path] % b",".join([item] * 2_500_000))
    tracemalloc.start()
    with pytest.raises(BodyRefusedError):
        read(path, body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 3 * MAX_UNPACKED


@pytest.mark.parametrize("name", ["a\x00", "a" * 201])
def test_names_that_no_store_can_keep_are_left_out(name):
    items = read(
        "/v1/batch", batch(track(anonymousId=name), {"type": "alias", "userId": "u1", "previousId": name})
    ).items

    assert [(item.names, item.binds) for item in items] == [((), ()), ((), ())]
