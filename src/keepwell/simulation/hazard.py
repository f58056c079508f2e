"""The chance of leaving as the mechanism behind a world knows it: no model that sees only events can do better.

Whoever looks knows the regime and since when, but not how the story ends.
"""

from __future__ import annotations

import math

from keepwell.simulation import tuning
from keepwell.simulation.fates import Kind, Story, churn_parts, onset_rate
from keepwell.simulation.spec import WorldSpec

Range = tuple[float, float]


def chance_of_leaving(spec: WorldSpec, story: Story, at: float, horizon: float) -> float | None:
    """P(leaves in [at, at + horizon) | regime at `at`); None for whoever is not a customer then."""
    if not story.joined <= at < story.stop:
        return None
    if story.strain <= at:
        return _after_failed_payment(spec, at - story.strain, horizon)
    declines = story.onset <= at < story.turn and story.kind not in (Kind.DISENGAGED, Kind.TECHNICAL_TROUBLE)
    if declines and story.onset < story.stop:
        return _in_decline(at - story.onset, horizon)
    return _in_order(spec, horizon)


def _in_order(spec: WorldSpec, horizon: float) -> float:
    """All three ways are open: at once, through a decline, through failed payments."""
    parts, pace = churn_parts(spec), spec.churned_share / tuning.WINDOW_DAYS
    sudden = parts[Kind.SUDDEN_CHURN] * pace * horizon
    involuntary = parts[Kind.INVOLUNTARY_CHURN] * pace * _ended(tuning.DUNNING_DAYS, horizon)
    slow = onset_rate(spec) * (1 - tuning.RETURN_PART) * _ended(tuning.DECLINE_DAYS, horizon)
    return 1 - math.exp(-(sudden + involuntary + slow))


def _in_decline(age: float, horizon: float) -> float:
    leave, come_back = 1 - tuning.RETURN_PART, tuning.RETURN_PART
    still = leave * _left(tuning.DECLINE_DAYS, age) + come_back * _left(tuning.DIP_DAYS, age)
    gone = leave * (_left(tuning.DECLINE_DAYS, age) - _left(tuning.DECLINE_DAYS, age + horizon))
    return gone / still if still > 0 else 1.0


def _after_failed_payment(spec: WorldSpec, age: float, horizon: float) -> float:
    """Of those whose payments fail, as many lose the account as the shares of the world say."""
    dunned = churn_parts(spec)[Kind.INVOLUNTARY_CHURN] * spec.churned_share
    stay = (spec.disengaged_share - spec.churned_share) * tuning.TROUBLES[Kind.PAYMENT_TROUBLE]
    if dunned == 0:
        return 0.0
    left = dunned * _left(tuning.DUNNING_DAYS, age)
    return (left - dunned * _left(tuning.DUNNING_DAYS, age + horizon)) / (left + stay) if left else 0.0


def _left(length: Range, age: float) -> float:
    """P(a length, uniform in a range, is above an age)."""
    low, high = length
    return min(1.0, max(0.0, (high - age) / (high - low)))


def _ended(length: Range, horizon: float) -> float:
    """Expected days on which something could have begun and already ended within the horizon."""
    low, high = length
    over = min(max(horizon - low, 0.0), high - low)
    return over * over / (2 * (high - low)) + max(horizon - high, 0.0)
