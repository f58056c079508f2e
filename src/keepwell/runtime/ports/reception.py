"""Reception of events as the web sees it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

import msgspec

from keepwell.base.errors import KeepwellError


class UnknownKeyError(KeepwellError):
    """No key came with a request, or one that may not send events."""

    def __init__(self) -> None:
        super().__init__("A write key is needed, and none that is valid came with this request. Nothing of it was kept")


class UnknownHookError(KeepwellError):
    """There is no webhook of this name, or no secret is set for it."""

    def __init__(self, name: str, variable: str) -> None:
        super().__init__(
            f"No webhook called {name[:80]!r} is set up here. Nothing of this request was kept; its secret is set in"
            f" {variable}"
        )


class UnreadableError(KeepwellError):
    """A request of which nothing can be read."""


class TooLargeError(KeepwellError):
    """A body that is larger than what is read, packed or unpacked.

    Attributes:
        limit: bytes of the largest body.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit} bytes. Nothing of it was kept; send smaller batches")
        self.limit = limit


class NotVerifiedError(KeepwellError):
    """A delivery that is not signed by whom it says, or was signed too long ago."""


class LaterError(KeepwellError):
    """A request that cannot be taken now; nothing of it was kept, and the sender may try again.

    Attributes:
        after_s: in how many seconds.
        sender: whether it is this sender who sends too much, and not all together.
    """

    def __init__(self, why: str, after_s: int, *, sender: bool = False) -> None:
        super().__init__(f"{why}. Nothing of this request was kept; send it again in {after_s} s")
        self.after_s = after_s
        self.sender = sender


class ItemRefused(msgspec.Struct, frozen=True):
    """An item that was refused. `item` is its place in the request, from 1; null for an id that was used before."""

    item: int | None
    reason: str
    detail: str


class Received(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of the items of a request. `errors` are the first of those that were rejected."""

    accepted: int
    duplicates: int
    rejected: int
    errors: Sequence[ItemRefused] = ()


@dataclass(frozen=True)
class Delivered:
    """A request as it came. Header names are in lower case; `url` is the address the sender used."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What a vendor wants to hear at once, when it only asks who is there."""

    body: bytes
    content_type: str
    status: int


class Reception(Protocol):
    """Takes events in. Called by one thread."""

    largest: int
    """Bytes of the largest body that is read."""

    def is_tracking(self, path: str) -> bool:
        """Whether tracking requests are sent to an address."""
        ...

    def track(self, path: str, headers: Mapping[str, str], body: bytes) -> Future[Received]:
        """Take a tracking request; the result comes when it is durable.

        Raises:
            UnknownKeyError: no valid write key came with it.
            LaterError: it cannot be taken now.
            UnreadableError, TooLargeError: nothing of the body can be read.
        """
        ...

    def refused(self, path: str, error: KeepwellError) -> None:
        """A request to an address was refused as a whole: the operator is told, not only the sender."""
        ...

    def deliver(self, name: str, delivered: Delivered) -> Future[Received] | Reply:
        """Take a delivery of a webhook.

        Raises:
            UnknownHookError: it is not set up.
            NotVerifiedError: it is not from whom it says, or too old.
            LaterError: it cannot be taken now.
            UnreadableError, TooLargeError: nothing of the body can be read.
        """
        ...
