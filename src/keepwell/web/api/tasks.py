"""Tasks of runs, and what is done about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.tasks import TaskPage, TasksWanted
from keepwell.web.api import cursors
from keepwell.web.api.alerts import Number, Place
from keepwell.web.api.asked import JsonBody, Unreadable, read
from keepwell.web.api.register import Register, Spec, reply
from keepwell.web.api.runs import Ending, check_id
from keepwell.web.api.writes import Asked as Write
from keepwell.web.api.writes import Key
from keepwell.web.asking import LONGEST_TEXT
from keepwell.web.documents import tasks
from keepwell.web.documents.tasks import TaskActed, TaskList, TaskTold
from keepwell.web.needs import Role, Scope, needs, visitor
from keepwell.web.tasks import NoSuchTask
from keepwell.web.views.acting import ACTIONS, ROLE_NAMES


class Done(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What came of a task."""

    note: Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$")] = ""


class Called(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a call was held, or only booked."""

    held: bool


class TasksAsked(BaseModel):
    """The parameters of the address of the list."""

    state: Literal["", "open", "done", "dropped"] = Field("open", description="Empty for all.")
    customer_id: str | None = Field(None, max_length=2000)
    action: str = Field("", max_length=200, description="What is to be done, such as `phone_call`.")
    role: str = Field("", max_length=200, description="For whom, such as `senior_leadership`.")
    cursor: str | None = Field(None, max_length=4000, description="`next` of the part before.")
    limit: int = Field(100, ge=1, le=500, description="At most this many.")

    def wanted(self) -> TasksWanted:
        return TasksWanted(self.state, self.customer_id, self.action, self.role)


def add_routes(api: Register, desk: Desk) -> None:
    _reading(api, desk)
    _acting(api, desk)


def _reading(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/tasks", needs(Role.VIEWER, Scope.READ), TaskList))
    def list_tasks(asked: Annotated[TasksAsked, Query()]) -> Response:
        """Tasks, the most urgent first."""
        check_id(asked.customer_id)
        for name, value, known in (("action", asked.action, ACTIONS), ("role", asked.role, ROLE_NAMES)):
            if value and value not in known:
                raise Unreadable(f"query.{name}", f"there is no such {name}")
        wanted = asked.wanted()
        start = cursors.read(asked.cursor, Place, wanted) or 0
        found = desk.tasks.part(wanted, start, asked.limit)
        end = start + len(found.lines)
        more = end if found.lines and end < found.total else None
        return reply(TaskList([tasks.task(each) for each in found.lines], found.total, cursors.write(more, wanted)))

    @api.add(Spec("GET", "/tasks/{number}", needs(Role.VIEWER, Scope.READ), TaskTold))
    def get_task(number: Number) -> Response:
        """One task with its script, its facts and how the customer is reached."""
        return reply(tasks.page(_found(desk, number)))


def _acting(api: Register, desk: Desk) -> None:
    def acted(write: Write, number: int, deed: Callable[[str], bool]) -> Response:
        def act() -> Response:
            _found(desk, number)
            changed = deed(visitor(write.request).name)
            return reply(TaskActed(changed, tasks.task(_found(desk, number).line)))

        return write.once(desk.once, act)

    @api.add(Spec("POST", "/tasks/{number}/done", needs(Role.CSM, Scope.WRITE), TaskActed, Done))
    def finish_task(request: Request, number: Number, body: JsonBody, key: Key) -> Response:
        """It is done."""
        wish = read(body, Done)
        return acted(Write(request, body, key), number, lambda by: desk.tasks.close(number, by, wish.note))

    @api.add(Spec("POST", "/tasks/{number}/drop", needs(Role.CSM, Scope.WRITE), TaskActed, Ending))
    def drop_task(request: Request, number: Number, body: JsonBody, key: Key) -> Response:
        """It is not wanted."""
        wish = read(body, Ending)
        write = Write(request, body, key)
        return acted(write, number, lambda by: desk.tasks.close(number, by, wish.reason, done=False))

    @api.add(Spec("POST", "/tasks/{number}/called", needs(Role.CSM, Scope.WRITE), TaskTold, Called))
    def tell_of_call(request: Request, number: Number, body: JsonBody, key: Key) -> Response:
        """A call was booked, or held: for 24 hours nothing else goes to the customer."""
        wish, write = read(body, Called), Write(request, body, key)

        def act() -> Response:
            _found(desk, number)
            desk.tasks.called(number, visitor(request).name, held=wish.held)
            return reply(tasks.page(_found(desk, number)))

        return write.once(desk.once, act)


def _found(desk: Desk, number: int) -> TaskPage:
    found = desk.tasks.task(number)
    if found is None:
        raise NoSuchTask(number)
    return found
