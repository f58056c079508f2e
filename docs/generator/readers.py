"""What a property may hold, in words, told from the reader that reads it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from docs.generator.markdown import codes
from keepwell.events import slots

_NAMED: Mapping[object, str] = {
    slots.text: f"a text of up to {slots.MAX_TEXT} characters",
    slots.flag: "yes or no",
    slots.permille: "a share between 0 and 1",
    slots.signed_share: "a number between -1 and 1",
    slots.total: "a count, or a table of counts by reason, which are added up",
}


def in_words(reader: slots.Reader) -> str:
    """What a reader accepts.

    Raises:
        KeyError: nobody has found words for it yet.
    """
    if reader in _NAMED:
        return _NAMED[reader]
    kind = reader.__qualname__.split(".")[0]
    inside = dict(inspect.getclosurevars(reader).nonlocals)
    return {"scaled": _scaled, "one_of": _one_of, "rating": _rating, "day": _day}[kind](inside)


def _scaled(inside: Mapping[str, object]) -> str:
    scale, limit = int(str(inside["scale"])), int(str(inside["limit"]))
    digits = len(str(scale)) - 1
    largest = f"{limit // scale:,}"
    if not digits:
        return f"a whole number, at most {largest}; what follows a decimal point is cut off"
    return f"a number of 0 or more with up to {digits} decimals, at most {largest}"


def _one_of(inside: Mapping[str, object]) -> str:
    known = inside["codes"]
    assert isinstance(known, Mapping)  # noqa: S101 - from a closure, which has no types
    first = {code: word for word, code in reversed(known.items())}
    synonyms: dict[str, list[str]] = {}
    for word, code in known.items():
        if first[code] != word:
            synonyms.setdefault(first[code], []).append(word)
    said = [f"{codes(words)} for `{meaning}`" for meaning, words in synonyms.items()]
    fallback = inside["fallback"]
    end = f"; anything else, and nothing, is `{fallback}`" if fallback else ""
    also = f" (also {'; '.join(said)})" if said else ""
    return f"one of {codes(first[code] for code in sorted(first))}{also}{end}"


def _rating(inside: Mapping[str, object]) -> str:
    return f"a number between {inside['lowest']} and {inside['highest']}, or `good` or `bad`"


def _day(_inside: Mapping[str, object]) -> str:
    return "a moment, of which the day counts"
