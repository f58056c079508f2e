"""When something happens by itself: the start of a run that waits, steps, their ends, and the end of a run."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.interventions.playbook import Playbook
from keepwell.interventions.run import Course, Run
from keepwell.interventions.stage import Stage
from keepwell.scores.bands import BANDS, Band

UNAPPROVED_US: Final = 4 * HOUR_US
"""A step that nobody approved for so long becomes a task for the CSM."""
IMPROVED: Final = 3.0
"""Points that behaviour has to bring to be an improvement."""


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


def improvement(run: Run) -> str:
    """What improved since the start, in words, or nothing. A call is contact, and a better band may be roll-off."""
    if run.over_since is not None:
        return "the condition that opened the run has ended"
    if run.behaviour >= IMPROVED:
        return f"behaviour brought {run.behaviour:+.1f} points since the start"
    if run.replied_well and not run.speaks_of_leaving:
        return "the customer replied and does not speak of leaving"
    return ""


def held(course: Course, at: int) -> str:
    """Why nothing goes to the customer at an instant, or nothing."""
    if at < course.call_until:
        return "a call holds messages for 24 hours"
    return _held_by_state(course)


def _held_by_state(course: Course) -> str:
    """The same, of holds that end with a fact and not with time."""
    if course.reply_at is not None:
        return "a reply waits for a person to look at it"
    if course.active and course.active.recovering_since is not None:
        return "the customer is recovering"
    return ""


def is_going(course: Course, run: int, step: str) -> bool:
    """Whether a step is in the hands of the machine: asked again when it is carried out, with the newest state."""
    active = course.active
    if active is None or active.number != run:
        return False
    states = zip(active.playbook.steps, active.steps, strict=True)
    return any(each.id == step and state.stage is Stage.GOING for each, state in states)


def is_good(playbook: Playbook, band: Band | None) -> bool:
    """Whether a customer in this band counts as recovering."""
    wanted = playbook.exits.band
    return band is not None and wanted is not None and BANDS.index(band) >= BANDS.index(wanted)


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
    state = run.steps[place]
    yield Due(expiry(run, place), Kind.EXPIRY, place)
    if state.stage is Stage.ASKED and state.asked_at is not None:
        yield Due(state.asked_at + UNAPPROVED_US, Kind.PATIENCE, place)
    if state.stage is not Stage.WAITING:
        return
    if not run.playbook.steps[place].to_customer:
        yield Due(planned, Kind.HANDING, place)
    elif not _held_by_state(course):
        yield Due(max(planned, course.call_until, course.free_from), Kind.HANDING, place)
