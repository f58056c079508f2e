"""Figures of forecasts, each in the unit in which it is read, with a sentence of what it means."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from keepwell.runtime.ports.forecasts import FigureLine
from keepwell.web.views import chances, words

UNITS: Final = (words.PERCENT, " points", " times", " days")
NONE: Final = "not defined"
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


def hundredths(value: float) -> str:
    """For example "0.81"."""
    said = f"{abs(value):.2f}"
    return f"{words.MINUS if value < 0 and float(said) else ''}{said}"


def times(value: float) -> str:
    return f"{value:,.1f} times"


def days(value: float) -> str:
    """For example "34 days"."""
    whole = round(value)
    return f"{words.MINUS if whole < 0 else ''}{words.count(abs(whole), 'day')}"


def in_hundred(value: float) -> str:
    """A share of points, for example "2.1 points"."""
    return f"{words.points(round(value * 1000))} points"


@dataclass(frozen=True)
class Meant:
    """How a figure is shown and what it means.

    Attributes:
        name: its name among people who judge forecasts.
        shown: how it is written.
        means: a sentence; `{it}` stands for the figure, `{share}` for it as a share, `{those}` for "fell silent" or
            "cancelled", `{plain}` for how often the likelier outcome came.
    """

    name: str
    shown: Shown
    means: str


TOPICS: Final[Mapping[str, Mapping[str, Meant]]] = {
    "On the whole": {
        "base_rate": Meant("Base rate", share, "Of all these forecasts, {it} were of customers who {those}."),
        "brier_skill": Meant(
            "Brier skill",
            share,
            "So much nearer to what came than telling everybody the base rate; 0 % or less is no better than that.",
        ),
        "brier": Meant("Brier score", decimals, "The mean squared distance of chance and outcome; 0 is perfect."),
        "log_loss": Meant("Log loss", decimals, "How surprised the forecasts were by what came; 0 is perfect."),
    },
    "Who comes first": {
        "auroc": Meant(
            "AUROC",
            hundredths,
            "Of two customers, one who {those} and one who did not, the former had the higher chance in {share} of "
            "the cases; 50 % is tossing a coin.",
        ),
        "average_precision": Meant(
            "Average precision",
            hundredths,
            "Going down the list from the highest chance, the mean share of those who {those}; guessing gives the "
            "base rate.",
        ),
    },
    "Whether 30 % means 30 %": {
        "observed_over_expected": Meant(
            "Observed over expected", hundredths, "So many {those} for each one that was expected; 1 is exact."
        ),
        "calibration_error": Meant(
            "Calibration error", in_hundred, "So far is a chance off on average, in points of a hundred."
        ),
    },
    "What can be found at {capacity} a day": {
        "precision_at_budget": Meant(
            "Precision", share, "Of those looked at, {it} {those}; without forecasts it would be the base rate."
        ),
        "lift_at_budget": Meant("Lift", times, "So many times the base rate is that."),
        "recall_at_budget": Meant("Recall", share, "Of all who {those}, {it} were looked at before."),
        "false_alerts_per_healthy_customer_30d": Meant(
            "False alerts", hundredths, "So many alerts in 30 days for each customer to whom it did not happen."
        ),
        "median_lead_days": Meant(
            "Median lead", days, "So long before the last activity the alert opened; below zero it came after."
        ),
        "share_with_30_days": Meant("At least 30 days", share, "For {it} of them there were 30 days or more."),
    },
    "When it commits itself": {
        "coverage_at_95": Meant(
            "Coverage at 95 %",
            share,
            "For {it} of the customers it was as sure as had made it right 95 times of 100 before.",
        ),
        "accuracy_when_covered": Meant(
            "Right when sure",
            share,
            "Of those, {it} came as said; telling everybody the likelier outcome is right for {plain} of all.",
        ),
    },
}
"""Figures by name, in the order in which they are read."""


@dataclass(frozen=True)
class FigureRow:
    """One figure. `interval` is empty where it has none."""

    key: str
    name: str
    value: str
    interval: str
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
    known = {"those": said.those, "capacity": f"{capacity:,}", "plain": plain or "a part"}
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
    value, part = (NONE, NONE) if number is None else (meant.shown(number), share(number))
    means = meant.means.format(it=value, share=part, **known)
    return FigureRow(key, meant.name, value, interval(meant.shown, found), means)


def defined(found: FigureLine) -> bool:
    """Whether there is a number at all."""
    return found.value is not None and math.isfinite(found.value)


def interval(shown: Shown, found: FigureLine) -> str:
    """The 95 % interval, for example "78.0 to 84.0 %"; empty without one."""
    if found.low is None or found.high is None or not (math.isfinite(found.low) and math.isfinite(found.high)):
        return ""
    first, last = shown(found.low), shown(found.high)
    unit = next((each for each in UNITS if first.endswith(each) and last.endswith(each)), "")
    return f"{first.removesuffix(unit)} to {last}"
