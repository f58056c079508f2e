"""The next answer to a survey: its level, its interval, and the probability that it is an unhappy one.

A series of answers is short and noisy. Its level is the exponentially weighted mean of the answers, shrunk to the mean
of all by how much answers of one customer vary against how much customers do (empirical Bayes): that matters for one
or two answers and hardly afterwards. What an interval is made of are the errors that such forecasts made on the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from keepwell.predictions import logit
from keepwell.predictions.accuracy import Judged
from keepwell.predictions.worth import refusal
from keepwell.statistics.arrays import Floats, Ints, Mask

ALPHA: Final = 0.3
"""What a new answer adds to the level: measured on series of ratings, prediction.md 9.3."""
LEVEL: Final = 0.90
"""Of the interval."""
FAIR: Final = 30
"""Answers that followed another, without which nothing is forecast, and errors an interval rests on at least."""
GROUPS: Final = (1, 2, 3, 6)
"""Numbers of earlier answers at which a new group of errors begins."""
OWN_NOISE: Final = 3.0
"""So many answers of everybody's noise stand for a respondent's own while there are few."""
BEYOND: Final = 1.645
"""Standard deviations; 19 of 20 chance falls are smaller."""
HELD_OUT: Final = 0.3
"""The newest share of the answers, on which the probability is tested."""


@dataclass(frozen=True)
class Scale:
    """The answers a kind of survey allows, and from where down one is unhappy."""

    lowest: float
    highest: float
    unhappy: float


SCALES: Final[dict[str, Scale]] = {"nps": Scale(0, 10, 6), "csat": Scale(1, 5, 2), "ces": Scale(1, 7, 3)}
"""NPS: detractors answer 0 to 6 (Reichheld 2003); CSAT: the two lowest of five; CES 2.0: to disagree, 1 to 3 of 7."""


@dataclass(frozen=True)
class Answers:
    """Answers to one kind of survey, ordered by series and then by time; all of shape (answers,).

    Attributes:
        series: whose they are: ascending numbers of customers, or of their respondents.
        at: when, microseconds since 1970.
        value: on the scale.
    """

    series: Ints
    at: Ints
    value: Floats

    def __len__(self) -> int:
        return len(self.series)

    def among(self, rows: Mask) -> Answers:
        """Some of them, in the same order."""
        return Answers(self.series[rows], self.at[rows], self.value[rows])


@dataclass(frozen=True)
class Followed:
    """What was known before each answer, and after the last of each series; shape (answers,) or (series,).

    Attributes:
        number: earlier answers.
        level: their exponentially weighted mean; NaN without any.
        unhappy: the same of whether they were unhappy, 0 to 1.
        noise: the sum of squared errors of the level, one answer ahead.
    """

    number: Ints
    level: Floats
    unhappy: Floats
    noise: Floats


def followed(answers: Answers, scale: Scale) -> tuple[Followed, Followed]:
    """What was known before each answer, and what is known after each series."""
    firsts, place = _places(answers)
    before = [np.full(len(answers), np.nan) for _ in range(3)]
    state = [np.full(len(firsts), np.nan) for _ in range(3)]
    lengths = np.diff(np.append(firsts, len(answers)))
    for step in range(int(lengths.max(initial=0))):
        going = np.flatnonzero(lengths > step)
        row = firsts[going] + step
        for kept, each in zip(before, state, strict=True):
            kept[row] = each[going]
        value = answers.value[row]
        seen = value, (value <= scale.unhappy).astype(float)
        error = np.nan_to_num(value - state[0][going])
        for each, new in zip(state, seen, strict=False):
            each[going] = new if step == 0 else each[going] + ALPHA * (new - each[going])
        state[2][going] = np.nan_to_num(state[2][going]) + error**2
    return Followed(place, *before), Followed(lengths.astype(np.int64), *state)


def _places(answers: Answers) -> tuple[Ints, Ints]:
    """Where each series begins, and how many of its own come before each answer."""
    starts = np.ones(len(answers), dtype=bool)
    starts[1:] = np.diff(answers.series) != 0
    firsts = np.flatnonzero(starts)
    place: Ints = np.arange(len(answers)) - firsts[np.cumsum(starts) - 1] if len(answers) else firsts
    return firsts, place


def effective(number: Ints) -> Floats:
    """How many equally weighted answers an exponentially weighted mean of so many is worth: 1 / sum of weights^2."""
    keep = 1 - ALPHA
    last = keep ** (2 * (np.maximum(number, 1) - 1.0))
    rest = ALPHA**2 * (1 - last) / (1 - keep**2)
    found: Floats = 1 / (last + rest)
    return found


@dataclass(frozen=True)
class Mean:
    """Where levels are shrunk to, and how many answers of a customer's own weigh as much."""

    mean: float
    strength: float


def shrinking(answers: Answers) -> Mean:
    """The mean of all answers, and the variance within series over the variance between them."""
    firsts, _ = _places(answers)
    number = np.diff(np.append(firsts, len(answers)))
    own = np.add.reduceat(answers.value, firsts) / number
    within = float(((answers.value - np.repeat(own, number)) ** 2).sum() / max(len(answers) - len(firsts), 1))
    several = number >= 3
    spread = float(own[several].var(ddof=1)) if several.sum() > 1 else 0.0
    between = spread - within / float(number[several].mean()) if several.any() else 0.0
    return Mean(float(answers.value.mean()), within / max(between, 0.01 * within, 1e-9))


def levels(known: Followed, to: Mean) -> Floats:
    """The forecast: the level, shrunk; the mean of all without an answer."""
    weight = np.where(known.number > 0, effective(known.number), 0.0)
    found: Floats = (weight * np.nan_to_num(known.level) + to.strength * to.mean) / (weight + to.strength)
    return found


