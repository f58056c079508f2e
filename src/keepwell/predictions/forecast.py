"""Forecasts: of many customers at one moment, and of one with its reasons."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from keepwell.statistics.arrays import Floats, Ints, Mask


class Outcome(StrEnum):
    """What is forecast of a customer.

    That it is silent from a day on, that it has gone by a day and stays silent for a while from then on, or that its
    contract ends.
    """

    INACTIVITY = "inactivity"
    DEPARTURE = "departure"
    CANCELLATION = "cancellation"


class Stage(IntEnum):
    """Which model spoke: the more the log has shown, the more may be learned from it.

    `FACTS` gives no probability. `REFUSED` gave one in its back-test, and it was no better than saying the base rate.
    """

    REFUSED = -1
    FACTS = 0
    ASSUMED = 1
    SMALL = 2
    LEARNED = 3


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of one model, made at one moment, of many customers.

    Attributes:
        at: the moment, microseconds since 1970; nothing that was known later was used.
        outcome: what is forecast.
        lead_days: how many days lie between the moment and the beginning of what is forecast.
        horizons: days, ascending; `Question` says of which windows.
        customer: numbers of customers, ascending, shape (customers,).
        chance: P of the outcome, 0 to 1, shape (customers, horizons); NaN where the model abstains.
        low: the lower end of the range of the fit, same shape: how little the log says, no bound of what is true.
        high: the upper end.
        present: who was there within the own rhythm, or under a contract, shape (customers,).
        stage: which model spoke.
        because: why this stage and no higher one, or why none, as a sentence.
        model: what tells this model from every other: the digest of its parameters.
        quiet_days: for how long nothing comes of who has gone.
        base_rate: the share to whom it happened within the longest horizon, in windows that have closed; NaN where
            none has.
    """

    at: int
    outcome: Outcome
    lead_days: int
    horizons: tuple[int, ...]
    customer: Ints
    chance: Floats
    low: Floats
    high: Floats
    present: Mask
    stage: Stage
    because: str
    model: str
    quiet_days: int = 0
    base_rate: float = float("nan")


@dataclass(frozen=True)
class Reason:
    """One part of a forecast's log-odds.

    Attributes:
        feature: the name of what was looked at.
        says: what it is of this customer, as words with its figure.
        points: what it adds to the log-odds of the outcome, against the average customer; the parts of all features
            and the average's log-odds add up to those of the forecast.
    """

    feature: str
    says: str
    points: float
