"""What single vendors mean: values, whose it is, and the cases that look like something and are not."""

import contextlib
import copy
import json
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.events.accept import MAX_PROPERTIES, Receipt, accept
from keepwell.events.event import Event, Rejection
from keepwell.events.slots import money
from keepwell.sources.sent import BodyRefusedError, Sent, Unread
from keepwell.sources.slack.interaction import Action, interaction
from keepwell.sources.stripe.money import THOUSANDTHS, WHOLE, major, monthly
from keepwell.sources.webhooks import WEBHOOKS
from tests.sources.webhooks.signing import NOW, SAMPLES, body_of, delivery, sample


def parse(vendor, value):
    return WEBHOOKS[vendor].parse(delivery(vendor, body_of(vendor, value)))


def facts(vendor, value):
    return [(each.raw.event, each.raw.properties) for each in parse(vendor, value).items]


def changed(vendor, name, *path, to):
    found = sample(vendor, name)
    at = found
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = to
    return found


# --- shapes ----------------------------------------------------------------------------------

PLACES = st.integers(0, 10_000)
STRANGE = st.sampled_from(
    [None, True, -1, 10**30, 1e300, "", "\x00", "x" * 300, "ä", [], {}, [[]], {"id": {}}, "a" * 70_000, [1, "2", None]]
)


def nodes(value, path=()):
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from nodes(each, (*path, key))


def replaced(value, path, by):
    if not path:
        return by
    found = copy.deepcopy(value)
    at = found
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = by
    return found


@given(st.sampled_from(SAMPLES), PLACES, STRANGE)
def test_a_sample_with_anything_in_any_place_is_read_or_refused(which, place, strange):
    paths = list(nodes(sample(*which)))
    try:
        batch = parse(which[0], replaced(sample(*which), paths[place % len(paths)], strange))
    except BodyRefusedError:
        return  # the whole body: it is none of this vendor's

    assert batch.items or batch.ignored or strange == []
    for each in batch.items:
        assert isinstance(each, (Sent, Unread))
        if isinstance(each, Sent):
            assert all(isinstance(text, str) and text for name in (*each.names, *each.binds) for text in name)
            assert isinstance(accept(each.raw, Receipt(NOW, live=True)), (Event, Rejection))


@pytest.mark.parametrize("vendor", sorted(WEBHOOKS))
@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"{", b"[" * 100_000, b"payload=%ff", b"payload={", b"a=b&" * 100], ids=range(7)
)
def test_what_is_not_json_is_refused(vendor, body):
    with pytest.raises(BodyRefusedError):
        WEBHOOKS[vendor].parse(delivery(vendor, body))


@pytest.mark.parametrize("vendor", sorted({*WEBHOOKS} - {"slack"}))
def test_an_item_that_is_no_object_is_unread(vendor):
    value = [5, {}] if vendor in ("hubspot", "sendgrid", "helius", "standard_webhooks") else "five"
    (found, *_) = parse(vendor, value).items

    assert isinstance(found, Unread)
    assert json.loads(found.text) in (5, "five")


def test_an_item_nested_as_deep_as_can_be_is_read_or_refused():
    for depth in range(900, 1100):
        with contextlib.suppress(BodyRefusedError):
            [found] = WEBHOOKS["stripe"].parse(delivery("stripe", b"[" * depth + b"]" * depth)).items
            assert isinstance(found, Unread)


@pytest.mark.parametrize("vendor", sorted({*WEBHOOKS} - {"slack", "standard_webhooks"}))
def test_what_means_nothing_and_names_nobody_is_counted_and_left_out(vendor):
    nothing = {"type": "unheard.of", "topic": "unheard.of", "event": "unheard_of", "RecordType": "Unheard"}
    batch = parse(vendor, nothing)

    assert (list(batch.items), batch.ignored) == ([], 1)


@pytest.mark.parametrize(("vendor", "name"), SAMPLES)
def test_properties_stay_small_however_much_is_written(vendor, name):
    """Texts are cut where they are only read for their mood."""
    text = json.dumps(sample(vendor, name)).replace("bad for us", "bad " * 30_000)
    for each in parse(vendor, json.loads(text)).items:
        assert len(json.dumps(each.raw.properties)) < MAX_PROPERTIES


