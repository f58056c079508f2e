"""Acceptance: whatever comes in, an event that can be kept or a rejection that says why comes out."""

import datetime as dt
import sys
import tracemalloc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.time import HOUR_US, day_to_date, parse_instant, to_rfc3339
from keepwell.events import catalog
from keepwell.events.accept import MAX_ID, MAX_PROPERTIES, Reason, Receipt, accept, content_key
from keepwell.events.event import ASSUMED_KNOWN, CLAMPED, Event, Rejection
from tests.events.rows import FILE, LIVE, NOW, WHEN, anything, from_now, nested, raws, receipts, sent

TEN_MEGABYTES = "x" * 10_000_000


def sound(found, receipt):
    """Assert that an answer is a rejection of the closed list, or an event every store can keep."""
    if isinstance(found, Rejection):
        assert found.reason in set(Reason)
        return
    assert isinstance(found, Event)
    assert found.occurred_at <= found.known_at <= found.recorded_at == receipt.recorded_at
    for value in msgspec.structs.astuple(found):
        assert not isinstance(value, int) or -(2**63) <= value < 2**63
        assert not isinstance(value, str) or "\x00" not in value.encode().decode()
    for moment in (found.occurred_at, found.known_at, found.sent_at):
        assert moment is None or to_rfc3339(moment)
    assert found.day2 is None or day_to_date(found.day2)
    assert found.kind in catalog.STREAM_OF
    assert (found.kind == 0) == (found.name is not None)
    assert found.n >= 1
    assert isinstance(msgspec.json.decode(found.properties), dict)


@given(raws, receipts)
def test_any_row_gives_a_sound_event_or_a_rejection(raw, receipt):
    sound(accept(raw, receipt), receipt)


@pytest.mark.parametrize("receipt", [FILE, LIVE], ids=["file", "live"])
@pytest.mark.parametrize("field", ["customer_id", "event", "timestamp", "message_id", "received_at", "user_id"])
@pytest.mark.parametrize(
    "value",
    [
        10**5000, -(10**5000), 10**30, 1e308, -1e305, float("nan"), float("-inf"), TEN_MEGABYTES, "\ud800", "a\x00b",
        b"c1", "9" * 5000, nested(5000), [nested(5000)], dt.date(1970, 1, 1), "2099-01-01",
        dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-9))),
    ],
    ids=lambda value: f"{type(value).__name__}-{repr(value)[:9] if not isinstance(value, (dict, list, int)) else ''}",
)  # fmt: skip
def test_a_hostile_value_in_any_column(field, value, receipt):
    sound(accept(sent(**{field: value}), receipt), receipt)


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        (TEN_MEGABYTES, Reason.TOO_LARGE),
        ({"text": TEN_MEGABYTES}, Reason.TOO_LARGE),
        ("é" * (MAX_PROPERTIES // 2 + 1), Reason.TOO_LARGE),  # the limit is of bytes
        (nested(5000), Reason.BAD_PROPERTIES),
        ('{"a":' * 5000 + "1" + "}" * 5000, Reason.BAD_PROPERTIES),
        ({"a": "\ud800"}, Reason.BAD_PROPERTIES),
        ('{"a": "\ud800"}', Reason.BAD_PROPERTIES),
        ('{"a": "\\ud800"}', Reason.BAD_PROPERTIES),
        ('{"a": NaN}', Reason.BAD_PROPERTIES),
        ('{"a": 1e999}', Reason.BAD_PROPERTIES),
        ('{"a": ' + "9" * 5000 + "}", Reason.BAD_PROPERTIES),
        ('{"a": 1} trailing', Reason.BAD_PROPERTIES),
        ("[1]", Reason.BAD_PROPERTIES),
        ({1j: 1}, Reason.BAD_PROPERTIES),
        (b'{"a": 1}', Reason.BAD_PROPERTIES),
        (7, Reason.BAD_PROPERTIES),
    ],
    ids=range(16),
)
def test_properties_that_cannot_be_kept(properties, reason):
    assert accept(sent(properties=properties), FILE).reason == reason


def test_a_value_that_is_no_number_in_json_is_kept_as_nothing():
    assert accept(sent(properties={"rate": float("nan")}), FILE).properties == '{"rate":null}'


