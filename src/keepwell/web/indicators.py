"""The crypto indicators of a customer: a page with every week, and the panel that the customer's page fetches."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.desk import Desk
from keepwell.web.needs import Role, needs
from keepwell.web.pages import NoSuchCustomer
from keepwell.web.site import Site
from keepwell.web.views import indicators

CustomerId = Annotated[str, Query(max_length=200)]


class NoCustomerNamed(KeepwellError):
    """Indicators were asked for, and no customer was named."""

    def __init__(self) -> None:
        super().__init__("No customer was named.")


def add_routes(app: FastAPI, desk: Desk, site: Site) -> None:
    @app.get("/expert/indicators", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def indicators_page(request: Request, customer: CustomerId = "") -> Response:
        """Twelve indicators week by week, with what each value rests on and how it is computed."""
        if not customer:
            raise NoCustomerNamed
        return site.page(request, "expert/indicators.html", view=_view(desk, customer))

    @app.get("/expert/indicators/panel", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def indicators_panel(request: Request, customer: CustomerId) -> Response:
        """The newest values with their lines, for the page of the customer: reading weeks takes longer than that."""
        return site.page(request, "expert/indicators_panel.html", view=_view(desk, customer))


def _view(desk: Desk, customer: str) -> indicators.IndicatorsView:
    line = desk.book.line(customer) if "\x00" not in customer else None
    found = None if line is None else desk.expert.indicators(customer, None)
    if line is None or found is None:
        raise NoSuchCustomer(customer)
    return indicators.view(found, line.name)