# --- Stripe ----------------------------------------------------------------------------------


@given(st.integers(0, 10**13), st.sampled_from(["usd", "EUR", "jpy", "KWD", "isk", "ugx", "xof", None]))
def test_an_amount_is_kept_to_the_last_unit(amount, currency):
    code = (currency or "").upper()
    scale = 1 if code in WHOLE else 1000 if code in THOUSANDTHS else 100

    assert money(major(amount, currency)) == int(Decimal(amount) * 100 / scale)


@pytest.mark.parametrize("amount", [None, True, "", "x", "NaN", "1e999", [], {}, 10**40])
def test_what_is_no_amount_is_none(amount):
    assert major(amount, "usd") is None


def subscription(*prices):
    return {"items": {"data": [{"price": price, "quantity": quantity} for price, quantity in prices]}}


def price(amount, interval="month", count=1, **more):
    recurring = {"interval": interval, "interval_count": count, "usage_type": more.pop("usage_type", "licensed")}
    return {"currency": "usd", "unit_amount": amount, "recurring": recurring, **more}


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        ([(price(49900), 1)], 499),
        ([(price(4990), 3)], 149.7),
        ([(price(120000, "year"), 1)], 100),
        ([(price(30000, "month", 3), 2)], 200),
        ([(price(1000, "week"), 1)], 43.33),
        ([(price(100, "day"), 1)], 30.42),
        ([(price(5000, currency="jpy"), 1)], 5000),
        ([(price(None, unit_amount_decimal="0.5"), 1000)], 5),
        ([(price(1000), 1), (price(2000, "year"), 6)], 20),
        ([(price(1000), 1), (price(77, usage_type="metered"), None)], 10),
        ([(price(1000, billing_scheme="tiered"), 1)], None),
        ([(price(None), 1)], None),
        ([(price(1000, "month", 0), 1)], None),
        ([(price(1000, "fortnight"), 1)], None),
        ([(price(10**17), 10**17)], None),
        ([], 0),
    ],
)
def test_revenue_per_month(prices, expected):
    assert monthly(subscription(*prices)) == expected


def test_a_move_says_from_and_to():
    [(event, said)] = facts("stripe", sample("stripe", "customer.subscription.updated.plan"))

    assert (event, said) == (
        "plan_changed",
        {"to": "Scale yearly", "from": "Starter", "mrr": 998, "previous_mrr": 99},
    )


def test_a_cancellation_taken_back_is_a_renewal():
    value = sample("stripe", "customer.subscription.updated.cancel")
    now, before = value["data"]["object"], value["data"]["previous_attributes"]
    for name in ("cancel_at", "cancel_at_period_end"):
        now[name], before[name] = before[name], now[name]

    assert [event for event, _ in facts("stripe", value)] == ["subscription_renewed"]


def test_a_new_period_of_what_is_to_end_renews_nothing():
    value = changed("stripe", "customer.subscription.updated.renewed", "data", "object", "cancel_at", to=1_790_000_000)

    assert [event for event, _ in facts("stripe", value)] == ["stripe.customer.subscription.updated"]


def test_a_move_that_begins_a_period_renews_nothing():
    value = sample("stripe", "customer.subscription.updated.plan")
    value["data"]["object"]["items"]["data"][0]["current_period_end"] += 31_536_000

    assert [event for event, _ in facts("stripe", value)] == ["plan_changed"]


def test_the_older_form_of_a_period_is_understood():
    value = sample("stripe", "customer.subscription.updated.renewed")
    value["data"]["object"]["current_period_end"] = 2
    value["data"]["previous_attributes"] = {"current_period_end": 1}

    assert [event for event, _ in facts("stripe", value)] == ["subscription_renewed"]


@pytest.mark.parametrize("name", ["invoice.finalized", "invoice.paid"])
def test_an_invoice_over_nothing_says_nothing_about_paying(name):
    value = changed("stripe", name, "data", "object", "amount_due", to=0)

    assert [event for event, _ in facts("stripe", value)] == [f"stripe.{name}"]


