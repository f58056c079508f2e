"""Assignment to the hold-out: as many as meant, always the same ones, and unrelated to other playbooks and epochs."""

from itertools import count, islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy import stats

from keepwell.base.time import DAY_US
from keepwell.interventions.holdout import EPOCH_DAYS, MOST, assign, epoch_of, may_hold_out, place
from keepwell.interventions.playbook import Trigger
from keepwell.scores.bands import Band
from tests.config.test_playbooks import SHIPPED

NAMES = st.text(max_size=20)
EPOCHS = st.integers(0, 1000)
AT_RISK = SHIPPED["at_risk"]
CHANCE = 1e-9
"""Of a bound that is passed by chance: thousands of examples are drawn."""


def customers(prefix, number=2000):
    return [f"{prefix}{each}" for each in islice(count(), number)]


def within(hits, number, share):
    low, high = stats.binom.ppf((CHANCE, 1 - CHANCE), number, share)
    return low <= hits <= high


@given(NAMES, NAMES, EPOCHS, st.sampled_from((0.05, 0.1, 0.5)))
def test_the_share_is_met(prefix, playbook, epoch, share):
    held_out = sum(place(each, playbook, epoch) < share for each in customers(prefix))

    assert within(held_out, 2000, share)


@given(NAMES, NAMES, EPOCHS)
def test_places_are_spread_evenly(prefix, playbook, epoch):
    found = [place(each, playbook, epoch) for each in customers(prefix)]

    assert stats.kstest(found, "uniform").pvalue > CHANCE


@given(NAMES, st.lists(st.tuples(NAMES, EPOCHS), min_size=2, max_size=2, unique=True))
def test_playbooks_and_epochs_have_nothing_to_do_with_each_other(prefix, questions):
    both = sum(all(place(each, *question) < 0.1 for question in questions) for each in customers(prefix))

    assert within(both, 2000, 0.01)


@given(NAMES, st.integers(0, 10**17))
def test_it_is_the_same_throughout_an_epoch(customer, at):
    start = epoch_of(at) * EPOCH_DAYS * DAY_US

    assert assign(customer, AT_RISK, at) == assign(customer, AT_RISK, start)
    assert epoch_of(start - 1) == epoch_of(at) - 1
    assert epoch_of(start + EPOCH_DAYS * DAY_US - 1) == epoch_of(at)


@given(NAMES, st.integers(0, 10**17), st.floats(0, MOST), st.floats(0, MOST))
def test_a_larger_share_holds_out_the_same_and_more(customer, at, one, other):
    small, large = (replace(AT_RISK, holdout=share) for share in sorted((one, other)))

    assert not assign(customer, small, at).held_out or assign(customer, large, at).held_out


def test_the_propensity_is_that_of_the_playbook():
    assert assign("ada", AT_RISK, 0).propensity == 0.1
    assert assign("ada", replace(AT_RISK, holdout=0.9), 0).propensity == MOST


@pytest.mark.parametrize(
    "changes",
    [
        {"trigger": Trigger(Band.CRITICAL)},
        {"purpose": "billing"},
        {"purpose": "security"},
        {"trigger": Trigger(rule="payment_failure")},
        {"trigger": Trigger(rule="security_concern")},
        {"trigger": Trigger(event="screening_hit")},
    ],
)
def test_nobody_is_held_out_of_what_is_critical_or_about_billing_or_security(changes):
    playbook = replace(AT_RISK, holdout=0.5, **changes)

    assert not may_hold_out(playbook)
    assert not any(assign(each, playbook, 0).held_out for each in customers("c", 200))
    assert assign("ada", playbook, 0).propensity == 0


PLACES = [0.362106877, 0.657706009, 0.104508077, 0.503909486]


def test_known_assignments_never_change():
    """Who was held out stays so through every version: the effect is computed from what was assigned."""
    assert [round(place(each, "at_risk", 7), 9) for each in ("ada", "bob", "ünï", "")] == PLACES
