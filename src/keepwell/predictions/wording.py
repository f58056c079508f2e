"""What a forecast looked at, in the words of those who look after customers: the figure, and the customer's own normal.

Many features tell of one thing, and their parts are added up: nobody acts on a count of 60 days beside one of 90, and
features that go together share one effect among them, so that each alone may point the wrong way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from keepwell.predictions.features import Seen

SILENCE: Final = "last activity"
"""The topic of the pause."""
TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    SILENCE: ("recency", "overdue", "own_recency", "own_overdue"),
    "frequency": (
        "active_days", "events", "rate", "own_active_days", "active_60", "active_90",
        "active_180", "active_365", "events_90", "gap_mean", "gap_sd", "gap_last", "trend", "own_trend",
        "trend_90_180",
    ),
    "trend": ("active_14", "active_30", "trend_14_90", "trend_30_90", "trend_events", "events_30"),
    "tenure": ("tenure", "own_tenure"),
    "value": (
        "money_mean", "money_total", "money_first", "money_last", "money_ratio", "money_30", "money_90", "money_180",
        "money_365",
    ),
    "failed payments": ("failed_payments", "failed_payments_90", "failed_payments_ever", "failed_payments_ago"),
    "support": ("tickets", "tickets_90", "tickets_ever", "tickets_ago"),
    "failed transactions": ("failed_transactions_90", "failed_transactions_ever", "failed_transactions_ago"),
    "features": ("features_90", "features_ever", "features_ago"),
    "renewal": ("renewal", "days_since_renewal", "days_to_renewal"),
}  # fmt: skip
"""What each feature tells of."""

_ABOUT: Final = {name: topic for topic, names in TOPICS.items() for name in names}
_WINDOW: Final = 90
_FORTNIGHT: Final = 14
_OLD: Final = 2 * _WINDOW
_LARGE: Final = 1000


def about(feature: str) -> str:
    """What a feature tells of."""
    return _ABOUT[feature]


def words(topic: str, seen: Seen) -> str:
    """What it is of one customer, the first of those seen."""
    return _SAYS[topic](dict(zip(seen.names, seen.values[0].tolist(), strict=True)))


def _days(number: float) -> str:
    return "1 day" if round(number) == 1 else f"{number:,.0f} days"


def _every(gap: float) -> str:
    return "every day" if round(max(gap, 1)) == 1 else f"every {_days(gap)}"


def _last(of: Mapping[str, float]) -> str:
    told = f"last active {_days(of['recency'])} ago"
    return f"{told}, and on no day before" if np.isnan(of["gap_mean"]) else f"{told}, normally {_every(of['gap_mean'])}"


def _frequency(of: Mapping[str, float]) -> str:
    if of["tenure"] <= _WINDOW:
        return f"active on {_days(of['active_days'])} since it was first seen {_days(of['tenure'])} ago"
    told = f"active on {of['active_90']:.0f} of the last {_WINDOW} days"
    return f"{told}, {_before(of, of['active_days'] - of['active_90'])}"


def _trend(of: Mapping[str, float]) -> str:
    before = min(of["tenure"], _WINDOW) - _FORTNIGHT
    told = f"active on {of['active_14']:.0f} of the last {_FORTNIGHT} days"
    usual = (of["active_90"] - of["active_14"]) * _FORTNIGHT / before if before >= _FORTNIGHT else np.nan
    return told if np.isnan(usual) else f"{told}, normally on {_normal(usual)}"


def _normal(number: float) -> str:
    return "less than 1" if 0 < number < 0.5 else f"{number:,.0f}"


def _amount(number: float) -> str:
    return f"{number:,.2f}" if abs(number) < _LARGE else f"{number:,.0f}"


def _before(of: Mapping[str, float], number: float, shown: Callable[[float], str] = _normal) -> str:
    """What was normal in 90 days before the last 90; of the young, what there was before them."""
    earlier = of["tenure"] - _WINDOW
    if of["tenure"] < _OLD:
        return f"{shown(number)} in the {_days(earlier)} before"
    return f"normally {shown(number / earlier * _WINDOW)}"


def _tenure(of: Mapping[str, float]) -> str:
    return f"first seen {_days(of['tenure'])} ago"


def _value(of: Mapping[str, float]) -> str:
    if of["tenure"] <= _WINDOW:
        return f"activity worth {_amount(of['money_total'])} so far"
    told = f"activity worth {_amount(of['money_90'])} in the last {_WINDOW} days"
    return f"{told}, {_before(of, of['money_total'] - of['money_90'], _amount)}"


def _counted(name: str, one: str, many: str) -> Callable[[Mapping[str, float]], str]:
    def say(of: Mapping[str, float]) -> str:
        number, ever = (float(np.nan_to_num(of[f"{name}_{each}"])) for each in ("90", "ever"))
        if not ever:
            return f"no {one} so far"
        told = f"{number:,.0f} {one if number == 1 else many}"
        if of["tenure"] <= _WINDOW:
            return f"{told} so far"
        return f"{told} in the last {_WINDOW} days, {_before(of, ever - number)}"

    return say


def _renewal(of: Mapping[str, float]) -> str:
    since, left = (of.get(f"days_{each}_renewal", np.nan) for each in ("since", "to"))
    if np.isnan(since):
        return "no renewal so far"
    told = f"renewed {_days(since)} ago"
    if np.isnan(left):
        return f"{told} for the first time"
    return f"{told}, the next due in {_days(left)}" if left >= 0 else f"{told}, the next overdue by {_days(-left)}"


_SAYS: Final[Mapping[str, Callable[[Mapping[str, float]], str]]] = {
    SILENCE: _last, "frequency": _frequency, "trend": _trend, "tenure": _tenure, "value": _value,
    "failed payments": _counted("failed_payments", "failed payment", "failed payments"),
    "support": _counted("tickets", "support request", "support requests"),
    "failed transactions": _counted("failed_transactions", "failed transaction", "failed transactions"),
    "features": _counted("features", "feature used for the first time", "features used for the first time"),
    "renewal": _renewal,
}  # fmt: skip
