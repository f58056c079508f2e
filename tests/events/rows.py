"""Rows as senders write them, and as they get them wrong."""

import datetime as dt
import json

from hypothesis import strategies as st

from keepwell.base.time import SECOND_US, parse_instant
from keepwell.events.accept import Receipt
from keepwell.events.catalog import CATALOG
from keepwell.events.event import Raw

NOW = parse_instant("2026-11-22T09:30:00Z")
WHEN = "2026-11-20T12:00:00Z"
FILE, LIVE = Receipt(NOW), Receipt(NOW, live=True)


def sent(event="signed_in", properties=None, **given):
    """A row that is in order but for what is given."""
    return Raw(**({"customer_id": "c1", "event": event, "timestamp": WHEN, "properties": properties} | given))


def from_now(seconds):
    return NOW + seconds * SECOND_US


def nested(depth, leaf=1):
    for _ in range(depth):
        leaf = {"a": leaf}
    return leaf


offsets = st.builds(dt.timezone, st.timedeltas(dt.timedelta(hours=-23), dt.timedelta(hours=23)))
numbers = st.one_of(
    st.integers(),
    st.floats(),
    st.decimals(),
    st.sampled_from((2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**14, 10**30, -(10**30), 10**400, -1e305, 1e308)),
)
odd = st.sampled_from(
    (
        "", " ", "\x00", "c\x00", "\ud800", "\udcff", "NaN", "-inf", "-1", "1e9", "9" * 19, "9" * 5000, "²", "٣",
        "1970-01-01", "2099-12-31T23:59:59+14:00", "0001-01-01", "9999-12-31T23:59:59.999999-23:59", "x" * 201,
        "null", "true", "[]", "{}", "{", '{"a": 1}', '{"a": "\\ud800"}', "good",
    )
)  # fmt: skip
texts = odd | st.text(st.characters(), max_size=20)
moments = st.datetimes(timezones=st.none() | offsets) | st.dates() | st.times() | st.timedeltas()
scalars = st.none() | st.booleans() | numbers | texts | moments | st.binary(max_size=9)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts | st.integers(), inner, max_size=3),
    max_leaves=6,
)
usual = st.sampled_from(
    (
        1, 0, 0.5, "7", 10**9, "2026-12-01", True, "true", "urgent", "high", "swap", "failed", "docs", "basic",
        "customer", "nps", "csat", "ces", "CES", "good", "at_risk", "what they said", {"stale": 3}, None, "",
    )
)  # fmt: skip


@st.composite
def properties_of(draw, spec):
    """Properties an event of the plan reads, some of them wrong, as an object or as JSON text."""
    names = {name for name, _ in spec.slots.values()} | {*spec.required, spec.text or "text", "kind", "score"}
    value = usual | anything if draw(st.booleans()) else usual
    given = {name: draw(value) for name in sorted(names) if name in spec.required or draw(st.booleans())}
    return json.dumps(given, default=repr) if draw(st.booleans()) else given


@st.composite
def plausible(draw):
    """Rows that name an event of the plan; each of the other columns is right in three of four."""
    spec = draw(st.sampled_from(CATALOG))
    good = {
        "customer_id": st.sampled_from(("c1", 7)),
        "event": st.sampled_from((spec.key, *spec.aliases)),
        "timestamp": st.integers(NOW - 10**12, NOW + 10**9) | st.just(WHEN),
        "properties": properties_of(spec),
        "message_id": st.none() | st.just("m1"),
        "received_at": st.none() | st.integers(NOW - 10**12, NOW + 10**9),
        "user_id": st.none() | st.just("u1"),
        "sent_at": st.none() | st.just(WHEN),
    }
    return Raw(**{name: draw(anything if draw(st.integers(0, 7)) == 7 else each) for name, each in good.items()})


raws = plausible() | st.builds(Raw, *[anything] * len(Raw.__struct_fields__))
receipts = st.builds(
    Receipt,
    st.integers(parse_instant("2020-01-01"), parse_instant("2099-01-01")),
    live=st.booleans(),
    sentiment=st.sampled_from((None, len, lambda _text: None)),
)
