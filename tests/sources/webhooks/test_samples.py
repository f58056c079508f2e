"""Laws over every webhook that ships, and over every sample of what its vendor sends."""

import pytest
from msgspec import structs

from keepwell.events.accept import Receipt, accept
from keepwell.events.catalog import key_of
from keepwell.events.event import Event
from keepwell.sources.delivery import SIGNATURES
from keepwell.sources.sent import Sent
from keepwell.sources.webhooks import WEBHOOKS
from tests.sources.webhooks.signing import FOLDER, HEADERS, NOW, SAMPLES, SECRETS, body_of, delivery, sample, signed

NO_EVENTS = {"slack"}  # verified and read; there is nothing to act on yet
NOT_A_VENDOR = {"files", "mapper"}
LIVE = Receipt(NOW, live=True)


def parsed(vendor, name):
    return WEBHOOKS[vendor].parse(signed(vendor, body_of(vendor, sample(vendor, name))))


def accepted(sent):
    """As reception would, once it has found the account by its names."""
    raw = sent.raw
    found = raw if raw.customer_id is not None else structs.replace(raw, customer_id="found")
    return accept(found, LIVE)


def keys(vendor, name):
    events = [accepted(each) for each in parsed(vendor, name).items]
    assert all(isinstance(event, Event) for event in events), events
    return [key_of(event.kind, event.name) for event in events]


def folders():
    return {path.parent.name for path in FOLDER.glob("*/parse.py")} - NOT_A_VENDOR


def test_every_folder_is_a_webhook():
    assert set(WEBHOOKS) == folders() == set(HEADERS)
    assert all(name == webhook.name for name, webhook in WEBHOOKS.items())


def test_every_webhook_has_a_signature():
    assert folders() <= set(SIGNATURES)


@pytest.mark.parametrize("vendor", sorted(WEBHOOKS))
def test_every_webhook_has_samples_a_guide_and_an_event(vendor):
    names = [name for owner, name in SAMPLES if owner == vendor]
    guide = (FOLDER / vendor / "README.md").read_text(encoding="utf-8")
    meant = [key for name in names for key in keys(vendor, name) if not key.startswith(f"{vendor}.")]

    assert names
    assert f"/hooks/{vendor}`" in guide or f"/hooks/{vendor}." in guide
    assert "## Setting it up" in guide
    assert "## Whose it is" in guide
    assert bool(meant) is (vendor not in NO_EVENTS)
    undocumented = [key for key in meant if f"`{key}`" not in guide] if vendor != "standard_webhooks" else []
    assert not undocumented


@pytest.mark.parametrize(("vendor", "name"), SAMPLES)
def test_a_sample_is_genuine_and_accepted(vendor, name):
    WEBHOOKS[vendor].verify(signed(vendor, body_of(vendor, sample(vendor, name))), ["other", SECRETS[vendor]])
    found = parsed(vendor, name)

    assert all(isinstance(accepted(each), Event) for each in found.items)
    assert found.items or found.ignored


@pytest.mark.parametrize(("vendor", "name"), [pair for pair in SAMPLES if pair[0] not in NO_EVENTS])
def test_a_repeated_delivery_has_the_same_identities(vendor, name):
    later = delivery(vendor, body_of(vendor, sample(vendor, name)), signed(vendor, b"{}").headers, NOW + 60_000_000)
    first, second = parsed(vendor, name).items, WEBHOOKS[vendor].parse(later).items
    ids = [each.raw.message_id for each in first]

    assert ids == [each.raw.message_id for each in second]
    assert [each.raw.timestamp for each in first] == [each.raw.timestamp for each in second]
    assert len(set(ids)) == len(ids)
    assert all(ids)


@pytest.mark.parametrize(("vendor", "name"), SAMPLES)
def test_an_event_says_whose_it_is_by_ids_or_names(vendor, name):
    for each in parsed(vendor, name).items:
        assert isinstance(each, Sent)
        assert each.raw.customer_id or each.raw.user_id or each.names
        assert not any(kind == "email" for kind, _ in each.binds)
        assert all(text == text.lower() for kind, text in each.names if kind == "email")


