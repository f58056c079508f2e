"""The tables of interventions: states of runs, what became of them, tasks, and what is said to customers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Float, Index, MetaData, PrimaryKeyConstraint, Table

from keepwell.store.columns import integer, text

STEP = ("customer", "purpose", "run", "step")
_WHOLE = ("customer", "run")


def add_tables(metadata: MetaData) -> None:
    _happenings(metadata)
    _runs(metadata)
    _tasks(metadata)
    _messages(metadata)
    _words(metadata)


def _step() -> Iterator[Column[Any]]:
    for name in STEP:
        yield integer(name) if name in _WHOLE else text(name)


def _happenings(metadata: MetaData) -> None:
    Table(
        "happening",
        metadata,
        *(integer(name) for name in ("customer", "at")),
        *(text(name) for name in ("kind", "what", "was")),
        PrimaryKeyConstraint("customer", "at", "kind", "what"),
    )


def _runs(metadata: MetaData) -> None:
    course = Table(
        "course",
        metadata,
        integer("customer"),
        *(text(name) for name in ("purpose", "state")),
        integer("due_at"),
        PrimaryKeyConstraint("customer", "purpose"),
    )
    Index("course_by_due", course.c.due_at)
    run = Table(
        "run",
        metadata,
        *(integer(name) for name in ("id", "customer")),
        text("purpose"),
        integer("number"),
        *(text(name) for name in ("playbook", "version", "because")),
        integer("started_at"),
        integer("held_out"),
        Column("propensity", Float, nullable=False),
        integer("closed_at", optional=True),
        text("outcome", optional=True),
        PrimaryKeyConstraint("id"),
    )
    Index("run_by_name", run.c.customer, run.c.purpose, run.c.number, unique=True)
    Index("run_by_playbook", run.c.playbook, run.c.started_at)
    Index("run_by_end", run.c.closed_at, run.c.started_at)
    line = Table(
        "run_line",
        metadata,
        integer("customer"),
        text("purpose"),
        *(integer(name) for name in ("place", "run", "at")),
        *(text(name) for name in ("kind", "step", "because", "by")),
        PrimaryKeyConstraint("customer", "purpose", "place"),
    )
    Index("run_line_by_moment", line.c.at)


def _tasks(metadata: MetaData) -> None:
    task = Table(
        "task",
        metadata,
        integer("id"),
        *_step(),
        *(text(name) for name in ("action", "audience", "roles", "priority", "objective", "message", "because")),
        *(integer(name) for name in ("held_out", "created_at", "expires_at")),
        *(text(name) for name in ("state", "note")),
        integer("closed_at", optional=True),
        text("by", optional=True),
        PrimaryKeyConstraint("id"),
    )
    Index("task_by_step", *(task.c[name] for name in STEP), unique=True)
    Index("task_by_state", task.c.state, task.c.expires_at)


def _messages(metadata: MetaData) -> None:
    message = Table(
        "message",
        metadata,
        integer("id"),
        *(text(name) for name in ("key", "name", "token")),
        *_step(),
        *(text(name) for name in ("playbook", "template", "parts", "contact", "channel", "recipient")),
        *(text(name) for name in ("draft", "digest", "approvals", "state", "because")),
        *(integer(name) for name in ("needs_approval", "auto_after", "changed", "together", "told")),
        *(integer(name) for name in ("made_at", "due_at", "expires_at")),
        integer("ended_at", optional=True),
        PrimaryKeyConstraint("id"),
    )
    Index("message_by_key", message.c.key, unique=True)
    Index("message_by_name", message.c.name, unique=True)
    Index("message_by_token", message.c.token, unique=True)
    Index("message_by_step", *(message.c[name] for name in STEP), unique=True)
    Index("message_by_state", message.c.state, message.c.due_at)
    Index("message_by_end", message.c.ended_at)


def _words(metadata: MetaData) -> None:
    Table(
        "read_message",
        metadata,
        *(integer(name) for name in ("message", "at")),
        PrimaryKeyConstraint("message"),
    )
    Table(
        "unwanted",
        metadata,
        text("address"),
        integer("at"),
        *(text(name) for name in ("because", "by")),
        PrimaryKeyConstraint("address"),
    )
    Table(
        "halt",
        metadata,
        *(integer(name) for name in ("id", "at")),
        *(text(name) for name in ("because", "by")),
        PrimaryKeyConstraint("id"),
    )
