"""What customers say when asked: surveys, feedback, intent to renew, willingness to be a reference."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from keepwell.simulation import tuning, voices
from keepwell.simulation.activity import Presence, steady_days
from keepwell.simulation.draws import Floats, Mask
from keepwell.simulation.stage import Moments, Stage
from keepwell.simulation.tables import Table, table


def answer(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    """All that is asked and all that is said unasked."""
    return [*_surveys(stage, rng), *_feedback(stage, presence, rng), *_intents(stage, rng), *_references(stage, rng)]


def _every(stage: Stage, days: float, rng: Generator) -> Mask:
    """A day in each period of every customer, at the customer's own phase."""
    phase = rng.uniform(0, days, len(stage))[:, None]
    turn = np.floor((np.arange(stage.days) + phase) / days)
    return (np.diff(turn, axis=1, prepend=turn[:, :1]) > 0) & stage.health.there


def _surveys(stage: Stage, rng: Generator) -> list[Table]:
    """The unhappy and the delighted answer most; the rest often do not."""
    tables = []
    for kind, middle, slope, low, high in (("nps", tuning.NPS, 1.0, 0, 10), ("csat", tuning.CSAT, 0.45, 1, 5)):
        invited = stage.happen(rng, _every(stage, tuning.SURVEY_DAYS, rng))
        felt = stage.mood(invited) + 0.35 * rng.standard_normal(len(invited))
        level = np.minimum(stage.health.level[invited.customer, invited.day], 1.0)
        chance = np.minimum(tuning.ANSWER_CHANCE + 0.22 * np.abs(felt), 0.9) * (0.4 + 0.6 * level)
        said = rng.random(len(invited)) < chance
        moments, felt = invited.where(said), felt[said]
        score = np.clip(np.round(middle + slope * felt + 0.5 * rng.standard_normal(len(felt))), low, high)
        wordy = rng.random(len(moments)) < 0.5
        kinds = np.full(len(moments), kind, dtype=object)
        text = voices.write("survey", voices.tones(felt, rng), rng)
        score = score.astype(np.int64)
        tables += [
            table(
                "survey_answered",
                "surveys",
                moments.where(wordy),
                kind=kinds[wordy],
                score=score[wordy],
                text=text[wordy],
            ),
            table("survey_answered", "surveys", moments.where(~wordy), kind=kinds[~wordy], score=score[~wordy]),
        ]
    return tables


def _feedback(stage: Stage, presence: Presence, rng: Generator) -> list[Table]:
    rate = tuning.FEEDBACK_PER_90 / 90 * steady_days(stage, presence) * (1 + np.clip(-stage.health.mood, 0, 2))
    given = stage.happen(rng, rng.poisson(rate))
    return [
        table(
            "feedback_given", "surveys", given, text=voices.write("feedback", voices.tones(stage.mood(given), rng), rng)
        )
    ]


def _intents(stage: Stage, rng: Generator) -> list[Table]:
    """A CSM writes down how likely a renewal is: all contracts, and some of the others."""
    asked = stage.profiles.contract | (rng.random(len(stage)) < tuning.INTENT_SHARE)
    moments = stage.happen(rng, _every(stage, tuning.INTENT_DAYS, rng) & asked[:, None])
    odds = tuning.INTENT + 1.1 * stage.mood(moments) + 0.35 * rng.standard_normal(len(moments))
    return [table("renewal_intent", "crm", moments, probability=np.round(_logistic(odds), 2))]


def _logistic(odds: Floats) -> Floats:
    return 1 / (1 + np.exp(-odds))


def _references(stage: Stage, rng: Generator) -> list[Table]:
    """Asked at most once, preferably when all is well."""
    asked = rng.random(len(stage)) < tuning.REFERENCE_SHARE
    day = np.minimum((rng.random(len(stage)) * stage.days).astype(np.int64), stage.days - 1)
    number = np.zeros((len(stage), stage.days), np.int64)
    number[np.flatnonzero(asked), day[asked]] = 1
    moments = stage.happen(rng, number * stage.health.there)
    mood = stage.mood(moments)
    polite = moments.where((mood > -1) | (rng.random(len(mood)) < 0.3))
    return [_willing(stage, polite, rng)]


def _willing(stage: Stage, asked: Moments, rng: Generator) -> Table:
    odds = np.log(tuning.WILLING / (1 - tuning.WILLING)) + 1.5 * stage.mood(asked)
    yes = rng.random(len(asked)) < _logistic(odds)
    gave = yes & (rng.random(len(asked)) < 0.15)
    said = np.where(gave, "gave", np.where(yes, "yes", "no")).astype(object)
    return table("reference_answered", "crm", asked, willing=said)
