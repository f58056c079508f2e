"""Whom a message goes to: the primary contact where they can be reached, and nobody who did not agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.alerts.hours import is_open
from keepwell.base.time import DAY_US, HOUR_US, parse_instant
from keepwell.customers.profile import Contact
from keepwell.outreach.compose import Recipient
from keepwell.runtime import contacts
from keepwell.runtime.contacts import reached
from tests.histories import NOW, house
from tests.runtime.told import Story

ANA = {"name": "Ana Silva", "email": "ana@ada.example", "locale": "de", "timezone": "Europe/Berlin", "consent": True}


def chosen(*given, now=NOW, **traits):
    """The contact of a customer with these contacts, told in this order."""
    story = Story().did("ada", "customer_updated", 50, **traits)
    for place, each in enumerate(given):
        story.did("ada", "contact_updated", 40 - place, **{"contact_id": f"c{place}", **each})
    with house() as space:
        story.tell(space)
        with space.database.read() as session:
            return contacts.of(session, 1, now)


def of(**traits):
    return reached(Contact("c1", traits))


def test_a_contact_is_read_whole():
    found = chosen({**ANA, "anti_phishing_phrase": "blue heron"})

    assert found.recipient == Recipient("Ana Silva", "de", "Europe/Berlin", "blue heron")
    assert (found.contact, found.channel, found.address, found.consents) == ("c0", "email", "ana@ada.example", True)


def test_nobody_is_reached_where_nobody_is_known():
    assert chosen() is None
    assert chosen({"name": "No Address", "consent": True}) is None


@pytest.mark.parametrize(
    ("several", "who"),
    [
        (({"email": "a@a.example", "consent": True}, {"email": "b@b.example", "primary": True}), "c1"),
        (({"email": "a@a.example"}, {"email": "b@b.example", "consent": True}), "c1"),
        (({"email": "a@a.example"}, {"email": "b@b.example"}), "c0"),
        (({"email": "a@a.example", "consent": True}, {"primary": True, "consent": True}), "c0"),
        (({"email": "a@a.example", "primary": False}, {"email": "b@b.example", "primary": True}), "c1"),
    ],
)
def test_the_primary_one_then_who_agreed_then_the_least_id(several, who):
    assert chosen(*several).contact == who


@pytest.mark.parametrize(
    ("consent", "agrees"),
    [(True, True), ("true", True), ("yes", True), (1, True), (False, False), (None, False), ("", False),
     ("perhaps", False), (0, False), ([True], False), ({"given": True}, False)],
)  # fmt: skip
def test_only_who_said_so_agrees(consent, agrees):
    assert of(email="a@a.example", consent=consent).consents is agrees


def test_who_said_nothing_does_not_agree_and_who_took_it_back_neither():
    assert of(email="a@a.example").consents is False
    assert chosen(ANA, {"contact_id": "c0", "consent": False}).consents is False
    assert chosen(ANA, {"contact_id": "c0", "consent": False}, now=NOW - 40 * DAY_US + HOUR_US).consents is True


@pytest.mark.parametrize(
    ("traits", "channel", "address"),
    [
        ({"channel": "slack", "slack_channel": "C0123", "email": "a@a.example"}, "slack", "C0123"),
        ({"channel": "in_app"}, "in_app", "c1"),
        ({"channel": "email", "email": " a@a.example "}, "email", "a@a.example"),
    ],
)
def test_a_channel_has_its_address(traits, channel, address):
    found = of(**traits)

    assert (found.channel, found.address) == (channel, address)


@pytest.mark.parametrize(
    "traits",
    [
        {"channel": "slack", "email": "a@a.example"},
        {"channel": "pigeon", "email": "a@a.example"},
        {"email": "a.example"},
        {"email": "a@b"},
        {"email": "a@a.example, b@b.example"},
        {"email": "a@a.example\nBcc: b@b.example"},
        {"email": "Ana <a@a.example>"},
        {"email": "a@" + "b" * 300 + ".example"},
    ],
)
def test_what_is_no_address_is_none(traits):
    assert of(**traits) is None


def test_hours_are_those_of_the_contact_then_of_the_customer_then_utc():
    assert chosen(ANA, timezone="Asia/Tokyo").hours.zone == "Europe/Berlin"
    assert chosen({**ANA, "timezone": "Moon/Base"}, timezone="Asia/Tokyo").hours.zone == "Asia/Tokyo"
    found = chosen({**ANA, "timezone": "../etc"})

    assert (found.hours.zone, found.recipient.zone) == ("UTC", "UTC")
    assert is_open(found.hours, parse_instant("2026-11-23T08:00:00Z"))
    assert not is_open(found.hours, parse_instant("2026-11-23T07:59:59Z"))
    assert not is_open(found.hours, parse_instant("2026-11-23T19:00:00Z"))
    assert not is_open(found.hours, parse_instant("2026-11-22T12:00:00Z"))


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text(), max_size=2),
    st.sampled_from(("Europe/", "Europe", "UTC\x00", "/etc/passwd", "a" * 300, "\ud800")),
    st.sampled_from(("email", "slack", "in_app", "@", "a@b.example")),
)  # fmt: skip
NAMES = (
    "name",
    "email",
    "locale",
    "timezone",
    "consent",
    "primary",
    "channel",
    "slack_channel",
    "anti_phishing_phrase",
)


@given(traits=st.dictionaries(st.sampled_from(NAMES), ANYTHING), zone=st.text())
def test_no_trait_can_break_it(traits, zone):
    found = reached(Contact("c1", traits), zone)

    if found is not None:
        assert found.address
        assert found.recipient.zone == found.hours.zone
        assert found.consents is False or traits["consent"]
