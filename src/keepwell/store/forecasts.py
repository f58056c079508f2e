"""The ledger of forecasts: a chain of entries, their rows in parts, horizons to be scored, and customers' salts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from keepwell.predictions import sheet
from keepwell.predictions.ledger import (
    START,
    Content,
    Decided,
    Entry,
    Erased,
    Known,
    Published,
    Scored,
    Window,
    entry,
    read,
    windows,
)
from keepwell.predictions.ledger_check import Held
from keepwell.predictions.sheet import Part
from keepwell.statistics.arrays import Ints
from keepwell.store.database import Session
from keepwell.store.log import set_mark

_HEAD: Final = "ledger_head"
_ENTRY: Final = "number, kind, at, content, link"
_AT_ONCE: Final = 200


# ---------------------------------------------------------------------- the chain


def head(session: Session) -> str:
    """The last link, as it is remembered apart from the chain."""
    found = session.one("SELECT value FROM setting WHERE name = ?", (_HEAD,))
    return START if found is None else str(found)


def next_number(session: Session) -> int:
    """The number of the entry that comes next."""
    return int(session.one("SELECT COALESCE(MAX(number), 0) FROM ledger_entry")) + 1


def append(session: Session, content: Content, rows: Sequence[Part] = ()) -> Entry:
    """Chain an entry to the last one, with its rows."""
    made = entry(content, head(session))
    session.run(
        f"INSERT INTO ledger_entry ({_ENTRY}) VALUES (?, ?, ?, ?, ?)",
        (made.number, made.kind, made.at, made.content, made.link),
    )
    session.many(
        "INSERT INTO ledger_part (entry, part, first, data) VALUES (?, ?, ?, ?)",
        [(made.number, place, each.first, sheet.to_bytes(each)) for place, each in enumerate(rows)],
    )
    set_mark(session, _HEAD, made.link)
    return made


def find(session: Session, number: int) -> Content | None:
    """What an entry says."""
    found = session.one("SELECT content FROM ledger_entry WHERE number = ?", (number,))
    return None if found is None else read(str(found))


def publications(session: Session, since: int = 0) -> list[Published]:
    """Publications frozen since a moment, the oldest first."""
    found = _of_kind(session, "published", since)
    return [each for each in found if isinstance(each, Published)]


def decisions(session: Session) -> list[Decided]:
    """What was decided about models, the oldest first."""
    return [each for each in _of_kind(session, "decided") if isinstance(each, Decided)]


def _of_kind(session: Session, kind: str, since: int = 0) -> list[Content]:
    rows = session.run("SELECT content FROM ledger_entry WHERE kind = ? AND at >= ? ORDER BY number", (kind, since))
    return [read(str(content)) for (content,) in rows]


def parts_of(session: Session, number: int) -> list[Part]:
    """The rows of an entry."""
    rows = session.run("SELECT data FROM ledger_part WHERE entry = ? ORDER BY part", (number,))
    return [sheet.from_bytes(bytes(data)) for (data,) in rows]


def parts_after(session: Session, place: tuple[int, int], limit: int) -> list[tuple[int, int, Part]]:
    """Parts of publications after a place (entry, part), with their places."""
    rows = session.run(
        "SELECT p.entry, p.part, p.data FROM ledger_part AS p JOIN ledger_entry AS e ON e.number = p.entry"
        " WHERE e.kind = 'published' AND (p.entry > ? OR (p.entry = ? AND p.part > ?))"
        " ORDER BY p.entry, p.part LIMIT ?",
        (place[0], *place, limit),
    )
    return [(int(number), int(part), sheet.from_bytes(bytes(data))) for number, part, data in rows]


# ---------------------------------------------------------------------- publishing


def publish(session: Session, content: Published, rows: Sequence[Part]) -> Entry:
    """Freeze forecasts, and remember when their horizons end."""
    session.many(
        "INSERT INTO ledger_window (publication, horizon, ends_at, scored) VALUES (?, ?, ?, NULL)",
        [(each.publication, each.horizon, each.ends_at) for each in windows(content)],
    )
    return append(session, content, rows)


def known(session: Session, customers: Sequence[int] | None = None) -> Known:
    """What is kept of customers, of all when it is not said of whom; who is not known is left out."""
    where, given = "", list(customers or ())
    if customers is not None:
        where = f" WHERE customer IN ({', '.join('?' for _ in given) or 'NULL'})"
    rows = session.run(
        f"SELECT customer, newest, told_at, told, salt FROM ledger_customer{where} ORDER BY customer", given
    )
    numbers = np.array([row[:4] for row in rows], np.int64).reshape(-1, 4)
    salts = [bytes(row[4]) for row in rows]
    return Known(numbers[:, 0], numbers[:, 1], numbers[:, 2], numbers[:, 3], salts)


def introduce(session: Session, salts: Mapping[int, bytes]) -> None:
    """Keep salts of customers of whom nothing was published yet."""
    session.many(
        "INSERT INTO ledger_customer (customer, newest, told_at, told, salt) VALUES (?, 0, 0, 0, ?)",
        list(salts.items()),
    )


def note(session: Session, customers: Ints, publication: int) -> None:
    """These customers' newest forecasts are in a publication."""
    session.many(
        "UPDATE ledger_customer SET newest = ? WHERE customer = ?", [(publication, each) for each in customers.tolist()]
    )


