"""What happens to a customer, as facts of the runs for one purpose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from keepwell.interventions.facts import BandMoved, Churned, ConditionBack, ConditionEnded, Fact, Returned, Triggered
from keepwell.interventions.holdout import assign
from keepwell.interventions.playbook import (
    AlertEnded,
    AlertOpened,
    BandEntered,
    EventHappened,
    Happening,
    Playbook,
    fires,
)
from keepwell.interventions.run import Course

LEFT = "subscription_cancelled"
BACK = "subscription_renewed"
SPOKEN = (LEFT, BACK)
"""Events that say whether somebody is a customer."""


def heard(
    happening: Happening, customer: str, playbooks: Iterable[Playbook], course: Course | None, now: int
) -> Iterator[Fact]:
    """The facts of something that happened, stamped with the moment at which they are taken.

    Args:
        customer: its own id: who is held out follows from it.
        playbooks: in force, of one purpose.
        course: of that purpose, so far.
        now: microseconds.
    """
    yield from _news(happening, course, now)
    for playbook in playbooks:
        if fires(playbook, happening):
            given = assign(customer, playbook, now)
            band = happening.end if isinstance(happening, BandEntered) else None
            yield Triggered(now, playbook, _because(happening), given.held_out, given.propensity, band)


def _news(happening: Happening, course: Course | None, now: int) -> Iterator[Fact]:
    active = course.active if course else None
    rule = active.playbook.trigger.rule if active else None
    match happening:
        case BandEntered(end=end):
            yield BandMoved(now, end)
        case AlertOpened(rule=opened) if opened == rule:
            yield ConditionBack(now)
        case AlertEnded(rule=ended) if ended == rule:
            yield ConditionEnded(now, "the alert that opened the run ended")
        case EventHappened(event="subscription_cancelled"):
            yield Churned(now, "the subscription was cancelled")
        case EventHappened(event="subscription_renewed"):
            yield Returned(now)


def _because(happening: Happening) -> str:
    """Why a playbook is triggered, in words."""
    match happening:
        case BandEntered(end=end, start=start):
            now, before = (str(each or "").replace("_", " ") for each in (end, start))
            return f"the band fell from {before} to {now}" if start else f"the band is {now}"
        case AlertOpened(rule=rule) | AlertEnded(rule=rule):
            return f"the alert {rule} opened"
        case EventHappened(event=event):
            return f"{event} happened"
