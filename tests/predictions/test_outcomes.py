"""When what came of forecasts can be told, and how it is kept."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.time import DAY_US
from keepwell.predictions import outcomes
from keepwell.predictions.ledger import Window
from keepwell.predictions.outcomes import LATE_US, PATIENCE_US, Answer, Came, Seen, answerable

END = 20_000 * DAY_US
WINDOW = Window(1, 30, END)


def test_a_horizon_is_answered_when_late_events_had_their_time_and_the_log_went_on():
    assert answerable(WINDOW, END, END + LATE_US - 1) is Answer.LATER
    assert answerable(WINDOW, END, END + LATE_US) is Answer.NOW
    assert answerable(WINDOW, END - 1, END + LATE_US) is Answer.LATER
    assert answerable(WINDOW, END - 1, END + PATIENCE_US - 1) is Answer.LATER
    assert answerable(WINDOW, END - 1, END + PATIENCE_US) is Answer.NEVER
    assert answerable(WINDOW, END, END + PATIENCE_US) is Answer.NOW


@given(st.lists(st.integers(0, 2 * PATIENCE_US), min_size=1))
def test_once_answered_a_horizon_stays_answered(waits):
    found = [answerable(WINDOW, 0, END + wait) for wait in sorted(waits)]
    assert found == sorted(found, key=lambda each: each is not Answer.LATER)


def test_who_was_away_is_not_told_whatever_happened():
    seen = Seen(np.array([True, True, False]), np.array([0, 0, END]), np.array([False, True, True]))
    assert outcomes.rows(seen, END)[:, 0].tolist() == [Came.HAPPENED, Came.NOT_TOLD, Came.NOT_TOLD]


@given(st.lists(st.integers(-90 * DAY_US, 400 * DAY_US), min_size=1))
def test_the_last_day_survives_being_kept(offsets):
    at = np.array(offsets) + END
    nobody = np.zeros(len(at), bool)
    days, known = outcomes.last_days(outcomes.rows(Seen(nobody, at, nobody), END))
    assert known.all()
    assert days.tolist() == [each // DAY_US for each in offsets]


def test_a_last_day_that_is_not_known_stays_so():
    nobody = np.zeros(2, bool)
    for values in (outcomes.rows(Seen(nobody, np.zeros(2, np.int64), nobody), END), outcomes.untold(2)):
        assert not outcomes.last_days(values)[1].any()
