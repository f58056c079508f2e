"""Each reason for which a model is not shown, and one that is."""

import numpy as np
import pytest

from keepwell.predictions.accuracy import Judged
from keepwell.predictions.worth import refusal


def judged(chance, happened):
    return Judged(np.array(happened, bool), np.array(chance, float), np.arange(len(chance)))


RNG = np.random.default_rng(6)
CHANCE = RNG.uniform(0.05, 0.95, 600)
HAPPENED = RNG.random(600) < CHANCE


def test_a_calibrated_model_that_tells_who_is_shown():
    assert refusal(judged(CHANCE, HAPPENED)) == ""


@pytest.mark.parametrize(
    ("chance", "happened", "says"),
    [
        ([], [], "Only 0 of 0"),
        (np.full(100, 0.5), np.arange(100) < 9, "Only 9 of 100"),
        (np.full(100, 0.5), np.arange(100) < 91, "Only 91 of 100"),
        (np.where(HAPPENED, 0.02, 0.98), HAPPENED, "no better than the base rate"),
        (CHANCE * 0.6, HAPPENED, "not calibrated"),
        (np.where(np.arange(600) < 60, HAPPENED[:60].mean(), HAPPENED[60:].mean()), HAPPENED, "hardly told"),
    ],
)
def test_every_other_is_refused_with_its_reason(chance, happened, says):
    assert says in refusal(judged(chance, happened))
