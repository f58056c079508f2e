"""Bands: half-open ranges, and the effective band as a fold over the history of a score."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.time import SECOND_US
from keepwell.scores.bands import BANDS, PATIENCE_US, Band, Scored, band_of, decide

MINUTE = 60 * SECOND_US
CRITICAL, AT_RISK, STABLE, HEALTHY = Band.CRITICAL, Band.AT_RISK, Band.STABLE, Band.HEALTHY


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (0, CRITICAL), (39.999999, CRITICAL),
        (40, AT_RISK), (59.999999, AT_RISK),
        (60, STABLE), (79.999999, STABLE),
        (80, HEALTHY), (100, HEALTHY),
    ],
)  # fmt: skip
def test_bands_are_half_open(score, band):
    assert band_of(score) is band


def test_the_lowest_band_comes_first():
    assert BANDS == (CRITICAL, AT_RISK, STABLE, HEALTHY)


def moves(path, until):
    """Transitions as (minute, from, to) of a score that changes at the given minutes."""
    decision = decide(None, [Scored(round(minute * MINUTE), score) for minute, score in path], round(until * MINUTE))
    return [(change.at / MINUTE, change.start, change.end) for change in decision.intents]


DOWN, UP = (STABLE, AT_RISK), (AT_RISK, STABLE)
FOLDS = [
    # from above: patience
    ("steady", [(0, 70)], 600, []),
    ("on the edge", [(0, 60), (60, 60)], 600, []),
    ("below for 30 minutes", [(0, 70), (10, 59.9)], 600, [(40, *DOWN)]),
    ("below for less", [(0, 70), (10, 59.9)], 39.99, []),
    ("below for just 30 minutes", [(0, 70), (10, 59.9)], 40, [(40, *DOWN)]),
    ("back in time", [(0, 70), (10, 59.9), (39.9, 60)], 600, []),
    ("back too late", [(0, 70), (10, 59.9), (40, 60)], 600, [(40, *DOWN)]),
    ("patience starts anew", [(0, 70), (10, 59), (30, 60), (31, 59), (60.9, 60)], 600, []),
    ("patience goes on", [(0, 70), (10, 59), (20, 58), (39, 59.9)], 600, [(40, *DOWN)]),
    ("a moment above", [(0, 70), (10, 59), (39, 61), (39.5, 59)], 69, []),
    # from above: plunge
    ("plunge", [(0, 70), (10, 57)], 10, [(10, *DOWN)]),
    ("not quite a plunge", [(0, 70), (10, 57.01)], 39, []),
    ("plunge while waiting", [(0, 70), (10, 59), (20, 57)], 600, [(20, *DOWN)]),
    ("plunge by two", [(0, 90), (10, 57)], 600, [(10, HEALTHY, AT_RISK)]),
    ("plunge, then patience", [(0, 90), (10, 58)], 600, [(10, HEALTHY, STABLE), (40, STABLE, AT_RISK)]),
    ("plunge to the bottom", [(0, 90), (10, 3)], 600, [(10, HEALTHY, CRITICAL)]),
    # from below: climb
    ("climb", [(0, 50), (10, 62)], 10, [(10, *UP)]),
    ("not quite a climb", [(0, 50), (10, 61.99)], 600, []),
    ("climb by two", [(0, 50), (10, 82)], 600, [(10, AT_RISK, HEALTHY)]),
    ("climb by one and a bit", [(0, 50), (10, 81.9)], 600, [(10, AT_RISK, STABLE)]),
    ("climb from the bottom", [(0, 39), (10, 41.9), (20, 42)], 600, [(20, CRITICAL, AT_RISK)]),
    ("at the bottom nothing falls", [(0, 20), (10, 1)], 600, []),
    ("at the top nothing climbs", [(0, 90), (10, 100)], 600, []),
    # both
    ("down and up again", [(0, 70), (10, 57), (20, 62)], 600, [(10, *DOWN), (20, *UP)]),
    ("a relapse waits again", [(0, 50), (10, 62), (20, 59)], 600, [(10, *UP), (50, *DOWN)]),
    ("after patience a climb is needed", [(0, 70), (10, 59), (50, 61.9), (60, 62)], 600, [(40, *DOWN), (60, *UP)]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "until", "expected"), [fold[1:] for fold in FOLDS], ids=[fold[0] for fold in FOLDS])
def test_the_effective_band(path, until, expected):
    assert moves(path, until) == expected


@given(st.lists(st.tuples(st.sampled_from((59.5, 60.5)), st.integers(1, 90)), max_size=40))
def test_a_score_on_an_edge_moves_the_band_at_most_once(steps):
    path, minute = [(0, 60.5)], 0
    for score, minutes in steps:
        minute += minutes
        path.append((minute, score))

    assert len(moves(path, minute + 1000)) <= 1


paths = st.lists(st.tuples(st.integers(0, 600), st.floats(0, 100)), min_size=1, unique_by=lambda each: each[0])


@given(paths)
def test_moves_make_a_chain_and_end_where_the_score_is(path):
    """A score that stays long enough is in its own band, or at most 2 points above the edge it climbs to."""
    path = sorted(path)
    found = moves(path, 10_000)
    final = path[-1][1]
    last = found[-1][2] if found else band_of(path[0][1])

    assert all(one[2] is other[1] and one[0] <= other[0] for one, other in pairwise(found))
    assert last in (band_of(final), band_of(max(final - 2, 0)))


@given(st.floats(57.01, 59.99), st.integers(1, 10))
def test_while_it_waits_it_says_until_when(score, minute):
    waiting = decide(None, [Scored(0, 70), Scored(minute * MINUTE, score)], minute * MINUTE)

    assert waiting.due == minute * MINUTE + PATIENCE_US
    assert decide(waiting.state, [], waiting.due).intents[0].at == waiting.due


def test_without_a_score_there_is_nothing_to_decide():
    decision = decide(None, [], 5)

    assert (decision.state, decision.intents, decision.due) == (None, (), None)
