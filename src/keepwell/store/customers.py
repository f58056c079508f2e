"""Customers by number and by id: the id is what the platform calls them, the number is what tables hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from keepwell.store.database import Session

_AT_ONCE = 5000


def number_of(session: Session, customer_id: str) -> int | None:
    """The number of a customer; no id holds the character that PostgreSQL cannot store."""
    if "\x00" in customer_id:
        return None
    found = session.one("SELECT id FROM customer WHERE external_id = ?", (customer_id,))
    return None if found is None else int(found)


def ids_of(session: Session, numbers: Sequence[int]) -> dict[int, str]:
    """The ids of some customers, by number; numbers of nobody are left out."""
    found: dict[int, str] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        part = numbers[start : start + _AT_ONCE]
        marks = ",".join("?" for _ in part)
        found |= dict(session.run(f"SELECT id, external_id FROM customer WHERE id IN ({marks})", part))
    return found


def all_ids(session: Session, above: int = 0) -> dict[int, str]:
    """The ids of all customers with a number above one, by number, ascending."""
    return dict(session.run("SELECT id, external_id FROM customer WHERE id > ? ORDER BY id", (above,)))


def has_anybody(session: Session) -> bool:
    """Whether there is a customer at all."""
    return session.one("SELECT 1 FROM customer LIMIT 1") is not None


@dataclass
class CustomerIds:
    """External ids to integers, remembered between transactions of one writer."""

    known: dict[str, int] = field(default_factory=dict)

    def resolve(self, session: Session, names: Iterable[str]) -> dict[str, int]:
        """The numbers of customers, given to those never seen before."""
        wanted = {name for name in names if name}
        missing = sorted(wanted - self.known.keys())
        found: dict[str, int] = {}
        for start in range(0, len(missing), _AT_ONCE):
            part = missing[start : start + _AT_ONCE]
            marks = ",".join("?" for _ in part)
            rows = session.run(f"SELECT external_id, id FROM customer WHERE external_id IN ({marks})", part)
            found.update(rows)
        fresh = [name for name in missing if name not in found]
        if fresh:
            start = int(session.one("SELECT COALESCE(MAX(id), 0) FROM customer") or 0) + 1
            numbered = [(start + place, name) for place, name in enumerate(fresh)]
            session.many("INSERT INTO customer (id, external_id) VALUES (?, ?)", numbered)
            found.update((name, number) for number, name in numbered)
        return {name: self.known[name] if name in self.known else found[name] for name in wanted}

    def commit(self, resolved: dict[str, int]) -> None:
        """Keep what a committed transaction resolved."""
        self.known.update(resolved)
