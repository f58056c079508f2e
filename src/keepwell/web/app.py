"""Assembles the dashboard."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.book import Book
from keepwell.runtime.ports.overrides import Overrides
from keepwell.web import access as door
from keepwell.web import errors, guard, overriding, pages
from keepwell.web.site import Site


def create_app(
    book: Book,
    access: door.Access,
    clock: pages.Clock,
    overrides: Overrides | None = None,
    *,
    hosts: Sequence[str] = (),
    persona: str = "",
) -> FastAPI:
    """The dashboard as an ASGI application.

    Args:
        book: what the pages read; called from several threads.
        access: login links and sessions; called from several threads.
        clock: the present in microseconds.
        overrides: where overrides of bands are written; without it the pages offer none.
        persona: the customer-success manager that the overview greets.
        hosts: names to answer to besides this machine's own.
    """
    site = Site(persona)
    app = FastAPI(title="Keepwell", docs_url=None, redoc_url=None, openapi_url=None)
    door.add_routes(app, access)
    desk = pages.Desk(book, clock, site, overridable=overrides is not None)
    pages.add_routes(app, desk)
    if overrides is not None:
        overriding.add_routes(app, overrides, desk)
    errors.install(app, site)

    def refuse(request: Request, error: KeepwellError) -> Response:
        return errors.page(site, request, error)

    checks = (guard.own_host(hosts), guard.same_origin, door.logged_in(access))
    app.add_middleware(guard.Guard, checks=checks, answer=refuse)
    app.add_middleware(GZipMiddleware, compresslevel=6)
    app.add_middleware(guard.SecurityHeaders)  # the last one added is the outermost
    return app
