"""What a forecast looked at, in the words of those who look after customers: the figure, and the customer's own normal.

Many features tell of one thing, and their parts are added up: nobody acts on a count of 60 days beside one of 90.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from keepwell.predictions.features import Seen
from keepwell.predictions.forecast import Outcome

TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    "silence": ("recency", "overdue", "own_recency", "own_overdue"),
    "rhythm": ("gap_mean", "gap_sd", "gap_last"),
    "activity": (
        "active_days", "events", "rate", "own_active_days", "active_14", "active_30", "active_60", "active_90",
        "active_180", "active_365", "events_30", "events_90",
    ),
    "trend": ("trend", "own_trend", "trend_14_90", "trend_30_90", "trend_90_180", "trend_events"),
    "tenure": ("tenure", "own_tenure"),
    "money": (
        "money_mean", "money_total", "money_first", "money_last", "money_ratio", "money_30", "money_90", "money_180",
        "money_365",
    ),
    "failed payments": ("failed_payments", "failed_payments_90", "failed_payments_ever", "failed_payments_ago"),
    "support": ("tickets", "tickets_90", "tickets_ever", "tickets_ago"),
    "failed transactions": ("failed_transactions_90", "failed_transactions_ever", "failed_transactions_ago"),
    "features": ("features_90", "features_ever", "features_ago"),
    "renewal": ("renewal", "days_since_renewal", "days_to_renewal"),
    "expectation": ("expectation", "base"),
    "horizon": ("horizon",),
}  # fmt: skip
"""What each feature tells of."""

_ABOUT: Final = {name: topic for topic, names in TOPICS.items() for name in names}


def about(feature: str) -> str:
    """What a feature tells of."""
    return _ABOUT[feature]


def words(topic: str, seen: Seen, outcome: Outcome) -> str:
    """What it is of one customer, the first of those seen."""
    of = dict(zip(seen.names, seen.values[0].tolist(), strict=True))
    if topic == "horizon":
        return "the length of time that was asked about"
    told = _SAYS[topic](of)
    ends = topic == "expectation" and outcome is Outcome.CANCELLATION
    return "its activity, against its own past" if ends else told


def _days(number: float) -> str:
    return "1 day" if round(number) == 1 else f"{number:,.0f} days"


def _silence(of: Mapping[str, float]) -> str:
    told = f"{_days(of['recency'])} since the last activity"
    return told if np.isnan(of["gap_mean"]) else f"{told}; normally every {_days(max(of['gap_mean'], 1))}"


def _rhythm(of: Mapping[str, float]) -> str:
    if np.isnan(of["gap_mean"]):
        return "active on one day only, so it has no rhythm yet"
    told = f"comes every {_days(max(of['gap_mean'], 1))} on average"
    return f"{told}, the last time after {_days(of['gap_last'])}"


def _activity(of: Mapping[str, float]) -> str:
    usual = of["active_days"] / max(of["tenure"], 1) * 90
    told = f"active on {_days(of['active_90'])} of the last 90"
    return f"{told}; normally {usual:.0f}" if of["tenure"] > 180 else f"{told}, {_days(of['active_days'])} in all"


def _trend(of: Mapping[str, float]) -> str:
    before = of["active_180"] - of["active_90"]
    return f"active on {_days(of['active_90'])} of the last 90, on {_days(before)} of the 90 before"


def _tenure(of: Mapping[str, float]) -> str:
    return f"first seen {_days(of['tenure'])} ago"


def _money(of: Mapping[str, float]) -> str:
    return f"{of['money_90']:,.2f} in the last 90 days; {of['money_mean']:,.2f} on an ordinary active day"


def _counted(name: str, one: str, many: str) -> Callable[[Mapping[str, float]], str]:
    def say(of: Mapping[str, float]) -> str:
        number = np.nan_to_num(of[f"{name}_90"])
        return f"{number:.0f} {one if number == 1 else many} in the last 90 days"

    return say


def _renewal(of: Mapping[str, float]) -> str:
    left = of.get("days_to_renewal", np.nan)
    if np.isnan(left):
        return "no renewal that can be foreseen"
    return f"renewal due in {_days(left)}" if left >= 0 else f"renewal overdue by {_days(-left)}"


def _expectation(of: Mapping[str, float]) -> str:
    return f"how long customers with {_days(of['active_days'])} of activity and such a pause usually stay away"


_SAYS: Final[Mapping[str, Callable[[Mapping[str, float]], str]]] = {
    "silence": _silence, "rhythm": _rhythm, "activity": _activity, "trend": _trend, "tenure": _tenure,
    "money": _money, "failed payments": _counted("failed_payments", "failed payment", "failed payments"),
    "support": _counted("tickets", "support request", "support requests"),
    "failed transactions": _counted("failed_transactions", "failed transaction", "failed transactions"),
    "features": _counted("features", "feature used for the first time", "features used for the first time"),
    "renewal": _renewal, "expectation": _expectation,
}  # fmt: skip
