"""Messages as documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from keepwell.base.time import to_datetime
from keepwell.runtime.ports.messages import MessageLine, MessagePage, UnwantedLine
from keepwell.runtime.ports.messages import Sending as Whether
from keepwell.web.documents.told import Fact, Instant, told


class Message(msgspec.Struct, frozen=True):
    """A message to a customer. `because` says why it is in its state."""

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
    made_at: Instant
    due_at: Instant
    expires_at: Instant
    ended_at: Instant | None


class MessageList(msgspec.Struct, frozen=True):
    """A part of the list; `total` counts all that match, `counts` all by state. `next` is the cursor of the rest."""

    messages: Sequence[Message]
    total: int
    next: str | None
    counts: Mapping[str, int]


class BoundPlace(msgspec.Struct, frozen=True):
    """Letters of a passage, half-open, that say a fact."""

    start: int
    end: int
    fact: str


class MessagePassage(msgspec.Struct, frozen=True):
    """A passage; `placed` is it with its places, as it is edited, and empty when it is not for people to edit."""

    text: str
    placed: str
    bound: Sequence[BoundPlace]
    editable: bool


class BlockedPlace(msgspec.Struct, frozen=True):
    """Why a text may not be sent: 0 is the subject, the body counts from 1; and which letters of it."""

    passage: int
    start: int
    end: int
    reason: str
    said: str
    fact: str


class LeftOutPart(msgspec.Struct, frozen=True):
    """A part of the template that is not said, and why."""

    part: str
    fact: str
    because: str


class MessageChange(msgspec.Struct, frozen=True):
    """What happened to a message, and by whom."""

    at: Instant
    what: str
    by: str


class MessageTold(msgspec.Struct, frozen=True):
    """A message with everything that an approval needs; `digest` is what is approved, empty before it is written."""

    message: Message
    passages: Sequence[MessagePassage]
    text: str
    digest: str
    facts: Sequence[Fact]
    left_out: Sequence[LeftOutPart]
    blocked: Sequence[BlockedPlace]
    verdict: str
    allowed: bool
    history: Sequence[MessageChange]


class StopTold(msgspec.Struct, frozen=True):
    """Everything to customers is stopped: since when, why, and by whom."""

    at: Instant
    because: str
    by: str


class Sending(msgspec.Struct, frozen=True):
    """Whether anything can leave for customers, and why; `stop` is null unless somebody stopped it."""

    can_send: bool
    because: str
    stop: StopTold | None


class UnwantedAddress(msgspec.Struct, frozen=True):
    """An address that is not written to."""

    address: str
    at: Instant
    because: str
    by: str


class UnwantedList(msgspec.Struct, frozen=True):
    """Addresses that are not written to, the newest first."""

    addresses: Sequence[UnwantedAddress]


def message(line: MessageLine) -> Message:
    return told(Message, line)


def page(found: MessagePage) -> MessageTold:
    return told(
        MessageTold,
        found,
        message=message(found.line),
        passages=[
            told(MessagePassage, each, bound=[told(BoundPlace, one) for one in each.bound]) for each in found.passages
        ],
        facts=[told(Fact, each) for each in found.facts],
        left_out=[told(LeftOutPart, each) for each in found.left_out],
        blocked=[told(BlockedPlace, each) for each in found.blocked],
        history=[MessageChange(to_datetime(at), what, by) for at, what, by in found.history],
    )


def sending(found: Whether) -> Sending:
    stop = None if found.stop is None else told(StopTold, found.stop)
    return Sending(found.can_send, found.because, stop)


def unwanted(lines: Sequence[UnwantedLine]) -> UnwantedList:
    return UnwantedList([told(UnwantedAddress, each) for each in lines])
