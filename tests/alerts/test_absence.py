"""Announced silence, and its end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.alerts.absence import LONGEST_US, Absence, Kind, changes_at, expected
from keepwell.base.errors import MisconfiguredError
from keepwell.base.time import DAY_US, parse_instant

START = parse_instant("2026-12-21T00:00:00Z")
HOLIDAY = Absence(START, START + 7 * DAY_US, Kind.HOLIDAY, "told by mail")

absences = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 20), st.sampled_from(Kind)).map(
        lambda of: Absence(of[0], of[0] + of[1], of[2])
    ),
    max_size=5,
)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (START - 1, None),
        (START, "holiday until 2026-12-28T00:00:00Z (told by mail)"),
        (START + 7 * DAY_US - 1, "holiday until 2026-12-28T00:00:00Z (told by mail)"),
        (START + 7 * DAY_US, None),
    ],
)
def test_silence_is_expected_from_the_start_to_the_end(at, reason):
    assert expected([HOLIDAY], at) == reason


def test_of_several_the_one_that_ends_last_is_named():
    longer = Absence(START, START + 14 * DAY_US, Kind.PAUSED)

    assert (
        expected([HOLIDAY, longer], START) == expected([longer, HOLIDAY], START) == "paused until 2027-01-04T00:00:00Z"
    )


@pytest.mark.parametrize(
    ("end", "problem"),
    [
        (None, "needs an end date"),
        (START, "ends after it starts"),
        (START - DAY_US, "ends after it starts"),
        (START + LONGEST_US + 1, "a year at most"),
    ],
)
def test_an_absence_without_an_end_is_refused(end, problem):
    with pytest.raises(MisconfiguredError, match=problem):
        Absence(START, end, Kind.PAUSED)


def test_a_year_is_short_enough():
    assert expected([Absence(START, START + LONGEST_US, Kind.MAINTENANCE)], START + LONGEST_US - 1)


@given(absences, st.integers(-1, 61))
def test_between_changes_the_answer_is_the_same(several, at):
    change = changes_at(several, at)
    end = 100 if change is None else change

    assert end > at
    assert {expected(several, moment) for moment in range(at, end)} == {expected(several, at)}


@given(absences, st.integers(-1, 61), st.randoms(use_true_random=False))
def test_the_order_of_absences_is_irrelevant(several, at, random):
    assert expected(random.sample(several, len(several)), at) == expected(several, at)
