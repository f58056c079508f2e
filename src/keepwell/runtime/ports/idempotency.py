"""Writes that are done once, however often they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from keepwell.base.errors import KeepwellError


class StillRunning(KeepwellError):
    """The same key is being worked on."""

    def __init__(self) -> None:
        super().__init__("The first request with this idempotency key has not been answered yet.")


class OtherRequest(KeepwellError):
    """The same key came with another request."""

    def __init__(self) -> None:
        super().__init__("This idempotency key was used for another request, so nothing was changed.")


class Ask(msgspec.Struct, frozen=True):
    """A request to be answered once.

    Attributes:
        owner: who asks; keys of different owners never meet.
        key: the idempotency key as it was sent.
        request: everything that makes it this request: method, address and body.
    """

    owner: str
    key: str
    request: bytes


class Answer(msgspec.Struct, frozen=True):
    """What was answered. `repeated` when it is the first answer again."""

    status: int
    body: bytes
    repeated: bool = False


class Once(Protocol):
    """Remembers first answers for a day."""

    def once(self, ask: Ask, act: Callable[[], Answer], told: Callable[[KeepwellError], Answer]) -> Answer:
        """The answer of `act`, or the one it gave the first time.

        What `act` writes and the answer are committed in one transaction. An error it raises undoes what
        it wrote; `told` makes the answer of it. Answers from 500 on are not kept.

        Raises:
            StillRunning: the first request is not answered yet.
            OtherRequest: the key was used for another request.
        """
        ...
