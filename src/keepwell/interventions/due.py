"""When something happens by itself: the start of a run that waits, steps, their ends, and the end of a run."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.interventions.playbook import Playbook
from keepwell.interventions.run import Course, Run
from keepwell.interventions.stage import Stage
from keepwell.interventions.standing import held_for_long

UNAPPROVED_US: Final = 4 * HOUR_US
"""A step that nobody approved for so long becomes a task for the CSM."""


class Kind(IntEnum):
    """What happens by itself, in the order of one instant."""

    REENTRY = 0
    RECOVERY = 1
    GIVING_UP = 2
    EXPIRY = 3
    PATIENCE = 4
    HANDING = 5


class Due(NamedTuple):
    """Something that happens by itself; `place` is that of a step, -1 when it is not about one."""

    at: int
    kind: Kind
    place: int = -1


def first_due(course: Course) -> Due | None:
    """What happens next by itself."""
    return min(_dues(course), default=None)


def startable_at(course: Course, playbook: Playbook) -> int:
    """From when on a playbook may start again; 0 when it always may. What it supersedes does not keep it waiting."""
    others = (at for name, at in course.closed.items() if name not in playbook.supersedes)
    last = max(others, default=None)
    return 0 if last is None else last + playbook.exits.reentry_s * SECOND_US


def planned_at(run: Run, place: int) -> int | None:
    """When a step is to be handed out, holds aside; None while the step to the customer before it is not over."""
    state, step = run.steps[place], run.playbook.steps[place]
    if state.planned_at is not None:
        return state.planned_at
    at = run.started_at + step.delay_s * SECOND_US
    before = next((each for each in reversed(range(place)) if run.playbook.steps[each].to_customer), None)
    if not step.to_customer or before is None:
        return at
    ended = run.steps[before].ended_at
    gap = step.delay_s - run.playbook.steps[before].delay_s if step.gap_s is None else step.gap_s
    return None if ended is None else max(at, ended + gap * SECOND_US)


def expiry(run: Run, place: int) -> int:
    """When a step that has its time expires."""
    planned = planned_at(run, place)
    if planned is None:
        msg = f"{run.playbook.steps[place].id} has no time yet"
        raise ValueError(msg)
    return planned + run.playbook.steps[place].deadline_s * SECOND_US


def _dues(course: Course) -> Iterator[Due]:
    run = course.active
    if run is None:
        if course.waiting:
            yield Due(startable_at(course, course.waiting.playbook), Kind.REENTRY)
        return
    exits = run.playbook.exits
    if run.recovering_since is not None:
        yield Due(run.recovering_since + exits.stable_s * SECOND_US, Kind.RECOVERY)
    yield Due(run.started_at + exits.give_up_s * SECOND_US, Kind.GIVING_UP)
    for place, state in enumerate(run.steps):
        planned = planned_at(run, place) if state.end is None else None
        if planned is not None:
            yield from _dues_of(course, run, place, planned)


def _dues_of(course: Course, run: Run, place: int, planned: int) -> Iterator[Due]:
    """The same of one step that is not over and has its time."""
    state, step = run.steps[place], run.playbook.steps[place]
    yield Due(planned + step.deadline_s * SECOND_US, Kind.EXPIRY, place)
    if state.stage is Stage.ASKED and state.asked_at is not None:
        yield Due(state.asked_at + UNAPPROVED_US, Kind.PATIENCE, place)
    if state.stage is not Stage.WAITING:
        return
    if not step.to_customer:
        yield Due(planned, Kind.HANDING, place)
    elif not held_for_long(course):
        yield Due(max(planned, course.call_until, course.free_from), Kind.HANDING, place)
