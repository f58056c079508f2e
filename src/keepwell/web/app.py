"""Assembles the dashboard and the API."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.access import Access
from keepwell.runtime.ports.desk import Desk
from keepwell.web import access as logins
from keepwell.web import errors, guard, needs, overriding, pages, settings
from keepwell.web.api import problems
from keepwell.web.api import routes as api
from keepwell.web.api.requests import RequestIds
from keepwell.web.door import Door
from keepwell.web.oidc import SingleSignOn
from keepwell.web.pages import Pages
from keepwell.web.site import Site


def create_app(
    desk: Desk, access: Access, *, hosts: Sequence[str] = (), persona: str = "", sso: SingleSignOn | None = None
) -> FastAPI:
    """The dashboard and the API as one ASGI application.

    Args:
        desk: what pages and the API read and write; called from several threads.
        access: logins, sessions and people; called from several threads.
        hosts: names to answer to besides this machine's own.
        persona: the customer-success manager that the overview greets.
        sso: the identity provider, if there is one.

    Raises:
        UndeclaredRoute: a route does not say who may use it.
    """
    site = Site(persona)
    app = FastAPI(title="Keepwell", docs_url=None, redoc_url=None, openapi_url=None)
    logins.add_routes(app, access, site, sso)
    pages.add_routes(app, Pages(desk, site))
    overriding.add_routes(app, Pages(desk, site))
    settings.add_routes(app, desk.keys, access.people, site)
    api.add_routes(app, desk, site)
    errors.install(app, site)

    def refuse(request: Request, error: KeepwellError) -> Response:
        if isinstance(error, needs.NotLoggedIn) and not problems.wanted(request):
            return logins.login_page(site, request, access, sso=sso is not None, status=401)
        return errors.page(site, request, error)

    checks = (guard.own_host(hosts), guard.same_origin)
    app.add_middleware(guard.Guard, checks=checks, door=Door(app, access, desk.keys), answer=refuse)
    app.add_middleware(GZipMiddleware, compresslevel=6)
    app.add_middleware(guard.SecurityHeaders)
    app.add_middleware(RequestIds)  # the last one added is the outermost
    needs.require_declared(app)
    return app
