"""The Expert's pages: the fleet, the customers of one diagnosis, one customer, and the panel of the customer's page."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.expert.library import entry_id
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.findings import FindingPlace
from keepwell.web.api import cursors
from keepwell.web.knowledge import asking
from keepwell.web.needs import Role, needs
from keepwell.web.pages import NoSuchCustomer
from keepwell.web.site import Site
from keepwell.web.views import diagnosis, fleet

CustomerId = Annotated[str, Query(max_length=200)]
Text = Annotated[str, Query(max_length=200)]
Cursor = Annotated[str | None, Query(max_length=4000)]


class NoSuchFinding(KeepwellError):
    """The Expert has no entry of this id."""

    def __init__(self, entry: str) -> None:
        super().__init__(f"The Expert knows nothing called {entry[:40]!r}.")
        self.entry = entry


class NoFindingNamed(KeepwellError):
    """Customers of a diagnosis were asked for, and no diagnosis was named."""

    def __init__(self) -> None:
        super().__init__("No diagnosis was named.")


def add_routes(app: FastAPI, desk: Desk, site: Site) -> None:
    _everybody(app, desk, site)
    _one(app, desk, site)


def _everybody(app: FastAPI, desk: Desk, site: Site) -> None:
    @app.get("/expert", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def expert_page(
        request: Request,
        customer: CustomerId | None = None,
        domain: Text = "",
        severity: Text = "",
        certainty: Text = "",
    ) -> Response:
        """What is said of everybody now; with a customer, what is technically wrong with that one."""
        if customer:
            return site.page(request, "expert/diagnosis.html", view=_view(desk, customer, request))
        asked = fleet.wish(domain, severity, certainty)
        return site.page(request, "expert/fleet.html", view=fleet.page(desk.findings.fleet(), asked, desk.clock()))

    @app.get("/expert/findings", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    def findings_page(request: Request, entry: Text = "", cursor: Cursor = None) -> Response:
        """The customers of whom one diagnosis is said now."""
        name = entry_id(entry)
        if not name:
            raise NoFindingNamed
        place = cursors.read(cursor, FindingPlace, name)
        part = desk.findings.part(name, place, fleet.PER_PAGE)
        if part is None:
            raise NoSuchFinding(entry)
        following = cursors.write(part.next, name)
        view = fleet.entry_page(part, following, later=place is not None, now=desk.clock())
        return site.page(request, "expert/findings.html", view=view)


def _one(app: FastAPI, desk: Desk, site: Site) -> None:
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
