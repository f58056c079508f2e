"""What people said of findings: one row for each customer, entry, topic, person and day."""

from __future__ import annotations

import msgspec

from keepwell.store.database import Session


class Row(msgspec.Struct, frozen=True):
    """One verdict; the first five fields are its key. `topic` is empty where the finding has none."""

    customer: int
    entry: str
    topic: str
    person: str
    day: int
    verdict: str
    note: str
    at: int
    certainty: str
    digest: str
    told: str


_FIELDS = Row.__struct_fields__
_KEY = _FIELDS[:5]
_SELECT = f"SELECT {', '.join(_FIELDS)} FROM verdict"
_NEWEST = "ORDER BY at DESC, customer, entry, topic, person"


def keep(session: Session, row: Row) -> None:
    """Keep a verdict in place of the one with the same key."""
    marks, told = ", ".join("?" for _ in _FIELDS), ", ".join(f"{name} = excluded.{name}" for name in _FIELDS[5:])
    session.run(
        f"INSERT INTO verdict ({', '.join(_FIELDS)}) VALUES ({marks})"
        f" ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {told}",
        msgspec.structs.astuple(row),
    )


def remove(session: Session, key: tuple[int, str, str, str, int]) -> bool:
    """Forget a verdict by customer, entry, topic, person and day; False when there is none."""
    session.run(f"DELETE FROM verdict WHERE {' AND '.join(f'{name} = ?' for name in _KEY)}", key)
    return session.changed > 0


def of_customer(session: Session, customer: int) -> list[Row]:
    """Of one customer, the newest first."""
    return [Row(*row) for row in session.run(f"{_SELECT} WHERE customer = ? {_NEWEST}", (customer,))]


def of_entry(session: Session, entry: str, limit: int) -> list[Row]:
    """The newest of one entry."""
    return [Row(*row) for row in session.run(f"{_SELECT} WHERE entry = ? {_NEWEST} LIMIT ?", (entry, limit))]


def tally(session: Session) -> list[tuple[str, str, str, int]]:
    """Entry, certainty, verdict, and how often."""
    counted = "SELECT entry, certainty, verdict, COUNT(*) FROM verdict GROUP BY entry, certainty, verdict"
    return [(entry, certainty, verdict, int(count)) for entry, certainty, verdict, count in session.run(counted)]
