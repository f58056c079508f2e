"""The pages of what is likely next: everybody, one customer, what forecasts were worth, and two panels."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import Response

from keepwell.runtime.ports.desk import Desk
from keepwell.web.indicators import NoCustomerNamed
from keepwell.web.needs import Role, needs
from keepwell.web.pages import NoSuchCustomer
from keepwell.web.site import Site
from keepwell.web.views import foresight, foresight_panel, foresight_report, outlook

CustomerId = Annotated[str, Query(max_length=200)]
Text = Annotated[str, Query(max_length=200)]


def add_routes(app: FastAPI, desk: Desk, site: Site) -> None:
    _everybody(app, desk, site)
    _one(app, desk, site)


def _everybody(app: FastAPI, desk: Desk, site: Site) -> None:
    @app.get("/foresight", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def foresight_page(request: Request, days: Text = "") -> Response:
        """Who is likely to leave within some days, who outgrows its plan, what is begun, how answers will be."""
        return site.page(request, "foresight/everybody.html", view=foresight.page(desk.foresight.outlook(), days))

    @app.get("/foresight/panel", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def panel(request: Request) -> Response:
        """The same in short, for the overview, which does not wait for it."""
        return site.page(request, "foresight/panel.html", view=foresight_panel.panel(desk.foresight.outlook()))

    @app.get("/foresight/report", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def report(request: Request) -> Response:
        """What forecasts were worth, drift, and which models took the place of which."""
        return site.page(request, "foresight/report.html", view=foresight_report.view(desk.foresight.report()))


def _one(app: FastAPI, desk: Desk, site: Site) -> None:
    @app.get("/foresight/customer", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def outlook_page(request: Request, customer: CustomerId = "") -> Response:
        """What is likely next of a customer, for who reads pages without scripts."""
        if not customer:
            raise NoCustomerNamed
        return site.page(request, "foresight/customer.html", view=_view(desk, customer))

    @app.get("/foresight/customer/panel", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def outlook_panel(request: Request, customer: CustomerId) -> Response:
        """The same as a part of the customer's page."""
        return site.page(request, "foresight/customer_panel.html", view=_view(desk, customer))


def _view(desk: Desk, customer: str) -> outlook.OutlookView:
    line = desk.book.line(customer) if "\x00" not in customer else None
    found = None if line is None else desk.foresight.customer(customer)
    if line is None or found is None:
        raise NoSuchCustomer(customer)
    return outlook.view(found, desk.foresight.outlook(), line.lifecycle)
