"""Which account an item belongs to, and what becomes of what has none."""

from __future__ import annotations

import pytest

from keepwell.events.event import Raw, Rejection
from keepwell.runtime.directory import Directory
from keepwell.runtime.intake import Intake, Sender
from keepwell.runtime.receive import receive
from keepwell.sources.sent import Batch, Sent, Unread
from keepwell.store.keys import Key
from tests.histories import NOW, house

KEY = Sender("key:1")
SYSTEM = Sender("hook:crm", verified=True)


@pytest.fixture(scope="module")
def space():
    with house() as workspace, workspace.writing():
        yield workspace


@pytest.fixture
def intake(space):
    return Intake(Directory(space.database))


def sent(event="signed_in", customer=None, user=None, names=(), binds=(), **properties) -> Sent:
    return Sent(Raw(customer, event, NOW, properties, user_id=user), names, binds)


def owners(intake: Intake, *items: Sent, sender: Sender = KEY) -> list[str]:
    parcel = intake.parcel(sender, Batch(items), NOW)
    assert not parcel.refused
    return [event.customer_id for event in parcel.events]


def test_a_user_without_a_group_is_a_customer_of_one(intake):
    assert owners(intake, sent(user="u1"), sent(user=17)) == ["u1", "17"]


def test_a_group_binds_its_users_from_its_request_on(intake):
    """SDKs name a user before its group, in one batch: nobody becomes a customer of one by that."""
    before = sent(user="u2")
    group = sent("customer_updated", "acme", binds=(("user", "u2"), ("anonymous", "a2")))
    moved = sent("customer_updated", "zeta", binds=(("user", "u2"),))

    assert owners(intake, before, sent(customer="x"), group, sent(user="u2")) == ["acme", "x", "acme", "acme"]
    assert owners(intake, sent(names=[("anonymous", "a2")]), before, moved, before) == ["acme", "acme", "zeta", "zeta"]


def test_what_was_bound_holds_after_a_restart(space, intake):
    group = sent("customer_updated", "acme", binds=(("user", "u3"),))
    receive(space, [intake.parcel(KEY, Batch([group]), NOW)], NOW)

    assert owners(Intake(Directory(space.database)), sent(user="u3")) == ["acme"]


def test_a_bond_that_did_not_become_durable_is_doubted(space):
    directory = Directory(space.database)
    intake = Intake(directory)
    intake.parcel(KEY, Batch([sent("customer_updated", "acme", binds=(("user", "u4"),))]), NOW)
    directory.doubt()

    assert owners(intake, sent(user="u4")) == ["u4"]


def test_the_first_name_that_has_an_account_counts(intake):
    owners(intake, sent("customer_updated", "acme", binds=(("stripe", "cus_1"),)), sender=SYSTEM)

    assert owners(intake, sent(names=[("stripe", "cus_0"), ("stripe", "cus_1")]), sender=SYSTEM) == ["acme"]


def test_a_visitor_nobody_knows_is_kept_in_nobodys_score(intake):
    parcel = intake.parcel(KEY, Batch([sent("page_viewed", names=[("anonymous", "x")], area="docs")]), NOW)

    assert [(event.customer_id, event.own) for event in parcel.events] == [("", 0)]


@pytest.mark.parametrize(
    "item",
    [sent(), sent("ticket_opened", names=[("anonymous", "x")]), sent(names=[("stripe", "cus_unknown")])],
    ids=["nobody", "a ticket of a visitor", "a name nobody has"],
)
def test_what_has_no_account_is_refused_and_kept(intake, item):
    parcel = intake.parcel(SYSTEM, Batch([item, sent(customer="acme")]), NOW)

    assert [refused.reason for refused in parcel.refused] == ["missing_customer"]
    assert len(parcel.events) == 1


def test_an_address_from_a_write_key_takes_nothing_over(intake):
    owners(intake, sent("contact_updated", "acme", binds=(("email", "ada@acme.example"),)), sender=SYSTEM)
    claim = sent("contact_updated", user="mallory", names=[("email", "ada@acme.example")],
                 binds=(("email", "ada@acme.example"),))  # fmt: skip

    assert owners(intake, claim) == ["mallory"]
    assert owners(intake, sent(names=[("email", "ada@acme.example")]), sender=SYSTEM) == ["acme"]


def test_a_limited_key_sends_what_it_may(intake):
    limited = Sender("key:2", Key(2, "write", "page", "kw", frozenset(), ("signed_in",), ("a",)).outside)
    items = [sent(customer="acme"), sent(customer="beta"), sent("api_called", "acme")]
    parcel = intake.parcel(limited, Batch(items), NOW)

    assert [event.customer_id for event in parcel.events] == ["acme"]
    assert [(each.reason, each.detail) for each in parcel.refused] == [
        ("not_allowed", "customer_id"), ("not_allowed", "event"),
    ]  # fmt: skip


def test_refused_items_are_told_in_the_order_of_the_request(intake):
    items = [sent(customer=""), sent("", "acme"), sent(customer=""), sent(customer=["x"])]
    parcel = intake.parcel(KEY, Batch(items), NOW)

    assert [(each.place, each.reason, each.detail) for each in parcel.refused] == [
        (1, "missing_customer", "customer_id"), (2, "missing_event", "event"),
        (3, "missing_customer", "customer_id"), (4, "bad_customer", "customer_id"),
    ]  # fmt: skip


def test_an_item_that_could_not_be_read_is_kept(intake):
    parcel = intake.parcel(KEY, Batch([Unread(Rejection("unreadable_row", "x"), "{"), sent(customer="acme")]), NOW)

    assert [(refused.place, refused.text) for refused in parcel.refused] == [(1, "{")]
    assert len(parcel.events) == 1


def test_a_linked_wallet_means_its_account(space, intake):
    linked = sent("wallet_linked", "acme", address="So1")
    receive(space, [intake.parcel(KEY, Batch([linked]), NOW)], NOW)

    seen = sent("transaction", names=[("wallet", "So1")])
    assert owners(intake, seen, sender=SYSTEM) == ["acme"]
    assert owners(Intake(Directory(space.database)), seen, sender=SYSTEM) == ["acme"]


def test_a_write_key_does_not_take_a_wallet_over(space, intake):
    """Else whoever has a key out of a browser could have somebody's transactions told as their own."""
    owners(intake, sent("wallet_linked", "acme", address="So2"))
    fresh = Intake(Directory(space.database))
    owners(intake, sent("wallet_linked", "zeta", address="So2"))
    seen = sent("transaction", names=[("wallet", "So2")])
    assert owners(intake, seen, sender=SYSTEM) == ["acme"]

    receive(space, [intake.parcel(KEY, Batch([sent("wallet_linked", "acme", address="So3")]), NOW)], NOW)
    assert owners(fresh, sent("wallet_linked", "zeta", address="So3")) == ["zeta"]
    assert owners(fresh, sent("transaction", names=[("wallet", "So3")]), sender=SYSTEM) == ["acme"]
    owners(fresh, sent("wallet_linked", "zeta", address="So3"), sender=SYSTEM)
    assert owners(fresh, sent("transaction", names=[("wallet", "So3")]), sender=SYSTEM) == ["zeta"]
