"""Caps: the chance of a silence, and which ceiling applies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.scores.caps import CAPS, lowest, silence_probability

names = [cap.name for cap in CAPS]


@given(st.integers(0, 120), st.floats(1, 120), st.floats(0, 120))
def test_the_chance_of_a_silence_is_that_of_the_formula(active, baseline, silent):
    assert silence_probability(active, baseline, silent) == pytest.approx(
        (baseline / (baseline + silent)) ** active, rel=1e-12, abs=1e-300
    )


@given(st.integers(1, 120), st.floats(1, 120), st.floats(0.1, 60))
def test_a_longer_silence_is_less_likely(active, baseline, silent):
    assert silence_probability(active, baseline, 2 * silent) < silence_probability(active, baseline, silent)


def test_who_was_never_active_may_always_be_silent():
    assert silence_probability(0, 10.0, 100.0) == 1.0


def test_the_ceilings_of_the_specification():
    assert {cap.name: cap.ceiling for cap in CAPS} == {
        "dormant": 39.0, "cancellation": 39.0, "silent": 59.0, "urgent_ticket": 59.0
    }  # fmt: skip


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), max_size=9))
def test_of_several_caps_the_lowest_applies(rows):
    masks = {name: np.array([row[place] for row in rows], np.bool_) for place, name in enumerate(names)}
    found = lowest(masks, len(rows)).tolist()
    ceilings = [min((cap.ceiling for cap, on in zip(CAPS, row, strict=True) if on), default=None) for row in rows]

    assert [None if place < 0 else CAPS[place].ceiling for place in found] == ceilings
    assert all(place < 0 or row[place] for place, row in zip(found, rows, strict=True))
