"""Findings over time: what began, went on and ended."""

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.expert.episode import Began, Ended, Went, again, decide, news
from keepwell.expert.knowledge import Severity
from keepwell.expert.scope import Topic, Whose
from tests.expert.diagnoses import finding, told

NOW = 1_790_000_000_000_000


def after(state, now, *findings):
    return decide(state, [told(now, *findings)], now)


def kinds(decision):
    return [type(each) for each in decision.intents]


def test_a_finding_begins_goes_on_and_ends():
    first = after(None, NOW, finding())
    same = after(first.state, NOW + 1, finding())
    worse = after(same.state, NOW + 2, finding(severity=Severity.CRITICAL))
    over = after(worse.state, NOW + 3)

    assert [kinds(each) for each in (first, same, worse, over)] == [[Began], [], [Went], [Ended]]
    assert [each.since for each in worse.state] == [NOW]
    assert over.state == ()
    assert over.intents[0].until == NOW + 3


def test_what_comes_back_begins_anew():
    gone = after(after(None, NOW, finding()).state, NOW + 1)

    assert after(gone.state, NOW + 2, finding()).state[0].since == NOW + 2


def test_topics_are_told_apart():
    both = [finding(("META-01", topic)) for topic in (Topic.CALLS, Topic.TRANSACTIONS)]
    first = after(None, NOW, *both)

    assert len(first.state) == 2
    assert [each.episode.topic for each in after(first.state, NOW + 1, both[0]).intents] == ["transactions"]


def test_what_the_data_cannot_show_is_no_trouble():
    assert after(None, NOW, finding(("META-03", Topic.CALLS), domain="meta", scope=Whose.UNKNOWN)).state == ()


def test_several_diagnoses_are_taken_in_order_and_later_ones_not_yet():
    facts = [told(NOW + 5), told(NOW + 2), told(NOW, finding()), told(NOW + 1, finding(value=2))]
    decision = decide(None, facts, NOW + 3)

    assert kinds(decision) == [Began, Went, Ended]
    assert decision.state == ()


def test_only_beginnings_and_ends_are_news():
    state = after(None, NOW, finding()).state

    assert news(after(None, NOW, finding()).intents)
    assert not news(after(state, NOW + 1, finding(value=2)).intents)
    assert news(after(state, NOW + 1).intents)


def test_who_has_trouble_is_looked_at_again_sooner():
    assert again((), NOW) == NOW + DAY_US
    assert again(after(None, NOW, finding()).state, NOW) == NOW + HOUR_US
