"""Customer files: a row becomes the events that say so."""

import pytest

from keepwell.base.time import parse_instant
from keepwell.events.accept import Reason, Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.sources.files.customers import COLUMNS, customer_rows
from tests.sources.writing import FORMATS, as_csv, rows_of

NOW = parse_instant("2026-11-22T09:30:00Z")
SIGNED = "2025-01-31"


def said(properties, timestamp=None):
    """Kind, moment and properties of the events of a row."""
    return [
        (raw.event, raw.timestamp, raw.properties) for raw in customer_rows(Raw("c1", None, timestamp, properties), NOW)
    ]


TRAITS = {
    "plan": "pro",
    "seats": "3",
    "entitled_features": '["swap", "stake"]',
    "offered_addons": "alerts; api ;",
    "plan_limits": '{"calls": 100}',
    "note": "a;b",
    "odd": "[not JSON",
}


def test_columns_are_traits_and_lists_are_read():
    assert said(TRAITS) == [
        (
            "customer_updated",
            NOW,
            {
                "plan": "pro",
                "seats": "3",
                "entitled_features": ["swap", "stake"],
                "offered_addons": ["alerts", "api"],
                "plan_limits": {"calls": 100},
                "note": "a;b",
                "odd": "[not JSON",
            },
        )
    ]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_the_same(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FORMATS[name]([{"id": "c1", **TRAITS}]))
    (row,) = rows_of(path, COLUMNS, required=("customer_id",))

    assert customer_rows(row, NOW) == customer_rows(Raw("c1", None, None, TRAITS), NOW)


@pytest.mark.parametrize("name", ["id", "customer_id"])
def test_the_id_may_be_called_id(tmp_path, name):
    path = tmp_path / "customers.csv"
    path.write_bytes(as_csv([{name: "c1", "plan": "pro"}]))

    assert rows_of(path, COLUMNS, required=("customer_id",)) == [Raw("c1", None, None, {"plan": "pro"})]


MOMENTS = [
    ({}, None, NOW),
    ({"created_at": SIGNED}, None, SIGNED),
    ({"created_at": SIGNED}, "2025-06-01", "2025-06-01"),
    ({"created_at": ""}, "", NOW),
]


@pytest.mark.parametrize(("traits", "timestamp", "when"), MOMENTS)
def test_traits_count_from_the_row_else_from_the_start_else_from_now(traits, timestamp, when):
    assert said(traits, timestamp) == [("customer_updated", when, traits)]


PEOPLE = [{"contact_id": "u1", "role": "champion"}, {"email": "b@c.example"}]
WALLETS = [{"address": "So1", "chain": "solana"}]
UPDATED, CONTACT, WALLET = "customer_updated", "contact_updated", "wallet_linked"
PARTS = [
    ({"contacts": PEOPLE}, [(CONTACT, PEOPLE[0]), (CONTACT, PEOPLE[1])]),
    ({"contacts": '[{"contact_id": "u1"}]'}, [(CONTACT, {"contact_id": "u1"})]),
    ({"contacts": '{"contact_id": "u1"}'}, [(CONTACT, {"contact_id": "u1"})]),
    ({"contacts": "u1; u2"}, [(CONTACT, {"contact_id": "u1"}), (CONTACT, {"contact_id": "u2"})]),
    ({"wallets": WALLETS}, [(WALLET, WALLETS[0])]),
    ({"wallets": '["So1", "So2"]'}, [(WALLET, {"address": "So1"}), (WALLET, {"address": "So2"})]),
    ({"wallets": "So1;So2"}, [(WALLET, {"address": "So1"}), (WALLET, {"address": "So2"})]),
    ({"wallets": None, "contacts": "[]"}, []),
    ({"wallets": WALLETS, "contacts": PEOPLE[:1]}, [(CONTACT, PEOPLE[0]), (WALLET, WALLETS[0])]),
]


@pytest.mark.parametrize(("traits", "events"), PARTS)
def test_contacts_and_wallets_are_events_of_their_own(traits, events):
    assert said({"plan": "pro"} | traits) == [
        (UPDATED, NOW, {"plan": "pro"}),
        *((kind, NOW, properties) for kind, properties in events),
    ]


def test_what_a_row_says_is_accepted():
    rows = customer_rows(Raw(7, None, SIGNED, {"plan": "pro", "contacts": PEOPLE, "wallets": "So1"}), NOW)
    events = [accept(row, Receipt(NOW)) for row in rows]

    assert [type(event) for event in events] == [Event] * 4
    assert {event.customer_id for event in events} == {"7"}


@pytest.mark.parametrize("properties", [None, "", {}, "{}"])
def test_a_customer_may_have_no_traits(properties):
    assert said(properties) == [(UPDATED, NOW, {})]


def test_properties_as_text_are_traits():
    assert said('{"plan": "pro", "wallets": ["So1"]}') == [
        (UPDATED, NOW, {"plan": "pro"}),
        (WALLET, NOW, {"address": "So1"}),
    ]


@pytest.mark.parametrize("properties", ["{", "plan", "[1]", [1], 5], ids=repr)
def test_properties_that_are_no_table_are_refused_and_not_forgotten(properties):
    (row,) = customer_rows(Raw("c1", None, None, properties), NOW)

    assert accept(row, Receipt(NOW)).reason == Reason.BAD_PROPERTIES


@pytest.mark.parametrize("value", ["[" * 60_000, '{"a":' * 5000, '["\ud800"]', "[1e999]"], ids=range(4))
def test_a_hostile_trait_harms_nothing_else(value):
    (row,) = customer_rows(Raw("c1", None, None, {"plan": "pro", "x": value}), NOW)

    assert row.properties == {"plan": "pro", "x": value}
