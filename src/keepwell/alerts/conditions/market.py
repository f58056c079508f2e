"""The market around a customer: competitors."""

from __future__ import annotations

from keepwell.alerts.aggregates import COMPETITOR_NEW
from keepwell.alerts.conditions.registry import Found, Line, Params, condition, filled, percent
from keepwell.alerts.seen import Seen


@condition("competitive_activity", "competitor_seen")
def competitive_activity(seen: Seen, params: Params) -> Found:
    """A competitor was seen, or its share of the customer's own volume rises."""
    times = seen.one["competitor_seen"]
    share, before = seen.one["competitor_share"] / 1000.0, seen.one["competitor_before"] / 1000.0
    threshold = params["rise"]
    told = share > 0
    holds = (times > 0) & (~told | (share - before >= threshold))

    def because(row: int) -> str:
        if told[row]:
            return f"Competitors took {percent(share[row])} of the own volume, after {percent(before[row])} before"
        return f"A competitor was seen in the last {COMPETITOR_NEW} days"

    def evidence(row: int) -> list[Line]:
        return [
            (f"Seen in {COMPETITOR_NEW} days", f"{times[row]} times"),
            ("Share of the own volume", percent(share[row])),
            ("Before", percent(before[row])),
        ]

    return Found(holds, (share - before) * 100, filled(seen, threshold * 100), "% of volume", because, evidence)
