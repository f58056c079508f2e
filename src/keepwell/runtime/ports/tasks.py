"""Tasks as pages, the API and the command line read them, and what people do with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.messages import FactLine


class TaskRefusedError(KeepwellError):
    """Something that cannot be done with a task."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}. Nothing was changed")


class TasksWanted(msgspec.Struct, frozen=True):
    """Which tasks; what is empty means all."""

    state: str = "open"
    customer_id: str | None = None
    action: str = ""
    role: str = ""


class TaskLine(msgspec.Struct, frozen=True, kw_only=True):
    """One task. Instants are microseconds.

    Attributes:
        id: its number.
        run: the number of its run.
        action: as of a step: phone_call, custom_solution, task, executive_escalation, executive_involvement,
            expert_consultation, or outreach for a message that nobody approved.
        roles: for whom, when it is not for the CSM.
        message: the number of the message that it is about; None when it is about none.
        held_out: whether the customer is held out: then nobody contacts them because of it.
        expires_at: until when it is wanted.
        state: open, done or dropped.
        note: what came of it.
    """

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
    created_at: int
    expires_at: int
    state: str
    note: str
    closed_at: int | None
    by: str


class TasksPart(msgspec.Struct, frozen=True):
    """A part of a list, the most urgent first; `total` counts all that are wanted."""

    lines: Sequence[TaskLine]
    total: int


class TaskPage(msgspec.Struct, frozen=True):
    """A task with what it needs.

    Attributes:
        script: what to say, a paragraph each; nothing when there is none.
        facts: what is known and may be said.
        reach: how the customer is reached: labels and values, as ("Anna Weber", "anna@example.org").
        findings: what the Expert finds now, in words.
    """

    line: TaskLine
    script: Sequence[str]
    facts: Sequence[FactLine]
    reach: Sequence[tuple[str, str]]
    findings: Sequence[str]


class Tasks(Protocol):
    """What is known of tasks."""

    def part(self, wanted: TasksWanted, start: int, limit: int) -> TasksPart: ...

    def task(self, number: int) -> TaskPage | None:
        """A task; None when there is none of this number."""
        ...

    def close(self, number: int, by: str, note: str, *, done: bool = True) -> bool:
        """It is done, or not wanted (then `note` is the reason); False when it is closed already.

        Raises:
            TaskRefusedError: there is no such task, or a reason is missing.
        """
        ...

    def called(self, number: int, by: str, *, held: bool) -> None:
        """A call was booked, or held: for 24 hours nothing else goes to the customer.

        Raises:
            TaskRefusedError: there is no such task.
        """
        ...

    def calendar(self, number: int, at: int) -> bytes | None:
        """The call as a file of iCalendar, beginning at a moment; None when there is no such task."""
        ...
