"""Assembles the dashboard and the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.access import Access
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.live import Live
from keepwell.web import access as logins
from keepwell.web import (
    alerts,
    consultation,
    errors,
    expert,
    foresight,
    guard,
    health,
    indicators,
    knowledge,
    letters,
    messages,
    needs,
    overriding,
    pages,
    playbooks,
    runs,
    settings,
    sources,
    stream,
    tasks,
)
from keepwell.web.api import letters as letters_of_products
from keepwell.web.api import problems
from keepwell.web.api import routes as api
from keepwell.web.api.requests import RequestIds
from keepwell.web.cookies import session_of
from keepwell.web.door import Door
from keepwell.web.ingest import Ingest
from keepwell.web.oidc import SingleSignOn
from keepwell.web.pages import Pages
from keepwell.web.site import Site


@dataclass(frozen=True)
class Options:
    """How an installation shows itself.

    Attributes:
        hosts: names to answer to besides this machine's own.
        persona: whom the overview greets when somebody came by the login link.
        sso: the identity provider, if there is one.
        public_url: where the outside world finds it, when a proxy stands before it.
    """

    hosts: Sequence[str] = ()
    persona: str = ""
    sso: SingleSignOn | None = None
    public_url: str | None = None


def create_app(desk: Desk, access: Access, live: Live | None = None, options: Options | None = None) -> FastAPI:
    """The dashboard and the API as one ASGI application.

    Args:
        desk: what pages and the API read and write; called from several threads.
        access: logins, sessions and people; called from several threads.
        live: reception and what moves; without it pages are as they were made, and no events are taken.
        options: how this installation shows itself.

    Raises:
        UndeclaredRoute: a route does not say who may use it.
    """
    options = options or Options()
    site, sso = Site(options.persona, desk.alerts.pressing), options.sso
    app = FastAPI(title="Keepwell", docs_url=None, redoc_url=None, openapi_url=None)
    logins.add_routes(app, access, site, sso)
    pages.add_routes(app, Pages(desk, site))
    for noun in (alerts, runs, tasks, messages, playbooks, expert, foresight, indicators, knowledge, consultation):
        noun.add_routes(app, desk, site)
    overriding.add_routes(app, Pages(desk, site))
    settings.add_routes(app, desk.keys, access.people, site)
    register = api.add_routes(app, desk, site)
    if live is not None:
        letters.add_routes(app, live.letters, site)
        letters_of_products.add_routes(register, desk, live.letters)
        _follow(app, desk, access, live, site)
    errors.install(app, site)

    def refuse(request: Request, error: KeepwellError) -> Response:
        if isinstance(error, needs.NotLoggedIn) and not problems.wanted(request):
            return logins.login_page(site, request, access, sso=sso is not None, status=401)
        return errors.page(site, request, error)

    checks = (guard.own_host(options.hosts), guard.same_origin)
    app.add_middleware(guard.Guard, checks=checks, door=Door(app, access, desk.keys), answer=refuse)
    app.add_middleware(GZipMiddleware, compresslevel=6)
    app.add_middleware(guard.SecurityHeaders)
    if live is not None:
        app.add_middleware(Ingest, reception=live.reception, public_url=options.public_url)
        app.add_middleware(health.Counted, health=live.health)
    app.add_middleware(RequestIds)  # the last one added is the outermost
    needs.require_declared(app)
    return app


def _follow(app: FastAPI, desk: Desk, access: Access, live: Live, site: Site) -> None:
    """Routes that only a live server has."""

    async def still_in(request: Request) -> bool:
        session_id = session_of(request)
        return session_id is not None and await run_in_threadpool(access.visitor, session_id) is not None

    health.add_routes(app, live.health)
    sources.add_routes(app, desk, live.health, site)
    stream.add_routes(app, live.changes, still_in)
