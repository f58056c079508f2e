"""What happens to a customer becomes facts of its runs."""

from __future__ import annotations

import pytest

from keepwell.base.time import HOUR_US
from keepwell.interventions.decide import decide
from keepwell.interventions.facts import BandMoved, Churned, ConditionBack, ConditionEnded, Returned, Triggered
from keepwell.interventions.hearing import BACK, LEFT, heard
from keepwell.interventions.holdout import assign
from keepwell.interventions.playbook import AlertEnded, AlertOpened, BandEntered, EventHappened
from keepwell.scores.bands import Band
from tests.config.test_playbooks import SHIPPED
from tests.interventions.walk import START

RETENTION = [each for each in SHIPPED.values() if each.purpose == "retention"]
BILLING = [SHIPPED["billing_recovery"]]
NOW = START + HOUR_US


def running(playbooks, happening):
    """The state once something has happened."""
    return decide(None, list(heard(happening, "ada", playbooks, None, START)), START).state


def test_a_fall_triggers_the_playbook_of_its_band_and_says_who_is_held_out():
    fall = BandEntered(START, Band.AT_RISK, Band.STABLE)
    moved, triggered = heard(fall, "ada", RETENTION, None, NOW)

    assert moved == BandMoved(NOW, Band.AT_RISK)
    given = assign("ada", SHIPPED["at_risk"], NOW)
    assert triggered == Triggered(
        NOW, SHIPPED["at_risk"], "the band fell from stable to at risk", given.held_out, given.propensity, Band.AT_RISK
    )


def test_a_rise_is_told_and_triggers_nothing():
    rise = BandEntered(START, Band.AT_RISK, Band.CRITICAL)

    assert list(heard(rise, "ada", RETENTION, None, NOW)) == [BandMoved(NOW, Band.AT_RISK)]


def test_the_alert_that_opened_a_run_ends_its_condition_and_brings_it_back():
    opened, ended = AlertOpened(START, "payment_failure"), AlertEnded(START, "payment_failure")
    course = running(BILLING, opened)

    assert [type(each) for each in heard(ended, "ada", BILLING, course, NOW)] == [ConditionEnded]
    assert [type(each) for each in heard(opened, "ada", BILLING, course, NOW)] == [ConditionBack, Triggered]


@pytest.mark.parametrize("other", [AlertEnded(START, "usage_decline_30"), AlertEnded(START, "payment_failure")])
def test_another_alert_says_nothing_of_a_run(other):
    course = running(RETENTION, BandEntered(START, Band.AT_RISK, Band.STABLE))

    assert list(heard(other, "ada", RETENTION, course, NOW)) == []
    assert list(heard(other, "ada", BILLING, None, NOW)) == []


def test_who_leaves_and_who_comes_back_is_told():
    assert [type(each) for each in heard(EventHappened(START, LEFT), "ada", RETENTION, None, NOW)] == [Churned]
    assert [type(each) for each in heard(EventHappened(START, BACK), "ada", RETENTION, None, NOW)] == [Returned]
