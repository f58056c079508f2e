"""What becomes of each customer: the truth that is never written into an event.

Times are days since the start of the history. A story is drawn from a mechanism with known rates
(see `hazard.py`), with numbers and times spread evenly so that small worlds are not a matter of luck.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.random import Generator

from keepwell.simulation import tuning
from keepwell.simulation.draws import NEVER, Floats, portion, spread_out
from keepwell.simulation.spec import WorldSpec


class Kind(StrEnum):
    """How a customer's story goes."""

    STEADY = "steady"
    NEW = "new"
    SLOW_DECLINE = "slow_decline"
    SLOW_CHURN = "slow_churn"
    SUDDEN_CHURN = "sudden_churn"
    INVOLUNTARY_CHURN = "involuntary_churn"
    RECOVERING = "recovering"
    RECOVERED = "recovered"
    DISENGAGED = "disengaged"
    PAYMENT_TROUBLE = "payment_trouble"
    TECHNICAL_TROUBLE = "technical_trouble"


HEALTHY = frozenset({Kind.STEADY, Kind.NEW, Kind.RECOVERED})


@dataclass(frozen=True)
class Story:
    """One customer's turning points.

    Attributes:
        joined: negative for those who were there before the history begins.
        onset: the first day of a decline.
        bottom: when engagement has sunk to `depth`.
        turn: when it begins to come back; `settled` when it is back.
        faults: since when the technology fails this customer.
        strain: since when payments fail.
        stop: the instant after which the customer does nothing more.
        cancel: when the subscription is cancelled.
    """

    kind: Kind = Kind.STEADY
    joined: float = 0.0
    onset: float = NEVER
    bottom: float = NEVER
    turn: float = NEVER
    settled: float = NEVER
    depth: float = 1.0
    faults: float = NEVER
    strain: float = NEVER
    stop: float = NEVER
    cancel: float = NEVER

    @property
    def begins(self) -> float:
        """When the first thing goes wrong."""
        return min(self.onset, self.faults, self.strain, self.stop)


def draw(spec: WorldSpec, rng: Generator) -> list[Story]:
    """A story for each customer, in an order that says nothing."""
    stories = _troubled(spec, rng)
    joined = _joined(spec, rng, spec.customers + _former(spec))
    found = [Story(Kind.NEW if start >= spec.days - 30 else Kind.STEADY, start) for start in joined.tolist()]
    free = rng.permutation(len(found)).tolist()
    for story in sorted(stories, key=lambda story: story.begins):
        place = next((each for each in free if joined[each] <= story.begins - tuning.SETTLED_DAYS), None)
        if place is not None:
            free.remove(place)
            found[place] = replace(story, joined=float(joined[place]))
    return found


def _former(spec: WorldSpec) -> int:
    """How many left before the last 120 days, at the pace of those days."""
    days = spec.days - tuning.WINDOW_DAYS - tuning.SETTLED_DAYS
    return round(spec.customers * spec.churned_share / tuning.WINDOW_DAYS * max(0.0, days)) if spec.former else 0


def _joined(spec: WorldSpec, rng: Generator, total: int) -> Floats:
    late = max(1, round(total * tuning.JOINED_LATE_SHARE)) if total > 1 else 0
    during = round(total * tuning.JOINED_DURING_SHARE * min(1.0, spec.days / 365)) - late
    return rng.permutation(
        np.concatenate(
            [
                spread_out(rng, late, spec.days - 29.0, spec.days - 0.5),
                spread_out(rng, max(during, 0), 0.0, spec.days - 30.0),
                -rng.exponential(tuning.TENURE_BEFORE_DAYS, total - late - max(during, 0)) - 5.0,
            ]
        )
    )


def quotas(spec: WorldSpec) -> Mapping[Kind, int]:
    """How many customers of each kind there are to be, the steady and the new left out."""
    churned = round(spec.customers * spec.churned_share)
    troubled = round(spec.customers * spec.disengaged_share) - churned
    rates = {Kind(name): share for name, share in tuning.TROUBLES.items()}
    back = onset_rate(spec) * tuning.RETURN_PART * max(0.0, spec.days - 2 * tuning.SETTLED_DAYS)
    return {
        **portion(churned, churn_parts(spec)),
        **portion(troubled, rates),
        Kind.RECOVERED: round(spec.customers * back),
    }


def churn_parts(spec: WorldSpec) -> Mapping[Kind, float]:
    """How leaving divides into its three ways."""
    sudden = tuning.SUDDEN_PART[spec.difficulty]
    return {
        Kind.SUDDEN_CHURN: sudden,
        Kind.INVOLUNTARY_CHURN: tuning.INVOLUNTARY_PART,
        Kind.SLOW_CHURN: 1 - sudden - tuning.INVOLUNTARY_PART,
    }


