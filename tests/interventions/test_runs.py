"""The edges of single rules of runs."""

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from keepwell.base.time import DAY_US
from keepwell.interventions.decide import decide
from keepwell.interventions.facts import (
    Approved,
    BandMoved,
    Called,
    Churned,
    ConditionEnded,
    Done,
    Looked,
    Rejected,
    Replied,
    Reported,
    Stopped,
    Triggered,
)
from keepwell.interventions.intents import (
    Assign,
    Carry,
    Escalate,
    Opened,
    Prepare,
    Skipped,
    StepEnded,
)
from keepwell.interventions.playbook import (
    AlertOpened,
    BandEntered,
    Condition,
    EventHappened,
    Exits,
    Playbook,
    Trigger,
    fires,
)
from keepwell.interventions.run import Course
from keepwell.interventions.stage import End, Outcome
from keepwell.interventions.standing import is_going
from keepwell.scores.bands import BANDS, Band
from tests.config.test_playbooks import SHIPPED
from tests.interventions.courses import GRAVE, MILD, STEP
from tests.interventions.walk import SCENARIOS, START, facts_of

OUT = (Prepare, Carry, Assign, Escalate)
"""Intents that hand a step to somebody."""


def opened(playbook, at=0, **more):
    return decide(None, [Triggered(at, playbook, "the band fell", **more)], at).state


def test_a_run_keeps_the_copy_it_began_with():
    state = opened(MILD)
    newer = replace(MILD, steps=(), title="newer")

    found = decide(state, [Triggered(STEP, newer, "again")], STEP)

    assert found.state.run.playbook == MILD
    assert [type(intent) for intent in found.intents] == [Skipped, Carry]


def test_what_supersedes_begins_even_when_both_are_triggered_at_once():
    last = replace(GRAVE, id="zero")
    intents = decide(None, [Triggered(0, MILD, "fell"), Triggered(0, last, "fell far")], 0).intents

    assert [intent.playbook for intent in intents if isinstance(intent, Opened | Skipped)] == ["zero", "mild"]


def test_a_step_that_asks_says_after_how_many_approvals_it_goes_by_itself():
    found = decide(opened(GRAVE), [], STEP)

    assert [intent.what.auto_after for intent in found.intents if isinstance(intent, Prepare)] == [3]


def test_a_step_without_approval_goes_at_once():
    playbook = replace(MILD, steps=(replace(MILD.steps[0], approval="auto"),))

    state = opened(playbook)

    assert is_going(state, 1, "write")
    assert not is_going(state, 2, "write")
    assert not is_going(state, 1, "nothing")


def test_what_is_held_is_not_going_any_more():
    state = opened(replace(MILD, steps=(replace(MILD.steps[0], approval="auto"),)))

    assert not is_going(decide(state, [Replied(1, leaving=False)], 1).state, 1, "write")


def test_what_is_approved_twice_goes_once():
    twice = [Approved(1, 1, "write", "ada"), Approved(2, 1, "write", "bob")]

    found = decide(opened(MILD), twice, 2)

    assert [intent.at for intent in found.intents if isinstance(intent, Carry)] == [1]


def test_what_was_rejected_or_is_over_cannot_be_approved():
    rejected = decide(opened(MILD), [Rejected(1, 1, "write", "ada")], 1).state

    assert decide(rejected, [Approved(2, 1, "write", "bob")], 2).state == rejected
    assert decide(opened(MILD), [Approved(0, 1, "escalate", "bob")], 0).state == opened(MILD)


def test_what_was_not_prepared_cannot_be_rejected_and_what_was_not_handed_out_not_reported():
    state = opened(MILD)

    assert decide(state, [Rejected(1, 1, "escalate", "ada"), Reported(1, 1, "escalate", End.SENT)], 1).state == state


def test_what_was_sent_is_not_done_by_a_person_as_well():
    state = decide(opened(MILD), [Approved(1, 1, "write", "ada"), Reported(2, 1, "write", End.SENT)], 2).state

    assert decide(state, [Done(3, 1, "write", "ada")], 3).state == state


def test_only_the_run_that_is_meant_is_stopped():
    state = decide(opened(MILD), [Triggered(STEP, GRAVE, "fell far")], STEP).state

    assert decide(state, [Stopped(STEP + 1, 1, "ada")], STEP + 1).state == state
    assert decide(state, [Stopped(STEP + 1, 2, "ada")], STEP + 1).state.run.outcome is Outcome.STOPPED


def test_a_second_call_that_was_earlier_shortens_nothing():
    state = decide(opened(MILD), [Called(5, held=True)], 5).state

    assert decide(state, [Called(3, held=True)], 5).state.call_until == state.call_until


