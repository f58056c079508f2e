"""How well this installation itself is: sources, coverage, customers set apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

LATELY = 100_000  # events that are looked through for names nobody knows: 30 ms


class SourceLine(msgspec.Struct, frozen=True):
    """A source of events. `fresh` is False when it sent in the last 24 hours and has been silent for long."""

    name: str
    label: str
    last_at: int | None
    accepted_hour: int  # in the current hour and the one before
    accepted_day: int
    duplicates_day: int
    rejected_day: int


class PollLine(msgspec.Struct, frozen=True):
    """A node that is asked for transactions.

    Attributes:
        host: of its address.
        addresses: about how many it is asked.
        polled_at: when it last answered as it should.
        complete_at: everything final before this moment has been told; None before the first round is done.
        waiting: transactions that are listed and not told yet.
        lost: transactions that were listed and could not be had.
        error, error_at: what went wrong last, and when.
        mails: of a mailbox, how many mails were read since the start; None of a node.
    """

    host: str
    addresses: int = 0
    polled_at: int | None = None
    complete_at: int | None = None
    waiting: int = 0
    lost: int = 0
    error: str = ""
    error_at: int | None = None
    mails: int | None = None


class HeldLine(msgspec.Struct, frozen=True):
    """A customer that is left out because evaluating it failed."""

    customer_id: str
    failures: int
    since: int
    reason: str


class UnknownEvent(msgspec.Struct, frozen=True):
    """A name that the tracking plan does not know: its events are kept, and move no score."""

    name: str
    times: int
    last_at: int


class RefusedLine(msgspec.Struct, frozen=True):
    """Requests to one address that were refused as a whole for one reason, since the server started."""

    address: str
    because: str
    times: int
    last_at: int


class LetterLine(msgspec.Struct, frozen=True):
    """A message that has not arrived, or of which that is not known. `due_at` is when it is tried again, if it is."""

    channel: str
    recipient: str
    because: str
    state: str
    error: str
    created_at: int
    due_at: int | None


class Watch(msgspec.Struct, frozen=True):
    """Who is watched as promised."""

    customers: int
    late: int
    late_ids: Sequence[str]  # at most 20
    share: float  # 0-1
    waiting_events: int  # written, and in no score yet
    read_only: bool
    held: Sequence[HeldLine]


class Health(Protocol):
    """What the page of sources and the operator's monitoring read."""

    def sources(self) -> Sequence[SourceLine]: ...

    def polls(self) -> Sequence[PollLine]:
        """Nodes that are asked for transactions."""
        ...

    def unknown(self) -> Sequence[UnknownEvent]:
        """Names of events that arrived lately and mean nothing here, the most frequent first."""
        ...

    def refused(self) -> Sequence[RefusedLine]:
        """Requests of senders that were refused as a whole, the last ones first."""
        ...

    def letters(self) -> Sequence[LetterLine]:
        """Messages of the last week that have not arrived, the newest first."""
        ...

    def watch(self) -> Watch: ...

    def ready(self) -> str | None:
        """Why events cannot be taken; None when they can."""
        ...

    def counted(self, route: str, status: int) -> None:
        """A request was answered; `route` is the pattern of its address, never the address itself."""
        ...

    def metrics(self) -> bytes: ...