@dataclass(frozen=True)
class Satisfaction:
    """The next answer of each series; all of shape (series,).

    Attributes:
        series: ascending.
        number: answers it rests on.
        level: the forecast, on the scale.
        low: the lower end of the 90 % interval of the next answer.
        high: the upper end.
        chance: P(the next answer is unhappy); NaN where the model abstains.
        because: what it rests on, and why there is no probability where there is none.
    """

    series: Ints
    number: Ints
    level: Floats
    low: Floats
    high: Floats
    chance: Floats
    because: str


def foresee(answers: Answers, scale: Scale) -> Satisfaction | str:
    """The next answer of everybody who answered; or why nothing can be said, as a sentence."""
    before, after = followed(answers, scale)
    later = before.number > 0
    if later.sum() < FAIR:
        return f"Only {later.sum()} answers followed another of the same customer; it takes {FAIR}."
    if np.ptp(answers.value) == 0:
        return "All answers are the same: there is nothing to learn from."
    to = shrinking(answers)
    level, errors = levels(after, to), answers.value - levels(before, to)
    low, high = _edges(errors[later], before.number[later], after.number)
    chance, why_none = chances(answers, scale)
    firsts, _ = _places(answers)
    return Satisfaction(
        answers.series[firsts],
        after.number,
        level,
        np.clip(level + low, scale.lowest, scale.highest),
        np.clip(level + high, scale.lowest, scale.highest),
        chance,
        f"{later.sum()} answers that followed another. {why_none}".rstrip(),
    )


def _group(number: Ints) -> Ints:
    found: Ints = np.searchsorted(GROUPS, number, side="right")
    return found


def _edges(errors: Floats, number: Ints, asked: Ints) -> tuple[Floats, Floats]:
    """The ends of the range of errors after so many answers; of all errors where a group has few."""
    ends = (1 - LEVEL) / 2, (1 + LEVEL) / 2
    of_all = np.quantile(errors, ends)
    found = np.tile(of_all, (len(GROUPS) + 1, 1))
    for group in range(len(GROUPS) + 1):
        own = errors[_group(number) == group]
        if len(own) >= FAIR:
            found[group] = np.quantile(own, ends)
    asked_of = _group(asked)
    return found[asked_of, 0], found[asked_of, 1]


def drops(answers: Answers, scale: Scale) -> Floats:
    """How far the last answer of each series lies below the level before it, if beyond its own noise; 0 if not.

    A series is here one of a respondent: what two people of a customer say is no change. The noise is that of the
    respondent's own forecasts, with everybody's standing in while there are few.
    """
    before, _ = followed(answers, scale)
    firsts, _ = _places(answers)
    if not (before.number > 0).any():
        return np.zeros(len(firsts))
    to = shrinking(answers)
    last = np.append(firsts[1:], len(answers)) - 1
    later = before.number > 0
    error = answers.value - levels(before, to)
    pooled = float((error[later] ** 2).mean())
    own = np.nan_to_num(before.noise[last]), np.maximum(before.number[last] - 1, 0)
    spread = np.sqrt((own[0] + OWN_NOISE * pooled) / (own[1] + OWN_NOISE))
    fall = np.where(later[last], np.nan_to_num(before.level[last]) - answers.value[last], 0.0)
    found: Floats = np.where(fall > BEYOND * spread, fall, 0.0)
    return found


def chances(answers: Answers, scale: Scale) -> tuple[Floats, str]:
    """P(the next answer is unhappy) of each series; or NaN everywhere, and why.

    A small logit over the level, the weighted share of unhappy answers and their number, fitted to the older answers,
    tested on the newest, and if it holds there, fitted again to all.
    """
    before, after = followed(answers, scale)
    later = np.flatnonzero(before.number > 0)
    cut = np.quantile(answers.at[later], 1 - HELD_OUT)
    old, new = later[answers.at[later] < cut], later[answers.at[later] >= cut]
    happened: Mask = answers.value <= scale.unhappy
    nothing = np.full(len(after.number), np.nan)
    if not len(old):
        return nothing, "No probability: all answers are of one moment."
    known = answers.among(answers.at < cut)
    past = Model(scale, shrinking(known)).fitted(before, happened, old)
    why = refusal(Judged(happened[new], past.chance(before)[new], answers.series[new]))
    if why:
        return nothing, f"No probability: {why}"
    return Model(scale, shrinking(answers)).fitted(before, happened, later).chance(after), ""


@dataclass(frozen=True)
class Model:
    """P(unhappy) from what is known before an answer."""

    scale: Scale
    to: Mean
    coefficients: Floats | None = None

    def columns(self, known: Followed) -> Floats:
        """A constant, the level on 0-1, the weighted share of unhappy answers, and the logarithm of their number."""
        width = self.scale.highest - self.scale.lowest
        level = (levels(known, self.to) - self.scale.lowest) / width
        share = np.nan_to_num(known.unhappy)
        return np.column_stack([np.ones(len(level)), level, share, np.log(np.maximum(known.number, 1))])

    def fitted(self, known: Followed, happened: Mask, rows: Ints) -> Model:
        """The same with coefficients fitted to some answers."""
        prior = logit.Prior(np.zeros(4), np.array([5.0, 5.0, 5.0, 1.0]))
        columns = self.columns(known)[rows]
        return Model(self.scale, self.to, logit.fit(columns, happened[rows], np.ones(len(rows)), prior))

    def chance(self, known: Followed) -> Floats:
        """P(the next answer is unhappy), same shape as what is known."""
        if self.coefficients is None:
            raise ValueError("a model that was not fitted gives no chance")
        return logit.sigmoid(self.columns(known) @ self.coefficients)
