"""What is asked and of whom: windows of outcomes, who is there, and who leaves where customers come every few days."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.predictions import accuracy, bgnbd, logit
from keepwell.predictions.accuracy import Judged, figure
from keepwell.predictions.explaining import explain
from keepwell.predictions.features import features
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.foretelling import foretell
from keepwell.predictions.landmarks import Question, label, leaving, present, seen_at
from tests.predictions.worlds import START, diary, fading

DAY = START + 330
GONE = Question((30, 60, 90), 0, Outcome.DEPARTURE)
SILENT = Question((30, 60, 90))
DAYS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 150)), min_size=1, max_size=40)


@given(DAYS, st.integers(1, 60), st.integers(0, 15), st.integers(1, 40), st.integers(1, 40))
def test_who_is_gone_by_a_day_did_nothing_for_a_while_from_then_on(rows, day, lead, horizon, quiet):
    log = diary([(who, when, when) for who, when in rows], 4)
    part = label(log, features(log, day), Question((horizon,), lead, Outcome.DEPARTURE, quiet))

    first, last = day + lead + horizon, day + lead + horizon + quiet
    for who, gone in zip(part.seen.place.tolist(), part.happened(horizon).tolist(), strict=True):
        assert gone == (not any(one == who and first <= when < last for one, when in rows))


@pytest.mark.parametrize(("gap", "silence", "there"), [
    (1, 13, True), (1, 15, False), (10, 29, True), (10, 32, False), (60, 89, True), (60, 91, False),
])  # fmt: skip
def test_who_is_there_is_told_by_the_own_rhythm(gap, silence, there):
    rows = [(who, 1000 - gap * step, 0) for who in range(30) for step in range(12)]
    seen = features(diary([(who, day, day) for who, day, _ in rows]), 1000 + silence)

    assert (present(seen, Outcome.DEPARTURE) == there).all()
    assert (present(seen, Outcome.INACTIVITY) == (silence <= 90)).all()
    assert present(seen, Outcome.CANCELLATION).all()


def test_where_customers_come_every_few_days_it_is_asked_who_will_have_gone():
    assert [leaving(gap) for gap in (1.0, 10.0, 11.0, 80.0)] == [Outcome.DEPARTURE] * 2 + [Outcome.INACTIVITY] * 2


def test_bgnbd_expects_of_a_later_window_what_its_own_process_brings():
    rng = np.random.default_rng(7)
    number, leave, begins, days = 200_000, 0.2, 40, 30
    model = bgnbd.Parameters(4.0, 30.0, leave * 1e6, (1 - leave) * 1e6)  # everybody leaves as readily
    rate = rng.gamma(model.r, 1 / model.alpha, number)
    alive_then = rng.random(number) < np.exp(-rate * leave * begins)
    nothing = ~alive_then | (rng.random(number) < np.exp(-rate * days))
    fresh = bgnbd.Lives(*(np.full(1, each) for each in (0.0, 0.0, 0.0, 1.0)))

    assert bgnbd.nothing_within(model, fresh, days, begins)[0] == pytest.approx(nothing.mean(), abs=0.004)


@pytest.fixture(scope="module")
def world():
    return fading()


@pytest.fixture(scope="module")
def foreseen(world):
    log = world[0].known_before(DAY)
    return {asked.outcome: foretell(log, START, DAY, asked) for asked in (GONE, SILENT)}


def told(foresight, left, horizon):
    """What was said of those who are there, and who of them really left within a horizon."""
    seen = foresight.seen
    rows = np.flatnonzero(present(seen, Outcome.DEPARTURE) & (left[seen.place] >= DAY))
    happened = left[seen.place[rows]] < DAY + horizon
    return Judged(happened, foresight.forecasts.chance[rows, (30, 60, 90).index(horizon)], rows)


def test_who_will_leave_is_told_better_than_by_who_will_be_silent(world, foreseen):
    gone, silent = (figure(accuracy.auroc, told(each, world[1], 30)) for each in foreseen.values())

    assert foreseen[Outcome.DEPARTURE].forecasts.stage is Stage.SMALL
    assert gone > 0.8
    assert gone > silent + 0.05


def test_chances_of_departures_rise_agree_and_add_up(world, foreseen):
    found = foreseen[Outcome.DEPARTURE]
    assert (np.diff(found.forecasts.chance, axis=1) >= 0).all()
    assert found.forecasts.present.sum() < len(found.seen)
    rows = np.flatnonzero(found.forecasts.present)[:25]
    for column, horizon in enumerate(GONE.horizons):
        known = world[0].known_before(DAY)
        for who, one in explain(found, known, found.forecasts.customer[rows].tolist(), horizon).items():
            row = int(np.searchsorted(found.forecasts.customer, who))
            odds = one.base + sum(each.points for each in one.reasons)
            assert float(logit.sigmoid(np.array([odds]))[0]) == pytest.approx(found.forecasts.chance[row, column])


def test_a_part_of_the_base_is_judged_by_the_rhythm_of_all():
    log = diary([(who, day, day) for who in range(20) for day in range(1, 200, 1 + who)])
    whole = seen_at(log, 205, Outcome.DEPARTURE)
    some = np.arange(5, 9)
    alone = seen_at(log.of(whole.place[some]), 205, Outcome.DEPARTURE, whole.median_gap)

    assert present(alone, Outcome.DEPARTURE).tolist() == present(whole, Outcome.DEPARTURE)[some].tolist()