def note_told(session: Session, customers: Ints, chance: Ints, at: int) -> None:
    """Events are made of these customers' forecasts."""
    told = zip(chance.tolist(), customers.tolist(), strict=True)
    session.many("UPDATE ledger_customer SET told_at = ?, told = ? WHERE customer = ?", [(at, *each) for each in told])


# ---------------------------------------------------------------------- scoring


def open_windows(session: Session, until: int) -> list[Window]:
    """Horizons that ended by a moment and are not scored, the oldest first."""
    rows = session.run(
        "SELECT publication, horizon, ends_at, scored FROM ledger_window WHERE scored IS NULL AND ends_at <= ?"
        " ORDER BY ends_at, publication, horizon",
        (until,),
    )
    return [Window(*row) for row in rows]


def score(session: Session, content: Scored, rows: Sequence[Part]) -> bool:
    """Freeze what came of a horizon; False, and nothing is written, when that was done before."""
    session.run(
        "UPDATE ledger_window SET scored = ? WHERE publication = ? AND horizon = ? AND scored IS NULL",
        (content.number, content.publication, content.horizon),
    )
    if session.changed != 1:
        return False
    append(session, content, rows)
    return True


def scored(session: Session, publication: int) -> dict[int, int]:
    """The entries in which horizons of a publication were scored, by horizon."""
    rows = session.run(
        "SELECT horizon, scored FROM ledger_window WHERE publication = ? AND scored IS NOT NULL", (publication,)
    )
    return {int(horizon): int(number) for horizon, number in rows}


def paused(session: Session, span: tuple[int, int], first_day: int) -> Ints:
    """Customers who were paused at any time in a span of moments that begins on a day."""
    return session.integers(
        "SELECT DISTINCT customer FROM profile WHERE known_at < ? AND until > ? AND paused_until >= ?",
        (span[1], span[0], first_day),
    )[:, 0]


# ---------------------------------------------------------------------- one customer


def rows_of(session: Session, customer: int, since: int = 0) -> dict[int, sheet.Small]:
    """What is frozen of a customer since a moment, by number of the entry."""
    first = session.one("SELECT MIN(number) FROM ledger_entry WHERE at >= ?", (since,))
    found = {}
    for number, _, part in _around(session, customer, int(first)) if first is not None else ():
        places = np.flatnonzero(part.customer == customer)
        if len(places):
            found[number] = part.values[places[0]]
    return found


def erase(session: Session, customer: int, at: int) -> int:
    """Erase a customer: rows and salt are gone, their leaves stay in the chain; from how many entries."""
    kept = known(session, [customer])
    if not len(kept.customer):
        return 0
    leaves = []
    for number, place, part in list(_around(session, customer)):
        found = sheet.without(part, customer, kept.salt[0])
        if found is not None:
            data = sheet.to_bytes(found[0])
            session.run("UPDATE ledger_part SET data = ? WHERE entry = ? AND part = ?", (data, number, place))
            leaves.append(found[1].hex())
    session.run("DELETE FROM ledger_customer WHERE customer = ?", (customer,))
    append(session, Erased(number=next_number(session), at=at, leaves=tuple(leaves)))
    return len(leaves)


def _around(session: Session, customer: int, since: int = 0) -> Iterator[tuple[int, int, Part]]:
    """Of each entry from a number on the part a customer would be in, with its place."""
    rows = session.run(
        "SELECT p.entry, p.part, p.data FROM ledger_part AS p JOIN"
        " (SELECT entry, MAX(first) AS first FROM ledger_part WHERE first <= ? AND entry >= ? GROUP BY entry) AS q"
        " ON p.entry = q.entry AND p.first = q.first ORDER BY p.entry",
        (customer, since),
    )
    return ((int(number), int(place), sheet.from_bytes(bytes(data))) for number, place, data in rows)


# ---------------------------------------------------------------------- everything


def held(session: Session) -> Held:
    """All that is kept, for `verify`; rows are read entry by entry, while the session lasts."""
    rows = session.run("SELECT publication, horizon, ends_at, scored FROM ledger_window")
    number = int(session.one("SELECT COUNT(*) FROM ledger_part"))
    found = [Window(*row) for row in rows]
    return Held(_entries(session), partial(_bytes_of, session), number, known(session), found, head(session))


def _entries(session: Session) -> Iterator[Entry]:
    last = None
    while True:
        above = "" if last is None else "WHERE number > ?"
        given = () if last is None else (last,)
        found = session.run(f"SELECT {_ENTRY} FROM ledger_entry {above} ORDER BY number LIMIT {_AT_ONCE}", given)
        if not found:
            return
        yield from (Entry(*row) for row in found)
        last = int(found[-1][0])


def _bytes_of(session: Session, number: int) -> list[tuple[int, int, bytes]]:
    rows = session.run("SELECT part, first, data FROM ledger_part WHERE entry = ? ORDER BY part", (number,))
    return [(int(part), int(first), bytes(data)) for part, first, data in rows]
