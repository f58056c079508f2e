"""The live stream: it says what changed, and pages fetch it again under the reader's own session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import msgspec
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import StreamingResponse

from keepwell.web.needs import Role, needs

STILL_HERE_S = 15.0
MOST_STREAMS = 500
AT_MOST_EVERY_S = 0.25


class Change(Protocol):
    """What moved: own ids of customers, None for possibly everybody; and whether events arrived."""

    number: int
    customers: frozenset[str] | None
    events: bool


class Watcher(Protocol):
    """One open stream."""

    async def next(self) -> Change | None: ...


class Changes(Protocol):
    """Where changes are told."""

    def watch(self) -> Watcher: ...

    def leave(self, watcher: Watcher) -> None: ...

    def __len__(self) -> int: ...


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
    try:
        yield b"retry: 2000\n\n"
        while True:
            try:
                change = await asyncio.wait_for(watcher.next(), STILL_HERE_S)
            except TimeoutError:
                if not await still_in(request):
                    return
                yield b": still here\n\n"
                continue
            if change is None:
                return
            yield _event(change)
            await asyncio.sleep(AT_MOST_EVERY_S)
    finally:
        changes.leave(watcher)


def _event(change: Change) -> bytes:
    named = None if change.customers is None else sorted(change.customers)
    data = msgspec.json.encode({"customers": named, "events": change.events})
    return b"id: %d\nevent: changed\ndata: %s\n\n" % (change.number, data)