def test_who_is_well_when_an_alert_begins_a_run_is_recovering():
    playbook = replace(MILD, trigger=Trigger(rule="r"))

    assert opened(playbook, band=Band.HEALTHY).run.calm_since == 0
    assert opened(playbook, band=Band.AT_RISK).run.calm_since is None


def test_what_waited_and_began_does_not_wait_any_more():
    waiting = decide(Course(closed={"mild": 9 * STEP}), [Triggered(10 * STEP, MILD, "again")], 10 * STEP).state

    assert decide(waiting, [], 18 * STEP).state.waiting is None
    assert decide(waiting, [Triggered(11 * STEP, GRAVE, "fell far")], 11 * STEP).state.waiting is None


def test_what_happens_at_an_instant_comes_before_what_is_due_at_it():
    last = decide(opened(MILD), [Approved(9 * STEP, 1, "write", "ada")], 9 * STEP).intents
    late = decide(opened(MILD), [Approved(9 * STEP + 1, 1, "write", "ada")], 9 * STEP + 1).intents

    assert [intent.at for intent in last if isinstance(intent, Carry) and intent.step == "write"] == [9 * STEP]
    assert not [intent for intent in late if isinstance(intent, Carry) and intent.step == "write"]


def test_a_short_distance_makes_no_step_early():
    facts = [Approved(1, 1, "write", "ada"), Reported(2, 1, "write", End.SENT)]

    found = decide(decide(opened(MILD), facts, 2).state, [], 2 * STEP)

    assert [intent.at for intent in found.intents if isinstance(intent, Carry) and intent.step == "show"] == [2 * STEP]


def test_no_task_is_made_for_who_is_held_out():
    found = decide(opened(MILD, held_out=True), [], 8 * STEP)

    assert [intent.step for intent in found.intents if isinstance(intent, OUT)] == ["consult"]


@pytest.mark.parametrize("touch", [Replied(5 * STEP, leaving=False), Called(5 * STEP, held=True)])
def test_what_became_a_task_can_be_approved_but_not_while_the_customer_is_in_touch(touch):
    state = decide(opened(MILD), [], 4 * STEP).state
    approved = Approved(6 * STEP, 1, "write", "ada")

    assert [intent.step for intent in decide(state, [approved], 6 * STEP).intents if isinstance(intent, Carry)] == [
        "write"
    ]
    held = decide(state, [touch, approved], 6 * STEP)
    assert not [intent for intent in held.intents if isinstance(intent, Carry)]
    assert "does not go" in held.intents[-1].because


def test_an_unread_reply_holds_the_next_run_as_well():
    facts = [Triggered(0, MILD, "fell"), Replied(1, leaving=True), Triggered(2, GRAVE, "fell far")]
    state = decide(None, facts, 2 * STEP).state

    assert not [intent for intent in decide(state, [], 8 * STEP).intents if isinstance(intent, Prepare)]
    looked = decide(state, [Looked(3 * STEP, "ada")], 3 * STEP)
    assert [intent.step for intent in looked.intents if isinstance(intent, Prepare)] == ["write"]


def test_an_outage_of_days_expires_messages_and_escalates_still():
    playbook = SHIPPED["at_risk"]
    late = decide(opened(playbook, START), [], START + 4 * DAY_US)

    ends = {intent.step: intent.end for intent in late.intents if isinstance(intent, StepEnded)}
    assert ends["immediate_personal_outreach"] is End.EXPIRED
    assert [intent.at for intent in late.intents if isinstance(intent, Escalate)] == [START + DAY_US]
    assert not [intent for intent in late.intents if isinstance(intent, Carry) and "outreach" in intent.step]


ALERT = Playbook("x", "X", "x", Trigger(rule="r"), MILD.steps, Exits(None, 0, 30 * 3600, 9 * 3600))


@pytest.mark.parametrize(
    ("playbook", "fact", "waits"),
    [
        (MILD, BandMoved(11 * STEP, Band.CRITICAL), False),
        (MILD, BandMoved(11 * STEP, Band.STABLE), False),
        (MILD, BandMoved(11 * STEP, Band.AT_RISK), True),
        (MILD, ConditionEnded(11 * STEP), True),
        (MILD, Churned(11 * STEP), False),
        (ALERT, ConditionEnded(11 * STEP), False),
        (ALERT, BandMoved(11 * STEP, Band.STABLE), True),
    ],
)
def test_what_waits_begins_if_it_still_holds(playbook, fact, waits):
    closed = Course(closed={playbook.id: 9 * STEP})
    state = decide(closed, [Triggered(10 * STEP, playbook, "again"), fact], 17 * STEP)

    assert state.due == (18 * STEP if waits else None)
    assert bool(decide(state.state, [], 18 * STEP).state.active) is waits


