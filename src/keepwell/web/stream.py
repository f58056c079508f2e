"""The live stream: it says what changed, and pages fetch it again under the reader's own session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import StreamingResponse

from keepwell.runtime.changes import Change, Changes, Watcher
from keepwell.web.needs import Role, needs

STILL_HERE_S = 15.0
STILL_HERE = b": still here\n\n"
MOST_STREAMS = 500
AT_MOST_EVERY_S = 0.25


def add_routes(app: FastAPI, changes: Changes, still_in: Callable[[Request], Awaitable[bool]]) -> None:
    """The stream. `still_in` tells whether the reader's session is still open."""

    @app.get("/stream", dependencies=[needs(Role.VIEWER)], include_in_schema=False)
    async def stream(request: Request) -> StreamingResponse:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        if len(changes) >= MOST_STREAMS:
            return StreamingResponse(iter(()), 503, headers={**headers, "Retry-After": "30"})
        return StreamingResponse(_lines(request, changes, still_in), media_type="text/event-stream", headers=headers)


async def _lines(
    request: Request, changes: Changes, still_in: Callable[[Request], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    watcher = changes.watch()
    time = watcher.loop.time
    asks_at = time() + STILL_HERE_S
    try:
        yield b"retry: 2000\n\n"
        while (line := await _next(watcher)) is not None:
            due = time() >= asks_at  # also when there is always something to tell
            if due and not await still_in(request):
                return
            asks_at = time() + STILL_HERE_S if due else asks_at
            yield line
            await asyncio.sleep(AT_MOST_EVERY_S)
    finally:
        changes.leave(watcher)


async def _next(watcher: Watcher) -> bytes | None:
    """The next line; a sign of life when there is none for long, None at the end."""
    try:
        change = await asyncio.wait_for(watcher.next(), STILL_HERE_S)
    except TimeoutError:
        return STILL_HERE
    return None if change is None else _event(change)


def _event(change: Change) -> bytes:
    named = None if change.customers is None else sorted(change.customers)
    told = {"customers": named, "events": change.events, "alerts": change.alerts, "acts": change.acts}
    data = msgspec.json.encode(told)
    return b"id: %d\nevent: changed\ndata: %s\n\n" % (change.number, data)
