"""Plans: hardly used, or soon too small."""

from __future__ import annotations

import numpy as np

from keepwell.alerts.aggregates import METER_WINDOW
from keepwell.alerts.conditions.registry import Found, Line, Params, condition, filled, percent
from keepwell.alerts.seen import Seen
from keepwell.metrics.table import Floats, Ints
from keepwell.scores.bands import EDGES
from keepwell.statistics import limits

WEEKS = METER_WINDOW // 7
STAYS = 3  # weeks at the limit that are no chance
HORIZON_WEEKS = 26.0


@condition("plan_underutilization", "usage_reported")
def plan_underutilization(seen: Seen, params: Params) -> Found:
    """Less than a fifth of the plan is used."""
    fit = seen.indicator("plan_fit")
    holds = np.nan_to_num(fit, nan=1.0) < params["share"]

    def because(row: int) -> str:
        return f"{percent(fit[row])} of the plan is used"

    def evidence(row: int) -> list[Line]:
        return [
            ("Highest use of any limit, 28 days", percent(fit[row])),
            ("Expected at least", percent(params["share"])),
        ]

    return Found(holds & ~seen.gone, fit * 100, filled(seen, params["share"] * 100), "%", because, evidence)


@condition("expansion_indicators", "usage_reported")
def expansion_indicators(seen: Seen, params: Params) -> Found:
    """A limit is reached for good, or surely will be within 45 days, and the customer is healthy.

    For good: in each of the last three weeks; surely: the trend leads there in time, and 19 of 20 do within twice it.
    """
    row, values, limit = _weekly(seen)
    found = limits.reached(values, limit, HORIZON_WEEKS)
    for_good = (np.nan_to_num(values[:, -STAYS:], nan=0.0) >= limit[:, None]).all(axis=1)
    heading = (found.expected > 0) & (found.likely_by * 7 <= 2 * params["days"])
    expected = np.where(for_good, 0.0, np.where(heading, found.expected * 7, np.nan))
    days, share = _earliest(row, expected, len(seen)), _share(row, values, limit, len(seen))
    sure = _earliest(row, np.where(np.isnan(found.likely_by), np.inf, found.likely_by) * 7, len(seen))
    healthy = seen.scores.score >= EDGES[-1]
    holds = (np.nan_to_num(days, nan=np.inf) <= params["days"]) & healthy & ~seen.gone

    def because(place: int) -> str:
        if days[place] <= 0:
            return "A limit of the plan is reached"
        return f"A limit of the plan is reached in about {days[place]:.0f} days"

    def evidence(place: int) -> list[Line]:
        return [
            ("Used of the limit", percent(share[place])),
            ("Projected to be reached in", f"{days[place]:.0f} days"),
            ("Almost surely by then", f"{sure[place]:.0f} days" if np.isfinite(sure[place]) else "not known"),
        ]

    return Found(holds, days, filled(seen, params["days"]), "days", because, evidence)


def _weekly(seen: Seen) -> tuple[Ints, Floats, Floats]:
    """One line for each meter with a limit: whose it is, its highest value of each week, the limit."""
    row, columns = seen.many["usage"]
    lines, place = np.unique(np.stack([row, columns["meter"]]), axis=1, return_inverse=True)
    values = limits.weekly(place.ravel(), columns["age"], columns["top"], lines.shape[1], WEEKS)
    limit = np.zeros(lines.shape[1])
    np.maximum.at(limit, place.ravel(), columns["limit_value"].astype(float))
    return lines[0], values, limit


def _earliest(row: Ints, days: Floats, size: int) -> Floats:
    found = np.full(size, np.inf)
    np.minimum.at(found, row, np.where(np.isnan(days), np.inf, days))
    return np.where(np.isinf(found), np.nan, found)


def _share(row: Ints, values: Floats, limit: Floats, size: int) -> Floats:
    found = np.full(size, np.nan)
    latest = np.nan_to_num(values, nan=0.0)[:, -2:].max(axis=1, initial=0.0)
    np.fmax.at(found, row, latest / limit)
    return found
