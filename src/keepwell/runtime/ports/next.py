"""What pages, the API and commands ask of the next upgrade, the next feature and the next answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Suggestion:
    """A feature a customer may begin to use.

    Attributes:
        feature: its name, as events have it.
        rank: its place, from 1.
        probability: that it is begun within 30 days; None where the model abstains.
        share: the share of those like the customer who began it in the last 30 days, 0 to 1.
        because: what speaks for it, with its figures.
    """

    feature: str
    rank: int
    probability: float | None
    share: float
    because: str


@dataclass(frozen=True)
class Adopting:
    """Likely next features of customers.

    Attributes:
        as_of: the moment, microseconds; nothing known later was used.
        because: how the ranking was chosen, and why there are no probabilities, or nothing at all.
        tested: the mean NDCG@5 of each candidate on closed windows; empty where none could be tested.
        customers: suggestions by customer id, the likeliest first; of those active lately only.
    """

    as_of: int
    because: str
    tested: Mapping[str, float]
    customers: Mapping[str, Sequence[Suggestion]]


@dataclass(frozen=True)
class Expanding:
    """What may be said of a customer's next upgrade.

    Attributes:
        customer_id: whose.
        meter: the limit that is reached first; None where none has a limit and a report.
        used: the highest value of its last two weeks over the limit.
        expected_at: when the line of its growth reaches the limit, microseconds; None where no growth is sure.
        not_before, likely_by: the 90 % interval of that moment.
        probability: of an upgrade within 90 days; None where the model abstains.
        held: why nothing may be proposed now; empty where something may.
        because: the reading of the limit, in words.
    """

    customer_id: str
    meter: str | None
    used: float | None
    expected_at: int | None
    not_before: int | None
    likely_by: int | None
    probability: float | None
    held: str
    because: str


@dataclass(frozen=True)
class Expansions:
    """What may be said of upgrades.

    Attributes:
        as_of: the moment, microseconds.
        because: why there are propensities, or why none.
        customers: whoever can be said something about, in the order of their numbers.
    """

    as_of: int
    because: str
    customers: Sequence[Expanding]


@dataclass(frozen=True)
class NextAnswer:
    """The forecast of a customer's next answer to one kind of survey.

    Attributes:
        customer_id: whose.
        answers: how many it rests on.
        expected, low, high: the answer on the survey's own scale, and its 90 % interval.
        probability: that the answer is an unhappy one; None where the model abstains.
        dropped: how far the last answer of a respondent fell beyond its own noise; 0 where it did not.
        last: the last answer, on the survey's own scale.
    """

    customer_id: str
    answers: int
    expected: float
    low: float
    high: float
    probability: float | None
    dropped: float
    last: float | None = None


@dataclass(frozen=True)
class Survey:
    """Forecasts for one kind of survey.

    Attributes:
        kind: nps, csat or ces.
        scale: its lowest and highest answer.
        unhappy: who answers this or less is unhappy.
        because: what the forecasts rest on, or why there are none.
        customers: forecasts, in the order of the customers' numbers.
    """

    kind: str
    scale: tuple[float, float]
    unhappy: float
    because: str
    customers: Sequence[NextAnswer]


@dataclass(frozen=True)
class Answering:
    """Who answers: the bias of every figure that is made from answers.

    Attributes:
        active: customers with own activity in the last 180 days.
        answered: how many of them answered any survey in that time.
        days_of_answering, days_of_silent: mean own active days of either; None of nobody.
    """

    active: int
    answered: int
    days_of_answering: float | None
    days_of_silent: float | None


@dataclass(frozen=True)
class Satisfying:
    """Forecasts of answers.

    Attributes:
        as_of: the moment, microseconds.
        surveys: by kind, of kinds with an answer.
        who: who answers.
    """

    as_of: int
    surveys: Sequence[Survey]
    who: Answering


class Next(Protocol):
    """What is likely next, as known before a moment (now when None), of one customer or of all."""

    def adoption(self, as_of: int | None, customer_id: str | None = None) -> Adopting:
        """Which features are likely to be begun."""
        ...

    def expansion(self, as_of: int | None, customer_id: str | None = None) -> Expansions:
        """Whose plan becomes too small, and who is likely to take more."""
        ...

    def satisfaction(self, as_of: int | None, customer_id: str | None = None) -> Satisfying:
        """What the next answers will be."""
        ...
