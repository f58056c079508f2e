"""The Expert's page of a customer, and the panel that the customer's page fetches from it."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import Response

from keepwell.runtime.ports.desk import Desk
from keepwell.web.knowledge import asking
from keepwell.web.needs import Role, needs
from keepwell.web.pages import NoSuchCustomer
from keepwell.web.site import Site
from keepwell.web.views import diagnosis

CustomerId = Annotated[str, Query(max_length=200)]


def add_routes(app: FastAPI, desk: Desk, site: Site) -> None:
    @app.get("/expert", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def diagnosis_page(request: Request, customer: CustomerId) -> Response:
        """What is technically wrong with a customer, with evidence, causes, actions and what is not known."""
        return site.page(request, "expert/diagnosis.html", view=_view(desk, customer, request))

    @app.get("/expert/panel", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def diagnosis_panel(request: Request, customer: CustomerId) -> Response:
        """The findings alone, for the page of the customer: reading telemetry takes longer than the rest of it."""
        return site.page(request, "expert/panel.html", view=_view(desk, customer))


def _view(desk: Desk, customer: str, asked: Request | None = None) -> diagnosis.DiagnosisView:
    """The view of a diagnosis; with the request that asked for it, a form beneath each finding."""
    line = desk.book.line(customer) if "\x00" not in customer else None
    found = None if line is None else desk.expert.diagnose(customer, None)
    if line is None or found is None:
        raise NoSuchCustomer(customer)
    if asked is None:
        return diagnosis.view(found, line.name)
    asks = asking(asked, desk.clock(), found.diagnosis.now)
    return diagnosis.view(found, line.name, desk.knowledge.of_customer(customer), asks)
