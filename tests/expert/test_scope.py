"""Whose failures they are, from counts."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.expert.case import Case
from keepwell.expert.diagnose import diagnose
from keepwell.expert.scope import GOVERNS, Standing, Topic, Whose, of_failures, of_work, verdict
from keepwell.statistics.failures import Counts
from keepwell.statistics.work import Amounts
from tests.expert import made

PAST, OTHERS_PAST = Counts(28, 280), Counts(2_100, 21_000)
FINE, FAILING = Counts(150, 1_500), Counts(525, 1_500)


@pytest.mark.parametrize(
    ("failed", "others", "whose"),
    [(2, FINE, Whose.NORMAL), (12, FINE, Whose.CUSTOMER), (9, FAILING, Whose.NETWORK), (18, FAILING, Whose.BOTH)],
)
def test_the_four_answers(failed, others, whose):
    (standing,) = of_failures(Counts(failed, 20), PAST, others, OTHERS_PAST)

    assert verdict(standing) is whose
    assert standing.n == 20


@pytest.mark.parametrize(("failed", "others", "named"), [(12, FINE, "META-01"), (9, FAILING, "META-02")])
def test_the_entries_on_scope_say_the_same(failed, others, named):
    (standing,) = of_failures(Counts(failed, 20), PAST, others, OTHERS_PAST)

    case = Case(made.NOW, crowd={Topic.TRANSACTIONS: standing})
    assert [each.id for each in diagnose(case, made.knowledge()).findings] == [named]


def test_many_customers_are_asked_at_once():
    now = Counts(np.array([2, 12]), np.array([20, 20]))

    found = of_failures(now, PAST, FINE, OTHERS_PAST)

    assert [verdict(each) for each in found] == [Whose.NORMAL, Whose.CUSTOMER]


def test_next_to_nobody_there_is_nothing_to_compare():
    (standing,) = of_failures(Counts(12, 20), PAST, Counts(1, 10), OTHERS_PAST)

    assert (standing.p_peer, standing.p_net) == (None, None)
    assert verdict(standing) is Whose.UNKNOWN


def test_what_could_not_be_conspicuous_is_unknown():
    (standing,) = of_failures(Counts(2, 2), Counts(3, 12), FINE, OTHERS_PAST)

    assert standing.reach > 0.03
    assert verdict(standing) is Whose.UNKNOWN
    assert verdict(Standing()) is Whose.UNKNOWN


@pytest.mark.parametrize(
    ("mine", "pool", "whose"),
    [(100, 100_000, Whose.NORMAL), (40, 100_000, Whose.CUSTOMER), (40, 40_000, Whose.NETWORK)],
)
def test_work_is_compared_with_the_own_past_and_the_pool(mine, pool, whose):
    (standing,) = of_work(Amounts(mine, 1), Amounts(2800, 28), Amounts(pool, 1000), Amounts(2_800_000, 28_000))

    assert verdict(standing) is whose
    assert standing.n is None


def test_every_topic_governs_a_domain_that_exists():
    domains = {each.domain for each in made.knowledge().entries.values()}

    assert GOVERNS.keys() == set(Topic)
    assert all(each <= domains and each for each in GOVERNS.values())
