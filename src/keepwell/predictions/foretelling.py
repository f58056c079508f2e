"""A forecast from a diary: try candidates, climb the ladder, fit the one that speaks, and say it with its band."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from keepwell.base.time import DAY_US
from keepwell.predictions import bgnbd, logit
from keepwell.predictions.apart import Apart
from keepwell.predictions.boosting import THREADS
from keepwell.predictions.candidates import (
    REFITS,
    Assumed,
    Lessons,
    Model,
    assumed,
    closed,
    digest,
    house,
    lessons,
    mixed,
)
from keepwell.predictions.diary import Diary
from keepwell.predictions.features import Seen
from keepwell.predictions.forecast import Forecasts, Outcome, Stage
from keepwell.predictions.ladder import MANY, MANY_CUSTOMERS, Counts, Verdict, climb, counted, too_little
from keepwell.predictions.landmarks import Question, present, seen_at
from keepwell.predictions.linear import Linear
from keepwell.predictions.qualifying import Span
from keepwell.predictions.trials import shift, try_out
from keepwell.statistics.arrays import Floats

STUDIED: Final = 20_000
"""Customers that models are tried and fitted on, drawn by a hash; everybody gets a forecast."""
BAND: Final = (0.05, 0.95)
_AT_ONCE: Final = 20_000


@dataclass(frozen=True)
class Foresight:
    """Forecasts, and what it takes to explain them.

    Attributes:
        forecasts: of everybody.
        question: what was asked.
        seen: everybody at the day, in the order of the forecasts.
        model: that spoke; None when none did.
        shift: what was added to its log-odds.
        verdict: why this model.
        counts: what the log has shown.
    """

    forecasts: Forecasts
    question: Question
    seen: Seen
    model: Model | None
    shift: float
    verdict: Verdict
    counts: Counts

    @cached_property
    def apart(self) -> Apart | None:
        """Takes the forecasts apart; None when no model spoke."""
        return Apart(self.model, self.seen, self.question.outcome) if self.model else None

    @property
    def base_rate(self) -> float:
        """The share to whom it happened in the windows it was tried on; NaN when it was not."""
        return self.verdict.check.base_rate if self.verdict.check else float("nan")


@dataclass(frozen=True)
class Spoken:
    """A model that speaks, its shift, and the model its band is from."""

    model: Model
    shift: float
    band: Assumed | Linear


def foretell(diary: Diary, first: int, day: int, question: Question, threads: int = THREADS) -> Foresight:
    """Forecasts at a day, from a diary that holds nothing later, of a log that begins on a first day."""
    seen = seen_at(diary, day, question.outcome)
    studied = diary.of(bgnbd.drawn(diary.customer, STUDIED))
    taught = lessons(studied, first, day, question, threads)
    left, stayed = counted(closed(taught.at(day)).parts, question.judged)
    counts = Counts(max(day - first, 0), len(seen), left, stayed)
    verdict, moved = _verdict(taught, first, day, counts)
    if not verdict.name:
        return Foresight(_silent(diary, seen, question, verdict), question, seen, None, 0.0, verdict, counts)
    spoken = _speak(verdict, taught, seen, moved)
    return Foresight(
        _forecasts(diary, seen, question, verdict, spoken), question, seen, spoken.model, moved, verdict, counts
    )


def _verdict(taught: Lessons, first: int, day: int, counts: Counts) -> tuple[Verdict, float]:
    """Who speaks, and how far its log-odds are moved."""
    nobody = too_little(counts, taught.question.outcome)
    if nobody:
        return nobody, 0.0
    many = counts.left >= MANY and counts.customers >= MANY_CUSTOMERS
    trials, problem = try_out(taught, first, day, boosted=many)
    verdict = climb(trials, counts, taught.question.judged, problem)
    if taught.question.outcome is Outcome.CANCELLATION and verdict.name == "bg/nbd":
        verdict = Verdict(Stage.FACTS, "", "no window of a contract has closed yet")
    return verdict, shift(trials[verdict.name].windows) if verdict.name in trials else 0.0


def _speak(verdict: Verdict, taught: Lessons, seen: Seen, moved: float) -> Spoken:
    """The model of the verdict, fitted on everything that is known."""
    if verdict.stage is Stage.ASSUMED:
        found = assumed(seen, taught.question, REFITS)
        return Spoken(found, moved, found)
    lesson = taught.at(seen.day)
    small = house(lesson, REFITS)
    model = small if verdict.stage is Stage.SMALL else mixed(lesson)
    return Spoken(model, moved, small)


def _forecasts(diary: Diary, seen: Seen, question: Question, verdict: Verdict, spoken: Spoken) -> Forecasts:
    parts = [_band(spoken, question, seen.among(rows)) for rows in _portions(len(seen))]
    chance, low, high = (np.concatenate([part[place] for part in parts]) for place in range(3))
    return Forecasts(
        seen.day * DAY_US, question.outcome, question.lead, question.horizons, diary.customer[seen.place],
        chance, low, high, present(seen, question.outcome), verdict.stage, verdict.because, digest(spoken.model),
        question.quiet_days,
    )  # fmt: skip


def _portions(number: int) -> list[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Rows in portions: the refits of a band take room."""
    return np.array_split(np.arange(number), max(-(-number // _AT_ONCE), 1))


def _band(spoken: Spoken, question: Question, seen: Seen) -> tuple[Floats, Floats, Floats]:
    """Chance, and the 5th and 95th of 100 parts over refits to resampled customers, all (rows, horizons)."""
    odds = spoken.model.log_odds(seen) + spoken.shift
    below, above = np.quantile(spoken.band.spread(seen), BAND, axis=0)
    ends = (odds, odds + np.minimum(below, 0), odds + np.maximum(above, 0))
    chance, low, high = (_coherent(logit.sigmoid(each), question) for each in ends)
    return chance, low, high


def _coherent(chance: Floats, question: Question) -> Floats:
    """A last guard: silence gets no likelier with the horizon, and leaving no less likely."""
    nested = np.maximum if question.rises else np.minimum
    found: Floats = nested.accumulate(chance, axis=1)
    return found


def silent(diary: Diary, span: Span, day: int, question: Question) -> Foresight:
    """That nothing can be said of a log, and why."""
    verdict = Verdict(Stage.FACTS, "", span.problem)
    seen = seen_at(diary, day, question.outcome)
    counts = Counts(max(day - span.first, 0), len(seen), 0, 0)
    return Foresight(_silent(diary, seen, question, verdict), question, seen, None, 0.0, verdict, counts)


def _silent(diary: Diary, seen: Seen, question: Question, verdict: Verdict) -> Forecasts:
    """No number, and why."""
    nothing = np.full((len(seen), len(question.horizons)), np.nan)
    return Forecasts(
        seen.day * DAY_US, question.outcome, question.lead, question.horizons, diary.customer[seen.place],
        nothing, nothing, nothing, present(seen, question.outcome), verdict.stage, verdict.because, "",
        question.quiet_days,
    )  # fmt: skip
