"""Runs of playbooks as pages, the API and the command line read them, and what people do with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from keepwell.base.errors import KeepwellError


class RunRefusedError(KeepwellError):
    """Something that cannot be done with a run."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}. Nothing was changed")


class RunsWanted(msgspec.Struct, frozen=True):
    """Which runs; what is empty means all. `active` is None for active and closed ones."""

    active: bool | None = True
    playbook: str = ""
    customer_id: str | None = None
    held_out: bool | None = None
    outcome: str = ""


class RunLine(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Instants are microseconds.

    Attributes:
        id: its number.
        title: of the playbook.
        version: of the playbook it began with.
        because: what triggered it.
        done, steps: how many of its steps have ended, of how many.
        waits: what holds what goes to the customer, in words; empty when nothing does.
        reply_at: since when a reply waits for a person to look at it; None when none does.
        next_at, next_step: what happens next by itself; None and empty when nothing does.
        outcome: how it ended; None while it is active.
        behaviour: points that the customer's behaviour brought to the score since the start.
    """

    id: int
    customer_id: str
    customer_name: str
    purpose: str
    playbook: str
    title: str
    version: str
    because: str
    started_at: int
    held_out: bool
    propensity: float
    done: int
    steps: int
    waits: str
    next_at: int | None
    next_step: str
    behaviour: float
    closed_at: int | None
    outcome: str | None
    reply_at: int | None = None


class RunsPart(msgspec.Struct, frozen=True):
    """A part of a list, what happens next first, closed ones last; `total` counts all that are wanted."""

    lines: Sequence[RunLine]
    total: int


class StepLine(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a run.

    Attributes:
        stage: waiting, asked, going, task or ended.
        end: how it ended, as `sent`; None before.
        planned_at: when it is, or was, to be handed out; None while the step before it is not over.
        ended_at, because: when it ended, and why.
        message, task: numbers of what was made of it; None when there is none.
        assessment: the customer's diagnosis is what came of it.
    """

    id: str
    action: str
    audience: str
    roles: Sequence[str]
    objective: str
    priority: str
    condition: str
    stage: str
    end: str | None
    planned_at: int | None
    ended_at: int | None
    because: str
    message: int | None
    task: int | None


class RunHistory(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the history of a customer's runs; `step` and `by` are empty where there is none."""

    run: int | None
    playbook: str
    at: int
    kind: str
    step: str
    because: str
    by: str


class RunPage(msgspec.Struct, frozen=True):
    """A run with its steps in their order, and its history, the newest first."""

    line: RunLine
    steps: Sequence[StepLine]
    history: Sequence[RunHistory]


class RunCounts(msgspec.Struct, frozen=True):
    """How many are active, held out of these, held by a reply or a call, overdue; and closed in 30 days by outcome."""

    active: int
    held_out: int
    held: int
    overdue: int
    closed: Mapping[str, int]


class Runs(Protocol):
    """What is known of runs."""

    def counts(self) -> RunCounts: ...

    def part(self, wanted: RunsWanted, start: int, limit: int) -> RunsPart: ...

    def run(self, number: int) -> RunPage | None:
        """A run; None when there is none of this number."""
        ...

    def history(self, customer_id: str, limit: int) -> Sequence[RunHistory]:
        """What happened in a customer's runs, the newest first."""
        ...

    def stop(self, number: int, by: str, reason: str) -> bool:
        """End a run; False when it is over.

        Raises:
            RunRefusedError: there is no such run, or no reason is given.
        """
        ...

    def looked(self, number: int, by: str) -> bool:
        """A person looked at the reply that holds a run; False when none does.

        Raises:
            RunRefusedError: there is no such run.
        """
        ...
