"""Everybody's current line: what lists and figures show of a customer, read for all or for some."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from keepwell.base.time import DAY_US
from keepwell.customers import traits
from keepwell.customers.profile import FOREVER
from keepwell.store import figures
from keepwell.store.database import Session

WEEK = 7
ROW = np.dtype(
    [
        ("number", "i8"), ("as_of", "i8"), ("band", "i1"), ("computed", "i1"), ("provisional", "?"), ("stage", "i1"),
        ("score", "f8"), ("coverage", "f8"), ("connectable", "f8"), ("before", "f8"), ("mrr", "f8"), ("doc", "i8"),
    ]
)  # fmt: skip
"""A line in numbers. Bands and stages are their places, -1 without a score; NaN is "none". `before` is the score
seven days before the day of `as_of`, `mrr` is in cents, `doc` is the hash of the profile's document."""
UNSCORED = (0, -1, -1, True, -1, np.nan, 0.0, 0.0, np.nan, np.nan, 0)
"""A line without a score, after its number."""

_AT_ONCE = 1000
_RANGE = 5000
_SCORED = (
    "SELECT s.customer, s.as_of, s.band, s.computed_band, s.provisional, s.lifecycle, s.score, s.coverage,"
    " s.connectable, n.score, NULL, 0 FROM score s LEFT JOIN snapshot n"
    f" ON n.customer = s.customer AND n.day = (s.as_of - 1) / {DAY_US} - {WEEK} WHERE "
)
_DOCS = (
    "SELECT p.customer, p.doc FROM profile p LEFT JOIN score s ON s.customer = p.customer"
    f" WHERE ((s.as_of IS NULL AND p.until = {FOREVER}) OR (p.known_at < s.as_of AND p.until >= s.as_of)) AND "
)

_ACTIVE = "SELECT customer, MAX(day) FROM day WHERE own > 0"
_ENDS = f"SELECT customer, ends_day FROM profile WHERE cancelled > 0 AND until = {FOREVER}"

Rows = NDArray[np.void]
Table = dict[str, NDArray[Any]]
"""Lines as contiguous columns, by the names of `ROW`."""


class Words(NamedTuple):
    """What people gave a customer: texts, empty when not said, and cents a month, NaN when not said."""

    name: str = ""
    segment: str = ""
    plan: str = ""
    owner: str = ""
    mrr: float = np.nan


class State(NamedTuple):
    """How far lines have got: newest moment of a score, how many scores are newer than asked, newest customer.

    `history` changes when remembered days were forgotten.
    """

    newest: int
    recent: int
    last: int
    history: int


class _Doc(msgspec.Struct):
    traits: dict[str, object] = {}


_decode = msgspec.json.Decoder(_Doc).decode


def state(session: Session, since: int) -> State:
    """Where the lines are now; `recent` counts scores of moments from `since` on."""
    newest, recent, last = session.run(
        "SELECT (SELECT COALESCE(MAX(as_of), 0) FROM score), (SELECT COUNT(*) FROM score WHERE as_of >= ?),"
        " (SELECT COALESCE(MAX(id), 0) FROM customer)",
        (since,),
    )[0]
    return State(int(newest), int(recent), int(last), figures.changes(session))


_SPREAD = 2**31


def checksum(session: Session) -> int:
    """A number that is another one when a score is of another moment."""
    return int(session.one(f"SELECT SUM(as_of % {_SPREAD}) FROM score") or 0)


def checksum_of(rows: Table) -> int:
    """The same number of lines that were read."""
    return int((rows["as_of"] % _SPREAD).sum())


def scored_since(session: Session, moment: int) -> Rows:
    """Lines whose score is of a moment or later."""
    return _rows(session.run(f"{_SCORED}s.as_of >= ?", (moment,)))


def scored(session: Session, numbers: Sequence[int]) -> Iterator[Rows]:
    """Lines of some customers, in parts; those without a score are left out. `numbers` are ascending."""
    for condition, values in _parts(numbers):
        yield _rows(session.run(f"{_SCORED}s.customer {condition}", values))


def documents(session: Session, numbers: Sequence[int]) -> Iterator[tuple[int, str]]:
    """The profiles of some customers as known before the moment of their score; without a score as known at last."""
    for condition, values in _parts(numbers):
        for customer, doc in session.run(f"{_DOCS}p.customer {condition}", values):
            yield int(customer), str(doc)


class Lately(NamedTuple):
    """When a customer did anything of its own last, 0 for not lately; and the day its contract ends, once cancelled."""

    active_day: int = 0
    ends_day: int = 0


def lately(session: Session, numbers: Sequence[int]) -> dict[int, Lately]:
    """What is known of that of some customers. `numbers` are ascending."""
    found: dict[int, Lately] = {}
    for condition, values in _parts(numbers):
        last, ends = (
            {
                int(customer): int(day)
                for customer, day in session.run(f"{asked} AND customer {condition}{rest}", values)
            }
            for asked, rest in ((_ACTIVE, " GROUP BY customer"), (_ENDS, ""))
        )
        found |= {each: Lately(last.get(each, 0), ends.get(each, 0)) for each in last.keys() | ends.keys()}
    return found


def failed_since(session: Session, moment: int) -> list[int]:
    """Customers whose evaluation failed at a moment or later: their profile may have changed without a new score."""
    return [int(each) for (each,) in session.run("SELECT customer FROM quarantine WHERE last_at >= ?", (moment,))]


def table(rows: Rows) -> Table:
    """Rows as columns."""
    return {name: np.ascontiguousarray(rows[name]) for name in ROW.names or ()}


def _rows(found: Sequence[tuple[object, ...]]) -> Rows:
    return np.array(found, ROW)


def words(document: str) -> Words:
    """What a profile says of its customer."""
    given = _decode(document).traits
    cents = traits.cents(given, "mrr")
    name, segment, plan, owner = (traits.word(given, key) or "" for key in ("name", "segment", "plan", "owner"))
    return Words(name, segment, plan, owner, np.nan if cents is None else float(cents))


def _parts(numbers: Sequence[int]) -> Iterator[tuple[str, Sequence[int]]]:
    """Conditions on a customer's number that together choose these: ranges when they are many, so memory is small."""
    if len(numbers) > _RANGE and numbers[-1] - numbers[0] < 2 * len(numbers):
        for start in range(numbers[0], numbers[-1] + 1, _RANGE):
            yield "BETWEEN ? AND ?", (start, min(start + _RANGE - 1, numbers[-1]))
        return
    for place in range(0, len(numbers), _AT_ONCE):
        part = numbers[place : place + _AT_ONCE]
        yield f"IN ({', '.join('?' for _ in part)})", part