@pytest.mark.parametrize("depth", [950, 990, 5000])
def test_a_row_near_the_limit_of_recursion_has_an_answer(depth):
    """Rows are recognised by their content before they are accepted: that must not fail either."""
    raw = sent(properties=nested(min(depth, sys.getrecursionlimit() * 5)))

    content_key(raw)
    sound(accept(raw, FILE), FILE)


REFUSED = [
    (Reason.MISSING_CUSTOMER, sent(customer_id=None)),
    (Reason.MISSING_CUSTOMER, sent(customer_id="")),
    (Reason.BAD_CUSTOMER, sent(customer_id=" ")),
    (Reason.BAD_CUSTOMER, sent(customer_id=True)),
    (Reason.BAD_CUSTOMER, sent(customer_id=1.5)),
    (Reason.BAD_CUSTOMER, sent(customer_id=10**5000)),
    (Reason.BAD_CUSTOMER, sent(customer_id="c" * (MAX_ID + 1))),
    (Reason.BAD_CUSTOMER, sent(customer_id="c\x00")),
    (Reason.BAD_CUSTOMER, sent(customer_id="\ud800")),
    (Reason.BAD_CUSTOMER, sent(user_id=["u"])),
    (Reason.MISSING_EVENT, sent(event=None)),
    (Reason.MISSING_EVENT, sent(event="")),
    (Reason.BAD_EVENT, sent(event=3)),
    (Reason.BAD_EVENT, sent(event="e" * (MAX_ID + 1))),
    (Reason.BAD_EVENT, sent(event="e\x00")),
    (Reason.BAD_EVENT, sent(event="\udcff")),
    (Reason.BAD_TIMESTAMP, sent(timestamp=None)),
    (Reason.BAD_TIMESTAMP, sent(timestamp="yesterday")),
    (Reason.BAD_TIMESTAMP, sent(timestamp=True)),
    (Reason.BAD_TIMESTAMP, sent(timestamp=float("nan"))),
    (Reason.BAD_TIMESTAMP, sent(timestamp=b"2026-11-20")),
    (Reason.BAD_TIMESTAMP, sent(timestamp=10**30)),
    (Reason.BAD_TIMESTAMP, sent(received_at="soon")),
    (Reason.TOO_OLD, sent(timestamp="1989-12-31T23:59:59.999999Z")),
    (Reason.TOO_OLD, sent(timestamp=0)),
    (Reason.IN_FUTURE, sent(timestamp=from_now(301))),
    (Reason.IN_FUTURE, sent(timestamp="2099-01-01")),
    (Reason.BAD_PROPERTIES, sent(properties="{")),
    (Reason.TOO_LARGE, sent(properties={"a": "x" * MAX_PROPERTIES})),
    (Reason.BAD_PROPERTY, sent("feature_used", {"feature": ["swap"]})),
    (Reason.BAD_PROPERTY, sent("transaction", {"value_usd": "lots"})),
    (Reason.BAD_PROPERTY, sent("transaction", {"value_usd": True})),
    (Reason.BAD_PROPERTY, sent("transaction", {"chain": "x" * 201})),
    (Reason.BAD_PROPERTY, sent("customer_paused", {"until": "some day"})),
    (Reason.BAD_PROPERTY, sent("customer_paused", {"until": -1e305})),
    (Reason.BAD_PROPERTY, sent("customer_paused", {"until": 10**30})),
    (Reason.BAD_PROPERTY, sent("ticket_updated", {"severity": "purple"})),
    (Reason.BAD_PROPERTY, sent("renewal_intent", {"probability": 1.01})),
    (Reason.BAD_PROPERTY, sent("survey_answered", {"kind": "mood", "score": 5})),
    (Reason.MISSING_PROPERTY, sent("feature_used", {"feature": ""})),
    (Reason.MISSING_PROPERTY, sent("band_overridden", {"band": "healthy"})),
    (Reason.NEGATIVE, sent("transaction", {"amount": -1})),
    (Reason.NEGATIVE, sent("invoice_paid", {"amount": "-0.01"})),
    (Reason.NEGATIVE, sent("session_ended", {"duration_s": -3})),
    (Reason.OVERFLOW, sent("transaction", {"amount": 10**9 + 1})),
    (Reason.OVERFLOW, sent("api_called", {"count": 10**30})),
    (Reason.BAD_MESSAGE_ID, sent(message_id="m" * (MAX_ID + 1))),
    (Reason.BAD_MESSAGE_ID, sent(message_id={})),
]
BY_SOURCES = {Reason.BAD_ENCODING, Reason.BAD_ROW}  # rows that cannot even be read
BY_RECEPTION = {Reason.NOT_ALLOWED}  # what a write key may not send


