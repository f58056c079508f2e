"""What the readers of tracking requests share: items that cannot be read, and senders' clocks that are off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from keepwell.base.time import SECOND_US
from keepwell.events.accept import Reason
from keepwell.events.event import Rejection
from keepwell.events.instants import OLDEST_US, instant
from keepwell.events.slots import keepable
from keepwell.sources.sent import BodyRefusedError, Name, Unread
from keepwell.sources.split import split

T = TypeVar("T")
Id = str | int | None
Moment = str | int | float | None
Item = bytes | msgspec.Raw

MAX_ITEMS = 10_000
"""Events in one request; the SDKs send at most 2,500."""

TOLERATED_SKEW_US = 60 * SECOND_US
"""A sender's clock is corrected when it is further off. Below it the time stays as it was sent, so that a batch
sent again, whose journey took a moment longer, brings the same event of the same hour again."""

ABSENT = msgspec.Raw(b"")

_MAX_COMMAS = 1 << 19  # bounds how many values are made before they can be counted
_KEPT = 64 * 1024
_MAX_DETAIL = 200
_NOTHING = ("", "null", "[]")  # PHP writes an empty object as an empty list
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


class UnfitError(Exception):
    """An item that is JSON and no event. It carries the rejection to where the item is kept."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason)
        self.rejection = Rejection(reason.value, detail)


FAULTS = (msgspec.DecodeError, ValueError, RecursionError, UnfitError)
"""What reading an item of foreign bytes can raise."""


def bounded(body: bytes) -> bytes:
    """The body, when it cannot hold absurdly many values.

    Raises:
        BodyRefusedError: it can.
    """
    if body.count(b",") > _MAX_COMMAS:
        raise _too_many()
    return body


def counted(items: Sequence[T]) -> Sequence[T]:
    """The items of a request, when they are not too many.

    Raises:
        BodyRefusedError: they are.
    """
    if len(items) > MAX_ITEMS:
        raise _too_many()
    return items


def _too_many() -> BodyRefusedError:
    return BodyRefusedError(f"More than {MAX_ITEMS} events. Nothing of it was kept; send smaller batches")


def listed(body: bytes) -> Sequence[Item]:
    """The items of a body that is a list.

    Raises:
        BodyRefusedError: it is no list, or too long.
    """
    try:
        return counted(_decode_list(bounded(body)))
    except FAULTS as error:
        parts = split(body)
        if parts is None:
            raise refused(error) from None
        return counted(parts[1])


def refused(error: Exception) -> BodyRefusedError:
    """The refusal of a whole body, because of one of `FAULTS`."""
    return BodyRefusedError(f"The body cannot be read ({str(error)[:_MAX_DETAIL]}). Nothing of it was kept")


def is_object(body: bytes) -> bool:
    """Whether a body looks like one JSON object, whatever is wrong inside: it is kept as an item that was not read."""
    found = body.strip()
    return found.startswith(b"{") and found.endswith(b"}")


def unread(item: Item, error: Exception) -> Unread:
    """The item of a batch that could not be read because of `error`, one of `FAULTS`."""
    text = bytes(memoryview(item)[:_KEPT]).decode("utf-8", "backslashreplace")[:_KEPT]
    if isinstance(error, UnfitError):
        return Unread(error.rejection, text)
    reason = Reason.BAD_ENCODING if isinstance(error, UnicodeError) else Reason.BAD_ROW
    return Unread(Rejection(reason.value, str(error)[:_MAX_DETAIL]), text)


def json_text(value: msgspec.Raw) -> str | None:
    """JSON as it was sent; None when it says nothing.

    Raises:
        UnicodeDecodeError: it is not UTF-8.
    """
    found = str(value, "utf-8")
    return None if found in _NOTHING else found


def with_more(more: Mapping[str, object], given: str | None) -> str | None:
    """The JSON text of an object with `more` before what is given, which wins. What is no object stays as it is."""
    more = {name: value for name, value in more.items() if value is not None and value != ""}
    if not more or (given is not None and not given.startswith("{")):
        return given
    head = _encode(more).decode()
    rest = "}" if given is None else given[1:].lstrip()
    return head if rest.startswith("}") else f"{head[:-1]},{rest}"


def first(*given: Id) -> Id:
    """The first id that says something."""
    return next((each for each in given if each is not None and each != ""), None)


def names(*given: tuple[str, Id]) -> tuple[Name, ...]:
    """Those names that say somebody, as texts that can be kept."""
    found = ((kind, str(value)) for kind, value in given if value is not None and value != "")
    return tuple((kind, value) for kind, value in found if keepable(value))


class _Person(msgspec.Struct, gc=False):
    email: object = None


_decode_person = msgspec.json.Decoder(_Person).decode


def email_of(traits: str | None) -> str | None:
    """The address among somebody's traits, as a name.

    Raises:
        msgspec.DecodeError: the traits are no JSON object.
    """
    return email(_decode_person(traits).email) if traits else None


def email(value: object) -> str | None:
    """An address as a name: addresses that differ in case only are the same."""
    found = value.strip().lower() if isinstance(value, str) else ""
    return found if "@" in found else None


def sent_instant(value: object) -> int | None:
    """When the sender's clock said it sent this, however wrong; None when it makes no sense."""
    try:
        return instant(value)
    except (ValueError, OverflowError):
        return None


def noted(sent_at: int | None) -> int | None:
    """The sender's clock as the log may note it: `accept` takes small numbers for seconds."""
    return sent_at if sent_at is not None and sent_at >= OLDEST_US else None


def own_time(claimed: Moment, meant: Moment) -> int | None:
    """What `Raw.own_time` says of a time that was sent as `claimed` and is taken for `meant`."""
    if claimed is None or claimed == "":
        return 0
    return None if meant is claimed else sent_instant(claimed)


def corrected(claimed: Moment, sent_at: int | None, now: int) -> Moment:
    """When an event happened, its sender's clock corrected by what it showed when it sent: now - (sent - claimed).

    A time that is missing is now. One that cannot be read, or is later than the sending and so not of the
    same clock, is left as it is.
    """
    if claimed is None or claimed == "":
        return now
    if sent_at is None or abs(now - sent_at) <= TOLERATED_SKEW_US:
        return claimed
    shown = sent_instant(claimed)
    if shown is None or shown > sent_at + TOLERATED_SKEW_US:
        return claimed
    happened = now - (sent_at - shown)
    return happened if happened >= OLDEST_US else claimed
