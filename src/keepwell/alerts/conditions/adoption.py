"""Adoption: a customer that used to take up features and no longer does."""

from __future__ import annotations

from keepwell.alerts.aggregates import ADOPTED_NOT_SINCE, ADOPTED_WITHIN
from keepwell.alerts.conditions.registry import Found, Line, Params, condition, filled
from keepwell.alerts.seen import Seen
from keepwell.statistics import silence

USUAL_GAP = 60.0  # days between two adoptions, before anything is known


@condition("feature_adoption_stall", "feature_used")
def feature_adoption_stall(seen: Seen, params: Params) -> Found:
    """Features were adopted within 180 days, none for 45 and for longer than the own pace explains, and one is left.

    "Left" is a feature that a quarter of all customers use and this one does not.
    """
    adopted, lately, unused = (seen.one[name] for name in ("adopted", "adopted_lately", "popular_unused"))
    since = seen.d - seen.one["adopted_day"]
    own = silence.chance(since, adopted, ADOPTED_WITHIN, USUAL_GAP)
    active = seen.view.now("own_days") >= params["active_days"]
    holds = (adopted >= 1) & (lately == 0) & (unused >= 1) & (own < params["p"]) & active & ~seen.gone

    def because(row: int) -> str:
        return f"No new feature for {since[row]} days, after {adopted[row]} in the half year before"

    def evidence(row: int) -> list[Line]:
        return [
            (f"Adopted in the {ADOPTED_WITHIN} days before", f"{adopted[row]}"),
            ("Days since the last one", f"{since[row]}"),
            ("Chance of such a pause under the own pace", f"{own[row] * 100:.1f} %"),
            ("Features that many use and this customer does not", f"{unused[row]}"),
        ]

    return Found(holds, since.astype(float), filled(seen, float(ADOPTED_NOT_SINCE)), "days", because, evidence)
