"""Runs of playbooks, and what is done about them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import msgspec
from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.runs import RunPage, RunsWanted
from keepwell.web.api import cursors
from keepwell.web.api.alerts import Number, Place
from keepwell.web.api.asked import AnyBody, JsonBody, Unreadable, read
from keepwell.web.api.register import Register, Spec, reply
from keepwell.web.api.writes import Asked as Write
from keepwell.web.api.writes import Key
from keepwell.web.asking import LONGEST_TEXT, NUL
from keepwell.web.documents import runs
from keepwell.web.documents.runs import RunActed, RunList, RunTold
from keepwell.web.needs import Role, Scope, needs, visitor
from keepwell.web.runs import NoSuchRun

WRITTEN = r"^[^\x00]*[^\s\x00][^\x00]*$"
"""Something is written, and PostgreSQL can store it."""
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT, pattern=WRITTEN)]


class Ending(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why something is ended."""

    reason: Reason


class RunsAsked(BaseModel):
    """The parameters of the address of the list."""

    active: bool | None = Field(None, description="False for those that are over.")
    playbook: str = Field("", max_length=200, description="The id of a playbook, such as `at_risk`.")
    customer_id: str | None = Field(None, max_length=2000)
    held_out: bool | None = Field(None, description="True for customers who get no contact.")
    outcome: Literal["", "recovered", "churned", "stopped", "not recovered", "superseded"] = ""
    cursor: str | None = Field(None, max_length=4000, description="`next` of the part before.")
    limit: int = Field(100, ge=1, le=500, description="At most this many.")

    def wanted(self) -> RunsWanted:
        return RunsWanted(self.active, self.playbook, self.customer_id, self.held_out, self.outcome)


def check_id(customer_id: str | None) -> None:
    """Refuse an id that none can be: PostgreSQL cannot store that character."""
    if NUL in (customer_id or ""):
        raise Unreadable("query.customer_id", "no id holds this character")


def add_routes(api: Register, desk: Desk) -> None:
    _reading(api, desk)
    _acting(api, desk)


def _reading(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/runs", needs(Role.VIEWER, Scope.READ), RunList))
    def list_runs(asked: Annotated[RunsAsked, Query()]) -> Response:
        """Runs, what happens next first, closed ones last."""
        check_id(asked.customer_id)
        if asked.playbook and asked.playbook not in {each.id for each in desk.playbooks.all()}:
            raise Unreadable("query.playbook", "there is no such playbook")
        wanted = asked.wanted()
        start = cursors.read(asked.cursor, Place, wanted) or 0
        found = desk.runs.part(wanted, start, asked.limit)
        end = start + len(found.lines)
        more = end if found.lines and end < found.total else None
        lines = [runs.run(each) for each in found.lines]
        return reply(RunList(lines, found.total, cursors.write(more, wanted), runs.sums(desk.runs.counts())))

    @api.add(Spec("GET", "/runs/{number}", needs(Role.VIEWER, Scope.READ), RunTold))
    def get_run(number: Number) -> Response:
        """One run with its steps and its history."""
        return reply(runs.page(_found(desk, number)))


def _acting(api: Register, desk: Desk) -> None:
    def done(write: Write, number: int, deed: Callable[[str], bool]) -> Response:
        def act() -> Response:
            _found(desk, number)
            changed = deed(visitor(write.request).name)
            return reply(RunActed(changed, runs.run(_found(desk, number).line)))

        return write.once(desk.once, act)

    @api.add(Spec("POST", "/runs/{number}/stop", needs(Role.CSM, Scope.WRITE), RunActed, Ending))
    def stop_run(request: Request, number: Number, body: JsonBody, key: Key) -> Response:
        """End it; what waits of it is not sent."""
        wish = read(body, Ending)
        return done(Write(request, body, key), number, lambda by: desk.runs.stop(number, by, wish.reason))

    @api.add(Spec("POST", "/runs/{number}/looked", needs(Role.CSM, Scope.WRITE), RunActed))
    def look_at_reply(request: Request, number: Number, body: AnyBody, key: Key) -> Response:
        """Say that somebody looked at the reply that holds it."""
        return done(Write(request, body, key), number, lambda by: desk.runs.looked(number, by))


def _found(desk: Desk, number: int) -> RunPage:
    found = desk.runs.run(number)
    if found is None:
        raise NoSuchRun(number)
    return found
