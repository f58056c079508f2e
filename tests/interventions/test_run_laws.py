"""What holds of every run, whatever happens: laws over random histories."""

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.interventions.decide import decide
from keepwell.interventions.facts import (
    Approved,
    Called,
    Churned,
    Looked,
    Replied,
    Returned,
    Triggered,
)
from keepwell.interventions.holdout import may_hold_out
from keepwell.interventions.intents import (
    Assign,
    Carry,
    Closed,
    Escalate,
    Opened,
    Prepare,
    Skipped,
    StepEnded,
    Withdraw,
)
from keepwell.interventions.stage import End
from tests.interventions import courses
from tests.interventions.courses import GRAVE, MILD, STEP

OUT = (Prepare, Carry, Assign, Escalate)
"""Intents that hand a step to somebody."""
BOOKS = {each.id: each for each in (MILD, GRAVE)}


@st.composite
def histories(draw):
    """Facts in order of time, the intents that came of them, the last state, and the end: long after the last fact."""
    gaps = (0, 1, *(step * STEP + off for step in (1, 2, 3, 9) for off in (-1, 0, 1)))
    moments = list(accumulate(draw(st.lists(st.sampled_from(gaps), max_size=12)), initial=STEP))
    opening = Triggered(STEP, draw(st.sampled_from((MILD, MILD, GRAVE))), "the band fell", draw(st.booleans()), 0.1)
    facts = [opening, *draw(courses.facts(moments[1:]))]
    end = moments[-1] + 90 * STEP
    decision = decide(None, facts, end)
    return facts, decision.intents, decision.state, end


def runs_of(intents):
    """Each run: what was said of it, from its opening on, and of which playbook it is."""
    found = {}
    for intent in intents:
        if isinstance(intent, Opened):
            found[intent.run] = BOOKS[intent.playbook], [intent]
        elif not isinstance(intent, Skipped):
            found[intent.run][1].append(intent)
    return found.values()


def handed(said, step):
    return [intent for intent in said if isinstance(intent, OUT) and intent.step == step.id]


@given(histories())
def test_one_run_at_a_time_and_each_is_closed_in_time(history):
    _, intents, state, end = history
    ends = [intent for intent in intents if isinstance(intent, Opened | Closed)]

    assert [type(each) for each in ends] == [Opened, Closed] * (len(ends) // 2) + [Opened] * (len(ends) % 2)
    assert [each.run for each in ends] == [place // 2 + 1 for place in range(len(ends))]
    for opened, closed in zip(ends[::2], ends[1::2], strict=False):
        assert opened.at <= closed.at <= opened.at + 30 * STEP
    if state.active:
        assert end < state.active.started_at + 30 * STEP


@given(histories())
def test_every_step_of_a_closed_run_ended_in_a_named_state_and_says_why(history):
    for playbook, said in runs_of(history[1]):
        if any(isinstance(intent, Closed) for intent in said):
            ended = {intent.step: intent for intent in said if isinstance(intent, StepEnded)}
            assert ended.keys() >= {step.id for step in playbook.steps}
            assert all(intent.end in End and intent.because.strip() for intent in ended.values())


@given(histories())
def test_who_is_held_out_is_not_contacted_and_colleagues_still_hear_of_it(history):
    for playbook, said in runs_of(history[1]):
        if said[0].held_out:
            assert may_hold_out(playbook)
            assert not [intent for step in playbook.steps if step.contacts for intent in handed(said, step)]
        assert all(getattr(intent, "held_out", said[0].held_out) == said[0].held_out for intent in said)


@given(histories())
def test_critical_holds_nobody_out(history):
    assert not [intent for intent in history[1] if isinstance(intent, Opened) and intent.playbook == "grave"
                and intent.held_out]  # fmt: skip


@given(histories())
def test_no_step_is_early_and_each_to_the_customer_keeps_its_distance(history):
    for playbook, said in runs_of(history[1]):
        start, last = said[0].at, None
        for step in playbook.steps:
            first = min((intent.at for intent in handed(said, step)), default=None)
            assert first is None or first >= start + step.delay_s * SECOND_US
            if step.to_customer and last and first is not None:
                ends = [intent.at for intent in said if isinstance(intent, StepEnded) and intent.step == last.id]
                gap = step.delay_s - last.delay_s if step.gap_s is None else step.gap_s
                assert ends
                assert first >= ends[0] + gap * SECOND_US
            last = step if step.to_customer else last


@given(histories())
def test_a_step_is_carried_out_once_unless_it_was_taken_back_between(history):
    for _, said in runs_of(history[1]):
        going = set()
        for intent in said:
            if isinstance(intent, Carry | Escalate):
                assert intent.step not in going
                going.add(intent.step)
            elif isinstance(intent, Withdraw):
                going.discard(intent.step)


@given(histories())
def test_what_has_to_be_approved_is_carried_out_only_then(history):
    facts, intents = history[0], history[1]
    approved = {(fact.at, fact.run, fact.step) for fact in facts if isinstance(fact, Approved)}
    for playbook, said in runs_of(intents):
        asks = {step.id for step in playbook.steps if step.asks}
        for intent in said:
            if isinstance(intent, Carry) and intent.step in asks:
                assert (intent.at, intent.run, intent.step) in approved


@given(histories())
def test_nothing_new_goes_to_the_customer_while_a_reply_or_a_call_holds_it(history):
    facts, intents, _, _ = history
    for playbook, said in runs_of(intents):
        customer = {step.id for step in playbook.steps if step.to_customer}
        for intent in said:
            if isinstance(intent, Prepare | Carry) and intent.step in customer:
                heard = [fact for fact in facts if isinstance(fact, Replied | Looked) and fact.at <= intent.at]
                latest = max((fact.at for fact in heard), default=0)
                assert not any(isinstance(fact, Replied) and fact.at == latest for fact in heard)
                calls = [fact.at for fact in facts if isinstance(fact, Called) and fact.at <= intent.at]
                assert all(at + 24 * HOUR_US <= intent.at for at in calls)


@given(histories())
def test_a_playbook_starts_again_only_after_its_time_unless_it_supersedes(history):
    closed, current = {}, ""
    for intent in history[1]:
        if isinstance(intent, Closed):
            closed[current] = intent.at
        elif isinstance(intent, Opened):
            current = intent.playbook
            others = [at for name, at in closed.items() if name not in BOOKS[intent.playbook].supersedes]
            assert all(intent.at >= at + 9 * STEP for at in others)


@given(histories())
def test_nothing_starts_while_the_customer_is_gone(history):
    facts, intents = history[0], history[1]
    moves = [fact for fact in facts if isinstance(fact, Churned | Returned)]
    for intent in intents:
        if isinstance(intent, Opened):
            before = [fact for fact in moves if fact.at <= intent.at]
            latest = max((fact.at for fact in before), default=0)
            last = [fact for fact in before if fact.at == latest]
            assert not last or any(isinstance(fact, Returned) for fact in last)
