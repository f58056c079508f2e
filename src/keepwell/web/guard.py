"""The door: what is refused before any page is asked, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from keepwell.base.errors import KeepwellError

Check = Callable[[Request], KeepwellError | None]
AsyncCheck = Callable[[Request], Awaitable[KeepwellError | None]]
Answer = Callable[[Request, KeepwellError], Response]

LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
PROGRAMS = ("/v1", "/batch", "/capture", "/e", "/i", "/hooks")
"""Where, and below where, programs send to, also from pages of other sites: by a key or a signature, no session."""
RECEIVERS = ("/letters",)
"""Where receivers of letters come to, and post to from their mail programs: nobody is logged in there."""
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "  # lengths of bars
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class ForeignHost(KeepwellError):
    """A name that this server was not told to answer to: a web page may have pointed it here."""

    def __init__(self, host: str) -> None:
        super().__init__(f"Keepwell does not answer to the name {host[:100]!r}.")
        self.host = host


class CrossSite(KeepwellError):
    """A change asked for by a page of another site."""

    def __init__(self) -> None:
        super().__init__("This change was asked for by a page of another site, so it was not made.")


class Guard:
    """Runs the quick checks in their order, then asks the door, and answers the first refusal."""

    def __init__(self, app: ASGIApp, *, checks: Sequence[Check], door: AsyncCheck, answer: Answer) -> None:
        self.app = app
        self.checks = checks
        self.door = door
        self.answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] == "websocket":  # there are none
            await send({"type": "websocket.close", "code": 1008})
            return
        request = Request(scope)
        refusal = next((refusal for check in self.checks if (refusal := check(request))), None)
        refusal = refusal or await self.door(request)
        if refusal is None:
            await self.app(scope, receive, send)
            return
        answer = await run_in_threadpool(self.answer, request, refusal)
        await answer(scope, receive, send)


class SecurityHeaders:
    """Puts HEADERS on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)


def own_host(hosts: Sequence[str]) -> Check:
    """Refuses names other than this machine's and `hosts`; ports do not matter."""
    allowed = {*LOCAL_HOSTS, *(host.lower() for host in hosts)}

    def check(request: Request) -> KeepwellError | None:
        host = request.headers.get("host", "")
        return None if _name(host) in allowed else ForeignHost(host)

    return check


def same_origin(request: Request) -> KeepwellError | None:
    """Refuses changes that a browser says come from elsewhere. Programs send neither header.

    No page of another site can send a Bearer key, or use a session where cookies are not looked at.
    """
    if request.method in SAFE_METHODS or takes_no_cookies(request):
        return None
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return None if site in {"same-origin", "none"} else CrossSite()
    origin = request.headers.get("origin")
    if origin is None or urlsplit(origin).netloc == request.headers.get("host"):
        return None
    return CrossSite()


def shows_bearer(request: Request) -> bool:
    """Whether a request carries a Bearer key, valid or not."""
    return request.headers.get("authorization", "")[:7].lower() == "bearer "


def takes_no_cookies(request: Request) -> bool:
    """Whether this request is one of a program or of a letter's receiver: the cookies of a browser mean nothing."""
    return shows_bearer(request) or lies_under(request, (*PROGRAMS, *RECEIVERS))


def lies_under(request: Request, addresses: Sequence[str]) -> bool:
    """Whether a request goes to one of some addresses, or below one."""
    path: str = request.scope["path"]
    return any(path == each or path.startswith(f"{each}/") for each in addresses)


def _name(host: str) -> str:
    """A Host header without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()
