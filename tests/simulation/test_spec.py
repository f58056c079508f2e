"""A world that cannot be is refused; small ones can be."""

import pytest

from keepwell.base.errors import KeepwellError
from keepwell.base.time import DAY_US
from keepwell.simulation.spec import Span, WorldSpec
from tests.simulation import worlds


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"until": worlds.UNTIL + 1}, "midnight"),
        ({"days": 6}, "at least 7 days"),
        ({"customers": 0}, "one customer"),
        ({"seed": -1}, "seed"),
        ({"customers": 10**6}, "must not exceed"),
        ({"churned_share": 0.2}, "churned_share"),
        ({"difficulty": "brutal"}, "easy, normal, hard"),
    ],
)
def test_what_cannot_be_built_is_refused(asked, reason):
    with pytest.raises(KeepwellError, match=reason):
        WorldSpec(**{"until": worlds.UNTIL, **asked})


@pytest.mark.parametrize(("customers", "days"), [(1, 7), (3, 30), (2, 90)])
@pytest.mark.parametrize("shares", [(0.0, 0.0), (1.0, 0.5)])
def test_small_worlds_are_worlds(customers, days, shares):
    made = worlds.world(customers=customers, days=days, disengaged_share=shares[0], churned_share=shares[1])
    assert worlds.rows(made)
    assert len(made.truth["customers"]) == customers


def test_days_begin_at_midnight_and_end_just_before_the_end():
    span = Span(first=20_490, days=10)
    assert span.until_us == 20_500 * DAY_US
    assert span.instant(0.5) == 20_490 * DAY_US + DAY_US // 2
    assert len(span.weekdays) == 10
    assert span.weekdays[0] == (20_490 + 3) % 7
