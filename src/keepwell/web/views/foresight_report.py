"""What published forecasts were worth, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keepwell.predictions.drift import MOVED
from keepwell.runtime.ports.forecasts import DecisionLine, GroupLine, MovedLine, ReportPage
from keepwell.web.views import acting, chances, foresight, links, words
from keepwell.web.views.foresight_figures import (
    NONE,
    Shown,
    Topic,
    days,
    decimals,
    defined,
    interval,
    named,
    share,
    topics,
)

NOTHING: Final = (
    "No horizon has closed yet: a forecast for 30 days can be judged three days after these are over, and not before."
)
NO_DRIFT: Final = "Chances are spread as in the publication before."
NO_DECISIONS: Final = "No other model has asked for the place of the one in use yet."
RELIVED: Final = "Some were made afterwards, of a simulated log, out of what was known at the moment they are of."
LEVEL_OFF: Final = "The two newest weeks agree that chances are too high, or too low, on the whole."
UNSTEADY: Final = "Single publications lie far apart, so do not rely on the value of all together:"
TOO_FEW: Final = "too few to judge"
DIGEST: Final = 8  # characters of a digest that people compare


@dataclass(frozen=True)
class Brief:
    """A figure in the table of all groups. `interval` is empty where it has none."""

    value: str
    interval: str = ""


@dataclass(frozen=True)
class GroupView:
    """What forecasts of one outcome, stage and horizon were worth. Without topics, `too_few` says why."""

    anchor: str
    title: str
    stage: str
    rests_on: str
    base_rate: Brief
    ranking: Brief
    calibration: Brief
    skill: Brief
    lead: Brief
    swings: str
    topics: Sequence[Topic]
    too_few: str
    level_off: str


@dataclass(frozen=True)
class DecisionRow:
    """Whether a model took the place of the one in use."""

    when: str
    champion: str
    challenger: str
    what: str
    difference: str
    customers: str
    because: str


@dataclass(frozen=True)
class ReportView:
    """The page. `failed` says when and why the last round failed, where it did."""

    summary: str
    sample: str
    groups: Sequence[GroupView]
    nothing: str
    moved: Sequence[str]
    no_drift: str
    decisions: Sequence[DecisionRow]
    no_decisions: str
    failed: str
    failure: str
    chosen: str
    foresight: str


def view(found: ReportPage) -> ReportView:
    """The report as the last round left it."""
    return ReportView(
        summary=_summary(found),
        sample=_sample(found),
        groups=[_group(each, found.capacity) for each in found.groups],
        nothing=foresight.UNFINISHED if found.unfinished else NOTHING,
        moved=[_moved(each) for each in found.moved],
        no_drift=foresight.UNFINISHED if found.unfinished else NO_DRIFT,
        decisions=[_decision(each) for each in found.decisions],
        no_decisions=NO_DECISIONS,
        failed="" if found.failed_at is None else f"The round of {words.moment(found.failed_at)} failed.",
        failure=found.failed if found.failed_at is not None else "",
        chosen=chances.CHOSEN_BY,
        foresight=links.foresight(),
    )


def _summary(found: ReportPage) -> str:
    published = words.count(found.publications, "publication")
    waiting = words.count(found.open_horizons, "horizon")
    return f"{published}, {waiting} not closed yet; as of {words.moment(found.as_of)}."


def _sample(found: ReportPage) -> str:
    """Of whom the figures are, where it is not everybody, and whether they were made afterwards."""
    some = "" if found.share >= 1 else f"Figures are of a fixed sample, {words.percent(found.share)} of the customers."
    return " ".join(each for each in (some, RELIVED if found.relived else "") if each)


def _group(found: GroupLine, capacity: int) -> GroupView:
    said = chances.OUTCOMES[found.outcome]
    few = not found.figures
    return GroupView(
        anchor=f"{found.outcome}-{found.horizon}-{found.lead_days}-{found.stage}",
        title=_title(found),
        stage=acting.capital(chances.stage_name(found.stage)),
        rests_on=_rests_on(found, said),
        base_rate=_brief(found, "base_rate", share),
        ranking=_brief(found, "auroc", share),
        calibration=_brief(found, "observed_over_expected", share),
        skill=_brief(found, "brier_skill", share),
        lead=_brief(found, "median_lead_days", days),
        swings=_swings(found),
        topics=topics(found.figures, capacity, said),
        too_few=f"Too few to judge: {acting.sentence(found.because)}" if few else "",
        level_off=LEVEL_OFF if found.level_off else "",
    )  # fmt: skip


def _title(found: GroupLine) -> str:
    what = chances.OUTCOMES[found.outcome].short.format(days=found.horizon)
    lead = f", beginning {words.count(found.lead_days, 'day')} later" if found.lead_days else ""
    return f"{acting.capital(what)}{lead}"


def _rests_on(found: GroupLine, said: chances.Wording) -> str:
    """How many forecasts, of whom, when, and how often it happened."""
    when = chances.date_between(found.first_at, found.last_at)
    untold = f" Of {words.count(found.not_told, 'forecast')} it cannot be told." if found.not_told else ""
    return (
        f"{words.count(found.forecasts, 'forecast')} of {words.count(found.customers, 'customer')}, published in "
        f"{words.count(found.origins, 'week')}, {when}; {found.happened:,} {said.came(found.happened)}.{untold}"
    )


def _brief(found: GroupLine, name: str, shown: Shown) -> Brief:
    """A figure with its interval for the table of all groups."""
    figure = found.figures.get(name)
    if figure is None:
        return Brief(TOO_FEW)
    return Brief(shown(figure.value or 0.0), interval(shown, figure)) if defined(figure) else Brief(NONE)


def _swings(found: GroupLine) -> str:
    """Which figures of all publications together hide that single ones lie far apart; empty where none does."""
    some = [named(key) for key, each in found.figures.items() if not each.steady]
    return f"{UNSTEADY} {', '.join(each for each in some if each)}." if some else ""


def _moved(line: MovedLine) -> str:
    said = chances.OUTCOMES[line.outcome].short.format(days=line.horizon)
    return (
        f"{acting.capital(said)}: chances are spread otherwise than in the publication before (stability "
        f"index {line.index:.2f}; from {MOVED:g} on it counts as moved)."
    )


def _decision(line: DecisionLine) -> DecisionRow:
    return DecisionRow(
        when=words.date_of(line.at),
        champion=line.champion[:DIGEST],
        challenger=line.challenger[:DIGEST],
        what="took its place" if line.promoted else "did not take its place",
        difference=_difference(line),
        customers=words.count(line.customers, "customer"),
        because=acting.sentence(line.because),
    )


def _difference(line: DecisionLine) -> str:
    """By how much the challenger's log-loss is above or below the champion's."""
    if line.difference is None:
        return "not compared"
    ends = "" if line.low is None or line.high is None else f" ({decimals(line.low)} to {decimals(line.high)})"
    return f"{decimals(line.difference)} of log loss{ends}"
