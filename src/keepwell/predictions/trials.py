"""Candidates tried out of time: fitted on what had closed by a past day, judged on what came after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.predictions import accuracy, logit
from keepwell.predictions.accuracy import Judged, figure, interval
from keepwell.predictions.boosting import BoostingMissingError
from keepwell.predictions.candidates import STAGES, Lessons, Model, assumed, closed, house, mixed
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.landmarks import LEAST_DAYS, Landmark, Question, label, seen_at
from keepwell.statistics.arrays import Floats

LEAST: Final = 20
"""Customers to judge on."""
TRIAL_ROWS: Final = 80_000
"""Rows that trees are fitted on for a trial; the final fit has six times as many."""


@dataclass(frozen=True)
class Trial:
    """How one candidate did.

    Attributes:
        name: of the candidate.
        windows: what it said of the horizon that is judged and what happened, the newest window first.
    """

    name: str
    windows: tuple[Judged, ...]

    def losses(self, windows: int) -> Floats:
        """Of each row of the newest windows, in nats."""
        return np.concatenate([accuracy.losses(each.happened, each.chance) for each in self.windows[:windows]])

    @property
    def stage(self) -> Stage:
        """What it would be on the ladder."""
        return STAGES[self.name]

    @property
    def rows(self) -> Judged:
        """All windows."""
        return Judged(*(np.concatenate([getattr(each, name) for each in self.windows]) for name in _COLUMNS))


_COLUMNS: Final = ("happened", "chance", "customer")


@dataclass(frozen=True)
class Check:
    """The figures that decide whether a candidate may speak.

    Attributes:
        rows: how many forecasts were judged.
        customers: of how many customers.
        base_rate: the share to whom it happened.
        auroc: with the ends of its 95 % interval.
        skill: Brier skill.
        ratio: observed over expected.
    """

    rows: int
    customers: int
    base_rate: float
    auroc: float
    low: float
    high: float
    skill: float
    ratio: float


def check(rows: Judged) -> Check:
    """The figures of rows."""
    low, high = interval(accuracy.auroc, rows)
    return Check(
        len(rows), len(np.unique(rows.customer)), figure(accuracy.base_rate, rows), figure(accuracy.auroc, rows),
        low, high, figure(accuracy.brier_skill, rows), figure(accuracy.observed_over_expected, rows),
    )  # fmt: skip


def origins(day: int, question: Question) -> tuple[int, int]:
    """The newest day whose windows have all closed, and one a third of a horizon before."""
    newest = day - question.closes
    return newest, newest - int(np.clip(question.longest // 3, 7, 30))


def try_out(lessons: Lessons, first: int, day: int, *, boosted: bool) -> tuple[dict[str, Trial], str]:
    """Trials of all candidates that can be tried, by name; and why trees are missing, if they are."""
    said: dict[str, list[Judged]] = {}
    problem = ""
    for origin in origins(day, lessons.question):
        if origin - first < LEAST_DAYS:
            continue
        seen = seen_at(lessons.diary, origin, lessons.question.outcome)
        truth = label(lessons.diary, seen, lessons.question).present()
        if len(truth.seen) < LEAST:
            continue
        models, problem = _models(lessons, origin, boosted=boosted)
        for name, model in models.items():
            said.setdefault(name, []).append(_judged(model, truth, lessons.question))
    return {name: Trial(name, tuple(told)) for name, told in said.items()}, problem


def _models(lessons: Lessons, origin: int, *, boosted: bool) -> tuple[Mapping[str, Model], str]:
    """Candidates as they would have been on a day."""
    found: dict[str, Model] = {}
    if lessons.question.outcome is not Outcome.CANCELLATION:
        found["bg/nbd"] = assumed(seen_at(lessons.diary, origin, lessons.question.outcome), lessons.question)
    lesson = lessons.at(origin)
    if not closed(lesson).parts:
        return found, ""
    found["logit"] = house(lesson)
    if not boosted:
        return found, ""
    try:
        return found | {"trees + logit": mixed(lesson.at_most(TRIAL_ROWS))}, ""
    except BoostingMissingError as error:
        return found, str(error)


def _judged(model: Model, truth: Landmark, question: Question) -> Judged:
    chance = logit.sigmoid(model.log_odds(truth.seen)[:, question.place])
    return Judged(truth.happened(question.judged), chance, truth.seen.place)


def better(challenger: Trial, champion: Trial) -> bool:
    """Whether a candidate's loss is lower, over the windows of both.

    On the whole, and not in nine of ten samples: trees stand with a logit beside them, so little is lost where they win
    by chance, and more where they are kept waiting (decision 0029).
    """
    both = min(len(challenger.windows), len(champion.windows))
    return bool((champion.losses(both) - challenger.losses(both)).mean() > 0)


def shift(windows: Sequence[Judged]) -> float:
    """What to add to log-odds: 0, unless both last windows say on the same side that observed/expected is too far off.

    One parameter, and seldom: calibration on the newest window costs more than it gives (prediction.md 3.3).
    """
    ratios = [figure(accuracy.observed_over_expected, each) for each in windows]
    if len(ratios) < 2 or not (min(ratios) > _NEAR[1] or max(ratios) < _NEAR[0]):
        return 0.0
    happened = np.concatenate([each.happened for each in windows])
    odds = logit.log_odds(np.concatenate([each.chance for each in windows]))
    moved = 0.0
    for _ in range(50):
        chance = logit.sigmoid(odds + moved)
        moved += float(np.clip((happened.mean() - chance.mean()) / max((chance * (1 - chance)).mean(), 1e-6), -1, 1))
    return moved


_NEAR: Final = (0.85, 1.15)