MEANT = {
    ("stripe", "invoice.finalized"): ["invoice_issued"],
    ("stripe", "invoice.paid"): ["invoice_paid"],
    ("stripe", "invoice.voided"): ["invoice_voided"],
    ("stripe", "invoice.payment_failed"): ["payment_failed"],
    ("stripe", "customer.subscription.created"): ["plan_changed"],
    ("stripe", "customer.subscription.updated.plan"): ["plan_changed"],
    ("stripe", "customer.subscription.updated.cancel"): ["subscription_cancelled"],
    ("stripe", "customer.subscription.updated.renewed"): ["subscription_renewed"],
    ("stripe", "customer.subscription.deleted"): ["subscription_cancelled"],
    ("stripe", "payment_method.attached"): ["payment_method_added"],
    ("stripe", "payment_method.automatically_updated"): ["payment_method_changed"],
    ("stripe", "customer.updated"): ["payment_method_changed"],
    ("stripe", "charge.refunded"): ["stripe.charge.refunded"],
    ("zendesk", "ticket.created"): ["ticket_opened"],
    ("zendesk", "ticket.priority_changed"): ["ticket_updated"],
    ("zendesk", "ticket.status_changed"): ["ticket_solved"],
    ("zendesk", "ticket.comment_added"): ["zendesk.ticket.comment_added"],
    ("zendesk", "organization.external_id_changed"): ["zendesk.organization.external_id_changed"],
    ("zendesk", "trigger.ticket_rated"): ["ticket_rated"],
    ("zendesk", "trigger.ticket_escalated"): ["ticket_escalated"],
    ("intercom", "conversation.rating.added"): ["ticket_rated"],
    ("intercom", "conversation.user.created"): ["message_received"],
    ("intercom", "conversation.user.replied"): ["message_replied"],
    ("intercom", "conversation.admin.replied"): ["message_sent"],
    ("intercom", "ticket.created"): ["ticket_opened"],
    ("intercom", "ticket.state.updated"): ["ticket_solved"],
    ("intercom", "contact.unsubscribed"): ["unsubscribed"],
    ("intercom", "company.updated"): ["intercom.company.updated"],
    ("intercom", "ping"): [],
    ("hubspot", "changes"): [
        "hubspot.company.propertyChange",
        "hubspot.deal.creation",
        "hubspot.deal.associationChange",
        "expansion_discussed",
        "hubspot.company.propertyChange",
        "customer_updated",
    ],
    ("hubspot", "object.propertyChange"): ["hubspot.deal.propertyChange", "customer_updated"],
    ("sendgrid", "events"): [
        "sendgrid.processed",
        "sendgrid.deferred",
        "email_delivered",
        "email_opened",
        "email_clicked",
        "email_bounced",
        "sendgrid.dropped",
        "email_complained",
        "unsubscribed",
        "unsubscribed",
    ],
    ("postmark", "Delivery"): ["email_delivered"],
    ("postmark", "Open"): ["email_opened"],
    ("postmark", "Click"): ["email_clicked"],
    ("postmark", "Bounce"): ["email_bounced"],
    ("postmark", "SpamComplaint"): ["email_complained"],
    ("postmark", "SubscriptionChange"): ["unsubscribed"],
    ("postmark", "SubscriptionChange.bounced"): ["postmark.SubscriptionChange"],
    ("typeform", "form_response"): ["survey_answered", "survey_answered", "survey_answered"],
    ("typeform", "form_response.nps"): ["survey_answered"],
    ("typeform", "form_response.feedback"): ["feedback_given"],
    ("slack", "block_actions"): [],
    ("slack", "view_submission"): [],
    ("standard_webhooks", "event"): ["feature_used"],
    ("standard_webhooks", "list"): ["signed_in", "transaction"],
    ("helius", "raw"): ["transaction", "transaction"],
    ("helius", "no_result"): ["helius.transaction"],
}


def test_every_sample_has_its_meaning():
    assert MEANT.keys() == set(SAMPLES)


@pytest.mark.parametrize(("vendor", "name"), MEANT)
def test_what_a_sample_means(vendor, name):
    assert keys(vendor, name) == MEANT[vendor, name]
