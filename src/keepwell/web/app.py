"""Assembles the dashboard."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.desk import Desk
from keepwell.web import access as door
from keepwell.web import errors, guard, overriding, pages
from keepwell.web.api import routes as api
from keepwell.web.api.requests import RequestIds
from keepwell.web.site import Site


def create_app(desk: Desk, access: door.Access, *, hosts: Sequence[str] = (), persona: str = "") -> FastAPI:
    """The dashboard as an ASGI application.

    Args:
        desk: what pages and the API read and write; called from several threads.
        access: login links and sessions; called from several threads.
        persona: the customer-success manager that the overview greets.
        hosts: names to answer to besides this machine's own.
    """
    site = Site(persona)
    app = FastAPI(title="Keepwell", docs_url=None, redoc_url=None, openapi_url=None)
    door.add_routes(app, access)
    pages.add_routes(app, desk, site)
    overriding.add_routes(app, desk, site)
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
