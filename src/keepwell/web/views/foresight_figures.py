"""Figures of forecasts, each in the unit in which it is read, with a sentence of what it means."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from keepwell.predictions.report import SURE
from keepwell.runtime.ports.forecasts import FigureLine
from keepwell.web.views import chances, words

UNITS: Final = (words.PERCENT, " points", " times", " days", " per 100")
NONE: Final = "not defined"
UNSTEADY: Final = "swings"
Shown = Callable[[float], str]
"""A figure as text."""


def share(value: float) -> str:
    """A share in tenths of a percent that calls nothing 0 or 100 that is not."""
    tenths = round(value * 1000)
    if value > 0 and not tenths:
        return f"<0.1{words.PERCENT}"
    if value < 1 and tenths == 1000:
        return f">99.9{words.PERCENT}"
    return f"{words.points(tenths)}{words.PERCENT}"


def decimals(value: float) -> str:
    """For example "0.118"."""
    said = f"{abs(value):.3f}"
    return f"{words.MINUS if value < 0 and float(said) else ''}{said}"


def times(value: float) -> str:
    return f"{value:,.1f} times"


def days(value: float) -> str:
    """For example "34 days"."""
    whole = round(value)
    return f"{words.MINUS if whole < 0 else ''}{words.count(abs(whole), 'day')}"


def of_hundred(value: float) -> str:
    """Alerts for each customer as those of a hundred, for example "4.0 per 100"."""
    return f"{words.points(round(value * 1000))} per 100"


def in_hundred(value: float) -> str:
    """A share of points, for example "2.1 points"."""
    return f"{words.points(round(value * 1000))} points"


@dataclass(frozen=True)
class Meant:
    """How a figure is shown and what it means.

    Attributes:
        name: its name among people who judge forecasts.
        shown: how it is written.
        means: a sentence; `{it}` stands for the figure, `{those}`, `{did}` and `{did_not}` as in `Wording`, `{plain}`
            for how often the likelier outcome came.
        without: the sentence where it is not defined.
        least: below it there is a mark, `below`.
    """

    name: str
    shown: Shown
    means: str
    without: str
    least: float = -math.inf
    below: str = ""


_ONE_KIND: Final = "To all it happened, or to none, so that there is nothing to tell apart."
_NOBODY_LOOKED_AT: Final = "Nobody could be looked at."
_NEVER_SURE: Final = (
    "No window had closed when these forecasts were made, so it was not known from which chance on they are sure."
)
_NO_ALERT: Final = "No alert was raised of any of those who {those}."

TOPICS: Final[Mapping[str, Mapping[str, Meant]]] = {
    "On the whole": {
        "base_rate": Meant(
            "Base rate", share, "Of all these forecasts, {it} were of customers who {those}.", "There is no forecast."
        ),
        "brier_skill": Meant(
            "Brier skill",
            share,
            "So much nearer to what came than telling everybody the base rate; 0 % or less is no better than that.",
            _ONE_KIND,
        ),
    },
    "Who comes first": {
        "auroc": Meant(
            "AUROC",
            share,
            "Of two customers, one who {did} and one who {did_not}, the former had the higher chance in {it} of "
            "the cases; 50 % is tossing a coin.",
            _ONE_KIND,
        ),
        "average_precision": Meant(
            "Average precision",
            share,
            "Going down the list from the highest chance, the mean share of those who {those}; guessing gives the "
            "base rate.",
            _ONE_KIND,
        ),
    },
    "Whether 30 % means 30 %": {
        "observed_over_expected": Meant(
            "Observed over expected",
            share,
            "Of the number expected to, {it} {those}; 100 % is exact, more means that chances were too low.",
            "Nobody was expected to.",
        ),
        "calibration_error": Meant(
            "Calibration error",
            in_hundred,
            "So far is a chance off on average, in points of a hundred.",
            "There is no forecast.",
        ),
    },
    "What can be found at {capacity} a week": {
        "looked_at_at_budget": Meant(
            "Looked at",
            share,
            "At {capacity} a week, {it} of all customers can be looked at before the next publication, the highest "
            "chances first; near 100 % the figures below say little.",
            _NOBODY_LOOKED_AT,
        ),
        "precision_at_budget": Meant(
            "Precision",
            share,
            "Of all who are looked at, also those known from the publication before, {it} {those}; without forecasts "
            "it would be the base rate.",
            _NOBODY_LOOKED_AT,
        ),
        "lift_at_budget": Meant("Lift", times, "So many times the base rate is that precision.", _NOBODY_LOOKED_AT),
        "recall_at_budget": Meant("Recall", share, "Of all who {those}, {it} were looked at before.", "None {those}."),
        "false_alerts_per_healthy_customer_30d": Meant(
            "False alerts",
            of_hundred,
            "Of a hundred customers to whom it did not happen, so many were newly looked at in 30 days.",
            "It happened to everybody.",
        ),
    },
    "Those newly told of": {
        "precision_when_new": Meant(
            "Precision of new alerts",
            share,
            "Of customers newly above the operating point of the alert, {it} {those}.",
            "Nobody was newly above the operating point of the alert.",
        ),
    },
    "How early": {
        "median_lead_days": Meant(
            "Median lead",
            days,
            "So long before the last activity the customer was looked at first; below zero it came after.",
            _NO_ALERT,
        ),
        "share_with_30_days": Meant(
            "At least 30 days", share, "Of those, {it} were looked at 30 days or more before.", _NO_ALERT
        ),
    },
    "When it commits itself": {
        "coverage_at_95": Meant(
            "Coverage at 95 %",
            share,
            "For {it} of the customers it was as sure as had made it right 95 times of 100 before.",
            _NEVER_SURE,
        ),
        "accuracy_when_covered": Meant(
            "Right when sure",
            share,
            "Of those, {it} came as said; telling everybody the likelier outcome is right for {plain} of all.",
            "It was sure of nobody, so there is nothing to judge.",
            SURE,
            "below 95 %",
        ),
    },
    "Scores without a unit": {
        "brier": Meant(
            "Brier score",
            decimals,
            "The mean squared distance of chance and outcome; 0 is perfect.",
            "There is no forecast.",
        ),
        "log_loss": Meant(
            "Log loss",
            decimals,
            "How surprised the forecasts were by what came; 0 is perfect.",
            "There is no forecast.",
        ),
    },
}
"""Figures by name, in the order in which they are read. What is no share stands apart from shares."""
_NAMES: Final = {key: meant.name for of in TOPICS.values() for key, meant in of.items()}


def named(key: str) -> str:
    """What people call a figure; empty for one that is not shown."""
    return _NAMES.get(key, "")


@dataclass(frozen=True)
class FigureRow:
    """One figure. `interval` is empty where it has none; `between` are the lowest and the highest of publications.

    Attributes:
        mark: what is wrong with it; empty where nothing is.
    """

    key: str
    name: str
    value: str
    interval: str
    between: str
    mark: str
    means: str


@dataclass(frozen=True)
class Topic:
    """Figures that answer one question."""

    title: str
    rows: Sequence[FigureRow]


def topics(figures: Mapping[str, FigureLine], capacity: int, said: chances.Wording) -> list[Topic]:
    """Everything that is known of a group, in the order in which it is read; nothing of a group without figures."""
    base = figures.get("base_rate")
    plain = "" if base is None or not defined(base) else share(max(base.value or 0.0, 1 - (base.value or 0.0)))
    known = {
        "those": said.those,
        "did": said.did,
        "did_not": said.did_not,
        "capacity": f"{capacity:,}",
        "plain": plain or "a part",
    }
    found = [
        Topic(
            title.format(**known), [row(key, meant, figures[key], known) for key, meant in of.items() if key in figures]
        )
        for title, of in TOPICS.items()
    ]
    return [each for each in found if each.rows]


def row(key: str, meant: Meant, found: FigureLine, known: Mapping[str, str]) -> FigureRow:
    """One figure with its interval and its sentence."""
    number = found.value if defined(found) else None
    if number is None:
        return FigureRow(key, meant.name, NONE, "", "", "", meant.without.format(**known))
    value = meant.shown(number)
    mark = meant.below if round(number, 3) < meant.least else "" if found.steady else UNSTEADY
    return FigureRow(
        key=key,
        name=meant.name,
        value=value,
        interval=interval(meant.shown, found),
        between=_between(meant.shown, found.lowest, found.highest),
        mark=mark,
        means=meant.means.format(it=value, **known),
    )


def defined(found: FigureLine) -> bool:
    """Whether there is a number at all."""
    return found.value is not None and math.isfinite(found.value)


def interval(shown: Shown, found: FigureLine) -> str:
    """The 95 % interval, for example "78.0 to 84.0 %"; empty without one."""
    return _between(shown, found.low, found.high)


def _between(shown: Shown, low: float | None, high: float | None) -> str:
    """Two ends with their unit said once; empty where one is missing."""
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return ""
    first, last = shown(low), shown(high)
    unit = next((each for each in UNITS if first.endswith(each) and last.endswith(each)), "")
    return f"{first.removesuffix(unit)} to {last}"
