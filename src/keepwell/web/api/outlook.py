"""What is likely next: of everybody and of one customer, and what published forecasts were worth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from keepwell.base.time import to_datetime
from keepwell.predictions.forecast import Stage
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.forecasts import (
    DecisionLine,
    FigureLine,
    ForecastLine,
    GroupLine,
    HorizonLine,
    MovedLine,
    ReportPage,
)
from keepwell.runtime.ports.foresight import (
    CustomerOutlook,
    Leaver,
    Leaving,
    Mood,
    Named,
    Otherwise,
    Outlook,
    Part,
    Wish,
)
from keepwell.runtime.ports.next import Expanding, NextAnswer, Suggestion
from keepwell.web.api.asked import CustomerId
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.needs import Role, Scope, needs
from keepwell.web.pages import NoSuchCustomer


class LikelyLeaver(msgspec.Struct, frozen=True):
    """One customer of those most likely to leave.

    `low` and `high` are the range of the fit: where nine of ten refits to resampled customers lie, and no bound of what
    is true. `before` is the chance of `compared_at`. `at_risk_cents` is the expected loss, chance x monthly revenue.
    `ends_at` is when the contract ends, where it was cancelled.
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
    last_active: Instant | None
    ends_at: Instant | None


class LikelyToLeave(msgspec.Struct, frozen=True):
    """Who is likely to leave within `horizon` days: by `departure`, `inactivity`, or `cancellation` of a contract.

    Departure: nothing of its own comes in the 30 days after the horizon; inactivity, where customers come less often:
    nothing comes within it. `stage` is which model spoke: `refused` and `facts` give no chance, and `because` says why.
    `counts` are the events whose absence is forecast; none: a customer's own activity. `expected` is the sum of the
    chances of `customers`: of those who were active within their own rhythm (for inactivity within 90 days), and never
    of those who have left. `at_risk_cents` is the sum of chance x monthly revenue. From `operating_point` on there is
    an alert. `base_rate` is the share to whom it happened in the windows that have closed. Chances are compared with
    those published at `compared_at`.
    """

    outcome: str
    horizon: int
    stage: str
    because: str
    made_at: Instant | None
    counts: Sequence[str]
    base_rate: float | None
    customers: int
    expected: float
    at_risk_cents: int
    capacity: int
    operating_point: float | None
    compared_at: Instant | None
    lines: Sequence[LikelyLeaver]


class UpgradeAhead(msgspec.Struct, frozen=True):
    """When a limit of a customer's plan is reached, with the 90 % interval, and whether it takes more in 90 days.

    `used` is the share of the limit of `meter` in use. `held` says why nothing may be proposed now, if so.
    """

    customer_id: str
    meter: str | None
    used: float | None
    expected_at: Instant | None
    not_before: Instant | None
    likely_by: Instant | None
    probability: float | None
    held: str
    because: str


class UpgradeOf(msgspec.Struct, frozen=True):
    """Somebody who may be ready for more."""

    who: Named
    found: UpgradeAhead


class LikelyNext(msgspec.Struct, frozen=True):
    """What is likely next of everybody, as the last daily round left it; `made_at` is null before the first one."""

    made_at: Instant | None
    leaving: Sequence[LikelyToLeave]
    upgrades: Sequence[UpgradeOf]
    upgrades_because: str
    wishes: Sequence[Wish]
    wishes_because: str
    moods: Sequence[Mood]
    answering: str
    simulated: bool


class ForecastHorizon(msgspec.Struct, frozen=True):
    """One horizon of a forecast. `came` is `happened`, `did_not`, `cannot_be_told`, or `open` until it is scored.

    `low` and `high` are the range of the fit: where nine of ten refits to resampled customers lie, and no bound of what
    is true.
    """

    days: int
    ends_at: Instant
    chance: float | None
    low: float | None
    high: float | None
    came: str
    scored_at: Instant | None


class PublishedForecast(msgspec.Struct, frozen=True):
    """A forecast as it was frozen in the ledger, entry `publication`, and what came of it.

    Nothing was used that became known at `known_before` or later. `relived` ones were made afterwards, of simulated
    customers.
    """

    publication: int
    made_at: Instant
    published_at: Instant
    outcome: str
    lead_days: int
    stage: str
    because: str
    model: str
    known_before: Instant
    told: bool
    relived: bool
    horizons: Sequence[ForecastHorizon]
    quiet_days: int = 0


class LikelyNextOfOne(msgspec.Struct, frozen=True):
    """What is likely next of one customer.

    `parts` are why the newest forecast of the longest horizon is what it is: they and `average`, the log-odds of the
    average customer, add up to its log-odds. They are empty where nothing was said.
    """

    customer_id: str
    name: str
    newest: PublishedForecast | None
    past: Sequence[PublishedForecast]
    parts: Sequence[Part]
    average: float | None
    would_change: Sequence[Otherwise]
    base_rate: float | None
    mrr_cents: int | None
    expansion: UpgradeAhead | None
    suggestions: Sequence[Suggestion]
    suggestions_because: str
    answers: Mapping[str, NextAnswer]


class ForecastGroup(msgspec.Struct, frozen=True):
    """What forecasts of one outcome, stage and horizon were worth; without figures, `because` says why.

    Figures are of all publications together, with `lowest` and `highest` of single ones; not `steady`, where these lie
    far apart.
    """

    outcome: str
    stage: str
    lead_days: int
    horizon: int
    origins: int
    first_at: Instant
    last_at: Instant
    customers: int
    forecasts: int
    happened: int
    not_told: int
    figures: Mapping[str, FigureLine]
    because: str
    level_off: bool
    quiet_days: int = 0


