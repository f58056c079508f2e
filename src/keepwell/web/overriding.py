"""The routes that set and clear the override of a band. They work without JavaScript: a form, then the page again."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import FastAPI, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from keepwell.base.time import DAY_US, from_datetime
from keepwell.runtime.ports.overrides import OverrideRefusedError, Overrides
from keepwell.web.pages import Desk, NoSuchCustomer
from keepwell.web.views import change, links
from keepwell.web.views.override import Draft

LAST_YEAR = 2199  # a later one is a slip of the finger
Text = Annotated[str, Field(max_length=2000)]


class Asked(BaseModel):
    """The fields of the form. What they may hold is the port's to say."""

    customer: Text
    band: Text = ""
    reason: Text = ""
    until: Text = ""
    since: Text = "7d"


def add_routes(app: FastAPI, overrides: Overrides, desk: Desk) -> None:
    """Set and clear, each answered by the customer's page."""

    @app.post("/overrides")
    def begin(request: Request, asked: Annotated[Asked, Form()]) -> Response:
        _known(desk, asked.customer, asked.since)
        try:
            overrides.begin(asked.customer, asked.band, asked.reason, _day(asked.until))
        except OverrideRefusedError as refused:
            draft = Draft(asked.band, asked.reason, asked.until, refused.problem)
            return desk.customer(request, asked.customer, asked.since, draft)
        return _back(asked.customer, asked.since)

    @app.post("/overrides/clear")
    def end(customer: Annotated[str, Form(max_length=2000)], since: Annotated[str, Form()] = "7d") -> Response:
        _known(desk, customer, since)
        overrides.end(customer)
        return _back(customer, since)


def _known(desk: Desk, customer: str, since: str) -> None:
    change.since(since, desk.clock())
    if desk.book.customer(customer) is None:
        raise NoSuchCustomer(customer)


def _day(until: str) -> int:
    try:
        date = dt.datetime.fromisoformat(until).replace(tzinfo=dt.UTC)
    except ValueError:
        date = None
    if date is None or date.year > LAST_YEAR:
        problem = f"the last day has to be a date such as 2026-11-20, not {until[:40]!r}"
        raise OverrideRefusedError(problem)
    return from_datetime(date) // DAY_US


def _back(customer: str, since: str) -> Response:
    return RedirectResponse(links.customer(customer, since=since) + "#override", 303)
