"""How a run stands: what improved, what holds it, which step is on its way."""

from __future__ import annotations

from typing import Final

from keepwell.interventions.playbook import Playbook
from keepwell.interventions.run import Course, Run
from keepwell.interventions.stage import Stage
from keepwell.scores.bands import BANDS, Band

IMPROVED: Final = 3.0
"""Points that behaviour has to bring to be an improvement."""


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
    return held_for_long(course)


def held_for_long(course: Course) -> str:
    """The same, of holds that end when something happens and not with time."""
    if course.reply_at is not None:
        return "a reply waits for a person to look at it"
    if course.active and course.active.recovering_since is not None:
        return "the customer is recovering"
    return ""


def is_going(course: Course, run: int, step: str) -> bool:
    """Whether a step is in the hands of the machine: asked again when it is carried out, with the newest state."""
    return _stage(course, run, step) is Stage.GOING


def may_go(course: Course, run: int, step: str) -> bool:
    """Whether an approval would hand a step to the machine, or it is there already."""
    return _stage(course, run, step) in (Stage.ASKED, Stage.TASK, Stage.GOING)


def _stage(course: Course, run: int, step: str) -> Stage | None:
    """Where a step of the active run stands; None when the run is over, or another one."""
    active = course.active
    if active is None or active.number != run:
        return None
    states = zip(active.playbook.steps, active.steps, strict=True)
    return next((state.stage for each, state in states if each.id == step), None)


def is_good(playbook: Playbook, band: Band | None) -> bool:
    """Whether a customer in this band counts as recovering."""
    wanted = playbook.exits.band
    return band is not None and wanted is not None and BANDS.index(band) >= BANDS.index(wanted)
