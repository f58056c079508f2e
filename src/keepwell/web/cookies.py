"""The cookies of a session. Over https their names begin with `__Host-`, so that no other host can set them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from keepwell.runtime.ports.access import Opened

COOKIE = "keepwell_session"
DEVICE_COOKIE = "keepwell_device"
SESSION_SECONDS = 12 * 3600
DEVICE_SECONDS = 180 * 24 * 3600


def is_secure(request: Request) -> bool:
    """Whether the browser speaks https, also through a proxy that says so."""
    return request.url.scheme == "https"


def name(request: Request, plain: str) -> str:
    """The name of a cookie on this connection."""
    return f"__Host-{plain}" if is_secure(request) else plain


def keep(request: Request, answer: Response, plain: str, value: str, seconds: int) -> None:
    """Set a cookie that scripts cannot read."""
    secure = is_secure(request)
    answer.set_cookie(
        name(request, plain), value, max_age=seconds, path="/", httponly=True, samesite="lax", secure=secure
    )


def drop(request: Request, answer: Response, plain: str) -> None:
    """Take a cookie back."""
    keep(request, answer, plain, "", 0)


def session_of(request: Request) -> str | None:
    """The secret of the session that a browser shows."""
    return request.cookies.get(name(request, COOKIE))


def device_of(request: Request) -> str | None:
    """The secret of a browser that logged in before."""
    return request.cookies.get(name(request, DEVICE_COOKIE))


def keep_login(request: Request, answer: Response, opened: Opened) -> None:
    """Give a browser its new session."""
    keep(request, answer, COOKIE, opened.session, SESSION_SECONDS)
    keep(request, answer, DEVICE_COOKIE, opened.device, DEVICE_SECONDS)
