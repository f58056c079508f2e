"""Replies of customers: kept in the history of their runs, and a task to read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from keepwell.base.time import DAY_US
from keepwell.interventions.facts import Fact, Looked
from keepwell.interventions.playbook import REPLY, Action, Audience, Priority
from keepwell.interventions.run import Course
from keepwell.runtime.briefing import Briefing
from keepwell.runtime.hearing import Reply
from keepwell.store import runs, tasks
from keepwell.store.database import Session
from keepwell.store.runs import Name, Note
from keepwell.store.tasks import Closing, Task

MOST: Final = 1_000
"""Letters of a reply in the history; the event has all of them."""
READ_US: Final = 3 * DAY_US


def keep(session: Session, briefing: Briefing, reply: Reply, courses: Mapping[Name, Course], now: int) -> None:
    """Write a reply into the history of the runs that it holds, and ask a person to read it."""
    held = [
        (name, course.run)
        for name, course in courses.items()
        if name[0] == reply.customer and course.run is not None and course.reply_at is not None
    ]
    for name, run in held:
        runs.note(session, name, Note(run.number, now, REPLY, "", reply.text.strip()[:MOST] or "it has no text"))
    for name, run in held[:1]:
        step = (*name, run.number, REPLY)
        tasks.put(session, _task(step, reply, now))
        briefing.call(session, step, now)


def _task(step: tasks.Step, reply: Reply, now: int) -> Task:
    customer, purpose, run, name = step
    return Task(
        customer=customer,
        purpose=purpose,
        run=run,
        step=name,
        action=str(Action.TASK),
        audience=str(Audience.CSM),
        roles="",
        priority=str(Priority.URGENT if reply.leaving else Priority.NORMAL),
        objective="read the reply",
        message="",
        because="the customer replied and speaks of leaving" if reply.leaving else "the customer replied",
        held_out=0,
        created_at=now,
        expires_at=now + READ_US,
    )


def looked(session: Session, customer: int, by: str, now: int) -> dict[Name, list[Fact]]:
    """Somebody looked: the tasks to do so are done; what the customer's runs hear of it."""
    mine = list(runs.courses(session, [customer]))
    for each in tasks.listed(session, MOST, tasks.State.OPEN, customer):
        if each.step == REPLY:
            tasks.close_anyway(session, each.id, Closing(tasks.State.DONE, now, by, "looked at"))
    return {name: [Looked(now, by)] for name in mine}