@pytest.mark.parametrize(("reason", "raw"), REFUSED, ids=[str(reason) for reason, _ in REFUSED])
def test_refused(reason, raw):
    assert accept(raw, FILE).reason == reason


def test_every_reason_has_an_example():
    assert {reason for reason, _ in REFUSED} | BY_SOURCES | BY_RECEPTION == set(Reason)


def test_a_rejection_names_the_property():
    assert accept(sent("transaction", {"amount": -1}), FILE).detail == "amount"


def test_an_unknown_event_is_kept_under_its_own_name():
    event = accept(sent("Quantum Leap", {"x": [1]}), FILE)

    assert (event.kind, event.name, event.own, event.properties) == (0, "Quantum Leap", 0, '{"x":[1]}')


@pytest.mark.parametrize("around", [" c1", "c1 ", "\tc1\n", "\u00a0c1"])
def test_white_space_around_a_customer_is_no_part_of_its_id(around):
    assert accept(sent(customer_id=around), FILE) == accept(sent(customer_id="c1"), FILE)
    assert accept(sent(customer_id="c 1"), FILE).customer_id == "c 1"


def test_a_numeric_id_is_its_text():
    event = accept(sent(customer_id=42, user_id=7, message_id=9), FILE)

    assert (event.customer_id, event.user_id, event.message_id) == ("42", "7", "9")


def test_the_text_of_the_properties_is_kept_as_it_came():
    assert accept(sent(properties='{ "b":1,  "a": 1.50 }'), FILE).properties == '{ "b":1,  "a": 1.50 }'


NOON = parse_instant(WHEN)
MOMENTS = [
    WHEN, "2026-11-20T12:00:00", "2026-11-20 12:00:00+00:00", "2026-11-20T13:00:00+01:00", "20261120T120000Z",
    NOON // 10**6, NOON // 1000, NOON, NOON / 10**6, str(NOON // 10**6), str(NOON),
    dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC), dt.datetime(2026, 11, 20, 12),  # noqa: DTZ001 - naive is UTC
]  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_a_moment_in_any_spelling(moment):
    assert accept(sent(timestamp=moment), FILE).occurred_at == NOON


def test_a_date_is_its_first_instant():
    assert accept(sent(timestamp=dt.date(2026, 11, 20)), FILE).occurred_at == parse_instant("2026-11-20")


EARLY, LATE = from_now(-60), from_now(-30)
TIMES = [  # receipt, claimed, received_at; occurred, known, flags
    (FILE, EARLY, None, EARLY, EARLY, ASSUMED_KNOWN),
    (FILE, EARLY, LATE, EARLY, LATE, 0),
    (FILE, EARLY, EARLY, EARLY, EARLY, 0),
    (FILE, LATE, EARLY, EARLY, EARLY, CLAMPED),  # the sender's clock ran ahead
    (FILE, EARLY, from_now(99), EARLY, NOW, 0),  # nothing can be known before it is recorded
    (FILE, from_now(300), None, NOW, NOW, ASSUMED_KNOWN | CLAMPED),
    (FILE, from_now(300), from_now(300), NOW, NOW, CLAMPED),
    (LIVE, EARLY, None, EARLY, NOW, 0),
    (LIVE, EARLY, EARLY, EARLY, NOW, 0),  # a live sender does not decide when we knew
    (LIVE, from_now(301), None, NOW, NOW, CLAMPED),
    (LIVE, parse_instant("2099-01-01"), None, NOW, NOW, CLAMPED),
]


