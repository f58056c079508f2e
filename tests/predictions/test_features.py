"""What is read at a day is what was known before it: the truncation law, and features against a slow reading."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.predictions.diary import NEVER, shuffled
from keepwell.predictions.features import features
from keepwell.predictions.forecast import Outcome
from keepwell.predictions.landmarks import Question, days, fair, label, seen_at
from tests.predictions.worlds import diary

ROW = st.tuples(
    st.integers(0, 4),
    st.integers(0, 120),
    st.sampled_from([0, 0, 0, 1, 5, 60]),
    st.integers(1, 3),
    st.integers(-900, 900),
)
ROWS = st.lists(ROW, max_size=40).map(
    lambda rows: [(who, day, day + late, n, cents) for who, day, late, n, cents in rows]
)
NAMES = ("own", "tickets", "failed_payments", "cancellations", "renewals", "contracts")
LOG = st.fixed_dictionaries(dict.fromkeys(NAMES, ROWS))
CONTRACTS = NAMES[3:]


def made(log):
    channels = {name: log[name] for name in NAMES[1:3]}
    return diary(log["own"], 5, channels, {name: log[name] for name in CONTRACTS})


def cut(log, day):
    return {name: [row for row in rows if row[1] < day and row[2] < day] for name, rows in log.items()}


@given(LOG, st.integers(1, 130), st.sampled_from(Outcome))
def test_features_are_those_of_the_log_cut_off_at_the_day(log, day, outcome):
    whole, known = (seen_at(made(each), day, outcome) for each in (log, cut(log, day)))

    assert whole.names == known.names
    assert whole.place.tolist() == known.place.tolist()
    np.testing.assert_array_equal(whole.values, known.values)
    assert whole.median_gap == known.median_gap


@given(LOG, st.integers(1, 130))
def test_what_is_known_later_is_not_in_the_diary_of_a_day(log, day):
    whole, known = made(log).known_before(day), made(cut(log, day))

    np.testing.assert_array_equal(whole.own.day, known.own.day[known.own.known < day])
    assert (whole.own.known < day).all()


@given(ROWS, st.integers(1, 130))
def test_features_agree_with_a_slow_reading(rows, day):
    seen = features(diary(rows, 5), day)
    for place, who in enumerate(seen.place.tolist()):
        mine = [row for row in rows if row[0] == who and row[1] < day and row[2] < day]
        active = sorted({row[1] for row in mine})
        gaps = np.diff(active)
        expected = {
            "recency": day - active[-1],
            "tenure": day - active[0],
            "active_days": len(active),
            "active_30": sum(each >= day - 30 for each in active),
            "events_90": sum(row[3] for row in mine if row[1] >= day - 90),
            "money_total": sum(row[4] for row in mine) / 100,
            "money_last": sum(row[4] for row in mine if row[1] == active[-1]) / 100,
            "gap_mean": gaps.mean() if len(gaps) else np.nan,
            "gap_sd": gaps.std() if len(gaps) > 1 else np.nan,
            "gap_last": gaps[-1] if len(gaps) else np.nan,
        }
        found = {name: seen.column(name)[place] for name in expected}
        assert found == pytest.approx(expected, nan_ok=True, abs=1e-6)
    assert set(seen.place.tolist()) == {row[0] for row in rows if row[1] < day and row[2] < day}


@given(ROWS, st.integers(1, 100), st.integers(0, 20), st.integers(1, 40))
def test_a_window_is_silent_when_nothing_lies_in_it(rows, day, lead, horizon):
    log = diary(rows, 5)
    part = label(log, features(log, day), Question((horizon,), lead))

    for who, silent in zip(part.seen.place.tolist(), part.happened(horizon).tolist(), strict=True):
        assert silent == (not any(row[0] == who and day + lead <= row[1] < day + lead + horizon for row in rows))


def test_landmarks_are_closed_and_never_in_the_first_weeks():
    found = days(100, 500)

    assert found[0] == 500
    assert min(found) >= 128
    assert days(100, 120) == []


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_no_customer_counts_for_more_than_two_rows_and_each_row_as_much_as_any_other(customers):
    weight = fair(np.array(customers))
    assert len(set(weight.tolist())) == 1
    for who in set(customers):
        assert weight[np.array(customers) == who].sum() <= 2 + 1e-12


def test_the_order_of_customers_has_nothing_to_do_with_their_numbers():
    drawn = shuffled(np.arange(5000))

    assert abs(np.corrcoef(np.arange(5000), drawn)[0, 1]) < 0.05
    assert drawn.min() >= 0
    assert drawn.max() < 1
    assert len(np.unique(drawn)) == 5000


def test_who_never_comes_again_waits_forever():
    assert diary([(0, 5, 5)]).own.at(50).next_from(6).tolist() == [NEVER]
