"""Playbooks and facts for the laws: everything happens in steps of an hour, and every limit is a few of them."""

from hypothesis import strategies as st

from keepwell.base.time import HOUR_US
from keepwell.interventions.facts import (
    Approved,
    BandMoved,
    Behaved,
    Called,
    Churned,
    ConditionBack,
    ConditionEnded,
    Done,
    Looked,
    Rejected,
    Replied,
    Reported,
    Returned,
    Stopped,
    Triggered,
)
from keepwell.interventions.playbook import Action, Audience, Condition, Exits, Playbook, Step, Trigger
from keepwell.interventions.stage import End
from keepwell.scores.bands import Band

STEP = HOUR_US


def step(name, action, hours, audience=Audience.CUSTOMER, **more):
    return Step(name, action, hours * 3600, audience, **({"deadline_s": 9 * 3600} | more))


def playbook(name, band, steps, **more):
    exits = Exits(Band.STABLE, 3 * 3600, 30 * 3600, 9 * 3600)
    return Playbook(name, name, "retention", Trigger(band), steps, exits, **more)


MILD = playbook(
    "mild",
    Band.AT_RISK,
    (
        step("write", Action.OUTREACH, 0),
        step("consult", Action.EXPERT_CONSULTATION, 1, Audience.CSM),
        step("show", Action.VALUE_DEMONSTRATION, 2, approval="auto", gap_s=1800),
        step("visit", Action.TASK, 3, Audience.CSM),
        step(
            "escalate",
            Action.EXECUTIVE_ESCALATION,
            9,
            Audience.ROLES,
            condition=Condition.NO_IMPROVEMENT,
            roles=("vp",),
        ),
    ),
    holdout=0.1,
)
GRAVE = playbook(
    "grave",
    Band.CRITICAL,
    (
        step("call", Action.PHONE_CALL, 0, Audience.CSM),
        step("write", Action.OUTREACH, 1, approval="auto_after_3", gap_s=3 * 3600),
        step("solve", Action.CUSTOM_SOLUTION, 2, Audience.ROLES, roles=("team",)),
    ),
    supersedes=("mild",),
)
STEPS = ("write", "consult", "show", "visit", "escalate", "call", "solve", "nothing")


def fact_at(at):
    """Anything that may happen at a moment; triggers and answers come more often than the rest."""
    who, run, name = st.sampled_from(("ada", "bob")), st.sampled_from((1, 1, 2)), st.sampled_from(STEPS)
    book, band = st.sampled_from((MILD, MILD, GRAVE)), st.sampled_from(Band)
    triggered = st.builds(Triggered, st.just(at), book, st.just("the band fell"), st.booleans(), st.just(0.1), band)
    answers = [st.builds(kind, st.just(at), run, name, who) for kind in (Approved, Done, Rejected)]
    reported = st.builds(Reported, st.just(at), run, name, st.sampled_from(End))
    return st.one_of(
        triggered, triggered, triggered, *answers, reported, reported,
        band.map(lambda band: BandMoved(at, band)),
        st.booleans().map(lambda leaving: Replied(at, leaving)),
        st.booleans().map(lambda held: Called(at, held)),
        st.sampled_from((-9.0, 2.9, 3.0)).map(lambda points: Behaved(at, points)),
        st.sampled_from((Looked(at, "ada"), ConditionEnded(at), ConditionBack(at), Churned(at), Returned(at))),
        run.map(lambda number: Stopped(at, number, "ada")),
    )  # fmt: skip


def facts(moments):
    """One fact for each moment: a tuple in their order."""
    return st.tuples(*map(fact_at, moments))
