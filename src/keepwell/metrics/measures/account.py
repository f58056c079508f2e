"""Measures of the account: support, satisfaction, payments and growth."""

from __future__ import annotations

import numpy as np

from keepwell.metrics.aggregates_facts import FORECAST, INTENT, INVOICE, MOOD, SURVEY, WILLING
from keepwell.metrics.measures.registry import NO_TICKET_POINTS, SUPPORT, Value, floats, measure
from keepwell.metrics.references import share
from keepwell.metrics.rollups import kind_label
from keepwell.metrics.view import View

# --- support ---------------------------------------------------------------------------------


@measure("Tickets by severity, for the activity", 28, *SUPPORT)
def ticket_load(x: View) -> Value:
    """Tickets opened in 28 days, weighted 1/2/4/8 by worst severity / max(1, active days / 20)."""
    busy = np.maximum(1.0, x.now("own_days") / 20.0)
    return Value(x.one("ticket_weight") / busy, x.connected(*SUPPORT))


@measure("Ratings of resolutions", 180, kind_label("ticket_rated"))
def resolution_satisfaction(x: View) -> Value:
    """(sum of ratings + 3 x the platform's mean) / (ratings + 3); none without a rating."""
    rated = x.one("rated_180")
    total = x.one("rated_sum_180") / 1000.0
    return Value((total + 3.0 * x.rating_mean()) / (rated + 3.0), rated > 0)


@measure("Help that needed no ticket", 90, kind_label("help_viewed"))
def self_service_rate(x: View) -> Value:
    """1 - help days followed by a ticket that day or the next / help days, the last day left out."""
    days = x.one("help_days")
    return Value(1.0 - share(x.one("help_ticket_days"), days), x.connected(*SUPPORT) & (days > 0))


@measure("Tickets escalated", 90, *SUPPORT)
def escalations(x: View) -> Value:
    """Escalated / opened tickets of 90 days; 90 points without a ticket."""
    opened = x.one("opened_90")
    fixed = np.where(opened == 0, NO_TICKET_POINTS, np.nan)
    return Value(share(x.one("escalated_90"), opened), x.connected(*SUPPORT), fixed)


# --- satisfaction ----------------------------------------------------------------------------


@measure("Survey answers", 180, kind_label("survey_answered"))
def survey_score(x: View) -> Value:
    """Mean answer on 0-1 over 180 days; the weight of an answer halves every 60 days."""
    number, total = x.aged(SURVEY, 60)
    return Value(share(total / 1000.0, number), number > 0)


@measure(
    "Sentiment of texts",
    90,
    *(kind_label(key) for key in ("ticket_opened", "ticket_rated", "survey_answered", "feedback_given")),
)
def sentiment(x: View) -> Value:
    """Mean sentiment on 0-1 over 90 days; the weight of a text halves every 30 days."""
    number, total = x.aged(MOOD, 30)
    return Value(share(total / 1000.0, number), number > 0)


@measure("Likelihood of renewal", 90, kind_label("renewal_intent"), kind_label("forecast_published"))
def renewal_likelihood(x: View) -> Value:
    """The newest stated intent, else 1 - churn probability of the newest published forecast, of 90 days."""
    intent, stated = x.latest(INTENT)
    churn, forecast = x.latest(FORECAST)
    value = np.where(stated, intent / 1000.0, (1000 - churn) / 1000.0)
    return Value(value, stated | forecast)


@measure("Willing to be a reference", 365, kind_label("reference_answered"))
def reference_willingness(x: View) -> Value:
    """The newest answer: 0 no, 1 yes, 2 gave one."""
    answer, has = x.latest(WILLING)
    return Value(floats(answer), has)


# --- payments --------------------------------------------------------------------------------


@measure("Invoices paid on time", 365, kind_label("invoice_issued"), kind_label("invoice_paid"))
def on_time_payment(x: View) -> Value:
    """Share of invoices paid by due date + 3 days; the weight of an invoice halves every 180 days."""
    number, total = x.aged(INVOICE, 180)
    return Value(share(total, number), number > 0)


PAYMENT = tuple(
    kind_label(key) for key in ("payment_method_added", "payment_method_changed", "payment_failed", "invoice_paid")
)


@measure("Failed payments and lapsed methods", 180, *PAYMENT)
def method_stability(x: View) -> Value:
    """Failed payments + expired methods not replaced within 7 days; none without a payment method."""
    return Value(floats(x.one("failed_180") + x.one("lapses_180")), x.one("methods") > 0)


@measure("Use of the plan's limit", 28, kind_label("usage_reported"))
def plan_fit(x: View) -> Value:
    """Highest reported usage / limit over the meters of the plan; none without a limit or a report."""
    rows = x.rows("meters")
    limited = rows["limit_value"] > 0
    value = np.full(len(x), -1.0)
    np.maximum.at(value, rows.row[limited], rows["top"][limited] / rows["limit_value"][limited])
    return Value(np.maximum(value, 0.0), value >= 0)


@measure("Billing tickets", 180, *SUPPORT)
def billing_inquiries(x: View) -> Value:
    """Tickets about billing opened in 180 days."""
    return Value(floats(x.one("billing_180")), x.connected(*SUPPORT))


# --- growth ----------------------------------------------------------------------------------


@measure("Plan moves by revenue", 365, kind_label("plan_changed"), kind_label("customer_updated"))
def plan_upgrades(x: View) -> Value:
    """Sum of changes of MRR / the largest MRR of these moves, within -1 and 1; none without plan data."""
    moved = np.clip(share(x.one("mrr_moved"), x.one("mrr_base")), -1.0, 1.0)
    return Value(moved, (x.scope("has_plan") > 0) | (x.one("plan_changes") > 0))


@measure("Add-ons of those offered", 0, kind_label("addon_added"))
def addon_adoption(x: View) -> Value:
    """Active add-ons / add-ons offered."""
    offered = x.scope("addons_offered")
    return Value(share(x.scope("addons_active"), offered), offered > 0)


@measure("Referrals", 365, kind_label("referral_made"))
def referrals(x: View) -> Value:
    """Referrals made in 365 days."""
    return Value(floats(x.one("referrals_365")), x.connected(kind_label("referral_made")))


@measure("Expansion talks", 180, kind_label("expansion_discussed"))
def expansion_talks(x: View) -> Value:
    """Discussions of expansion in 180 days."""
    return Value(floats(x.one("expansion_180")), x.connected(kind_label("expansion_discussed")))
