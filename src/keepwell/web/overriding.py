"""The routes that set and clear the override of a band. They work without JavaScript: a form, then the page again."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import FastAPI, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from keepwell.base.time import DAY_US, from_datetime
from keepwell.runtime.ports.overrides import OverrideRefusedError
from keepwell.web.needs import Role, needs
from keepwell.web.pages import NoSuchCustomer, Pages
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


def add_routes(app: FastAPI, pages: Pages) -> None:
    """Set and clear, each answered by the customer's page."""

    @app.post("/overrides", dependencies=[needs(Role.CSM)])
    def begin(request: Request, asked: Annotated[Asked, Form()]) -> Response:
        _known(pages, asked.customer, asked.since)
        try:
            found = pages.desk.overrides.set(asked.customer, asked.band, asked.reason, _end(asked.until))
        except OverrideRefusedError as refused:
            draft = Draft(asked.band, asked.reason, asked.until, refused.problem)
            return pages.customer(request, asked.customer, asked.since, draft)
        if not found:
            raise NoSuchCustomer(asked.customer)
        return _back(asked.customer, asked.since)

    @app.post("/overrides/clear", dependencies=[needs(Role.CSM)])
    def end(customer: Annotated[str, Form(max_length=2000)], since: Annotated[str, Form()] = "7d") -> Response:
        _known(pages, customer, since)
        if not pages.desk.overrides.clear(customer):
            raise NoSuchCustomer(customer)
        return _back(customer, since)


def _known(pages: Pages, customer: str, since: str) -> None:
    change.since(since, pages.desk.clock())
    if pages.desk.book.line(customer) is None:
        raise NoSuchCustomer(customer)


def _end(until: str) -> int:
    """The last moment of the day that was chosen."""
    try:
        date = dt.datetime.fromisoformat(until).replace(tzinfo=dt.UTC)
    except ValueError:
        date = None
    if date is None or date.year > LAST_YEAR:
        problem = f"the last day has to be a date such as 2026-11-20, not {until[:40]!r}"
        raise OverrideRefusedError(problem)
    return (from_datetime(date) // DAY_US + 1) * DAY_US - 1


def _back(customer: str, since: str) -> Response:
    return RedirectResponse(links.customer(customer, since=since) + "#override", 303)
