"""Events over HTTP: answered before anything else looks at a request, since there are many of them.

A tracking request needs a write key, a webhook its vendor's signature; sessions and cookies mean nothing here.
The answer is exactly 200 once everything is durable: some senders take any other success for a failure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.reception import Delivered, Received, Reception, Reply, TooLargeError
from keepwell.web import errors
from keepwell.web.api import problems

HOOKS = "/hooks/"
JSON = b"application/json"
CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST"),
    (b"access-control-allow-headers", b"authorization, content-type, content-encoding, x-retry-count"),
    (b"access-control-max-age", b"86400"),
)
"""Browsers of anybody may send events: a write key lets in and tells nothing."""

log = structlog.get_logger("keepwell.ingest")


class Ingest:
    """Takes tracking requests and webhooks, and passes on everything else."""

    def __init__(self, app: ASGIApp, *, reception: Reception, public_url: str | None = None) -> None:
        self.app = app
        self.reception = reception
        self.public_url = public_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, method = scope["path"], scope["method"]
        tracking = self.reception.is_tracking(path)
        if tracking or path.startswith(HOOKS):
            scope["pattern"] = path.rstrip("/") if tracking else f"{HOOKS}{{name}}"
        if not tracking and not path.startswith(HOOKS):
            await self.app(scope, receive, send)
        elif tracking and method == "OPTIONS":
            await _answer(send, 204, b"", (*CORS,))
        elif not tracking and method == "HEAD":  # vendors ask whether somebody is there
            await _answer(send, 200, b"", ())
        elif method != "POST":
            answer = problems.of_framework(Request(scope), HTTPException(405, headers={"Allow": "POST"}))
            answer.raw_headers += CORS
            await answer(scope, receive, send)
        else:
            await self._take(scope, receive, send, tracking=tracking)

    async def _take(self, scope: Scope, receive: Receive, send: Send, *, tracking: bool) -> None:
        request = Request(scope, receive)
        try:
            body = await self._body(request)
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            done = await (self._track(request, headers, body) if tracking else self._hook(request, headers, body))
        except ClientDisconnect:
            return
        except KeepwellError as error:
            self.reception.refused(scope["path"], error)
            await _refused(request, send, error)
        except Exception as error:
            log.exception("a request could not be taken", path=scope["path"], exc_info=error)
            answer = problems.unforeseen(request)
            await answer(scope, receive, send)
        else:
            await _done(send, done)

    async def _track(self, request: Request, headers: Mapping[str, str], body: bytes) -> Received | Reply:
        received: Received = await asyncio.wrap_future(self.reception.track(request.scope["path"], headers, body))
        return received

    async def _hook(self, request: Request, headers: Mapping[str, str], body: bytes) -> Received | Reply:
        name = request.scope["path"].removeprefix(HOOKS).strip("/")
        address = str(request.url) if self.public_url is None else self._public(request)
        found = self.reception.deliver(name, Delivered("POST", address, headers, body))
        if isinstance(found, Reply):
            return found
        received: Received = await asyncio.wrap_future(found)
        return received

    def _public(self, request: Request) -> str:
        query = request.url.query
        return f"{(self.public_url or '').rstrip('/')}{request.url.path}{f'?{query}' if query else ''}"

    async def _body(self, request: Request) -> bytes:
        """The body, no further than what is accepted."""
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size > self.reception.largest:
                raise TooLargeError(self.reception.largest)
            parts.append(part)
        return b"".join(parts)


async def _refused(request: Request, send: Send, error: KeepwellError) -> None:
    answer = errors.problem(request, error)
    answer.raw_headers += CORS
    await answer(request.scope, request.receive, send)


async def _done(send: Send, done: Received | Reply) -> None:
    if isinstance(done, Reply):
        await _answer(send, done.status, done.body, ((b"content-type", done.content_type.encode()),))
        return
    body = msgspec.json.encode({"success": True, "status": 1, **msgspec.to_builtins(done)})
    await _answer(send, 200, body, ((b"content-type", JSON), *CORS))


async def _answer(send: Send, status: int, body: bytes, headers: tuple[tuple[bytes, bytes], ...]) -> None:
    length = (b"content-length", str(len(body)).encode())
    start = {"type": "http.response.start", "status": int(status)}
    await send({**start, "headers": [*headers, length, (b"x-content-type-options", b"nosniff")]})
    await send({"type": "http.response.body", "body": body})
