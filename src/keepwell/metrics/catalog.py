"""The nine metrics and their 36 indicators."""

from __future__ import annotations

from collections.abc import Mapping

CATALOG: Mapping[str, tuple[str, tuple[str, str, str, str]]] = {
    "usage_frequency": ("Usage frequency", ("active_days", "feature_utilization", "session_depth", "api_call_rate")),
    "transaction_volume": (
        "Transaction volume",
        ("transaction_trend", "volume_growth", "cross_chain_activity", "defi_participation"),
    ),
    "feature_adoption": ("Feature adoption", ("features_active", "advanced_share", "adoption_speed", "feature_depth")),
    "communication_responsiveness": (
        "Communication",
        ("response_rate", "proactive_contact", "interaction_quality", "community_contribution"),
    ),
    "platform_engagement": (
        "Platform engagement",
        ("dashboard_logins", "documentation_usage", "forum_visits", "education"),
    ),
    "support_tickets": (
        "Support tickets",
        ("ticket_load", "resolution_satisfaction", "self_service_rate", "escalations"),
    ),
    "satisfaction": ("Satisfaction", ("survey_score", "sentiment", "renewal_likelihood", "reference_willingness")),
    "payment_behaviour": (
        "Payment behaviour",
        ("on_time_payment", "method_stability", "plan_fit", "billing_inquiries"),
    ),
    "account_growth": ("Account growth", ("plan_upgrades", "addon_adoption", "referrals", "expansion_talks")),
}
"""The nine metrics and their four indicators each: label and names, in the order of every sum."""

INDICATORS: tuple[str, ...] = tuple(name for _, names in CATALOG.values() for name in names)
