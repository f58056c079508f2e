"""Assembles the dashboard."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.book import Book
from keepwell.runtime.ports.desk import Desk
from keepwell.web import access as door
from keepwell.web import errors, guard, pages
from keepwell.web.api import routes as api
from keepwell.web.api.requests import RequestIds
from keepwell.web.site import Site


def create_app(
    book: Book, access: door.Access, clock: pages.Clock, *, hosts: Sequence[str] = (), desk: Desk | None = None
) -> FastAPI:
    """The dashboard as an ASGI application.

    Args:
        book: what the pages read; called from several threads.
        access: login links and sessions; called from several threads.
        clock: the present in microseconds.
        hosts: names to answer to besides this machine's own.
        desk: what the API works with; without it there is none.
    """
    site = Site()
    app = FastAPI(title="Keepwell", docs_url=None, redoc_url=None, openapi_url=None)
    door.add_routes(app, access)
    pages.add_routes(app, book, clock, site)
    if desk is not None:
        api.add_routes(app, desk, site)
    errors.install(app, site)

    def refuse(request: Request, error: KeepwellError) -> Response:
        return errors.page(site, request, error)

    checks = (guard.own_host(hosts), guard.same_origin, door.logged_in(access))
    app.add_middleware(guard.Guard, checks=checks, answer=refuse)
    app.add_middleware(GZipMiddleware, compresslevel=6)
    app.add_middleware(guard.SecurityHeaders)
    app.add_middleware(RequestIds)  # the last one added is the outermost
    return app
