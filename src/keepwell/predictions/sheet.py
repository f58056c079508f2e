"""Rows of the ledger as bytes: of each customer some small numbers, each row under a hash of its own.

The hash of a row, its leaf, is made with a salt that belongs to the customer. To erase a customer is to forget its salt
and its rows: the leaves stay, so that everything above them still adds up, and nobody can tell any more what they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from keepwell.base.errors import KeepwellError
from keepwell.statistics.arrays import Ints

Small = NDArray[np.uint16]

ROWS: Final = 1024
"""Rows in a part: what has to be read to find one customer, and written again to erase one."""
LEAF: Final = 32
"""Bytes of a hash."""
_HEAD: Final = np.dtype([("rows", "<u4"), ("width", "<u4"), ("first", "<u4"), ("erased", "<u4")])
_WHO: Final = np.dtype("<u4")
_VALUE: Final = np.dtype("<u2")


class PartUnreadableError(KeepwellError):
    """Bytes that are no part of a sheet."""

    def __init__(self) -> None:
        super().__init__("these bytes are no rows of the ledger")


class SaltMissingError(KeepwellError):
    """A row of a customer who has no salt.

    Attributes:
        customer: its number.
    """

    def __init__(self, customer: int) -> None:
        super().__init__(f"a row of the ledger is of customer number {customer}, who has no salt")
        self.customer = customer


@dataclass(frozen=True)
class Part:
    """At most `ROWS` rows, in the order of their customers.

    Attributes:
        first: the number of the customer the first row was written for; it stays when that customer is erased.
        customer: numbers of customers, ascending; 0 where the row was erased, shape (rows,).
        values: what is frozen of each, 0 where it was erased, shape (rows, width).
        erased: leaves of erased rows, by their places.
    """

    first: int
    customer: Ints
    values: Small
    erased: Mapping[int, bytes]

    def __len__(self) -> int:
        return len(self.customer)


def parts(customer: Ints, values: Small) -> list[Part]:
    """Rows as parts. Customers ascend; their numbers are 1 to 2^32 - 1."""
    return [
        Part(int(customer[start]), customer[start : start + ROWS], values[start : start + ROWS], {})
        for start in range(0, len(customer), ROWS)
    ]


def to_bytes(part: Part) -> bytes:
    """The one form in which a part is kept: counts, customers, values, places and leaves of what was erased."""
    places = sorted(part.erased)
    head = np.array([(len(part), part.values.shape[1], part.first, len(places))], _HEAD)
    columns = (part.customer.astype(_WHO), part.values.astype(_VALUE), np.array(places, _WHO))
    return b"".join((head.tobytes(), *(each.tobytes() for each in columns), *(part.erased[each] for each in places)))


def from_bytes(data: bytes) -> Part:
    """A part as `to_bytes` wrote it.

    Raises:
        PartUnreadableError: nothing that it writes looks so.
    """
    if len(data) < _HEAD.itemsize:
        raise PartUnreadableError
    rows, width, first, gone = (int(each) for each in np.frombuffer(data, _HEAD, 1)[0].tolist())
    sizes = (rows * _WHO.itemsize, rows * width * _VALUE.itemsize, gone * _WHO.itemsize, gone * LEAF)
    ends = _HEAD.itemsize + np.cumsum((0, *sizes))
    if len(data) != ends[-1] or gone > rows:
        raise PartUnreadableError
    who, values, places, leaves = (data[start:end] for start, end in pairwise(ends.tolist()))
    found = np.frombuffer(places, _WHO).tolist()
    part = Part(
        first,
        np.frombuffer(who, _WHO).astype(np.int64),
        np.frombuffer(values, _VALUE).reshape(rows, width).astype(np.uint16),
        {place: leaves[row * LEAF : (row + 1) * LEAF] for row, place in enumerate(found)},
    )
    if not _is_sound(part, found):
        raise PartUnreadableError
    return part


def _is_sound(part: Part, places: list[int]) -> bool:
    """Whether erased rows are empty and nothing else is, and everything is in order."""
    empty = np.flatnonzero(part.customer == 0).tolist()
    kept = part.customer[part.customer > 0]
    ordered = bool((np.diff(kept) > 0).all()) and (not len(kept) or part.first <= kept[0])
    return places == empty and not part.values[empty].any() and ordered


def leaves(part: Part, salts: Mapping[int, bytes]) -> Iterator[bytes]:
    """The leaf of each row, in order.

    Raises:
        SaltMissingError: a customer has none.
    """
    said = part.values.astype(_VALUE).tobytes()
    width = part.values.shape[1] * _VALUE.itemsize
    for place, customer in enumerate(part.customer.tolist()):
        if not customer:
            yield part.erased[place]
        elif customer not in salts:
            raise SaltMissingError(customer)
        else:
            yield leaf(salts[customer], customer, said[place * width : (place + 1) * width])


def leaf(salt: bytes, customer: int, said: bytes) -> bytes:
    """The hash of one row."""
    return sha256(b"leaf" + salt + customer.to_bytes(4, "little") + said).digest()


def digest(part: Part, salts: Mapping[int, bytes]) -> bytes:
    """The hash of a part: of its leaves, and of where it begins."""
    return sha256(b"part" + part.first.to_bytes(4, "little") + b"".join(leaves(part, salts))).digest()


def root(digests: list[bytes]) -> str:
    """The hash of all rows of an entry, from those of its parts, in hexadecimal digits."""
    return sha256(b"root" + b"".join(digests)).hexdigest()


def without(part: Part, customer: int, salt: bytes) -> tuple[Part, bytes] | None:
    """A part in which a customer is erased, and the leaf that stays of it; None when it is not in it."""
    places = np.flatnonzero(part.customer == customer)
    if not customer or not len(places):
        return None
    place = int(places[0])
    stays = leaf(salt, customer, part.values[place].astype(_VALUE).tobytes())
    numbers, values = part.customer.copy(), part.values.copy()
    numbers[place], values[place] = 0, 0
    return Part(part.first, numbers, values, {**part.erased, place: stays}), stays
