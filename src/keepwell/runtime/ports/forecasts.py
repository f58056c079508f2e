"""Forecasts as pages, the API and the command line read them: the newest, the past ones, and what they were worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec


class HorizonLine(msgspec.Struct, frozen=True, kw_only=True):
    """One horizon of a forecast.

    Attributes:
        days: its length.
        ends_at: its end, microseconds.
        chance, low, high: P of the outcome, and the range of the fit: where nine of ten refits to resampled customers
            lie. 0 to 1; None where the model abstained.
        came: `happened`, `did_not`, `cannot_be_told`; `open` until it is scored.
        scored_at: when it was; None before.
    """

    days: int
    ends_at: int
    chance: float | None
    low: float | None
    high: float | None
    came: str
    scored_at: int | None


class ForecastLine(msgspec.Struct, frozen=True, kw_only=True):
    """A forecast of one customer, as it was frozen. Moments are microseconds.

    Attributes:
        publication: the number of its entry in the ledger.
        made_at, published_at: the moment it is of, and when it was frozen.
        outcome: `departure`, `cancellation` or `inactivity`.
        quiet_days: for how long nothing comes of who has gone; 0 where no departure is forecast.
        stage: as in `predictions.forecast.Stage`; `because` says why no higher one.
        model: the digest of its parameters.
        known_before: what became known at this moment or later was not used.
        told: whether an event was made of it.
        relived: whether it was made afterwards, of a simulated log, out of what was known at the moment.
    """

    publication: int
    made_at: int
    published_at: int
    outcome: str
    lead_days: int
    quiet_days: int = 0
    stage: int
    because: str
    model: str
    known_before: int
    told: bool
    horizons: Sequence[HorizonLine]
    relived: bool = False


class FigureLine(msgspec.Struct, frozen=True):
    """A figure and its 95 % interval; None where it is not defined.

    `lowest` and `highest` are those of single publications, where there are two or more; not `steady`, where they lie
    far from each other: then the figure of all together hides that it swings.
    """

    value: float | None
    low: float | None
    high: float | None
    lowest: float | None = None
    highest: float | None = None
    steady: bool = True


class GroupLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the forecasts of one stage and horizon were worth.

    Attributes:
        origins: how many weekly publications; `first_at`, `last_at`: the oldest and the newest.
        customers, forecasts: how many were judged.
        happened: of how many forecasts what was forecast came.
        not_told: of how many that cannot be told.
        figures: by name, as in `predictions.report`; empty with too few, and `because` says so.
        level_off: whether the two newest weeks agree that chances are too high, or too low, on the whole.
    """

    outcome: str
    stage: int
    lead_days: int
    quiet_days: int = 0
    horizon: int
    origins: int
    first_at: int
    last_at: int
    customers: int
    forecasts: int
    happened: int
    not_told: int
    figures: Mapping[str, FigureLine]
    because: str
    level_off: bool


class MovedLine(msgspec.Struct, frozen=True):
    """Chances of a horizon that are spread otherwise than in the publication before: their stability index."""

    outcome: str
    horizon: int
    index: float


class DecisionLine(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a new model took the place of the one in use.

    Attributes:
        difference, low, high: its log-loss less that of the one in use, and the 90 % interval.
    """

    at: int
    champion: str
    challenger: str
    customers: int
    difference: float | None
    low: float | None
    high: float | None
    promoted: bool
    because: str


class ReportPage(msgspec.Struct, frozen=True, kw_only=True):
    """What forecasts were worth.

    Attributes:
        as_of: the moment of the report.
        capacity: customers that are looked after in a day: the alert budget of its figures.
        publications: how many there are; `open_horizons`: how many of their horizons are not scored yet.
        share: of customers that the figures are of; below 1 a fixed sample.
        groups: by outcome, stage and horizon.
        moved: what shows drift between the last two weekly publications.
        decisions: champions and challengers, the newest first.
        failed_at, failed: when and why the last round of forecasts failed; None and empty when it did not.
        relived: whether some were made afterwards, of a simulated log.
        unfinished: whether groups and what moved are still to be made, as after a start.
    """

    as_of: int
    capacity: int
    publications: int
    open_horizons: int
    share: float
    groups: Sequence[GroupLine]
    moved: Sequence[MovedLine]
    decisions: Sequence[DecisionLine]
    failed_at: int | None
    failed: str
    relived: bool = False
    unfinished: bool = False


class FlawLine(msgspec.Struct, frozen=True):
    """Something in the ledger that is not as it was written; entry 0 is beside the chain."""

    entry: int
    what: str


class VerifiedPage(msgspec.Struct, frozen=True):
    """Whether the ledger is as it was written.

    Attributes:
        entries: how many there are.
        head: the last link: written down elsewhere, it proves later that nothing before it was made anew.
        flaws: everything that is wrong; nothing when it is as it was written.
    """

    entries: int
    head: str
    flaws: Sequence[FlawLine]


class ForecastBook(Protocol):
    """What is known of published forecasts."""

    def newest(self, customer_id: str) -> ForecastLine | None:
        """The newest forecast of a customer; None without one."""
        ...

    def past(self, customer_id: str, limit: int) -> Sequence[ForecastLine]:
        """Forecasts of a customer with what came of them, the newest first."""
        ...

    def report(self, capacity: int | None = None) -> ReportPage:
        """What forecasts were worth when so many customers a day are looked after; None: as many as the staff can."""
        ...

    def verify(self, head: str | None = None) -> VerifiedPage:
        """Look for every edit, deletion, insertion and change of order; `head` is a link that was written down."""
        ...
