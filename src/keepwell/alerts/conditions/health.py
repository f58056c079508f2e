"""The score itself: a steep fall, a lower band, a forecast of churn."""

from __future__ import annotations

import numpy as np

from keepwell.alerts.conditions.registry import Found, Line, Params, condition, filled, percent
from keepwell.alerts.seen import Seen, hours
from keepwell.base.time import DAY_US
from keepwell.metrics.aggregates_facts import FORECAST
from keepwell.metrics.table import Floats
from keepwell.scores.bands import BANDS, Band
from keepwell.scores.lifecycle import STAGES, Lifecycle

_LOW = BANDS.index(Band.AT_RISK)
_CHURNED = STAGES.index(Lifecycle.CHURNED)


@condition("score_drop_15")
def score_drop_15(seen: Seen, params: Params) -> Found:
    """The score fell by so many points in seven days."""
    now, before = seen.scores.score, seen.past.week_ago
    fall = before - now
    threshold = params["points"]
    holds = np.nan_to_num(fall, nan=0.0) >= threshold

    def because(row: int) -> str:
        return f"The score fell by {fall[row]:.1f} points in seven days, from {before[row]:.1f} to {now[row]:.1f}"

    def evidence(row: int) -> list[Line]:
        return [("Score seven days ago", f"{before[row]:.1f}"), ("Score now", f"{now[row]:.1f}")]

    return Found(holds & ~seen.scores.provisional, fall, filled(seen, threshold), "points", because, evidence)


@condition("band_fell")
def band_fell(seen: Seen, params: Params) -> Found:
    """The effective band moved down to at risk or critical lately, and is still there."""
    band, fell = seen.past.standing, seen.past.fell_at
    ago = hours(seen.t - fell)
    holds = (fell > 0) & (seen.t - fell <= params["days"] * DAY_US) & (band <= _LOW)

    def because(row: int) -> str:
        return f"The band fell to {BANDS[band[row]].replace('_', ' ')}; the score is {seen.scores.score[row]:.1f}"

    def evidence(row: int) -> list[Line]:
        return [
            ("Band", str(BANDS[band[row]]).replace("_", " ")),
            ("Score", f"{seen.scores.score[row]:.1f}"),
            ("Fell", f"{ago[row]:.0f} hours ago"),
        ]

    edge = np.where(band < _LOW, 40.0, 60.0)
    return Found(holds, seen.scores.score, edge, "points", because, evidence, band < _LOW)


@condition("churn_predicted", "forecast_published")
def churn_predicted(seen: Seen, params: Params) -> Found:
    """The newest forecast of churn within 90 days is above the operating point, of customers who have not left yet."""
    chance, told = forecast(seen)
    point = _operating_point(told, params)

    def because(row: int) -> str:
        return f"The forecast gives a chance of {percent(chance[row])} to lose this customer within 90 days"

    def evidence(row: int) -> list[Line]:
        return [("Forecast of churn in 90 days", percent(chance[row])), ("Operating point", percent(point[row]))]

    holds = np.nan_to_num(chance, nan=0.0) >= point
    holds &= seen.scores.lifecycle != _CHURNED
    return Found(holds, chance * 100, point * 100, "%", because, evidence)


def _operating_point(told: Floats, params: Params) -> Floats:
    """The installation's own number; without one, the point that was in force when each forecast was made."""
    if params["probability"]:
        return np.full(len(told), params["probability"])
    return np.where(np.isnan(told), params["otherwise"], told)


def forecast(seen: Seen) -> tuple[Floats, Floats]:
    """The newest forecast of churn in 90 days and its operating point, NaN without them."""
    rows = seen.view.rows("latest")
    chance, point = np.full(len(seen), np.nan), np.full(len(seen), np.nan)
    chosen = rows["what"] == FORECAST
    chance[rows.row[chosen]] = rows["answer"][chosen] / 1000.0
    told = chosen & (rows["point"] > 0)
    point[rows.row[told]] = rows["point"][told] / 1000.0
    return chance, point
