"""Scorecards made up at random, and points under them."""

import numpy as np
from hypothesis import strategies as st

from keepwell.metrics.catalog import CATALOG, INDICATORS
from keepwell.metrics.measures import MEASURES
from keepwell.metrics.points import Curve
from keepwell.scores.scorecard import NO_MEASURE, Rule, Scorecard

finite = st.floats(-1e9, 1e9)
curves = st.lists(finite, min_size=2, max_size=6, unique=True).flatmap(
    lambda xs: st.builds(
        Curve,
        st.just(tuple(sorted(xs))),
        st.tuples(*[st.floats(0, 100)] * len(xs)),
    )
)
weights = st.sampled_from((0.0, 1.0, 0.5, 15.0)) | st.floats(0.001, 1000)
rules = st.builds(Rule, st.sampled_from((NO_MEASURE, *sorted(MEASURES))), curves, weights)
words = st.text(min_size=1, max_size=9)
cards = st.builds(
    Scorecard,
    words,
    st.lists(words, max_size=3, unique=True).map(tuple),
    st.fixed_dictionaries(dict.fromkeys(CATALOG, weights)).filter(lambda metrics: sum(metrics.values()) > 0),
    st.fixed_dictionaries(dict.fromkeys(INDICATORS, rules)),
)
some_points = st.lists(st.none() | st.sampled_from((0.0, 85.0, 100.0)) | st.floats(0.01, 100), min_size=36, max_size=36)


def row(points):
    """Points of one customer, as the score reads them."""
    return np.array([[np.nan if each is None else each for each in points]], np.float64)
