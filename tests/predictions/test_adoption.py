"""What may be begun next: an election, a calibrated probability or none, and reasons that can be counted again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.predictions import adoption
from keepwell.predictions.adoption import Landmark, foresee, gains, ranked, shares


def world(rng, customers, pull, features=12):
    """A landmark in which features of a half go together, and those of it come that one half pulls towards."""
    half = rng.integers(0, 2, customers)
    likes = np.where(np.arange(features) % 2 == half[:, None], 0.45, 0.1)
    used = rng.random((customers, features)) < likes
    used[np.arange(customers), half] = True
    season = np.linspace(0.2, 1.8, features)
    chance = 0.04 * (season if pull == "season" else 1.0) * (likes / 0.2 if pull == "company" else 1.0)
    lately = used & (rng.random(used.shape) < chance * 2)
    came = ~used & (rng.random(used.shape) < chance * 2)
    numbers = np.arange(customers)
    return Landmark(numbers, half * 0, np.full(customers, 9.0), numbers % 300 + 30.0, used, lately, ~used, came)


def worlds(pull, customers=1500):
    rng = np.random.default_rng(7)
    return [world(rng, customers, pull) for _ in range(4)]


@pytest.mark.parametrize(("pull", "among"), [("company", {"ease", "both"}), ("season", {"popularity", "both"})])
def test_the_election_finds_what_the_world_goes_by(pull, among):
    now, *closed = worlds(pull)
    found = foresee(now, closed)

    assert found.ranker in among
    assert found.tested[found.ranker] == max(found.tested.values())
    assert found.ranker in found.because


def test_probabilities_of_what_goes_by_company_are_calibrated():
    now, *closed = worlds("company")
    chance = foresee(now, closed).chance

    assert np.isnan(chance[~now.open]).all()
    assert chance[now.open].mean() == pytest.approx(now.came[now.open].mean(), rel=0.15)
    high = chance[now.open] > np.median(chance[now.open])
    assert now.came[now.open][high].mean() > 1.5 * now.came[now.open][~high].mean()


def test_without_a_signal_there_is_no_probability_and_a_reason():
    rng = np.random.default_rng(3)
    now, *closed = (world(rng, 400, "nothing") for _ in range(4))
    found = foresee(now, closed)

    assert np.isnan(found.chance).all()
    assert "No probability" in found.because


@pytest.mark.parametrize(
    ("customers", "says"), [(0, "Only 0 customers"), (1, "Only 1 customer was"), (19, "Only 19 customers")]
)
def test_of_few_nothing_is_said(customers, says):
    now, *closed = worlds("company", customers)

    assert says in foresee(now, closed)


def test_below_100_customers_it_is_popularity_alone():
    now, *closed = worlds("company", 99)
    found = foresee(now, closed)

    assert (found.ranker, found.tested) == ("popularity", {})
    assert np.isnan(found.chance).all()


def test_no_features_is_a_reason():
    now, *closed = (at for at in worlds("company", 200))
    bare = Landmark(now.customer, now.segment, now.activity, now.tenure, *[now.used[:, :0]] * 4)

    assert "No use of a feature" in foresee(bare, closed)


def test_a_window_that_nobody_began_anything_in_gives_no_probability():
    now, *closed = worlds("company", 200)
    still = [
        Landmark(*[getattr(at, name) for name in Landmark.__dataclass_fields__][:-1], at.came & False) for at in closed
    ]

    assert np.isnan(foresee(now, still).chance).all()


def test_one_segment_has_its_own_shares_shrunk_to_all():
    now = worlds("company", 300)[0]
    segment = (np.arange(300) < 30).astype(int)
    lately = now.lately & False
    lately[segment == 1, 3] = now.used[segment == 1, 3]
    split = Landmark(now.customer, segment, now.activity, now.tenure, now.used, lately, now.open, now.came)
    share = shares(split)

    of_all = (lately | now.open)[:, 3].sum()
    own = (lately | now.open)[segment == 1, 3].sum()
    assert lately[:, 3].sum() / of_all < share[segment == 0, 3].max() + 0.2
    assert share[segment == 1, 3].max() > share[segment == 0, 3].max()
    assert share[segment == 1, 3].max() < lately[segment == 1, 3].sum() / own


@given(st.integers(0, 2**32 - 1))
def test_ranking_takes_open_features_first_and_gains_lie_within_0_and_1(seed):
    rng = np.random.default_rng(seed)
    at = world(rng, 20, "company", 6)
    score = rng.random(at.used.shape)
    order = ranked(at, score)
    opened = np.take_along_axis(at.open, order, 1)

    assert (np.diff(opened.astype(int), axis=1) <= 0).all()
    assert all(0 <= gain <= 1 + 1e-12 for gain in gains(at, score))
    assert (gains(at, at.came.astype(float)) > 1 - 1e-12).all()


@given(st.integers(0, 2**32 - 1))
def test_a_reason_can_be_counted_again(seed):
    at = world(np.random.default_rng(seed), 60, "company", 6)
    weights = adoption.company(at)
    row, feature = (int(each[0]) for each in np.nonzero(at.open))
    why = adoption.why(at, weights, row, feature)

    if why is not None:
        like = [each for each in range(60) if each != row and at.used[each, list(why.companions)].all()]
        assert at.used[row, list(why.companions)].all()
        assert len(like) == why.others >= 5
        assert sum(at.used[each, feature] for each in like) == why.users
        assert why.users / why.others > why.everybody


def test_company_is_the_closed_form_of_steck():
    at = world(np.random.default_rng(1), 50, "company", 5)
    used = at.used.astype(float)
    weights = adoption.company(at)
    slope = used.T @ (used - used @ weights) - adoption.RIDGE * weights

    assert np.diag(weights) == pytest.approx(0)
    assert slope[~np.eye(5, dtype=bool)] == pytest.approx(0, abs=1e-9)
