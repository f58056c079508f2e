"""Readers: how one property of a raw event becomes an integer or a short text in a slot.

A reader takes the property's value and returns what the slot holds, None when it is absent,
and raises `Unreadable` when it is there and makes no sense.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from keepwell.base.time import DAY_US

Reader = Callable[[object], int | str | None]

MAX_TEXT = 200
MAX_COUNT = 10**9
MAX_AMOUNT = 10**15  # in the asset's fixed scale; sums of 5,000 such rows still fit a BIGINT
MONEY_SCALE = 100  # contract money is kept in hundredths
VALUE_SCALE = 10**6  # prices and transaction amounts are kept in millionths
PERMILLE = 1000
_EXACT = 2.0**52  # whole floats below this are exact


class Unreadable(ValueError):
    """A property is present but cannot be what the plan says it is.

    Attributes:
        reason: one of the closed list of rejection reasons.
    """

    def __init__(self, reason: str = "bad_property") -> None:
        super().__init__(reason)
        self.reason = reason


def keepable(found: str) -> bool:
    """Whether every store can keep a text as an id, a name or a part: short, in Unicode, without NUL."""
    if len(found) > MAX_TEXT or "\x00" in found:
        return False
    return found.isascii() or _in_unicode(found)


@lru_cache(maxsize=1 << 14)
def _in_unicode(found: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in found)


def text(value: object) -> str | None:
    """A short text; numbers and booleans are accepted as their text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise Unreadable
    found = str(value)
    if not keepable(found):
        raise Unreadable
    return found


def number(value: object) -> Decimal | None:
    """A finite decimal number; texts of numbers are accepted."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise Unreadable
    if isinstance(value, float) and not math.isfinite(value):
        raise Unreadable
    if isinstance(value, str) and len(value) > 64:
        raise Unreadable
    try:
        found = Decimal(value if isinstance(value, int) else str(value))
    except InvalidOperation:
        raise Unreadable from None
    if not found.is_finite() or abs(found.adjusted()) > 40:
        raise Unreadable
    return found


def scaled(scale: int, limit: int = MAX_AMOUNT, *, signed: bool = False) -> Reader:
    """A number kept as a whole number of 1/scale, refused when negative (unless signed) or too large."""

    def read(value: object) -> int | None:
        if type(value) is int:  # the common cases, without Decimal
            found = value * scale
        elif type(value) is float and 0 <= value <= _EXACT / scale and value * scale % 1 == 0:
            found = int(value * scale)
        else:
            amount = number(value)
            if amount is None:
                return None
            found = int(amount * scale)
        if found < 0 and not signed:
            raise Unreadable("negative_amount")
        if abs(found) > limit:
            raise Unreadable("amount_overflow")
        return found

    return read


count = scaled(1, MAX_COUNT)
amount = scaled(VALUE_SCALE)
money = scaled(MONEY_SCALE)


def total(value: object) -> int | str | None:
    """A count, or counts by reason added up."""
    if not isinstance(value, Mapping):
        return count(value)
    return sum(int(count(each) or 0) for each in value.values())


def one_of(
    *choices: str,
    synonyms: Mapping[str, str] | None = None,
    fallback: str | None = None,
    missing: str | None = None,
) -> Reader:
    """The position of a word in a closed list. An unknown word is the fallback, or unreadable.

    No word at all is `missing`, else the fallback, else nothing.
    """
    codes = {choice: code for code, choice in enumerate(choices)}
    for word, meaning in (synonyms or {}).items():
        codes[word] = codes[meaning]

    def read(value: object) -> int | None:
        if value is None or value == "":
            absent = missing or fallback
            return None if absent is None else codes[absent]
        if isinstance(value, bool) and "true" in codes:
            value = str(value).lower()
        if not isinstance(value, str):
            raise Unreadable
        code = codes.get(value) if value in codes else codes.get(value.strip().lower())
        if code is None and fallback is None:
            raise Unreadable
        return codes[fallback] if code is None and fallback is not None else code

    return read


def flag(value: object) -> int | None:
    """A yes or no as 1 or 0."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(value.lower())
    if isinstance(value, (bool, int)) and value in (0, 1):
        return int(value)
    raise Unreadable


def permille(value: object) -> int | None:
    """A probability or share between 0 and 1, in thousandths."""
    share = number(value)
    if share is None:
        return None
    if not 0 <= share <= 1:
        raise Unreadable
    return int(share * PERMILLE)


def signed_share(value: object) -> int | None:
    """A sentiment between -1 and 1, on 0-1 in thousandths."""
    found = number(value)
    if found is None:
        return None
    if not -1 <= found <= 1:
        raise Unreadable
    return int((found + 1) * PERMILLE / 2)


def rating(lowest: int, highest: int) -> Reader:
    """An answer on a scale, on 0-1 in thousandths. `good` and `bad` are the ends of every scale."""

    def read(value: object) -> int | None:
        if isinstance(value, str) and value.lower() in ("good", "bad"):
            return PERMILLE if value.lower() == "good" else 0
        answer = number(value)
        if answer is None:
            return None
        if not lowest <= answer <= highest:
            raise Unreadable
        return int((answer - lowest) * PERMILLE / (highest - lowest))

    return read


def day(parse: Callable[[object], int | None]) -> Reader:
    """The UTC day of an instant, read by the parser that events' own timestamps use."""

    def read(value: object) -> int | None:
        try:
            instant = parse(value)
        except ValueError:
            raise Unreadable from None
        return None if instant is None else instant // DAY_US

    return read
