import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.web.figures import adds_up, apportion, rounded, shift, tenths

SCORES = st.floats(0, 100)
PARTS = st.lists(st.floats(-40, 40), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("score", "shown"),
    [(79.96, 799), (80.0, 800), (0.57 * 100, 570), (0.0, 0), (100.0, 1000), (39.999_999_9, 399), (64.3, 643)],
)
def test_a_score_is_rounded_down_so_that_it_stays_in_its_band(score, shown):
    assert tenths(score) == shown


@given(SCORES, SCORES)
def test_a_change_is_the_difference_of_the_scores_shown(now, before):
    assert abs(shift(now, now - before) - (tenths(now) - tenths(before))) <= 1  # the last digit of a subtraction
    assert shift(now, None) is shift(None, now) is None


@given(PARTS)
def test_parts_add_up_to_the_total_shown(parts):
    total = tenths(sum(parts)) if any(parts) else 0
    shown = apportion(parts, total)
    assert sum(shown) == total
    assert all(abs(tenth / 10 - part) < 0.2 for tenth, part in zip(shown, parts, strict=True))


@given(PARTS)
def test_what_is_nothing_stays_nothing(parts):
    with_zeros = [part for value in parts for part in (value, 0.0)]
    shown = apportion(with_zeros, round(sum(parts) * 10))
    assert set(shown[1::2]) == {0}


def test_parts_that_do_not_add_up_are_noticed():
    assert adds_up([0.1] * 10, 1.0)
    assert not adds_up([32.1], 40.0)
    assert rounded([1.25, -0.96]) == [13, -10]
