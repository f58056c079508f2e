"""Tasks as documents."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keepwell.runtime.ports.tasks import TaskLine, TaskPage
from keepwell.web.documents.told import Fact, Instant, told


class Task(msgspec.Struct, frozen=True):
    """Something that only a person can do, wanted until `expires_at`. `roles` are empty when it is for the CSM."""

    id: int
    customer_id: str
    customer_name: str
    run: int
    playbook: str
    title: str
    step: str
    action: str
    audience: str
    roles: Sequence[str]
    priority: str
    objective: str
    because: str
    message: int | None
    held_out: bool
    created_at: Instant
    expires_at: Instant
    state: str
    note: str
    closed_at: Instant | None
    by: str


class TaskList(msgspec.Struct, frozen=True):
    """A part of the list; `total` counts all that match. `next` is the cursor of the part after it, null at the end."""

    tasks: Sequence[Task]
    total: int
    next: str | None


class Reach(msgspec.Struct, frozen=True):
    """A way to reach somebody."""

    label: str
    value: str


class TaskTold(msgspec.Struct, frozen=True):
    """A task with its script, the facts that may be said, how the customer is reached, and what the Expert finds."""

    task: Task
    script: Sequence[str]
    facts: Sequence[Fact]
    reach: Sequence[Reach]
    findings: Sequence[str]


class TaskActed(msgspec.Struct, frozen=True):
    """The task afterwards; `changed` is false when it was closed already."""

    changed: bool
    task: Task


def task(line: TaskLine) -> Task:
    return told(Task, line)


def page(found: TaskPage) -> TaskTold:
    return TaskTold(
        task(found.line),
        found.script,
        [told(Fact, each) for each in found.facts],
        [Reach(*each) for each in found.reach],
        found.findings,
    )
