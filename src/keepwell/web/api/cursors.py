"""Cursors: where a list goes on. Opaque to the reader, and good only for the list they came from."""

from __future__ import annotations

import base64
import hashlib
from typing import TypeVar

import msgspec

from keepwell.base.errors import KeepwellError

T = TypeVar("T")


class BadCursor(KeepwellError):
    """A cursor that leads nowhere in this list."""

    def __init__(self) -> None:
        super().__init__("This cursor does not belong to this list.")


def write(place: object, listed: object) -> str | None:
    """A cursor for a place in a list, which is told by what was asked; None for no place."""
    if place is None:
        return None
    raw = msgspec.json.encode((_of(listed), place))
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read(cursor: str | None, kind: type[T], listed: object) -> T | None:
    """The place a cursor names; None without one.

    Raises:
        BadCursor: it is damaged, or belongs to another list.
    """
    if cursor is None:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True)
        of, place = msgspec.json.decode(raw, type=tuple[str, kind])  # type: ignore[valid-type]
    except (ValueError, msgspec.DecodeError):
        raise BadCursor from None
    if of != _of(listed):
        raise BadCursor
    return place


def _of(listed: object) -> str:
    return hashlib.sha256(msgspec.json.encode(listed)).hexdigest()[:12]
