"""When something happens in a run by itself: its steps, their ends, and its own."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.interventions.playbook import Playbook
from keepwell.interventions.run import Run, Stage
from keepwell.scores.bands import BANDS, Band

UNAPPROVED_US: Final = 4 * HOUR_US
"""A step that nobody approved for so long becomes a task for the CSM."""
IMPROVED: Final = 3.0
"""Points that behaviour has to bring to be an improvement."""


class Kind(IntEnum):
    """What happens by itself, in the order of one instant."""

    RECOVERY = 0
    GIVING_UP = 1
    EXPIRY = 2
    PATIENCE = 3
    HANDING = 4


class Due(NamedTuple):
    """Something that happens by itself; `place` is that of a step, -1 when it is about the run."""

    at: int
    kind: Kind
    place: int = -1


def improvement(run: Run) -> str:
    """What improved since the start, in words, or nothing. A call is contact, and a better band may be roll-off."""
    if run.over_since is not None:
        return "the condition that opened the run has ended"
    if run.behaviour >= IMPROVED:
        return f"behaviour brought {run.behaviour:+.1f} points since the start"
    if run.replied_well and not run.speaks_of_leaving:
        return "the customer replied and does not speak of leaving"
    return ""


def is_held(run: Run, at: int) -> bool:
    """Whether nothing goes to the customer at an instant: a reply waits to be looked at, or there was a call."""
    return run.reply_at is not None or at < run.call_until


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


def dues(run: Run) -> Iterator[Due]:
    """Everything that happens by itself, and when."""
    exits = run.playbook.exits
    since = run.over_since if exits.band is None else run.calm_since
    if since is not None:
        yield Due(since + exits.stable_s * SECOND_US, Kind.RECOVERY)
    yield Due(run.started_at + exits.give_up_s * SECOND_US, Kind.GIVING_UP)
    for place, state in enumerate(run.steps):
        planned = planned_at(run, place) if state.end is None else None
        if planned is not None:
            yield from _dues_of(run, place, planned)


def _dues_of(run: Run, place: int, planned: int) -> Iterator[Due]:
    """The same of one step that is not over and has its time."""
    state, step = run.steps[place], run.playbook.steps[place]
    yield Due(planned + step.deadline_s * SECOND_US, Kind.EXPIRY, place)
    if state.stage is Stage.ASKED and state.asked_at is not None:
        yield Due(state.asked_at + UNAPPROVED_US, Kind.PATIENCE, place)
    if state.stage is not Stage.WAITING:
        return
    if not step.to_customer:
        yield Due(planned, Kind.HANDING, place)
    elif run.reply_at is None:
        yield Due(max(planned, run.call_until, run.free_from), Kind.HANDING, place)


def expiry(run: Run, place: int) -> int:
    planned = planned_at(run, place) or run.started_at
    return planned + run.playbook.steps[place].deadline_s * SECOND_US


def is_good(playbook: Playbook, band: Band) -> bool:
    """Whether a customer in this band counts as recovering."""
    wanted = playbook.exits.band
    return wanted is not None and BANDS.index(band) >= BANDS.index(wanted)
