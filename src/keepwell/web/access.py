"""Logging in and out: by password, by single sign-on, by a one-time link."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Form, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.access import Access, Attempt, LoginRefusedError, Visitor
from keepwell.web import cookies
from keepwell.web.cookies import COOKIE, session_of
from keepwell.web.needs import Role, needs, open_to_all
from keepwell.web.oidc import SingleSignOn
from keepwell.web.site import Site
from keepwell.web.views import links

__all__ = ["COOKIE", "Access", "UsedLink", "add_routes", "login_page"]

NO_STORE = {"Cache-Control": "no-store"}
Secret = Annotated[str, Form(max_length=2000)]
Short = Annotated[str, Form(max_length=200)]


class UsedLink(KeepwellError):
    """A login link that opens nothing, or nothing any more."""

    def __init__(self) -> None:
        super().__init__("This login link is not valid, or it was used already.")


def login_page(  # noqa: PLR0913 - what the page says
    site: Site, request: Request, access: Access, *, sso: bool, status: int = 200, said: str = "", name: str = ""
) -> Response:
    """The page with every way in that works here; it leads back to where somebody wanted to go."""
    back = request.url.path if request.method == "GET" else "/"
    if request.method == "GET" and request.url.query:
        back += f"?{request.url.query}"
    ways = {"passwords": access.has_passwords(), "sso": sso, "links": access.links}
    back = "/" if back.startswith(("/login", "/logout")) else back
    page = site.page(request, "login.html", status=status, **ways, said=said, name=name, back=back)
    page.headers.update(NO_STORE)
    return page


def add_routes(app: FastAPI, access: Access, site: Site, sso: SingleSignOn | None) -> None:
    """The routes of logging in and out."""
    _login(app, access, site, sso=sso is not None)
    if sso is not None:
        _single_sign_on(app, access, sso)

    @app.post("/logout", dependencies=[needs(Role.VIEWER)])
    def logout(request: Request) -> Response:
        """Close the session, here and in the store."""
        access.logout(session_of(request) or "")
        answer = RedirectResponse("/login", 303, headers=NO_STORE)
        cookies.drop(request, answer, COOKIE)
        return answer


def _login(app: FastAPI, access: Access, site: Site, *, sso: bool) -> None:
    @app.get("/login", dependencies=[open_to_all()])
    def login(request: Request, token: Annotated[str, Query(max_length=500)] = "") -> Response:
        """The page, or what a login link leads to. Following it again in the same browser just leads in."""
        home = RedirectResponse("/", 303, headers=NO_STORE)
        if _visitor(access, request) is not None:
            return home
        if not token:
            return login_page(site, request, access, sso=sso)
        session_id = access.redeem(token)
        if session_id is None:
            raise UsedLink
        cookies.keep(request, home, COOKIE, session_id, cookies.SESSION_SECONDS)
        return home

    @app.post("/login", dependencies=[open_to_all()])
    def login_by_password(request: Request, name: Short = "", password: Secret = "", back: Secret = "/") -> Response:
        """A name and a password."""
        address = request.client.host if request.client else ""
        try:
            opened = access.login(Attempt(name, password, address, cookies.device_of(request)))
        except LoginRefusedError as refused:
            return login_page(site, request, access, sso=sso, status=401, said=str(refused), name=name)
        answer = RedirectResponse(links.inside(back), 303, headers=NO_STORE)
        cookies.keep_login(request, answer, opened)
        return answer


def _single_sign_on(app: FastAPI, access: Access, sso: SingleSignOn) -> None:
    @app.get("/login/oidc", dependencies=[open_to_all()])
    async def leave(request: Request) -> Response:
        """To the identity provider."""
        return await sso.leave(request)

    @app.get("/login/oidc/back", dependencies=[open_to_all()])
    async def come_back(request: Request) -> Response:
        """From the identity provider, with a code."""
        identity = await sso.come_back(request)
        opened = await run_in_threadpool(access.welcome, identity)
        answer = RedirectResponse("/", 303, headers=NO_STORE)
        cookies.keep_login(request, answer, opened)
        sso.forget(request, answer)
        return answer


def _visitor(access: Access, request: Request) -> Visitor | None:
    session_id = session_of(request)
    return access.visitor(session_id) if session_id else None
