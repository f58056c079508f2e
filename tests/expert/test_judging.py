"""How right the Expert is: counted verdicts, and when too few to say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from keepwell.config.expert import shipped_knowledge, shipped_names
from keepwell.expert.case import Case, Kind, Seen
from keepwell.expert.diagnose import diagnose
from keepwell.expert.judging import ENOUGH, Accuracy, Said, Verdict, accuracies, digest, judgeable
from keepwell.expert.knowledge import Certainty
from keepwell.expert.scope import Standing, Topic
from keepwell.statistics.shares import wilson

KNOWLEDGE = shipped_knowledge(shipped_names())
SAID = st.builds(
    Said, st.sampled_from(("TX-01", "TX-02", "DEX-01")), st.sampled_from(Certainty), st.sampled_from(Verdict),
    st.integers(1, 50),
)  # fmt: skip


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(9, 10, 0.5958, 0.9821), (81, 263, 0.2553, 0.3662), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0)],
)
def test_the_interval_is_that_of_wilson(hits, trials, low, high):
    """The second is the example of Newcombe (1998), method 3."""
    assert wilson(hits, trials) == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share_and_shrinks_with_more_of_the_same(right, wrong):
    few, many = Accuracy(right, wrong), Accuracy(right * 4, wrong * 4)
    low, high = few.interval

    assert 0 <= low <= high <= 1
    if few.judged:
        assert low - 1e-12 <= right / few.judged <= high + 1e-12
        assert many.interval[1] - many.interval[0] < high - low
    else:
        assert (low, high) == (0, 1)
    assert wilson(wrong, few.judged) == pytest.approx((1 - high, 1 - low))


@given(st.lists(SAID))
def test_every_way_of_counting_counts_every_verdict(said):
    found = accuracies(said)

    for parts in (found.by_certainty, found.by_entry):
        assert sum(each.right for each in parts.values()) == found.overall.right
        assert sum(each.wrong for each in parts.values()) == found.overall.wrong
    assert found.overall.judged == sum(each.count for each in said)
    assert set(found.by_certainty) == set(Certainty)
    assert found == accuracies(reversed(said))


@given(st.lists(SAID), SAID)
def test_one_more_right_raises_and_one_more_wrong_lowers(said, more):
    before, after = accuracies(said).of(more.entry), accuracies([*said, more]).of(more.entry)

    if before.enough and more.verdict is Verdict.RIGHT:
        assert after.share >= before.share
    elif before.enough:
        assert after.share <= before.share
    assert after.judged == before.judged + more.count


def test_too_few_have_no_share():
    assert Accuracy(ENOUGH - 1, 0).share is None
    assert Accuracy(ENOUGH - 1, 1).share == 0.9
    assert accuracies([]).of("TX-01").share is accuracies([]).overall.share is None


def test_what_could_not_be_judged_is_nothing_to_judge():
    case = Case(1, {"rpc.requests": 100.0, "rpc.http_429_share": 0.4}, [Seen(Kind.HTTP, code=429, count=40)],
                {Topic.TRANSACTIONS: Standing(n=2.0)})  # fmt: skip
    found = diagnose(case, KNOWLEDGE)
    reserved = [each for each in found.findings if each.is_reservation]

    assert [(each.id, each.topic) for each in reserved] == [("META-03", Topic.TRANSACTIONS)]
    assert judgeable(found, "META-03", "transactions") is None
    for each in found.findings:
        if not each.is_reservation:
            assert judgeable(found, each.id, each.topic or "") is each
            assert judgeable(found, each.id, "no such topic") is None


def test_another_wording_is_another_digest():
    entries = KNOWLEDGE.entries.values()

    assert len({digest(each) for each in entries}) == len(entries)
    for each in entries:
        assert digest(replace(each, diagnosis=each.diagnosis + " ")) != digest(each)
