"""The pages of tasks, and what people do with them. They work without JavaScript: a form, then the page again."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import FastAPI, Form, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.base.time import from_datetime
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.tasks import TaskPage, TaskRefusedError
from keepwell.web.asking import Number, Page, Text, TextRefusedError, Written, asking, back, customer, kept
from keepwell.web.needs import Role, needs, visitor
from keepwell.web.site import Site
from keepwell.web.views import links, lists, tasks
from keepwell.web.views.acting import Typed
from keepwell.web.views.tasks import Wish

FIRST, LAST = 1970, 9999  # years in which a call can be


class NoSuchTask(KeepwellError):
    """No task has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"No task has the number {number}.")


class NoSuchMoment(KeepwellError):
    """A moment that cannot be read."""

    def __init__(self, text: str) -> None:
        super().__init__(f"A call begins at a moment such as 2026-11-20T14:30 (UTC), not at {text[:40]!r}.")


class Wished(BaseModel):
    """The parameters of the address of the list."""

    state: Written = ""
    action: Written = ""
    role: Written = ""
    customer: Written = ""
    page: Page = 1

    def wish(self) -> Wish:
        return Wish(self.state or tasks.OPEN, self.action, self.role, customer(self.customer), self.page)


class Closed(BaseModel):
    """The form that closes a task: it is `done`, or `dropped`."""

    deed: Written
    note: Written = ""


@dataclass(frozen=True)
class Bench:
    """What the routes of tasks work with."""

    desk: Desk
    site: Site

    def listed(self, request: Request, wish: Wish) -> Response:
        """The list; past the last page it shows the last one.

        Raises:
            UnknownListFilter: there is no such state, action or role.
        """
        tasks.check(wish)
        part = self.desk.tasks.part(wish.wanted(), lists.start_of(wish.page), lists.PER_PAGE)
        if not part.lines and wish.page > 1:
            wish = replace(wish, page=lists.last_page(part.total))
            part = self.desk.tasks.part(wish.wanted(), lists.start_of(wish.page), lists.PER_PAGE)
        view = tasks.page(part, wish, asking(request, self.desk.clock()))
        return self.site.page(request, "tasks/list.html", view=view)

    def one(self, request: Request, number: int, said: str = "", typed: Typed | None = None) -> Response:
        """The page of a task.

        Raises:
            NoSuchTask: there is none of this number.
        """
        view = tasks.view(self.found(number), asking(request, self.desk.clock(), said, typed))
        return self.site.page(request, "tasks/task.html", status=422 if typed else 200, view=view)

    def found(self, number: int) -> TaskPage:
        found = self.desk.tasks.task(number)
        if found is None:
            raise NoSuchTask(number)
        return found


def add_routes(app: FastAPI, desk: Desk, site: Site) -> None:
    bench = Bench(desk, site)
    _reading(app, bench)
    _acting(app, bench)


def _reading(app: FastAPI, bench: Bench) -> None:
    @app.get("/tasks", dependencies=[needs(Role.VIEWER)])
    def task_list(request: Request, asked: Annotated[Wished, Query()]) -> Response:
        return bench.listed(request, asked.wish())

    @app.get("/tasks/{number}", dependencies=[needs(Role.VIEWER)])
    def task(request: Request, number: Number, done: Text = "") -> Response:
        return bench.one(request, number, tasks.said(done))

    @app.get("/tasks/{number}/call.ics", dependencies=[needs(Role.VIEWER)])
    def calendar(number: Number, at: Text = "") -> Response:
        """The call as a file for calendars; `at` is when it begins."""
        content = bench.desk.tasks.calendar(number, _moment(at))
        if content is None:
            raise NoSuchTask(number)
        name = f'attachment; filename="call-{number}.ics"'
        headers = {"Content-Disposition": name, "Cache-Control": "private, no-store"}
        return Response(content, headers=headers, media_type="text/calendar; charset=utf-8")


def _acting(app: FastAPI, bench: Bench) -> None:
    @app.post("/tasks/{number}/close", dependencies=[needs(Role.CSM)])
    def close(request: Request, number: Number, sent: Annotated[Closed, Form()]) -> Response:
        """It is done, with a note, or not wanted, with a reason."""
        bench.found(number)
        try:
            closed = bench.desk.tasks.close(
                number, visitor(request).name, kept(sent.note, "a note"), done=_is_done(sent.deed)
            )
        except (TaskRefusedError, TextRefusedError) as refused:
            return bench.one(request, number, typed=Typed(str(refused), {"note": sent.note, "deed": sent.deed}))
        return back(links.task(number), done=sent.deed if closed else "over")

    @app.post("/tasks/{number}/called", dependencies=[needs(Role.CSM)])
    def called(request: Request, number: Number, deed: Annotated[Written, Form()]) -> Response:
        """A call was `booked`, or `held`."""
        bench.found(number)
        try:
            bench.desk.tasks.called(number, visitor(request).name, held=_is_held(deed))
        except TaskRefusedError as refused:
            return bench.one(request, number, typed=Typed(str(refused)))
        return back(links.task(number), done=deed)


def _is_done(deed: str) -> bool:
    if deed not in {tasks.DONE, tasks.DROPPED}:
        raise TaskRefusedError("a task is done, or dropped")
    return deed == tasks.DONE


def _is_held(deed: str) -> bool:
    if deed not in {"booked", "held"}:
        raise TaskRefusedError("a call is booked, or held")
    return deed == "held"


def _moment(text: str) -> int:
    """The moment a field for date and time holds; without an offset it is UTC.

    Raises:
        NoSuchMoment: it is none.
    """
    try:
        found = dt.datetime.fromisoformat(text.strip())
        aware = found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)
        moment = aware.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise NoSuchMoment(text) from None
    if not FIRST <= moment.year < LAST:
        raise NoSuchMoment(text)
    return from_datetime(moment)
