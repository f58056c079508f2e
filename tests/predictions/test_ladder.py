"""Which model may speak."""

import numpy as np
import pytest

from keepwell.base.shares import percent
from keepwell.predictions.accuracy import Judged
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.ladder import Counts, climb, refusal, sample_needed, too_little
from keepwell.predictions.trials import Check, Trial, better, shift

ENOUGH = Counts(days=400, customers=2000, left=300, stayed=900)
FEW = Counts(days=400, customers=100, left=30, stayed=60)


def trial(name, strength=1.5, noise=0.0, rows=900, seed=3, level=0.0):
    """A candidate that sees the truth through a fog: the higher the strength, the better."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(0, 1.5, rows)
    happened = rng.random(rows) < 1 / (1 + np.exp(-truth))
    seen = strength * truth / 1.5 + np.random.default_rng(9).normal(0, noise, rows) + level
    judged = Judged(happened, 1 / (1 + np.exp(-seen)), np.arange(rows))
    return Trial(name, (judged,))


def trials(**strength):
    names = {"assumed": "bg/nbd", "small": "logit", "both": "trees + logit"}
    return {names[key]: trial(names[key], value) for key, value in strength.items()}


@pytest.mark.parametrize(("counts", "said"), [
    (Counts(400, 19, 0, 0), "not enough customers: 19"),
    (Counts(400, 1, 0, 0), "1 customer, and"),
    (Counts(27, 100, 0, 0), "not enough history: 27 days"),
    (Counts(59, 100, 0, 0), "not enough history: 59 days"),
    (Counts(400, 100, 0, 80), "to none of 80"),
    (Counts(400, 100, 80, 0), "to all of 80"),
])  # fmt: skip
def test_with_too_little_nothing_is_said_but_why(counts, said):
    found = too_little(counts, Outcome.INACTIVITY)

    assert found is not None
    assert (found.stage, found.name) == (Stage.FACTS, "")
    assert said in found.because


def test_enough_is_enough():
    assert too_little(Counts(60, 20, 1, 1), Outcome.INACTIVITY) is None


def test_without_a_closed_window_the_assumption_speaks_and_says_that_it_is_one():
    found = climb({}, Counts(days=80, customers=100, left=0, stayed=0), 90)

    assert (found.stage, found.name) == (Stage.ASSUMED, "bg/nbd")
    assert "not yet checked" in found.because


def test_the_logit_speaks_from_twenty_of_each_on():
    candidates = trials(assumed=1.0, small=1.4)

    assert climb(candidates, FEW, 90).stage is Stage.SMALL
    assert climb(candidates, Counts(400, 100, 19, 60), 90).stage is Stage.ASSUMED


def test_trees_speak_only_when_they_beat_the_logit_out_of_time():
    assert climb(trials(small=0.8, both=1.4), ENOUGH, 90).name == "trees + logit"
    assert climb(trials(small=1.4, both=0.8), ENOUGH, 90).name == "logit"
    assert climb(trials(small=1.4, both=1.4), ENOUGH, 90).name == "logit"
    assert climb(trials(small=0.8, both=1.4), FEW, 90).name == "logit"


def test_missing_trees_are_said():
    found = climb(trials(small=1.2), ENOUGH, 90, "boosted trees are left out, for LightGBM cannot be loaded here (x)")

    assert found.stage is Stage.SMALL
    assert "cannot be loaded" in found.because


def test_a_candidate_without_use_is_refused_with_the_base_rate():
    blind = trial("logit", 0.0, noise=1.0)
    found = climb({"logit": blind}, FEW, 90)

    assert (found.stage, found.name) == (Stage.REFUSED, "")
    assert "not predictable here" in found.because
    assert f"{percent(blind.rows.happened.mean())} within 90 days" in found.because


GOOD = Check(100, 100, 0.4, 0.7, 0.6, 0.8, 0.1, 1.0)


@pytest.mark.parametrize(("name", "value", "refused"), [
    ("low", 0.55, True), ("low", 0.551, False), ("low", float("nan"), True),
    ("skill", 0.0, True), ("skill", 0.001, False), ("skill", float("nan"), True),
    ("ratio", 0.69, True), ("ratio", 0.7, False), ("ratio", 1.4, False), ("ratio", 1.41, True),
])  # fmt: skip
def test_refusals_begin_where_they_are_said_to(name, value, refused):
    assert bool(refusal(Check(**{**GOOD.__dict__, name: value}))) is refused


def test_better_needs_nine_in_ten_samples():
    assert better(trial("a", 1.4), trial("b", 0.5))
    assert not better(trial("a", 0.5), trial("b", 1.4))
    assert not better(trial("a", 1.0), trial("b", 1.0))


def test_log_odds_are_moved_only_when_both_windows_are_off_on_the_same_side():
    fine, low, high = (trial("a", 1.5, level=level).windows[0] for level in (0.0, -1.5, 1.5))

    assert shift([fine, fine]) == shift([low, fine]) == shift([low, high]) == shift([low]) == 0
    assert shift([low, low]) == pytest.approx(1.5, abs=0.3)
    assert shift([high, high]) == pytest.approx(-1.5, abs=0.3)


def test_the_sample_needed_is_that_of_riley():
    """`pmsampsize`, type b: 24 parameters, Cox-Snell R2 .288, prevalence .174 need 662 (Riley et al. 2020, BMJ)."""
    assert sample_needed(0.174, 0.288, 24) == pytest.approx(662, abs=2)
    assert sample_needed(0.0, 0.2) == sample_needed(0.3, 0.0) == 0
