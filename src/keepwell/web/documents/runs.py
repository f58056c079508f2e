"""Runs as documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from keepwell.runtime.ports.runs import RunCounts, RunLine, RunPage
from keepwell.web.documents.told import Instant, told


class Run(msgspec.Struct, frozen=True):
    """A run of a playbook. `waits` says what holds what goes to the customer; `outcome` is null while it is active."""

    id: int
    customer_id: str
    customer_name: str
    purpose: str
    playbook: str
    title: str
    version: str
    because: str
    started_at: Instant
    held_out: bool
    propensity: float
    done: int
    steps: int
    waits: str
    reply_at: Instant | None
    next_at: Instant | None
    next_step: str
    behaviour: float
    closed_at: Instant | None
    outcome: str | None


class RunSums(msgspec.Struct, frozen=True):
    """How many are active, held out of these, held, overdue; and closed in 30 days by outcome."""

    active: int
    held_out: int
    held: int
    overdue: int
    closed: Mapping[str, int]


class RunList(msgspec.Struct, frozen=True):
    """A part of the list; `total` counts all that match. `next` is the cursor of the part after it, null at the end."""

    runs: Sequence[Run]
    total: int
    next: str | None
    counts: RunSums


class RunStep(msgspec.Struct, frozen=True):
    """A step of a run; `end` is null before it ended. `message` and `task` are numbers of what was made of it."""

    id: str
    action: str
    audience: str
    roles: Sequence[str]
    objective: str
    priority: str
    condition: str
    stage: str
    end: str | None
    planned_at: Instant | None
    ended_at: Instant | None
    because: str
    message: int | None
    task: int | None


class RunChange(msgspec.Struct, frozen=True):
    """A line of the history of a run."""

    at: Instant
    kind: str
    step: str
    because: str
    by: str


class RunTold(msgspec.Struct, frozen=True):
    """A run with its steps in their order, and its history, the newest first."""

    run: Run
    steps: Sequence[RunStep]
    history: Sequence[RunChange]


class RunActed(msgspec.Struct, frozen=True):
    """The run afterwards; `changed` is false when it was over already, or no reply held it."""

    changed: bool
    run: Run


def run(line: RunLine) -> Run:
    return told(Run, line)


def sums(counts: RunCounts) -> RunSums:
    return told(RunSums, counts)


def page(found: RunPage) -> RunTold:
    return RunTold(
        run(found.line),
        [told(RunStep, each) for each in found.steps],
        [told(RunChange, each) for each in found.history],
    )
