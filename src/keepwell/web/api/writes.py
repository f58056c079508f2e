"""Writes that carry an `Idempotency-Key` are done once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.idempotency import Answer, Ask, Once
from keepwell.web import errors
from keepwell.web.api.asked import Unreadable
from keepwell.web.api.problems import MEDIA_TYPE
from keepwell.web.needs import visitor

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
PROBLEMS = 400  # statuses from here on are problems


def _key(
    key: Annotated[
        str | None,
        Header(
            alias=HEADER,
            description="A random text, such as a UUID: the same one within 24 hours gives the first answer again.",
        ),
    ] = None,
) -> str | None:
    if key is not None and not KEY.fullmatch(key):
        raise Unreadable(f"header.{HEADER}", "this must be 1 to 255 printable characters without spaces")
    return key


Key = Annotated[str | None, Depends(_key)]


class Asked:
    """A write as it was asked for: the request, its body, and its idempotency key if it has one."""

    def __init__(self, request: Request, body: bytes, key: str | None) -> None:
        self.request = request
        self.body = body
        self.key = key

    def once(self, once: Once, act: Callable[[], Response]) -> Response:
        """Do it, or give the answer that was given the first time."""
        if self.key is None:
            return act()
        done = once.once(self._ask(self.key), lambda: _answer(act()), self._told)
        headers = {"Cache-Control": "no-store", **({"Idempotent-Replayed": "true"} if done.repeated else {})}
        media = MEDIA_TYPE if done.status >= PROBLEMS else "application/json" if done.body else None
        return Response(done.body, done.status, headers, media)

    def _ask(self, key: str) -> Ask:
        who = visitor(self.request)
        owner = f"person {who.name}" if who.key is None else f"key {who.key}"
        url = self.request.url
        address = f"{self.request.method} {self.request.scope['path']}?{url.query}\n"
        return Ask(owner, key, address.encode() + self.body)

    def _told(self, error: KeepwellError) -> Answer:
        return _answer(errors.problem(self.request, error))


def _answer(response: Response) -> Answer:
    return Answer(response.status_code, bytes(response.body))
