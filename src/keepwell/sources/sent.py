"""What a sender sent, in our terms: events before anything is believed, and items that could not be read."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keepwell.base.errors import KeepwellError
from keepwell.events.event import Raw, Rejection

Name = tuple[str, str]
"""A name somebody goes by elsewhere: ("user", "u-17"), ("email", "ada@example.org"), ("stripe", "cus_1")."""


class Sent(msgspec.Struct, frozen=True, gc=False):
    """One event as a sender meant it.

    Attributes:
        raw: the event; its customer_id is None when the sender named no account.
        names: names by which reception may find the account, tried in order after the customer id and the user id.
        binds: names that belong to the same account from now on.
    """

    raw: Raw
    names: Sequence[Name] = ()
    binds: Sequence[Name] = ()


class Unread(msgspec.Struct, frozen=True):
    """An item of a batch that cannot even be an event. `text` is what was sent, at most 64 KB of it."""

    rejection: Rejection
    text: str


class Batch(msgspec.Struct, frozen=True):
    """What one request brought.

    Attributes:
        items: in the order they were sent.
        key: the write key that the body itself carried, if any.
        ignored: how many items were understood to mean nothing to us, and name nobody; they are not kept.
    """

    items: Sequence[Sent | Unread]
    key: str | None = None
    ignored: int = 0


class BodyRefusedError(KeepwellError):
    """A request whose body as a whole is nothing that can be read; nothing of it was kept."""


class BodyTooLargeError(BodyRefusedError):
    """A body larger than what is accepted, also after it is unpacked.

    Attributes:
        limit: the largest accepted size in bytes.
    """

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit} bytes. Nothing of it was kept; send smaller batches")
        self.limit = limit