@pytest.mark.parametrize(("receipt", "claimed", "received", "occurred", "known", "flags"), TIMES)
def test_times(receipt, claimed, received, occurred, known, flags):
    event = accept(sent(timestamp=claimed, received_at=received), receipt)

    assert (event.occurred_at, event.known_at, event.flags) == (occurred, known, flags)
    assert event.hour == claimed // HOUR_US


def test_the_senders_own_clock_is_only_a_note():
    assert accept(sent(sent_at=WHEN), FILE).sent_at == NOON
    assert accept(sent(sent_at="whenever"), FILE).sent_at is None
    assert accept(sent(sent_at=10**30), FILE).sent_at is None


def test_a_message_id_is_the_identity():
    one = accept(sent(message_id="m1"), FILE, 5)
    other = accept(sent("api_called", message_id="m1", customer_id="c2"), FILE, 6)

    assert one.key == other.key != accept(sent(message_id="m2"), FILE).key


def test_without_a_message_id_the_given_identity_counts_and_else_the_content():
    assert accept(sent(), FILE, 5).key == 5
    assert accept(sent(), FILE).key == accept(sent(), LIVE).key == content_key(sent())


CHANGES = [
    {"customer_id": "c2"},
    {"event": "login"},
    {"timestamp": NOON + 1},
    {"user_id": "u"},
    {"properties": {"a": 1}},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_other_content_is_another_row(change):
    assert content_key(sent(**change)) != content_key(sent())


@given(anything)
def test_any_content_has_an_identity(value):
    assert 0 <= content_key(sent(properties={"a": value}, customer_id=value)) < 2**63


SCALES = [
    ("nps", 0, 0), ("nps", 9, 900), ("nps", "10", 1000), (None, 10, 1000), ("NPS", 5, 500),
    ("csat", 1, 0), ("csat", 4, 750), ("csat", 4.6, 900), ("ces", 1, 0), ("ces", 4, 500), ("ces", 7, 1000),
    ("csat", "good", 1000), ("csat", "bad", 0),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "score", "permille"), SCALES)
def test_an_answer_on_its_own_scale(kind, score, permille):
    assert accept(sent("survey_answered", {"kind": kind, "score": score}), FILE).v1 == permille


@pytest.mark.parametrize(("kind", "score"), [("nps", 11), ("nps", -1), ("csat", 0), ("csat", 6), ("ces", 8)])
def test_an_answer_off_its_scale(kind, score):
    rejection = accept(sent("survey_answered", {"kind": kind, "score": score}), FILE)

    assert rejection == Rejection(Reason.BAD_PROPERTY, "score")


READ = Receipt(NOW, sentiment={"great": 900}.get)
FELT = [
    ("ticket_opened", {"text": "great"}, 900),
    ("ticket_opened", {"text": "great", "sentiment": -1}, 0),  # the sender knows better
    ("ticket_opened", {"text": "hm"}, None),
    ("ticket_opened", {"text": 5}, None),
    ("ticket_opened", {}, None),
    ("ticket_rated", {"text": "great", "score": 1}, 900),
    ("survey_answered", {"text": "great", "score": 1}, 900),
    ("feedback_given", {"text": "great"}, 900),
    ("session_ended", {"text": "great", "actions": 7}, 7),  # no text is expected here
]


@pytest.mark.parametrize(("event", "properties", "feeling"), FELT)
def test_sentiment_is_read_where_a_text_is_expected(event, properties, feeling):
    assert accept(sent(event, properties), READ).v2 == feeling


def test_without_a_reader_of_texts_there_is_no_sentiment():
    assert accept(sent("feedback_given", {"text": "great"}), FILE).v2 is None


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=MAX_ID - 3))
def test_any_name_in_unicode_is_kept(name):
    assert accept(sent(f"my {name}"), FILE).name == f"my {name}"


def test_a_hostile_sender_does_not_fill_the_memory():
    """Texts seen before are remembered to be fast: never the long ones."""
    tracemalloc.start()
    for place in range(20):
        for field in ("customer_id", "event", "message_id", "user_id"):
            accept(sent(**{field: f"{field}{place}" * 100_000}), FILE)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept < 1_000_000
