"""The pages of runs, and what people do with them. They work without JavaScript: a form, then the page again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import FastAPI, Form, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.runs import RunPage, RunRefusedError
from keepwell.web.asking import Number, Page, Text, TextRefusedError, Written, asking, back, customer, kept
from keepwell.web.needs import Role, needs, visitor
from keepwell.web.site import Site
from keepwell.web.views import links, lists, run_page, runs
from keepwell.web.views.acting import Typed
from keepwell.web.views.runs import Wish


class NoSuchRun(KeepwellError):
    """No run has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"No run has the number {number}.")


class Wished(BaseModel):
    """The parameters of the address of the board."""

    state: Written = ""
    playbook: Written = ""
    held_out: Written = ""
    outcome: Written = ""
    customer: Written = ""
    page: Page = 1

    def wish(self) -> Wish:
        return Wish(
            self.state or runs.ACTIVE, self.playbook, self.held_out, self.outcome, customer(self.customer), self.page
        )


@dataclass(frozen=True)
class Board:
    """What the routes of runs work with."""

    desk: Desk
    site: Site

    def listed(self, request: Request, wish: Wish) -> Response:
        """The board; past the last page it shows the last one.

        Raises:
            UnknownListFilter: there is no such state, playbook, contact or outcome.
        """
        playbooks = [(each.id, each.title) for each in self.desk.playbooks.all()]
        runs.check(wish, playbooks)
        book = self.desk.runs
        part = book.part(wish.wanted(), lists.start_of(wish.page), lists.PER_PAGE)
        if not part.lines and wish.page > 1:
            wish = replace(wish, page=lists.last_page(part.total))
            part = book.part(wish.wanted(), lists.start_of(wish.page), lists.PER_PAGE)
        view = runs.page((part, book.counts()), wish, playbooks, asking(request, self.desk.clock()))
        return self.site.page(request, "runs/board.html", view=view)

    def one(self, request: Request, number: int, said: str = "", typed: Typed | None = None) -> Response:
        """The page of a run.

        Raises:
            NoSuchRun: there is none of this number.
        """
        found = self.found(number)
        view = run_page.view(found, asking(request, self.desk.clock(), said, typed))
        return self.site.page(request, "runs/run.html", status=422 if typed else 200, view=view)

    def found(self, number: int) -> RunPage:
        found = self.desk.runs.run(number)
        if found is None:
            raise NoSuchRun(number)
        return found


def add_routes(app: FastAPI, desk: Desk, site: Site) -> None:
    board = Board(desk, site)
    _reading(app, board)
    _acting(app, board)


def _reading(app: FastAPI, board: Board) -> None:
    @app.get("/runs", dependencies=[needs(Role.VIEWER)])
    def run_list(request: Request, asked: Annotated[Wished, Query()]) -> Response:
        return board.listed(request, asked.wish())

    @app.get("/runs/{number}", dependencies=[needs(Role.VIEWER)])
    def run(request: Request, number: Number, done: Text = "") -> Response:
        return board.one(request, number, runs.said(done))


def _acting(app: FastAPI, board: Board) -> None:
    @app.post("/runs/{number}/stop", dependencies=[needs(Role.CSM)])
    def stop(request: Request, number: Number, reason: Annotated[Written, Form()] = "") -> Response:
        """End a run; what waits of it is not sent."""
        board.found(number)
        try:
            stopped = board.desk.runs.stop(number, visitor(request).name, kept(reason, "a reason"))
        except (RunRefusedError, TextRefusedError) as refused:
            return board.one(request, number, typed=Typed(str(refused), {"reason": reason}))
        return back(links.run(number), done="stopped" if stopped else "over")

    @app.post("/runs/{number}/looked", dependencies=[needs(Role.CSM)])
    def looked(request: Request, number: Number) -> Response:
        """Somebody looked at the reply that holds a run."""
        board.found(number)
        seen = board.desk.runs.looked(number, visitor(request).name)
        return back(links.run(number), done="looked" if seen else "over")
