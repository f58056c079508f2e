"""What was seen before: each event is counted once, by source, hour of its own timestamp, and key.

A mark is (source, hour, key, body); `body` identifies the content, to notice an id that is used twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keepwell.store.database import Session

Mark = tuple[int, int, int, int]

_AT_ONCE = (2000, 500, 100, 10, 1)  # few different statements, so that each is compiled once


def all_fresh(session: Session, marks: Sequence[Mark]) -> bool:
    """Remember marks that differ from each other, if none of them was there before; else nothing."""
    session.run("SAVEPOINT fresh")
    fresh = all(_inserted(session, part) for part in _pieces(marks))
    if not fresh:
        session.run("ROLLBACK TO SAVEPOINT fresh")
    session.run("RELEASE SAVEPOINT fresh")
    return fresh


def _inserted(session: Session, marks: Sequence[Mark]) -> bool:
    session.run(_statement(len(marks)), _values(marks))
    return session.changed == len(marks)


def fresh_places(session: Session, marks: Sequence[Mark]) -> set[int]:
    """Remember marks; the places of those that were not there before, the first of those that are alike."""
    first: dict[tuple[int, ...], int] = {}
    for place, each in enumerate(marks):
        first.setdefault(each[:3], place)
    found: set[int] = set()
    for part in _pieces([marks[place] for place in first.values()]):
        rows = session.run(f"{_statement(len(part))} RETURNING source, hour, key", _values(part))
        found.update(first[row] for row in rows)
    return found


def known_body(session: Session, known: Mark) -> int | None:
    """The content that was counted under a mark's name."""
    statement = "SELECT body FROM seen WHERE source = ? AND hour = ? AND key = ?"
    found = session.one(statement, known[:3])
    return None if found is None else int(found)


def _pieces(marks: Sequence[Mark]) -> Iterator[Sequence[Mark]]:
    place = 0
    for size in _AT_ONCE:
        while len(marks) - place >= size:
            yield marks[place : place + size]
            place += size


def _statement(rows: int) -> str:
    return f"INSERT INTO seen (source, hour, key, body) VALUES {','.join(['(?,?,?,?)'] * rows)} ON CONFLICT DO NOTHING"


def _values(marks: Sequence[Mark]) -> list[int]:
    return [value for each in marks for value in each]