def test_what_is_charged_automatically_is_due_at_once():
    value = changed("stripe", "invoice.finalized", "data", "object", "due_date", to=None)
    [(_, said)] = facts("stripe", value)

    assert said["due_at"] == value["data"]["object"]["status_transitions"]["finalized_at"]
    assert said["amount"] == 499


def test_a_first_default_method_is_no_change():
    before = {"invoice_settings": {"default_payment_method": None}}
    value = changed("stripe", "customer.updated", "data", "previous_attributes", to=before)

    assert [event for event, _ in facts("stripe", value)] == ["stripe.customer.updated"]


@pytest.mark.parametrize("customer", ["cus_1", {"id": "cus_1", "object": "customer"}])
def test_an_explicit_customer_binds_the_one_of_stripe(customer):
    value = changed("stripe", "invoice.paid", "data", "object", "customer", to=customer)
    [found] = parse("stripe", value).items

    assert found.raw.customer_id == "acct-17"
    assert found.names == (("stripe", "cus_1"), ("email", "billing@example.org"))
    assert found.binds == (("stripe", "cus_1"),)


def test_without_an_explicit_customer_nothing_is_bound():
    [found] = parse("stripe", sample("stripe", "invoice.payment_failed")).items

    assert found.raw.customer_id is None
    assert found.names == (("stripe", "cus_TTDfo2Kq9"), ("email", "billing@example.org"))
    assert found.binds == ()


# --- the others ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("current", "previous", "solved"),
    [("SOLVED", "OPEN", True), ("CLOSED", "SOLVED", False), ("CLOSED", "OPEN", True), ("OPEN", "SOLVED", False)],
)
def test_closing_what_is_solved_does_not_solve_it_again(current, previous, solved):
    value = changed("zendesk", "ticket.status_changed", "event", to={"current": current, "previous": previous})
    [(event, _)] = facts("zendesk", value)

    assert (event == "ticket_solved") is solved


@pytest.mark.parametrize(("said", "score"), [("Bad, I'm unsatisfied", "bad"), ("good", "good"), ("4", "4")])
def test_a_rating_in_words(said, score):
    [(_, found)] = facts("zendesk", changed("zendesk", "trigger.ticket_rated", "score", to=said))

    assert found["score"] == score


def test_an_organization_with_an_external_id_is_bound():
    [found] = parse("zendesk", sample("zendesk", "organization.external_id_changed")).items
    [ticket] = parse("zendesk", sample("zendesk", "ticket.created")).items

    assert (found.raw.customer_id, found.binds) == ("acct-17", ticket.names)


def test_the_external_id_of_a_ticket_is_no_customer():
    [found] = parse("zendesk", changed("zendesk", "ticket.created", "detail", "external_id", to="JIRA-1")).items

    assert (found.raw.customer_id, found.binds) == (None, ())


@pytest.mark.parametrize(("kind", "names"), [("lead", (("email", "ada@example.org"),)), ("admin", ())])
def test_who_of_your_own_wrote_is_no_customer(kind, names):
    value = changed("intercom", "conversation.user.created", "data", "item", "source", "author", "type", to=kind)
    [found] = parse("intercom", value).items

    assert found.names == names


def test_a_ticket_of_intercom_is_solved_in_both_forms_and_not_before():
    for state, event in (("resolved", "ticket_solved"), ("in_progress", "intercom.ticket.state.updated")):
        for form in (state, {"category": state}):
            value = changed("intercom", "ticket.state.updated", "data", "item", "ticket_state", to=form)
            assert [name for name, _ in facts("intercom", value)] == [event]


def test_intercom_names_the_person_and_the_company():
    [found] = parse("intercom", sample("intercom", "ticket.created")).items
    [company] = parse("intercom", sample("intercom", "company.updated")).items

    assert (found.raw.user_id, found.names) == ("u-17", (("intercom", "66f1c9c2a1"),))
    assert (company.raw.customer_id, company.binds) == ("acct-17", found.names)


def test_a_deal_belongs_to_its_primary_company():
    found = parse("hubspot", sample("hubspot", "changes")).items
    company, deal, association, expansion = found[:4]

    assert (company.raw.customer_id, company.binds) == ("acct-17", (("hubspot", "9011"),))
    assert association.names == company.binds
    assert association.binds == deal.names == expansion.names == (("hubspot_deal", "1246965"),)


