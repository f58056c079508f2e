"""The transaction's own instructions: which program each one calls, and whether that one called others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keepwell.expert.reading.evidence import Outcome, is_number
from keepwell.expert.reading.logs import is_address


def program_of(outcome: Outcome, index: int) -> str | None:
    """The program that instruction `index` calls; None when the document does not say it in plain JSON.

    A transaction in base64 or base58 is not taken apart.
    """
    message = _field(_mapping(outcome.transaction), "message")
    instruction = _at(_field(message, "instructions"), index)
    named = _field(instruction, "programId")
    if isinstance(named, str):
        return named if is_address(named) else None
    place = _field(instruction, "programIdIndex")
    key = _at(_keys(message, outcome.meta), place) if is_number(place) else None
    return key if isinstance(key, str) and is_address(key) else None


def inner_calls(outcome: Outcome, index: int) -> int | None:
    """How many calls instruction `index` made as the node recorded them; None when it recorded none for anybody."""
    recorded = _field(outcome.meta, "innerInstructions")
    if not isinstance(recorded, list):
        return None
    count = 0
    for group in recorded:
        calls = _field(group, "instructions")
        if not isinstance(calls, list):
            return None
        count += len(calls) if _field(group, "index") == index else 0
    return count


def _keys(message: object, meta: Mapping[str, object] | None) -> list[object]:
    """Account keys in the order in which instructions count them: the message's own, then the looked up ones."""
    own = _field(message, "accountKeys")
    loaded = _field(meta, "loadedAddresses")
    found = list(own) if isinstance(own, list) else []
    keys: list[object] = [_field(key, "pubkey") if isinstance(key, Mapping) else key for key in found]
    for part in ("writable", "readonly"):
        more = _field(loaded, part)
        keys += more if isinstance(more, list) else []
    return keys


def _mapping(value: object) -> Mapping[str, object] | None:
    return value if isinstance(value, Mapping) else None


def _field(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, Mapping) else None


def _at(values: object, index: object) -> object:
    fits = isinstance(values, Sequence) and isinstance(index, int) and 0 <= index < len(values)
    return values[index] if fits and not isinstance(values, str) else None  # type: ignore[index]
