"""Reading what vendors send: paths into JSON, whose it is, and a batch from its items.

Nothing here raises but `BodyRefusedError`: a field of another type than documented is a field that is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from keepwell.events import catalog, slots
from keepwell.events.accept import Reason
from keepwell.events.event import Raw, Rejection
from keepwell.sources.sent import Batch, BodyRefusedError, Name, Sent, Unread

MAX_TEXT = 64 * 1024

Item = Mapping[str, object]
Fact = tuple[str, Mapping[str, object]]
"""An event of the plan, or the vendor's own under `vendor.type`, and its properties."""


def decode(body: bytes) -> object:
    """The JSON of a body.

    Raises:
        BodyRefusedError: it is none.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):  # also what is not UTF-8
        raise BodyRefusedError("The body is not JSON. Nothing of it was kept; send what the vendor sends") from None


def at(value: object, *path: str | int) -> object:
    """What lies at a path of keys and places, None when nothing does."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, Mapping) else None
        else:
            value = value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None
    return value


def table(value: object, *path: str | int) -> Item:
    """The table at a path, empty when there is none."""
    found = at(value, *path)
    return found if isinstance(found, Mapping) else {}


def items(value: object, *path: str | int) -> list[object]:
    """The list at a path, empty when there is none."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def word(value: object) -> str | None:
    """A short text, or a number as its text."""
    try:
        return slots.text(None if isinstance(value, bool) else value)
    except slots.Unreadable:
        return None


def scalars(value: object) -> dict[str, object]:
    """What an unknown object says plainly: its texts, numbers and yes or no, without what is nested in it."""
    plain = {key: each for key, each in table(value).items() if isinstance(each, (str, int, float))}
    return {key: each for key, each in plain.items() if not isinstance(each, str) or len(each) <= slots.MAX_TEXT}


def present(**properties: object) -> dict[str, object]:
    """Properties that were given."""
    return {name: value for name, value in properties.items() if value is not None and value != ""}


@dataclass(frozen=True)
class Whose:
    """Whose an item is.

    Attributes:
        customer_id: as the vendor's own field for it says; None when it says nothing.
        names: by which the account may be found.
        user_id: our id of the person.
    """

    customer_id: str | None = None
    names: tuple[Name, ...] = ()
    user_id: str | None = None

    @property
    def known(self) -> bool:
        """Whether there is anything to find the account by."""
        return self.customer_id is not None or self.user_id is not None or bool(self.names)

    @property
    def binds(self) -> tuple[Name, ...]:
        """Ids of the vendor that are the named account's. An e-mail address may be that of several."""
        return tuple(name for name in self.names if name[0] != "email") if self.customer_id is not None else ()


def whose(customer_id: object, *names: tuple[str, object], user_id: object = None) -> Whose:
    """Whose an item is, without the names it does not give."""
    found = [(kind, text) for kind, value in names if (text := word(value)) is not None]
    clean = [(kind, text.strip().lower() if kind == "email" else text) for kind, text in found]
    return Whose(word(customer_id), tuple(dict.fromkeys(clean)), word(user_id))


def sent(who: Whose, when: object, message_id: str | None, *facts: Fact) -> list[Sent]:
    """Events of one item. What the plan does not know is left out when nobody can be found for it.

    The first has the vendor's id, so that a repeated delivery is a duplicate; others have it with their place.
    """
    found: list[Sent] = []
    for event, properties in facts:
        if not who.known and catalog.find(event) is None:
            continue
        own_id = message_id if message_id is None or not found else f"{message_id}:{len(found)}"
        raw = Raw(who.customer_id, event, when, properties, own_id, user_id=who.user_id)
        found.append(Sent(raw, who.names, who.binds))
    return found


def as_json(value: object) -> str:
    """What was decoded, as JSON again; "" when it is nested beyond all bounds."""
    try:
        return msgspec.json.encode(value).decode()
    except RecursionError:
        return ""


def unread(item: object, detail: str) -> Unread:
    """An item that is no table."""
    return Unread(Rejection(Reason.BAD_ROW.value, detail), as_json(item)[:MAX_TEXT])


def batch(given: Iterable[object], read: Callable[[Item], Sequence[Sent]]) -> Batch:
    """Every item read; one from which nothing is made is counted as ignored."""
    found: list[Sent | Unread] = []
    ignored = 0
    for item in given:
        made = read(item) if isinstance(item, Mapping) else [unread(item, "not an object")]
        found += made
        ignored += not made
    return Batch(found, ignored=ignored)


def several(body: bytes) -> list[object]:
    """The items of a body that is a list, or the one it is.

    Raises:
        BodyRefusedError: it is not JSON.
    """
    value = decode(body)
    return value if isinstance(value, list) else [value]