@pytest.mark.parametrize(("name", "value"), [("associationRemoved", True), ("isPrimaryAssociation", False)])
def test_another_association_binds_nothing(name, value):
    found = parse("hubspot", changed("hubspot", "changes", 2, name, to=value)).items

    assert found[2].binds == ()


def test_the_events_of_hubspot_have_distinct_identities_though_their_ids_are_not():
    value = sample("hubspot", "changes")
    same = [value[0], {**value[0], "objectId": 1}, {**value[0], "subscriptionId": 99}]
    ids = [each.raw.message_id for each in parse("hubspot", same).items]

    assert len(set(ids)) == len(ids)


def test_scores_are_told_apart_with_what_was_written_about_them():
    said = [properties for _, properties in facts("typeform", sample("typeform", "form_response"))]

    assert [(each["kind"], each["score"]) for each in said] == [("nps", 9), ("csat", 4), ("ces", 6)]
    assert ["text" in each for each in said] == [True, False, False]


def test_a_failed_transaction_is_told_with_its_error():
    failed, succeeded = parse("helius", sample("helius", "raw")).items

    assert failed.raw.properties["status"] == "failed"
    assert failed.raw.properties["err"] == {"InstructionError": [2, {"Custom": 30}]}
    assert failed.raw.properties["logs"] == sample("helius", "raw")[0]["meta"]["logMessages"]
    assert succeeded.raw.properties["status"] == "succeeded"
    assert succeeded.raw.properties["err"] is None
    assert {each.raw.properties["feed"] for each in (failed, succeeded)} == {"raw_webhook"}
    assert failed.names == succeeded.names == (("wallet", failed.raw.properties["fee_payer"]),)
    assert failed.raw.message_id == failed.raw.properties["tx_hash"]


def test_an_enhanced_transaction_is_not_guessed():
    enhanced = {"signature": "s", "feePayer": "w", "type": "SWAP", "timestamp": 1_763_800_000, "transactionError": None}

    assert facts("helius", [enhanced]) == []


def test_the_id_and_moment_of_a_delivery_stand_in():
    headers = {"svix-id": "msg_1", "svix-timestamp": "1763800000"}
    one, several = (
        b'{"event": "login", "customer_id": "c"}',
        b'[{"event": "login"}, {"event": "tx", "message_id": "m"}]',
    )
    read = WEBHOOKS["standard_webhooks"].parse

    assert [each.raw.message_id for each in read(delivery("x", one, headers)).items] == ["msg_1"]
    found = read(delivery("x", several, headers)).items
    assert [each.raw.message_id for each in found] == ["msg_1:0", "m"]
    assert {each.raw.timestamp for each in found} == {"1763800000"}


def test_a_button_pressed_is_read():
    found = interaction(delivery("slack", body_of("slack", sample("slack", "block_actions"))))

    assert (found.kind, found.user_id, found.team_id) == ("block_actions", "U2CERLKJA", "T9TK3CUKW")
    assert found.actions == (Action("on_it", "alert-4711", "acct-17"),)
    assert found.response_url.startswith("https://hooks.slack.com/")


def test_a_form_sent_is_read():
    found = interaction(delivery("slack", body_of("slack", sample("slack", "view_submission"))))

    assert (found.kind, found.callback_id, found.private_metadata) == ("view_submission", "snooze", "alert-4711")
    assert found.state["until"]["days"]["selected_option"]["value"] == "7"


@pytest.mark.parametrize("url", ["http://hooks.slack.com/a", "https://hooks.slack.com.example.org/", 5, None])
def test_an_answer_goes_to_slack_alone(url):
    value = changed("slack", "block_actions", "response_url", to=url)

    assert interaction(delivery("slack", body_of("slack", value))).response_url == ""


def test_only_the_challenge_of_slack_asks_for_a_reply():
    asked = delivery("slack", b'{"token": "t", "challenge": "3eZbrw1aB", "type": "url_verification"}')

    assert WEBHOOKS["slack"].reply(asked).body == "3eZbrw1aB"
    for vendor, name in random.Random(7).sample(SAMPLES, len(SAMPLES)):
        assert WEBHOOKS[vendor].reply(delivery(vendor, body_of(vendor, sample(vendor, name)))) is None
