"""Messages to customers as pages, the API and the command line read them, and what people do with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from keepwell.base.errors import KeepwellError


class MessageRefusedError(KeepwellError):
    """Something that cannot be done with a message.

    Attributes:
        blocked: what is wrong with its text, when that is why.
    """

    def __init__(self, problem: str, blocked: Sequence[BlockedLine] = ()) -> None:
        super().__init__(f"{problem}. Nothing was changed")
        self.blocked = blocked


class MessagesWanted(msgspec.Struct, frozen=True):
    """Which messages; what is empty means all.

    Attributes:
        states: wanted, asked, posted, sent, failed, uncertain, suppressed, expired, cancelled.
    """

    states: Sequence[str] = ()
    customer_id: str | None = None


class MessageLine(msgspec.Struct, frozen=True, kw_only=True):
    """One message. Instants are microseconds.

    Attributes:
        id: its number.
        run: the number of its run.
        title: of its template; `playbook_title` of the playbook.
        recipient: the address; empty until it is written.
        state: as in `MessagesWanted`.
        because: why it is in this state, in words.
        task: the number of the task it became when nobody approved it; None otherwise.
        approved_by: names.
        due_at: when it was to be sent.
        expires_at: from when it is not sent any more.
    """

    id: int
    customer_id: str
    customer_name: str
    run: int
    playbook: str
    playbook_title: str
    step: str
    template: str
    title: str
    subject: str
    channel: str
    contact: str
    recipient: str
    state: str
    because: str
    needs_approval: bool
    changed: bool
    approved_by: Sequence[str]
    made_at: int
    due_at: int
    expires_at: int
    ended_at: int | None


class MessagesPart(msgspec.Struct, frozen=True):
    """A part of a list: those that expire first first where they are open, else the newest first."""

    lines: Sequence[MessageLine]
    total: int


class BlockedLine(msgspec.Struct, frozen=True):
    """One reason why a text may not be sent: 0 is the subject, the body counts from 1; which letters of it."""

    passage: int
    start: int
    end: int
    reason: str
    said: str
    fact: str


class BoundLine(msgspec.Struct, frozen=True):
    """Letters of a passage, half-open, that say a fact."""

    start: int
    end: int
    fact: str


class PassageLine(msgspec.Struct, frozen=True):
    """A passage of a message. `placed` is it with its places, as a person edits it; empty when it is not theirs."""

    text: str
    placed: str
    bound: Sequence[BoundLine]
    editable: bool


class FactLine(msgspec.Struct, frozen=True, kw_only=True):
    """A fact.

    Attributes:
        id: the name of its place.
        meaning: what it is, in words.
        said: as it reads in the message, or as it is written alone.
        now: as it reads now; empty when it is not known any more.
        window_days: days it looks back; 0 for what is so now.
        as_of: of which moment it is, microseconds.
        origin: the part of Keepwell that knows it.
        in_message: whether the message says it.
    """

    id: str
    meaning: str
    said: str
    now: str
    window_days: int
    as_of: int
    origin: str
    in_message: bool


class LeftOutLine(msgspec.Struct, frozen=True):
    """A part of the template that is not said, and why."""

    part: str
    fact: str
    because: str


class MessagePage(msgspec.Struct, frozen=True, kw_only=True):
    """A message with everything that an approval needs.

    Attributes:
        passages: the subject, then the body.
        text: the exact bytes that go out, with their subject apart, or nothing before it is written.
        digest: of these bytes and the address: what is approved.
        facts: what the message says, then what else is known and may be said.
        blocked: what is wrong with it now.
        verdict: what the gate says now, in words; `allowed` whether it would let it through once it is approved.
        history: what happened to it: instant, what, by whom.
    """

    line: MessageLine
    passages: Sequence[PassageLine]
    text: str
    digest: str
    facts: Sequence[FactLine]
    left_out: Sequence[LeftOutLine]
    blocked: Sequence[BlockedLine]
    verdict: str
    allowed: bool
    history: Sequence[tuple[int, str, str]]


class StopLine(msgspec.Struct, frozen=True):
    """Everything to customers is stopped: since when, why, and by whom."""

    at: int
    because: str
    by: str


class Sending(msgspec.Struct, frozen=True):
    """Whether anything can leave at all: what is switched on, in words, and the stop."""

    can_send: bool
    because: str
    stop: StopLine | None


class UnwantedLine(msgspec.Struct, frozen=True):
    """An address that is not written to."""

    address: str
    at: int
    because: str
    by: str


class Messages(Protocol):
    """What is known of messages."""

    def counts(self) -> Mapping[str, int]:
        """How many are in each state."""
        ...

    def part(self, wanted: MessagesWanted, start: int, limit: int) -> MessagesPart: ...

    def message(self, number: int) -> MessagePage | None:
        """A message, with its facts as they are now; None when there is none of this number."""
        ...

    def approve(self, digests: Mapping[int, str], by: str) -> int:
        """Approve messages by number, each with the digest of what was seen; how many were.

        Raises:
            MessageRefusedError: one does not wait for an approval, is another text by now, or is blocked.
        """
        ...

    def edit(self, number: int, subject: str, paragraphs: Sequence[str], by: str) -> None:
        """Change the words; figures are written as places.

        Raises:
            MessageRefusedError: there is none that waits, or the text would be blocked; `blocked` says why.
        """
        ...

    def renew(self, number: int) -> None:
        """Write it anew from facts as they are now. What was edited is lost.

        Raises:
            MessageRefusedError: there is none that waits, or it cannot be written.
        """
        ...

    def reject(self, number: int, by: str, reason: str) -> None:
        """It is not to be sent; what is on its way is taken back as long as it has not left.

        Raises:
            MessageRefusedError: there is none that waits, it has left, or no reason is given.
        """
        ...

    def sending(self) -> Sending:
        """Whether anything can leave."""
        ...

    def stop(self, by: str, reason: str) -> None:
        """Stop everything to customers at once.

        Raises:
            MessageRefusedError: no reason is given.
        """
        ...

    def go_on(self, by: str) -> None:
        """End the stop."""
        ...

    def unwanted(self, limit: int) -> Sequence[UnwantedLine]:
        """Addresses that are not written to, the newest first."""
        ...
