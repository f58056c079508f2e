"""Assembles the dashboard."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.access import Access
from keepwell.runtime.ports.book import Book
from keepwell.web import access as logins
from keepwell.web import errors, guard, needs, pages, settings
from keepwell.web.door import Door
from keepwell.web.oidc import SingleSignOn
from keepwell.web.site import Site


def create_app(
    book: Book, access: Access, clock: pages.Clock, *, hosts: Sequence[str] = (), sso: SingleSignOn | None = None
) -> FastAPI:
    """The dashboard as an ASGI application.

    Args:
        book: what the pages read; called from several threads.
        access: logins, sessions, people and keys; called from several threads.
        clock: the present in microseconds.
        hosts: names to answer to besides this machine's own.
        sso: the identity provider, if there is one.

    Raises:
        UndeclaredRoute: a route does not say who may use it.
    """
    site = Site()
    app = FastAPI(title="Keepwell", docs_url=None, redoc_url=None, openapi_url=None)
    logins.add_routes(app, access, site, sso)
    pages.add_routes(app, book, clock, site)
    settings.add_routes(app, access, site)
    errors.install(app, site)

    def refuse(request: Request, error: KeepwellError) -> Response:
        if isinstance(error, needs.NotLoggedIn):
            return logins.login_page(site, request, access, sso=sso is not None, status=401)
        return errors.page(site, request, error)

    checks = (guard.own_host(hosts), guard.same_origin)
    app.add_middleware(guard.Guard, checks=checks, door=Door(app, access), answer=refuse)
    app.add_middleware(GZipMiddleware, compresslevel=6)
    app.add_middleware(guard.SecurityHeaders)  # the last one added is the outermost
    needs.require_declared(app)
    return app
