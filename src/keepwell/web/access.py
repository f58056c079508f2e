"""Who may look: a one-time login link opens a session, and without one every page stays shut."""

from __future__ import annotations

from typing import Annotated, Protocol

from fastapi import FastAPI, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from keepwell.base.errors import KeepwellError
from keepwell.web.guard import Check

COOKIE = "keepwell_session"
COOKIE_SECONDS = 30 * 24 * 3600
OPEN = ("/login", "/healthz")
OPEN_FOLDER = "/static/"


class Access(Protocol):
    """Where links and sessions are kept. Both are secrets: unguessable, and compared as hashes."""

    def redeem(self, token: str) -> str | None:
        """The id of a new session, once; None for a link that is unknown, used or expired."""
        ...

    def session(self, session_id: str) -> bool:
        """Whether a session is open."""
        ...


class NoSession(KeepwellError):
    """Nobody is logged in."""

    def __init__(self) -> None:
        super().__init__("You are not logged in.")


class UsedLink(KeepwellError):
    """A login link that opens nothing, or nothing any more."""

    def __init__(self) -> None:
        super().__init__("This login link is not valid, or it was used already.")


def has_session(access: Access, request: Request) -> bool:
    session_id = request.cookies.get(COOKIE)
    return session_id is not None and access.session(session_id)


def logged_in(access: Access) -> Check:
    """Refuses everything that is not named as open, whether it exists or not."""

    def check(request: Request) -> KeepwellError | None:
        path = request.scope["path"]
        if path in OPEN or path.startswith(OPEN_FOLDER) or has_session(access, request):
            return None
        return NoSession()

    return check


def add_routes(app: FastAPI, access: Access) -> None:
    @app.get("/login")
    def login(request: Request, token: Annotated[str, Query(max_length=500)] = "") -> Response:
        """Spend a login link. Following it again in the same browser just leads in."""
        home = RedirectResponse("/", 303, headers={"Cache-Control": "no-store"})
        if has_session(access, request):
            return home
        session_id = access.redeem(token) if token else None
        if session_id is None:
            raise UsedLink
        home.set_cookie(
            COOKIE,
            session_id,
            max_age=COOKIE_SECONDS,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return home
