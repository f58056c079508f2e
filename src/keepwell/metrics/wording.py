"""Measured values in words."""

from __future__ import annotations

_OF_USUAL = "{percent} % of what is usual"
_AGAINST = "{percent} % of the period before"
_PERCENT = "{percent} %"
_COUNT = "{count}"

WORDS: dict[str, str] = {
    "active_days": "{percent} % of the expected active days",
    "active_days_own": "{percent} % of the own usual active days",
    "feature_utilization": "{percent} % of the entitled features",
    "endpoint_utilization": "{percent} % of the entitled features",
    "session_depth": _OF_USUAL + " among peers",
    "api_call_rate": "{percent} % of the own usual calls",
    "transaction_trend": _AGAINST,
    "work_trend": _AGAINST,
    "volume_growth": _AGAINST + ", at constant prices",
    "cross_chain_activity": "{decimal} chains",
    "success_share": "{percent} % succeeded",
    "defi_participation": "{percent} % of the active days",
    "acceptance_rate": "{percent} % accepted",
    "features_active": "{percent} % of the entitled features",
    "endpoints_active": "{percent} % of the entitled features",
    "advanced_share": "{percent} % of the advanced features",
    "adoption_speed": "{percent} % of the releases",
    "feature_depth": _OF_USUAL + " among peers",
    "endpoint_depth": _OF_USUAL + " among peers",
    "response_rate": "{percent} % answered, few messages weighed in",
    "proactive_contact": "{decimal} conversations",
    "interaction_quality": "{percent} of 100",
    "community_contribution": "{decimal} contributions",
    "dashboard_logins": _OF_USUAL + " among peers",
    "dashboard_logins_own": "{percent} % of the own usual sign-ins",
    "api_days": _OF_USUAL + " among peers",
    "documentation_usage": "{decimal} days",
    "forum_visits": "{decimal} days",
    "education": "{decimal} completed",
    "ticket_load": "{decimal} by severity",
    "resolution_satisfaction": "{percent} of 100",
    "self_service_rate": "{percent} % of the help days",
    "escalations": "{percent} % escalated",
    "survey_score": "{percent} of 100",
    "sentiment": "{percent} of 100",
    "renewal_likelihood": "{percent} %",
    "reference_willingness": "{answer}",
    "on_time_payment": "{percent} % on time",
    "method_stability": "{count} failures or lapses",
    "plan_fit": "{percent} % of the limit",
    "billing_inquiries": "{count} tickets",
    "plan_upgrades": "{signed} of the largest plan",
    "addon_adoption": "{percent} % of those offered",
    "referrals": "{count} referrals",
    "expansion_talks": "{count} talks",
}

_ANSWERS = ("no", "yes", "gave one")


def in_words(measure: str, value: float | None) -> str:
    """A measured value as a person would say it.

    >>> in_words("plan_fit", 0.624)
    '62 % of the limit'
    """
    if value is None:
        return "no data"
    answer = _ANSWERS[int(value)] if measure == "reference_willingness" else ""
    return WORDS[measure].format(
        percent=f"{value * 100:.0f}",
        decimal=f"{value:.1f}",
        count=f"{value:.0f}",
        signed=f"{value * 100:+.0f} %",
        answer=answer,
    )