class ModelDecision(msgspec.Struct, frozen=True):
    """That a model took the place of another one, or did not; `difference` is its log-loss less the other's."""

    at: Instant
    champion: str
    challenger: str
    customers: int
    difference: float | None
    low: float | None
    high: float | None
    promoted: bool
    because: str


class ForecastReport(msgspec.Struct, frozen=True):
    """What published forecasts were worth, on customers who were active when each was made."""

    as_of: Instant
    capacity: int
    publications: int
    open_horizons: int
    share: float
    groups: Sequence[ForecastGroup]
    moved: Sequence[MovedLine]
    decisions: Sequence[ModelDecision]
    failed_at: Instant | None
    failed: str
    relived: bool


def add_routes(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/outlook", needs(Role.VIEWER, Scope.READ), LikelyNext))
    def get_outlook() -> Response:
        """Who is likely to leave, who may take more, what is begun next, and the mood; or why nothing can be said."""
        return reply(_outlook(desk.foresight.outlook()))

    @api.add(Spec("GET", "/customers/{customer_id}/outlook", needs(Role.VIEWER, Scope.READ), LikelyNextOfOne))
    def get_customer_outlook(customer_id: CustomerId) -> Response:
        """What is likely next of a customer, why, and what came of earlier forecasts."""
        found = desk.foresight.customer(customer_id)
        if found is None:
            raise NoSuchCustomer(customer_id)
        return reply(_of_one(found))

    @api.add(Spec("GET", "/forecasts/report", needs(Role.VIEWER, Scope.READ), ForecastReport))
    def get_forecast_report() -> Response:
        """What published forecasts were worth, stage by stage and horizon by horizon."""
        return reply(_report(desk.foresight.report()))


def _outlook(found: Outlook) -> LikelyNext:
    same = _same(found, LikelyNext, "made_at", "leaving", "upgrades")
    leaving = [_leaving(each) for each in found.leaving]
    upgrades = [UpgradeOf(each.who, _upgrade(each.found)) for each in found.upgrades]
    return LikelyNext(made_at=_at(found.made_at), leaving=leaving, upgrades=upgrades, **same)


def _leaving(found: Leaving) -> LikelyToLeave:
    same = _same(found, LikelyToLeave, "made_at", "compared_at", "stage", "lines")
    return LikelyToLeave(
        made_at=_at(found.made_at),
        compared_at=_at(found.compared_at),
        stage=_stage(found.stage),
        lines=[_leaver(each) for each in found.lines],
        **same,
    )


def _leaver(line: Leaver) -> LikelyLeaver:
    same = _same(line, LikelyLeaver, "last_active", "ends_at")
    return LikelyLeaver(last_active=_at(line.last_active), ends_at=_at(line.ends_at), **same)


def _upgrade(found: Expanding) -> UpgradeAhead:
    return UpgradeAhead(
        expected_at=_at(found.expected_at),
        not_before=_at(found.not_before),
        likely_by=_at(found.likely_by),
        **_same(found, UpgradeAhead, "expected_at", "not_before", "likely_by"),
    )


def _of_one(found: CustomerOutlook) -> LikelyNextOfOne:
    return LikelyNextOfOne(
        newest=None if found.newest is None else _forecast(found.newest),
        past=[_forecast(each) for each in found.past],
        expansion=None if found.expansion is None else _upgrade(found.expansion),
        **_same(found, LikelyNextOfOne, "newest", "past", "expansion"),
    )


def _forecast(line: ForecastLine) -> PublishedForecast:
    moments = ("made_at", "published_at", "known_before")
    return PublishedForecast(
        made_at=to_datetime(line.made_at),
        published_at=to_datetime(line.published_at),
        known_before=to_datetime(line.known_before),
        stage=_stage(line.stage),
        horizons=[_horizon(each) for each in line.horizons],
        **_same(line, PublishedForecast, *moments, "stage", "horizons"),
    )


def _horizon(line: HorizonLine) -> ForecastHorizon:
    same = _same(line, ForecastHorizon, "ends_at", "scored_at")
    return ForecastHorizon(ends_at=to_datetime(line.ends_at), scored_at=_at(line.scored_at), **same)


def _report(found: ReportPage) -> ForecastReport:
    return ForecastReport(
        as_of=to_datetime(found.as_of),
        groups=[_group(each) for each in found.groups],
        decisions=[_decision(each) for each in found.decisions],
        failed_at=_at(found.failed_at),
        **_same(found, ForecastReport, "as_of", "groups", "decisions", "failed_at"),
    )


def _group(line: GroupLine) -> ForecastGroup:
    same = _same(line, ForecastGroup, "first_at", "last_at", "stage")
    first, last = to_datetime(line.first_at), to_datetime(line.last_at)
    return ForecastGroup(first_at=first, last_at=last, stage=_stage(line.stage), **same)


def _decision(line: DecisionLine) -> ModelDecision:
    return ModelDecision(at=to_datetime(line.at), **_same(line, ModelDecision, "at"))


def _same(found: object, kind: type[msgspec.Struct], *other: str) -> dict[str, Any]:
    """The fields that are the same in an answer."""
    return {name: getattr(found, name) for name in kind.__struct_fields__ if name not in other}


def _at(moment: int | None) -> dt.datetime | None:
    return None if moment is None else to_datetime(moment)


def _stage(number: int) -> str:
    return Stage(number).name.lower()
