"""Measures of engagement: conversations, community, sign-ins, reading and learning."""

from __future__ import annotations

import numpy as np

from keepwell.metrics.measures.registry import RATIO_K, RATIO_TENURE, SUPPORT, Value, measure, ratio
from keepwell.metrics.references import share
from keepwell.metrics.rollups import area_label, kind_label
from keepwell.metrics.view import View

# --- communication ---------------------------------------------------------------------------


@measure("Replies to our messages", 90, kind_label("message_sent"))
def response_rate(x: View) -> Value:
    """(replies + 2) / (answerable messages we sent + 4); replies beyond messages do not count; none if we sent none."""
    asked = x.quarter("asked")
    replied = np.minimum(x.quarter("replied"), asked)
    return Value((replied + 2.0) / (asked + 4.0), asked > 0)


@measure("Conversations the customer began", 28, kind_label("message_received"))
def proactive_contact(x: View) -> Value:
    """Conversations begun by the customer in 28 days, filled to the window; complaints are not counted."""
    return Value(x.now("began") * x.filled(28), x.connected(kind_label("message_received")))


@measure("Quality of support conversations", 90, *SUPPORT)
def interaction_quality(x: View) -> Value:
    """Mean over tickets of the best rating in 90 days, else the best sentiment of its opening text."""
    n = x.one("quality_n")
    return Value(share(x.one("quality_sum") / 1000.0, n), n > 0)


COMMUNITY = tuple(kind_label(key) for key in ("community_posted", "community_answered", "community_attended"))


@measure("Posts, answers and events attended", 90, *COMMUNITY)
def community_contribution(x: View) -> Value:
    """Posts, answers and events attended in 90 days, filled to the window."""
    return Value(x.quarter("community") * x.filled(90), x.connected(*COMMUNITY))


# --- platform engagement ---------------------------------------------------------------------


@measure("Sign-ins per week and seat against peers", 28, kind_label("signed_in"))
def dashboard_logins(x: View) -> Value:
    """Sign-ins per week and seat / peers; none without a sign-in in 120 days."""
    weekly = x.now("sign_ins") * 7.0 / x.exposure(28) / x.seats
    return Value(weekly / x.peer("sign_ins_week"), x.ever("sign_ins") > 0)


@measure("Sign-ins against own baseline", 28, kind_label("signed_in"))
def dashboard_logins_own(x: View) -> Value:
    """(sign-ins in 28 days, filled, + 5) / (sign-ins of days 29-90 brought to 28 + 5); none below 56 days."""
    now = x.now("sign_ins") * x.filled(28)
    before = x.prior("sign_ins") * 28.0 / x.prior_exposure
    value, fixed = ratio(now, before, RATIO_K)
    return Value(value, (x.ever("sign_ins") > 0) & (x.tenure >= RATIO_TENURE), fixed)


@measure("Days with API use per week against peers", 28, kind_label("api_called"))
def api_days(x: View) -> Value:
    """Days with API calls per week / peers; none without a call in 120 days."""
    weekly = x.now("api_days") * 7.0 / x.exposure(28)
    return Value(weekly / x.peer("api_days_week"), x.ever("api_calls") > 0)


@measure("Days in the documentation", 28, area_label("docs"))
def documentation_usage(x: View) -> Value:
    """Days with a view of the documentation in 28, filled to the window."""
    return Value(x.now("docs_days") * x.filled(28), x.connected(area_label("docs")))


@measure("Days in the forum", 28, area_label("forum"))
def forum_visits(x: View) -> Value:
    """Days with a visit to the forum in 28, filled to the window."""
    return Value(x.now("forum_days") * x.filled(28), x.connected(area_label("forum")))


@measure("Learning content completed", 90, kind_label("content_completed"))
def education(x: View) -> Value:
    """Content items completed in 90 days, filled to the window."""
    return Value(x.quarter("content") * x.filled(90), x.connected(kind_label("content_completed")))
