"""The laws every decision obeys: `decide(state, facts, now) -> Decision(state, intents, due)`.

A decision is enrolled by registering it: how to decide, the type of its state, facts that come
close to its thresholds, and when a fact became known.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import accumulate, groupby

import msgspec
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from keepwell.alerts import life
from keepwell.alerts.alert import Alert
from keepwell.base.decision import Decision
from keepwell.expert import episode
from keepwell.interventions import decide as runs
from keepwell.interventions.run import Course
from keepwell.scores import bands
from tests.alerts import lives
from tests.expert import diagnoses
from tests.interventions import courses


@dataclass(frozen=True)
class Registered:
    """A decision under law.

    Attributes:
        state: the type its state is stored as.
        facts: facts of these moments, close to what it decides by.
        at: the moment of a fact.
        step: a duration its deadlines are multiples of.
        waits: whether time alone can change its answer.
    """

    decide: Callable[..., Decision]
    state: object
    facts: Callable[[Sequence[int]], st.SearchStrategy]
    at: Callable[[object], int]
    step: int
    waits: bool = True


def scores_near_an_edge(moments):
    near = (-9, -3, -2.9, -1, -1, -0.1, 0, 1.9, 2, 9, 9)
    return st.sampled_from(bands.EDGES).flatmap(
        lambda edge: st.tuples(
            *(st.sampled_from(near).map(lambda off, at=at: bands.Scored(at, edge + off)) for at in moments)
        )
    )


REGISTRY = {
    "effective band": Registered(
        bands.decide, bands.Standing | None, scores_near_an_edge, lambda fact: fact.at, bands.PATIENCE_US // 3
    ),
    "episodes of findings": Registered(
        episode.decide, episode.Episodes | None, diagnoses.of, lambda fact: fact.now, 1_000_000, waits=False
    ),
    "runs of playbooks": Registered(runs.decide, Course | None, courses.facts, lambda fact: fact.at, courses.STEP),
    **{
        f"life of an alert, {name}": Registered(
            life.decider(terms), Alert | None, lives.facts, lambda fact: fact.at, lives.STEP
        )
        for name, terms in lives.TERMS.items()
    },
}

EACH = settings(max_examples=settings.default.max_examples * len(REGISTRY))
"""As many examples for every decision as if it were alone."""


@st.composite
def cases(draw):
    """A decision, facts in order of time, and a moment at or after the last of them.

    Facts come at once, or in steps give or take a microsecond, so that they meet each other and the deadlines.
    """
    law = REGISTRY[draw(st.sampled_from(sorted(REGISTRY)))]
    gaps = (0, 0, 1, *(step * law.step + off for step in (1, 2, 3, 9) for off in (-1, 0, 1)))
    moments = list(accumulate(draw(st.lists(st.sampled_from(gaps), max_size=12)), initial=law.step))
    facts = list(draw(law.facts(moments[1:])))
    return law, facts, moments[-1] + draw(st.sampled_from(gaps))


def decisions(law, facts, moments):
    """Decide at each moment about the facts since the one before."""
    state, before = None, 0
    for now in moments:
        decision = law.decide(state, [fact for fact in facts if before < law.at(fact) <= now], now)
        state, before = decision.state, now
        yield now, decision


def all_decisions(law, facts, now):
    """Decide whenever there are facts, and in the end."""
    return decisions(law, facts, sorted({*map(law.at, facts), now}))


def fold(law, facts, moments):
    """The state in the end, all intents, and when it is due."""
    found = [decision for _, decision in decisions(law, facts, moments)]
    return found[-1].state, [intent for each in found for intent in each.intents], found[-1].due


@st.composite
def questions(draw):
    """A decision, a state in the middle of its life, new facts and a moment."""
    law, facts, now = draw(cases())
    cut = law.at(facts[len(facts) // 2]) if facts else now
    state, _, _ = fold(law, facts, [cut])
    return law, state, [fact for fact in facts if law.at(fact) > cut], now


@EACH
@given(questions())
def test_l1_the_same_question_has_the_same_answer_and_nothing_is_changed(question):
    law, *inputs = question
    before = deepcopy(inputs)
    answer = law.decide(*inputs)

    assert inputs == before
    assert law.decide(*inputs) == law.decide(*before) == answer


@EACH
@given(cases())
def test_l2_asked_again_it_says_nothing_new(case):
    law = case[0]
    for now, answer in all_decisions(*case):
        assert law.decide(answer.state, [], now) == Decision(answer.state, (), answer.due)


@EACH
@given(cases(), st.floats(0, 1))
def test_l3_it_is_silent_until_it_is_due(case, share):
    law = case[0]
    for now, answer in all_decisions(*case):
        end = now + 1000 * law.step if answer.due is None else answer.due - 1

        assert end >= now
        for moment in (now + int(share * (end - now)), end):
            assert law.decide(answer.state, [], moment) == Decision(answer.state, (), answer.due)


@EACH
@given(cases())
def test_l4_when_it_is_due_it_speaks_or_moves(case):
    law = case[0]
    for _, answer in all_decisions(*case):
        if answer.due is not None:
            then = law.decide(answer.state, [], answer.due)

            assert then.intents or then.state != answer.state


@EACH
@given(cases(), st.randoms(use_true_random=False))
def test_l5_the_order_of_simultaneous_facts_is_irrelevant(case, random):
    law, facts, now = case
    groups = [list(group) for _, group in groupby(facts, law.at)]
    shuffled = [fact for group in groups for fact in random.sample(group, len(group))]

    assert law.decide(None, shuffled, now) == law.decide(None, facts, now)


@EACH
@given(questions())
def test_l6_the_state_survives_json(question):
    law, state, fresh, now = question
    restored = msgspec.json.decode(msgspec.json.encode(state), type=law.state)

    assert restored == state
    assert law.decide(restored, fresh, now) == law.decide(state, fresh, now)


@EACH
@given(cases())
def test_l7_every_intent_says_why(case):
    law, facts, now = case

    assert all(intent.because.strip() for intent in law.decide(None, facts, now).intents)


@EACH
@given(cases(), st.lists(st.integers(0, 60)))
def test_it_does_not_matter_when_somebody_asks(case, asked):
    """Asked once at the end or again and again: the same state, the same intents, the same due."""
    law, facts, now = case
    asked = sorted({moment for place in asked for moment in (place * law.step // 2,) if 0 < moment < now})

    assert fold(law, facts, [*asked, now]) == fold(law, facts, [now])


ANY = settings(phases=[Phase.generate], database=None, max_examples=5000)
"""Any example will do: looking for the smallest one takes half a minute."""


@pytest.mark.parametrize("law", REGISTRY.values(), ids=REGISTRY)
def test_the_cases_of_a_registered_decision_make_it_speak_and_wait(law):
    """The laws would hold for a decision that is never asked anything hard."""
    answers = cases().filter(lambda case: case[0] is law).map(lambda case: law.decide(None, *case[1:]))

    assert find(answers, lambda answer: answer.intents, settings=ANY)
    if law.waits:
        assert find(answers, lambda answer: answer.due is not None, settings=ANY)