def onset_rate(spec: WorldSpec) -> float:
    """Declines that begin per customer and day, so that the wanted share of customers leaves slowly."""
    slow = churn_parts(spec)[Kind.SLOW_CHURN] * spec.churned_share / tuning.WINDOW_DAYS
    return slow / (1 - tuning.RETURN_PART)


def _troubled(spec: WorldSpec, rng: Generator) -> list[Story]:
    end = float(spec.days)
    window = max(min(tuning.SETTLED_DAYS, end / 2), end - tuning.WINDOW_DAYS)
    found: list[Story] = []
    for kind, number in quotas(spec).items():
        low, high = {Kind.RECOVERED: (tuning.SETTLED_DAYS, end - 40)}.get(kind, (window, end))
        found += [_TELL[kind](at, end, rng) for at in spread_out(rng, number, low, max(low, high)).tolist()]
    for kind, number in portion(_former(spec), churn_parts(spec)).items():
        found += [_TELL[kind](at, end, rng) for at in spread_out(rng, number, tuning.SETTLED_DAYS, window).tolist()]
    return found


def _sudden(at: float, _end: float, rng: Generator) -> Story:
    cancel = at + rng.uniform(3, 25) if rng.random() < 0.4 else NEVER
    return Story(Kind.SUDDEN_CHURN, onset=at, stop=at, cancel=cancel)


def _slow_churn(at: float, _end: float, rng: Generator) -> Story:
    onset = at - rng.uniform(*tuning.DECLINE_DAYS)
    cancel = at if rng.random() < 0.6 else NEVER
    depth = rng.uniform(*tuning.DECLINE_DEPTH)
    return Story(Kind.SLOW_CHURN, onset=onset, bottom=at, depth=depth, stop=at, cancel=cancel)


def _involuntary(at: float, _end: float, rng: Generator) -> Story:
    strain = at - rng.uniform(*tuning.DUNNING_DAYS)
    return Story(Kind.INVOLUNTARY_CHURN, strain=strain, stop=at, cancel=at)


def _slow_decline(_at: float, end: float, rng: Generator) -> Story:
    length = rng.uniform(*tuning.DECLINE_DAYS)
    onset = end - length * rng.random()
    depth = rng.uniform(*tuning.DECLINE_DEPTH)
    return Story(Kind.SLOW_DECLINE, onset=onset, bottom=onset + length, depth=depth)


def _returning(kind: Kind, turn: float, rng: Generator) -> Story:
    onset = turn - rng.uniform(*tuning.DIP_DAYS)
    settled = turn + rng.uniform(*tuning.REBOUND_DAYS)
    depth = rng.uniform(*tuning.DIP_DEPTH)
    return Story(kind, onset=onset, bottom=turn, turn=turn, settled=settled, depth=depth)


def _recovering(_at: float, end: float, rng: Generator) -> Story:
    return _returning(Kind.RECOVERING, end - rng.uniform(1, tuning.REBOUND_DAYS[0]), rng)


def _recovered(at: float, _end: float, rng: Generator) -> Story:
    return _returning(Kind.RECOVERED, at, rng)


def _disengaged(_at: float, end: float, rng: Generator) -> Story:
    onset = end - rng.uniform(100, 250)
    depth = rng.uniform(*tuning.DISENGAGED_DEPTH)
    return Story(Kind.DISENGAGED, onset=onset, bottom=onset + 35, depth=depth)


def _payment(_at: float, end: float, rng: Generator) -> Story:
    return Story(Kind.PAYMENT_TROUBLE, strain=end - rng.uniform(30, 100))


def _technical(_at: float, end: float, rng: Generator) -> Story:
    faults = end - rng.uniform(20, 70)
    depth = rng.uniform(*tuning.TECHNICAL_DEPTH)
    return Story(Kind.TECHNICAL_TROUBLE, onset=faults, bottom=faults + 30, depth=depth, faults=faults)


_TELL: Mapping[Kind, Callable[[float, float, Generator], Story]] = {
    Kind.SUDDEN_CHURN: _sudden,
    Kind.SLOW_CHURN: _slow_churn,
    Kind.INVOLUNTARY_CHURN: _involuntary,
    Kind.SLOW_DECLINE: _slow_decline,
    Kind.RECOVERING: _recovering,
    Kind.RECOVERED: _recovered,
    Kind.DISENGAGED: _disengaged,
    Kind.PAYMENT_TROUBLE: _payment,
    Kind.TECHNICAL_TROUBLE: _technical,
}


def column(stories: Sequence[Story], name: str) -> Floats:
    """One time of all stories."""
    return np.array([getattr(story, name) for story in stories], np.float64)