def test_a_reply_waits_since_the_first_that_nobody_looked_at():
    replies = [Replied(5, leaving=False), Replied(7, leaving=False)]

    assert decide(opened(MILD), replies, 7).state.reply_at == 5


def test_nothing_waits_for_the_end_of_a_run():
    soon = replace(MILD, exits=replace(MILD.exits, reentry_s=0))
    running = decide(Course(closed={"grave": 0}), [Triggered(STEP, soon, "fell")], STEP).state

    found = decide(running, [Triggered(2 * STEP, GRAVE, "fell far")], 2 * STEP)

    assert found.state.waiting is None
    assert "it waits" not in next(each.because for each in found.intents if isinstance(each, Skipped))


def test_an_event_is_over_and_does_not_wait():
    playbook = replace(MILD, trigger=Trigger(event="signed_in"))
    closed = Course(closed={"mild": 9 * STEP})

    assert decide(closed, [Triggered(10 * STEP, playbook, "signed in")], 10 * STEP).due is None


def test_what_supersedes_waits_in_the_place_of_what_it_supersedes():
    closed = Course(closed={"grave": 9 * STEP})
    facts = [Triggered(10 * STEP, GRAVE, "fell far"), Triggered(11 * STEP, MILD, "fell")]

    assert decide(closed, facts, 11 * STEP).state.waiting == facts[0]
    assert decide(closed, facts[::-1], 11 * STEP).state.waiting == facts[0]


@pytest.mark.parametrize("end", Band)
@pytest.mark.parametrize("start", [None, *Band])
def test_only_falling_into_a_band_starts_a_playbook(start, end):
    found = [name for name, each in SHIPPED.items() if fires(each, BandEntered(0, end, start))]

    fell = start is None or BANDS.index(end) < BANDS.index(start)
    assert found == ([end] if fell and end in SHIPPED else [])


def test_alerts_and_events_start_what_names_them():
    event = replace(MILD, trigger=Trigger(event="signed_in"))

    assert [name for name, each in SHIPPED.items() if fires(each, AlertOpened(0, "payment_failure"))] == [
        "billing_recovery"
    ]
    assert fires(event, EventHappened(0, "signed_in"))
    assert not fires(event, EventHappened(0, "signed_out"))
    assert not fires(replace(event, enabled=False), EventHappened(0, "signed_in"))


def test_of_a_run_before_only_what_went_out_is_told():
    state = decide(opened(MILD), [Triggered(STEP, GRAVE, "fell far")], STEP).state
    answers = [Reported(2 * STEP, 1, "write", end) for end in End]

    found = decide(state, [*answers, Done(2 * STEP, 1, "write", "ada")], 2 * STEP)

    told = [intent for intent in found.intents if isinstance(intent, StepEnded) and intent.run == 1]
    assert [intent.end for intent in told] == [End.SENT, End.UNCERTAIN]


def test_a_step_that_is_not_known_changes_nothing():
    state = opened(MILD)

    assert decide(state, [Reported(1, 1, "nothing", End.SENT), Approved(1, 9, "write", "ada")], 1).state == state


STORED = sorted((Path(__file__).parent / "states").glob("*.json"))


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_state_that_was_stored_once_is_read_and_goes_on(path):
    """Sleeping runs survive an upgrade: nothing in a stored state is forgotten by a later version."""
    state = msgspec.json.decode(path.read_bytes(), type=Course)

    assert msgspec.json.decode(msgspec.json.encode(state)) == msgspec.json.decode(path.read_bytes())
    assert decide(state, [], START + 40 * DAY_US).state.run.outcome is Outcome.NOT_RECOVERED


def test_there_are_stored_states_of_both_playbooks():
    found = {msgspec.json.decode(path.read_bytes(), type=Course).run.playbook.id for path in STORED}

    assert found == {"at_risk", "critical"}


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_asked_once_at_the_end_is_the_same(name):
    facts = facts_of(SCENARIOS[name])
    end = max(fact.at for fact in facts)
    state, said = None, []
    for now in sorted({fact.at for fact in facts}):
        found = decide(state, [fact for fact in facts if fact.at == now], now)
        state, said = found.state, [*said, *found.intents]

    assert decide(None, facts, end) == replace_intents(found, said)


def replace_intents(decision, said):
    return type(decision)(decision.state, tuple(said), decision.due)


def test_the_conditions_of_the_designed_playbooks_are_the_ones_known():
    assert {step.condition for each in SHIPPED.values() for step in each.steps} == set(Condition)
