"""What is likely next of everybody, as pages and the API read it: made once a day, shown at once.

Published forecasts and what they were worth are `ports.forecasts`; what is computed when asked is `ports.next`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from keepwell.runtime.ports.forecasts import ForecastLine, ReportPage
from keepwell.runtime.ports.next import Expanding, NextAnswer, Suggestion


class Leaver(msgspec.Struct, frozen=True, kw_only=True):
    """One customer of those most likely to leave.

    Attributes:
        customer_id, name, segment, band: as in lists of customers.
        score: 0 to 100; None without one.
        mrr_cents: monthly revenue; None where unknown.
        chance, low, high: P that it leaves within the horizon, and the range of the fit: where nine of ten refits to
            resampled customers lie. It is no bound of what is true.
        before: the chance as published at `Leaving.compared_at`; None without one.
        at_risk_cents: the expected loss, chance x monthly revenue; None where the revenue is unknown.
        last_active: the day of its last own activity, microseconds; None where none is known lately.
        ends_at: when its contract ends, where it has cancelled; else None.
    """

    customer_id: str
    name: str
    segment: str | None
    band: str | None
    score: float | None
    mrr_cents: int | None
    chance: float
    low: float
    high: float
    before: float | None
    at_risk_cents: int | None
    last_active: int | None = None
    ends_at: int | None = None


class Leaving(msgspec.Struct, frozen=True, kw_only=True):
    """Who is likely to leave within a horizon.

    Attributes:
        outcome: `departure`, `inactivity` or `cancellation`.
        horizon: days.
        stage: as in `predictions.forecast.Stage`; `because` says why no higher one, or why there is no number.
        made_at: the moment of the forecasts, microseconds; None before the first round.
        counts: names of the events whose absence is forecast; empty: own activity.
        base_rate: the share to whom it happened in the windows that have closed; None where none has.
        customers: of how many there is a chance: only of those who were there (`predictions.landmarks.present`), and of
            nobody who has left.
        expected: how many of them are expected to leave: the sum of the chances.
        at_risk_cents: the expected loss: the sum of chance x monthly revenue, of those whose revenue is known.
        capacity: how many customers can be looked after in a day.
        compared_at: the moment of the publication of everybody before, which `Leaver.before` is of; None without one.
        operating_point: the chance from which the alert is raised, chosen so that those above it can be looked after.
        lines: the highest chances first.
    """

    outcome: str
    horizon: int
    stage: int
    because: str
    made_at: int | None
    counts: Sequence[str]
    base_rate: float | None
    customers: int
    expected: float
    at_risk_cents: int
    capacity: int
    operating_point: float | None
    lines: Sequence[Leaver]
    compared_at: int | None = None


class Named(msgspec.Struct, frozen=True):
    """A customer's name beside its id, for lists."""

    customer_id: str
    name: str


class Upgrade(msgspec.Struct, frozen=True):
    """Somebody who may be ready for more; those of whom nothing may be proposed now are not among them."""

    who: Named
    found: Expanding


class Wish(msgspec.Struct, frozen=True):
    """A feature that is likely to be begun, and by how many."""

    feature: str
    likely: int
    expected: float | None
    first: Sequence[Named]


class Mood(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of survey: what the next answers are likely to be.

    Attributes:
        kind: nps, csat or ces; `scale` its lowest and highest answer.
        last, expected: the mean of the last answers, and of the next ones; None of nobody.
        customers: of how many.
        unhappy: of how many the next answer is more likely unhappy than not.
        dropped: whose last answer fell beyond their own noise.
        because: what it rests on, or why there is nothing.
    """

    kind: str
    scale: tuple[float, float]
    last: float | None
    expected: float | None
    customers: int
    unhappy: int
    dropped: Sequence[Named]
    because: str


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """What is likely next of the whole platform.

    Attributes:
        made_at: when it was put together; None before the first round, then all else is empty.
        leaving: by horizon.
        upgrades: those whose limit is reached soonest first; `upgrades_because` says what it rests on.
        wishes: features by how many are likely to begin them; `wishes_because` how they were ranked.
        moods: kinds of surveys; `answering` says who answers, as one sentence.
        simulated: whether the data is made up.
        unfinished: whether all but `leaving` is still to be made, as after a start.
    """

    made_at: int | None
    leaving: Sequence[Leaving]
    upgrades: Sequence[Upgrade]
    upgrades_because: str
    wishes: Sequence[Wish]
    wishes_because: str
    moods: Sequence[Mood]
    answering: str
    simulated: bool
    unfinished: bool = False


class Part(msgspec.Struct, frozen=True):
    """One part of a forecast: what was looked at, what it is of this customer, and what it adds to the log-odds."""

    feature: str
    says: str
    points: float


class Otherwise(msgspec.Struct, frozen=True):
    """What the chance would be if something were different."""

    says: str
    chance: float


class CustomerOutlook(msgspec.Struct, frozen=True, kw_only=True):
    """What is likely next of one customer.

    Attributes:
        customer_id, name: whose.
        newest: its newest published forecast; None without one.
        past: earlier ones with what came of them, the newest first.
        parts: why the forecast of the longest horizon is what it is; empty where nothing was said.
        average: the log-odds of the average customer, which the parts add up with to those of the forecast; None where
            nothing was said.
        would_change: what would change it.
        base_rate: as in `Leaving`.
        mrr_cents: monthly revenue; None where unknown.
        expansion: its plan's limits; None where nothing can be said.
        suggestions: features it may begin; `suggestions_because` how they were ranked.
        answers: its next answers, by kind of survey.
    """

    customer_id: str
    name: str
    newest: ForecastLine | None
    past: Sequence[ForecastLine]
    parts: Sequence[Part]
    would_change: Sequence[Otherwise]
    base_rate: float | None
    mrr_cents: int | None
    expansion: Expanding | None
    suggestions: Sequence[Suggestion]
    suggestions_because: str
    answers: Mapping[str, NextAnswer]
    average: float | None = None


class Foresight(Protocol):
    """What is likely next."""

    def outlook(self) -> Outlook:
        """Of everybody, as the last round left it."""
        ...

    def customer(self, customer_id: str) -> CustomerOutlook | None:
        """Of one customer; None for an unknown one."""
        ...

    def report(self) -> ReportPage:
        """What published forecasts were worth, as the last round left it."""
        ...
