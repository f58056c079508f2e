"""The routes: ask the book, make a view, fill a template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Annotated

from fastapi import FastAPI, Form, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.alerts import Wanted
from keepwell.runtime.ports.book import Book, Explanation, IndicatorLine
from keepwell.runtime.ports.desk import Desk
from keepwell.web.needs import Role, needs, open_to_all, visitor
from keepwell.web.site import THEME_COOKIE, THEMES, Site
from keepwell.web.views import acting_card, alert_rows, change, customer, customers, events, links, override, overview

Clock = Callable[[], int]

A_YEAR_S = 365 * 24 * 3600
SHOWN_EVENTS = 200
SEARCHED_EVENTS = 5_000  # how far back an indicator's events are looked for

Text = Annotated[str, Query(max_length=200)]


class NoSuchCustomer(KeepwellError):
    """The book holds no customer with this id."""

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"No customer has the id {customer_id[:200]!r}.")
        self.customer_id = customer_id


class NoSuchIndicator(KeepwellError):
    """The scorecard of this customer has no such indicator."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The score of this customer has no indicator called {name[:40]!r}.")
        self.name = name


@dataclass(frozen=True)
class Pages:
    """What the routes of pages work with."""

    desk: Desk
    site: Site

    def customer(self, request: Request, wanted: str, since: str, draft: override.Draft | None = None) -> Response:
        """The page of a customer, with a refused draft of an override when there is one.

        Raises:
            NoSuchCustomer: the book does not hold it.
            UnknownSpan: the page does not compare over `since`.
        """
        now = self.desk.clock()
        start = change.since(since, now)
        found = self.desk.book.customer(wanted)
        if found is None:
            raise NoSuchCustomer(wanted)
        explanation = self.desk.book.explain(wanted, None, start)
        may = visitor(request).role >= Role.CSM
        form = override.form(explanation, since, now, draft) if explanation and may else None
        view = customer.view(found, explanation, since, now)
        living = Wanted(alert_rows.LIVING, wanted)
        card = alert_rows.card(self.desk.alerts.part(living, 0, alert_rows.SHOWN_ON_CARD), wanted, now)
        shown = {"view": view, "override": form, "alerts": card, "acting": acting_card.card(self.desk, wanted)}
        return self.site.page(request, "customer.html", status=422 if draft else 200, **shown)


def add_routes(app: FastAPI, pages: Pages) -> None:
    _lists(app, pages.desk.book, pages.desk.clock, pages.site)
    _customer(app, pages)
    _events(app, pages.desk.book, pages.site)
    _house(app, pages.site)


def _lists(app: FastAPI, book: Book, clock: Clock, site: Site) -> None:
    @app.get("/", dependencies=[needs(Role.VIEWER)])
    def home(request: Request) -> Response:
        return site.page(request, "overview.html", view=overview.page(book.overview(), clock()))

    @app.get("/customers", dependencies=[needs(Role.VIEWER)])
    def customer_list(request: Request, band: Text = "", q: Text = "", sort: Text = "score", page: int = 1) -> Response:
        wish = customers.Wish(band, q.strip(), sort, page)
        view = customers.page(book.customers(customers.sheet(wish)), wish)
        return site.page(request, "customers.html", view=view)


def _customer(app: FastAPI, pages: Pages) -> None:
    @app.get("/customers/{customer_id:path}", dependencies=[needs(Role.VIEWER)])
    def customer_page(request: Request, customer_id: str, id: Text = "", since: Text = "7d") -> Response:  # noqa: A002
        """One customer; an id that browsers would swallow from a path comes as `?id=`."""
        return pages.customer(request, customer_id or id, since)


def _events(app: FastAPI, book: Book, site: Site) -> None:
    @app.get("/events", dependencies=[needs(Role.VIEWER)])
    def event_list(request: Request, customer: Text = "", indicator: Text = "") -> Response:
        """The newest events, of all or of one customer; or those behind an indicator."""
        found = book.customer(customer) if customer else None
        if customer and found is None:
            raise NoSuchCustomer(customer)
        if found is not None and indicator:
            line = _indicator(book.explain(customer, None, None), indicator)
            view = events.behind(found.line, line, book.events(customer, SEARCHED_EVENTS))
        else:
            newest = book.events(customer or None, SHOWN_EVENTS)
            view = events.newest(found.line if found else None, newest, SHOWN_EVENTS)
        return site.page(request, "events.html", view=view)


def _indicator(explanation: Explanation | None, name: str) -> IndicatorLine:
    metrics = explanation.metrics if explanation else ()
    for line in chain.from_iterable(metric.indicators for metric in metrics):
        if line.indicator == name:
            return line
    raise NoSuchIndicator(name)


def _house(app: FastAPI, site: Site) -> None:
    @app.api_route("/healthz", methods=["GET", "HEAD"], dependencies=[open_to_all()])
    def healthz() -> dict[str, str]:
        """Whether the process is alive; asks nothing of the store."""
        return {"status": "ok"}

    @app.get("/static/{digest}/{name}", dependencies=[open_to_all()])
    def static(digest: str, name: str) -> Response:
        found = site.assets.answer(digest, name)
        if found is None:
            raise HTTPException(404)
        return found

    @app.post("/theme", dependencies=[needs(Role.VIEWER)])
    def choose_theme(theme: Annotated[str, Form()], back: Annotated[str, Form()] = "/") -> Response:
        """Keep the choice of light or dark; the script does the same without leaving the page."""
        answer = RedirectResponse(links.inside(back), 303)
        if theme in THEMES:
            answer.set_cookie(THEME_COOKIE, theme, max_age=A_YEAR_S, samesite="lax")
        return answer
