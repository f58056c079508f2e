"""Tasks for colleagues: one for each step that a person does."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from keepwell.store.database import Session


class State(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"  # nobody needs it any more, or it is too late


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One task. Instants are microseconds.

    Attributes:
        id: its number.
        customer, purpose, run, step: the step it is of.
        roles: names separated by commas.
        message: the template of a script, or empty.
        expires_at: until when it is wanted.
        note: what came of it.
        closed_at, by: when it was closed, and by whom; None while it is open.
    """

    id: int = 0
    customer: int
    purpose: str
    run: int
    step: str
    action: str
    audience: str
    roles: str
    priority: str
    objective: str
    message: str
    because: str
    held_out: int
    created_at: int
    expires_at: int
    state: str = State.OPEN
    note: str = ""
    closed_at: int | None = None
    by: str | None = None


_FIELDS = Task.__struct_fields__
_SELECT = f"SELECT {', '.join(_FIELDS)} FROM task"
_STEP = "customer = ? AND purpose = ? AND run = ? AND step = ?"
Step = tuple[int, str, int, str]
"""Customer, purpose, number of the run, and id of the step."""


def put(session: Session, task: Task) -> None:
    """Give a task, its `id` aside; what the step had before is replaced, and keeps its number."""
    number = int(session.one("SELECT COALESCE(MAX(id), 0) FROM task")) + 1
    told = ", ".join(f"{name} = excluded.{name}" for name in _FIELDS[5:])
    session.run(
        f"INSERT INTO task ({', '.join(_FIELDS)}) VALUES ({', '.join('?' for _ in _FIELDS)})"
        f" ON CONFLICT (customer, purpose, run, step) DO UPDATE SET {told}",
        (number, *msgspec.structs.astuple(task)[1:]),
    )


class Closing(NamedTuple):
    """How a task is closed: its state, when, by whom, and what came of it."""

    state: State
    at: int
    by: str
    note: str = ""


_CLOSE = "UPDATE task SET state = ?, closed_at = ?, by = ?, note = ?"


def close(session: Session, step: Step, closing: Closing) -> bool:
    """Close the open task of a step; False when there is none."""
    session.run(f"{_CLOSE} WHERE {_STEP} AND state = 'open'", (*_values(closing), *step))
    return session.changed == 1


def close_anyway(session: Session, number: int, closing: Closing) -> None:
    """Close a task, or write anew how it was closed."""
    session.run(f"{_CLOSE} WHERE id = ?", (*_values(closing), number))


def _values(closing: Closing) -> tuple[str, int, str, str]:
    return str(closing.state), closing.at, closing.by, closing.note


def find(session: Session, number: int) -> Task | None:
    """A task by its number."""
    return _first(session, f"{_SELECT} WHERE id = ?", (number,))


def of_step(session: Session, step: Step) -> Task | None:
    """The task of a step."""
    return _first(session, f"{_SELECT} WHERE {_STEP}", step)


def of_run(session: Session, customer: int, purpose: str, run: int) -> list[Task]:
    """The tasks of a run, the oldest first."""
    where = "customer = ? AND purpose = ? AND run = ?"
    return _all(session, f"{_SELECT} WHERE {where} ORDER BY created_at, id", (customer, purpose, run))


def for_audience(session: Session, audience: str, limit: int) -> list[Task]:
    """Open tasks of an audience, the oldest first."""
    where = "state = 'open' AND audience = ?"
    return _all(session, f"{_SELECT} WHERE {where} ORDER BY created_at, id LIMIT ?", (audience, limit))


_URGENT = "CASE priority WHEN 'emergency' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END"


def listed(session: Session, limit: int, state: str = "", customer: int | None = None, action: str = "") -> list[Task]:
    """Tasks, open ones first, the most urgent first, then those that end soonest; what is empty means all."""
    told = [("state = ?", state), ("customer = ?", customer), ("action = ?", action)]
    conditions = [(text, value) for text, value in told if value not in ("", None)]
    where = f" WHERE {' AND '.join(text for text, _ in conditions)}" if conditions else ""
    order = f"CASE state WHEN 'open' THEN 0 ELSE 1 END, {_URGENT}, expires_at, id"
    values = (*(value for _, value in conditions), limit)
    return _all(session, f"{_SELECT}{where} ORDER BY {order} LIMIT ?", values)


def _all(session: Session, statement: str, given: Sequence[object]) -> list[Task]:
    return [msgspec.convert(dict(zip(_FIELDS, row, strict=True)), Task) for row in session.run(statement, given)]


def _first(session: Session, statement: str, given: Sequence[object]) -> Task | None:
    found = _all(session, statement, given)
    return found[0] if found else None
