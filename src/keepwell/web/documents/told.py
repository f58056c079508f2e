"""Lines of ports as documents: the same fields, and moments in RFC 3339."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, TypeVar

import msgspec

from keepwell.base.time import to_datetime

Instant = Annotated[dt.datetime, msgspec.Meta(tz=True)]
"""A moment: RFC 3339, with its offset."""
T = TypeVar("T", bound=msgspec.Struct)
MOMENTS = ("at", "as_of")


class Fact(msgspec.Struct, frozen=True):
    """A fact: how it is `said`, how it reads `now` (empty when it is not known any more), the days it looks back."""

    id: str
    meaning: str
    said: str
    now: str
    window_days: int
    as_of: Instant
    origin: str
    in_message: bool


def told(kind: type[T], line: object, **made: object) -> T:
    """A document of a kind: each field is taken from `made`, else from the line of the same name.

    Fields called `at`, `as_of` or ending with `_at` are microseconds in the line.
    """
    return kind(**{name: made[name] if name in made else _value(line, name) for name in kind.__struct_fields__})


def _value(line: object, name: str) -> object:
    value = getattr(line, name)
    if value is not None and (name in MOMENTS or name.endswith("_at")):
        return to_datetime(value)
    return value
