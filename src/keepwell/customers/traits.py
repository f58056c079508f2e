"""Traits as senders write them, read into what Keepwell uses. Unreadable traits are left out, never guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from keepwell.base.time import DAY_US
from keepwell.events import slots
from keepwell.events.instants import instant

Traits = Mapping[str, object]


def _quiet(read: Callable[[object], int | str | None], value: object) -> int | str | None:
    try:
        return read(value)
    except ValueError:
        return None


def whole(traits: Traits, name: str) -> int | None:
    """A count."""
    found = _quiet(slots.count, traits.get(name))
    return found if isinstance(found, int) else None


def cents(traits: Traits, name: str) -> int | None:
    """Money per month, in hundredths."""
    found = _quiet(slots.money, traits.get(name))
    return found if isinstance(found, int) else None


def yes(traits: Traits, name: str) -> int:
    """1 when the trait says yes."""
    return int(_quiet(slots.flag, traits.get(name)) or 0)


def word(traits: Traits, name: str) -> str | None:
    """A short text."""
    found = _quiet(slots.text, traits.get(name))
    return None if found is None else str(found)


def day(traits: Traits, name: str) -> int | None:
    """The day of a moment."""
    try:
        found = instant(traits.get(name))
    except (ValueError, OverflowError):
        return None
    return None if found is None else found // DAY_US


def words(traits: Traits, name: str) -> frozenset[str] | None:
    """A list of short texts; None when it was not given as a list."""
    value = traits.get(name)
    if not isinstance(value, (list, tuple)):
        return None
    return frozenset(item for item in value if isinstance(item, str) and 0 < len(item) <= slots.MAX_TEXT)


def limits(traits: Traits) -> dict[str, int] | None:
    """Plan limits by meter, in the scale of reported usage."""
    value = traits.get("plan_limits")
    if not isinstance(value, dict):
        return None
    read = {str(meter): _quiet(slots.amount, limit) for meter, limit in value.items()}
    return {meter: limit for meter, limit in read.items() if isinstance(limit, int) and limit > 0}


def offered(traits: Traits) -> int | None:
    """How many add-ons are offered, given as a list or a number."""
    value = traits.get("offered_addons")
    if isinstance(value, (list, tuple)):
        return len(value)
    return whole(traits, "offered_addons")
