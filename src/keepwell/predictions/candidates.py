"""The models that may speak, each fitted on what had closed by a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final, Protocol

import numpy as np

from keepwell.predictions import bgnbd, linear, logit
from keepwell.predictions.boosting import Boosted, Hazard, Lesson, fit_all_horizons, fit_hazard, lives_at
from keepwell.predictions.diary import Diary
from keepwell.predictions.features import Seen
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.landmarks import Question, days, label, seen_at
from keepwell.predictions.linear import Course, Form, Linear
from keepwell.predictions.small import CONTRACT, HOUSE, LEAVING, PLAIN
from keepwell.statistics.arrays import Floats

REFITS: Final = 20
_REFIT_MOST: Final = 2000
STAGES: Final[Mapping[str, Stage]] = {
    "bg/nbd": Stage.ASSUMED, "logit": Stage.SMALL, "trees + logit": Stage.LEARNED,
}  # fmt: skip
"""The candidates, and the stage each of them is."""
_FORMS: Final[Mapping[Outcome, tuple[Form, Form]]] = {
    Outcome.INACTIVITY: (HOUSE, PLAIN),
    Outcome.DEPARTURE: (LEAVING, LEAVING),
    Outcome.CANCELLATION: (CONTRACT, CONTRACT),
}
"""What a logit looks at that speaks alone, and one that stands beside trees."""


class Model(Protocol):
    """Anything that forecasts."""

    def log_odds(self, seen: Seen) -> Floats:
        """Shape (rows, horizons)."""


@dataclass(frozen=True)
class Assumed:
    """BG/NBD: a model that needs no outcomes.

    Attributes:
        question: what is asked.
        lives: fitted.
        refits: fitted to resampled customers.
    """

    question: Question
    lives: bgnbd.Parameters
    refits: tuple[bgnbd.Parameters, ...] = ()

    def log_odds(self, seen: Seen) -> Floats:
        return _assumed(self.lives, seen, self.question)

    def spread(self, seen: Seen) -> Floats:
        """How far each refit is from the fit, in log-odds: shape (refits, rows, horizons)."""
        here = self.log_odds(seen)
        return np.stack([_assumed(each, seen, self.question) - here for each in self.refits])


def _assumed(lives: bgnbd.Parameters, seen: Seen, question: Question) -> Floats:
    rows = bgnbd.lives(seen)
    return logit.log_odds(np.column_stack([bgnbd.expected(lives, rows, question, each) for each in question.horizons]))


@dataclass(frozen=True)
class Mixed:
    """Trees, and a logit of the horizon that is judged: there it is the mean of their log-odds.

    At others the trees are moved as far as there, so that what agrees over horizons goes on doing so.
    """

    trees: Boosted | Hazard
    line: Linear

    def log_odds(self, seen: Seen) -> Floats:
        grown = self.trees.log_odds(seen)
        moved: Floats = (self.line.log_odds(seen)[:, 0] - grown[:, self.trees.question.place]) / 2
        return grown + moved[:, None]


@dataclass(frozen=True)
class Lessons:
    """All landmarks of a log, newest first, each with BG/NBD as of it. What became of people is read for each use.

    Attributes:
        diary: what is known now.
        question: what is asked.
        seen: landmarks.
        lives: BG/NBD of each.
        threads: of LightGBM.
    """

    diary: Diary
    question: Question
    seen: Sequence[Seen]
    lives: Sequence[bgnbd.Parameters]
    threads: int

    def at(self, until: int) -> Lesson:
        """What could be learned on a day: windows that had closed, and what was known of them then."""
        known = self.diary.known_before(until)
        shortest = self.question.ends(self.question.grid[0])
        places = [place for place, seen in enumerate(self.seen) if seen.day + shortest <= until]
        parts = [label(known, self.seen[place], self.question) for place in places]
        lives = [self.lives[place] for place in places]
        now = lives_at(seen_at(known, until, self.question.outcome), lives[0] if lives else None)
        return Lesson(parts, lives, now, until, self.question, threads=self.threads)


def lessons(diary: Diary, first: int, day: int, question: Question, threads: int) -> Lessons:
    """The landmarks before a day of a log that begins on a first one."""
    found: list[Seen] = []
    lives: list[bgnbd.Parameters] = []
    for each in days(first, day - question.ends(question.grid[0])):
        seen = seen_at(diary, each, question.outcome)
        if len(seen):
            lives.append(lives_at(seen, lives[-1] if lives else None))
            found.append(seen)
    return Lessons(diary, question, found, lives, threads)


def closed(lesson: Lesson) -> Course:
    """Landmarks of which the window that is judged has closed."""
    return _course(lesson, lesson.question.place + 1)


def _course(lesson: Lesson, least: int) -> Course:
    """Landmarks of which so many horizons have closed."""
    horizons = lesson.question.horizons
    number = [sum(lesson.closed(part, each) for each in horizons) for part in lesson.parts]
    places = [place for place, part in enumerate(lesson.parts) if number[place] >= least and len(part.seen)]
    parts, lives = [lesson.parts[place] for place in places], [lesson.lives[place] for place in places]
    return Course(parts, lives, lesson.now, lesson.question, [number[place] for place in places])


def _line(form: Form, lesson: Lesson, refits: int = 0) -> Linear:
    """A logit. One with the shape of BG/NBD agrees with itself by its signs, and learns from open windows too."""
    return linear.fit(form, _course(lesson, 1) if form.shaped else closed(lesson), refits)


def assumed(seen: Seen, question: Question, refits: int = 0) -> Assumed:
    """BG/NBD of everybody at a day, with refits to resampled customers."""
    rows = seen.among(bgnbd.drawn(seen.place))
    found = bgnbd.fit(bgnbd.lives(rows))
    few = seen.among(bgnbd.drawn(seen.place, _REFIT_MOST))
    rng = np.random.default_rng(3)
    drawn = [np.bincount(rng.integers(0, len(few), len(few)), minlength=len(few)) for _ in range(refits)]
    scale = np.sqrt(len(few) / max(len(rows), 1))  # fewer customers spread more: by the root of how many fewer
    again = [bgnbd.fit(bgnbd.lives(few, weight.astype(float)), found) for weight in drawn]
    return Assumed(question, found, tuple(_nearer(found, each, float(scale)) for each in again))


def _nearer(fit: bgnbd.Parameters, refit: bgnbd.Parameters, share: float) -> bgnbd.Parameters:
    """A refit, so much nearer to the fit, in logarithms."""
    here, there = (np.log([each.r, each.alpha, each.a, each.b]) for each in (fit, refit))
    return bgnbd.Parameters(*np.exp(here + share * (there - here)).tolist())


def house(lesson: Lesson, refits: int = 0) -> Linear:
    """The logit for few customers."""
    return _line(_FORMS[lesson.question.outcome][0], lesson, refits)


def mixed(lesson: Lesson) -> Mixed:
    """Boosted trees, and a logit of plain columns beside them: each is steadier for the other.

    Raises:
        BoostingMissingError: LightGBM cannot be loaded.
    """
    course, asked = closed(lesson), lesson.question
    one = replace(course, question=replace(asked, horizons=(asked.judged,)), closed=[1] * len(course.parts))
    line = linear.fit(_FORMS[asked.outcome][1], one)
    ends = asked.outcome is Outcome.CANCELLATION
    return Mixed(fit_hazard(lesson) if ends else fit_all_horizons(lesson), line)


def digest(model: Model) -> str:
    """What tells a model from every other."""
    return blake2b(_told(model).encode(), digest_size=16).hexdigest()


def _told(model: Model) -> str:
    match model:
        case Assumed():
            return repr(model.lives)
        case Linear():
            return " ".join(each.hex() for each in model.weights.tolist())
        case Boosted() | Hazard():
            return f"{model.trees.model_to_string()} {model.lives}"
        case Mixed():
            return f"{_told(model.trees)} {_told(model.line)}"
    return repr(model)
