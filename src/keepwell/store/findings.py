"""Findings of the Expert as they are remembered: one row for as long as one holds; and who has to be diagnosed when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from keepwell.expert.episode import Change, Ended, Episode, Episodes, Said
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Whose
from keepwell.store.database import Row, Session
from keepwell.store.log import mark, set_mark

HOLDS = 2**62
"""The end of what has not ended."""
_AT_ONCE = 500
_NOTED = "diagnosed_to"
_SAID = "domain, title, severity, certainty, scope, explained_by, sentence, may_tell_customer, observed"
_SAID_NOW = "until = ? AND explained_by = ''"
_WORST = tuple(reversed(Severity))
_RANKED = " ".join(f"WHEN '{each}' THEN {place}" for place, each in enumerate(_WORST))
_RANK = f"CASE severity {_RANKED} END"
_DUE_SOONER = " ON CONFLICT (customer) DO UPDATE SET due_at = excluded.due_at WHERE diagnosis.due_at > excluded.due_at"


class Held(msgspec.Struct, frozen=True):
    """An episode of a customer; `until` is `HOLDS` while it goes on."""

    customer: int
    episode: Episode
    until: int


class Group(msgspec.Struct, frozen=True):
    """One entry about one topic: of how many customers it is said now, whose trouble it is, and since when."""

    entry: str
    topic: str
    severity: Severity
    certainty: Certainty
    scope: Whose
    customers: int
    first: int
    last: int


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a list of the customers of an entry goes on: after this one."""

    rank: int
    since: int
    customer: int
    topic: str


class Settled(msgspec.Struct, frozen=True, array_like=True):
    """A customer that was diagnosed: when, when again, and on how many events it rested."""

    customer: int
    at: int
    due_at: int
    events: int


def note(session: Session, kinds: Collection[int], now: int) -> None:
    """Who sent telemetry that is known before a moment, and was not noted yet, is due."""
    above = mark(session, _NOTED)
    later = "SELECT MIN(id) - 1 FROM event WHERE id > ? AND known_at >= ?"
    upto = int(session.one(f"SELECT COALESCE(({later}), (SELECT MAX(id) FROM event), 0)", (above, now)) or 0)
    if upto > above:
        session.run(
            "INSERT INTO diagnosis (customer, at, due_at, events) SELECT customer, 0, MIN(known_at), 0 FROM event"
            f" WHERE id > ? AND id <= ? AND customer > 0 AND kind IN ({', '.join(map(str, sorted(kinds)))})"
            f" GROUP BY customer{_DUE_SOONER}",
            (above, upto),
        )
        set_mark(session, _NOTED, upto)


def call(session: Session, customers: Iterable[int], now: int) -> None:
    """These customers are due."""
    session.many(
        f"INSERT INTO diagnosis (customer, at, due_at, events) VALUES (?, 0, ?, 0){_DUE_SOONER}",
        [(each, now) for each in sorted(customers)],
    )


def due(session: Session, now: int, limit: int) -> list[int]:
    """Customers that have to be diagnosed since before a moment, who waits longest first."""
    rows = session.run(
        "SELECT customer FROM diagnosis WHERE due_at < ? ORDER BY due_at, customer LIMIT ?", (now, limit)
    )
    return [int(customer) for (customer,) in rows]


def waiting(session: Session, now: int) -> int:
    """How many have to be diagnosed since before a moment."""
    return int(session.one("SELECT COUNT(*) FROM diagnosis WHERE due_at < ?", (now,)) or 0)


def settle(session: Session, done: Sequence[Settled]) -> None:
    """Remember who was diagnosed. Who sent something meanwhile stays due."""
    session.many(
        "UPDATE diagnosis SET at = ?, due_at = ?, events = ? WHERE customer = ? AND due_at < ?",
        [(each.at, each.due_at, each.events, each.customer, each.at) for each in done],
    )


def open_episodes(session: Session, customers: Sequence[int]) -> dict[int, Episodes]:
    """What holds of some customers."""
    found: dict[int, Episodes] = dict.fromkeys(customers, ())
    for held in holding(session, customers):
        found[held.customer] += (held.episode,)
    return found


def holding(session: Session, customers: Sequence[int], moment: int | None = None) -> list[Held]:
    """What held of some customers at a moment, as it was known and is said last; what holds now without one."""
    found: list[Held] = []
    for start in range(0, len(customers), _AT_ONCE):
        part = customers[start : start + _AT_ONCE]
        where, values = _at(moment)
        rows = session.run(
            f"SELECT customer, entry, topic, since, until, {_SAID} FROM finding"
            f" WHERE customer IN ({', '.join('?' for _ in part)}) AND {where} ORDER BY customer, entry, topic",
            (*part, *values),
        )
        found += map(_held, rows)
    return found


def held_by_all(session: Session, moment: int) -> dict[int, Episodes]:
    """What held of everybody at a moment."""
    where, values = _at(moment)
    rows = session.run(f"SELECT customer, entry, topic, since, until, {_SAID} FROM finding WHERE {where}", values)
    found: dict[int, Episodes] = defaultdict(tuple)
    for held in map(_held, rows):
        found[held.customer] += (held.episode,)
    return found


def _at(moment: int | None) -> tuple[str, tuple[int, ...]]:
    return ("until = ?", (HOLDS,)) if moment is None else ("since < ? AND until >= ?", (moment, moment))


def _held(row: Row) -> Held:
    customer, entry, topic, since, until, domain, title, severity, certainty, scope, by, sentence, may, seen = row
    said = Said(
        str(domain),
        str(title),
        Severity(severity),
        Certainty(certainty),
        Whose(scope),
        str(by),
        str(sentence),
        bool(may),
        int(seen),
    )
    return Held(int(customer), Episode(str(entry), str(topic), int(since), said), int(until))


def write(session: Session, changes: Mapping[int, Sequence[Change]]) -> None:
    """Write what began, went on and ended, by customer."""
    each_change = [(customer, each) for customer, several in changes.items() for each in several]
    ended = [
        (each.until, customer, *each.episode.name, each.episode.since)
        for customer, each in each_change if isinstance(each, Ended)
    ]  # fmt: skip
    session.many("UPDATE finding SET until = ? WHERE customer = ? AND entry = ? AND topic = ? AND since = ?", ended)
    session.many(
        f"INSERT INTO finding (customer, entry, topic, since, until, {_SAID})"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (customer, entry, topic, since) DO UPDATE SET until = excluded.until,"
        " domain = excluded.domain, title = excluded.title,"
        " severity = excluded.severity, certainty = excluded.certainty, scope = excluded.scope,"
        " explained_by = excluded.explained_by, sentence = excluded.sentence,"
        " may_tell_customer = excluded.may_tell_customer, observed = excluded.observed",
        [_values(customer, each.episode) for customer, each in each_change if not isinstance(each, Ended)],
    )


def _values(customer: int, episode: Episode) -> tuple[object, ...]:
    said = episode.said
    words = (said.domain, said.title, said.severity, said.certainty, said.scope, said.explained_by, said.sentence)
    return (customer, *episode.name, episode.since, HOLDS, *map(str, words), int(said.may_tell_customer), said.observed)


def groups(session: Session) -> list[Group]:
    """What is said now of how many customers, in no order; findings that others explain are left out."""
    judged = "entry, severity, certainty, scope, topic"  # as in the index, so that nothing has to be sorted
    rows = session.run(
        f"SELECT {judged}, COUNT(*), MIN(since), MAX(since) FROM finding WHERE {_SAID_NOW} GROUP BY {judged}", (HOLDS,)
    )
    return [
        Group(str(entry), str(topic), Severity(severity), Certainty(certainty), Whose(scope), *map(int, numbers))
        for entry, severity, certainty, scope, topic, *numbers in rows
    ]


def named(session: Session, entry: str) -> tuple[str, str] | None:
    """The title and the domain of an entry as they were said last; None when it is said of nobody now."""
    rows = session.run(f"SELECT title, domain FROM finding WHERE {_SAID_NOW} AND entry = ? LIMIT 1", (HOLDS, entry))
    return (str(rows[0][0]), str(rows[0][1])) if rows else None


def having(session: Session, entry: str, after: Place | None, limit: int) -> list[Held]:
    """Customers of whom an entry is said now, the worst first, then who has it for longest.

    The places are found in the index alone, and only the rows that are shown are read.
    """
    place = f"{_RANK}, since, customer, topic"
    beyond, values = ("", ()) if after is None else (f" AND ({place}) > (?, ?, ?, ?)", msgspec.structs.astuple(after))
    rows = session.run(
        f"SELECT f.customer, f.entry, f.topic, f.since, f.until, {_SAID} FROM"
        f" (SELECT customer, topic, since, {_RANK} AS place FROM finding WHERE {_SAID_NOW} AND entry = ?{beyond}"
        f" ORDER BY {place} LIMIT ?) AS k JOIN finding AS f ON f.customer = k.customer AND f.entry = ?"
        " AND f.topic = k.topic AND f.since = k.since ORDER BY k.place, k.since, k.customer, k.topic",
        (HOLDS, entry, *values, limit, entry),
    )
    return [_held(row) for row in rows]


def place_of(held: Held) -> Place:
    """Where a list goes on after a line."""
    episode = held.episode
    return Place(_WORST.index(episode.said.severity), episode.since, held.customer, episode.topic)


def count_having(session: Session, entry: str) -> int:
    """Of how many customers an entry is said now."""
    statement = f"SELECT COUNT(DISTINCT customer) FROM finding WHERE {_SAID_NOW} AND entry = ?"
    return int(session.one(statement, (HOLDS, entry)) or 0)


def coverage(session: Session) -> tuple[int, int]:
    """How many customers were ever diagnosed, and when the last one was."""
    statement = "SELECT (SELECT COUNT(*) FROM diagnosis WHERE at > 0), (SELECT COALESCE(MAX(at), 0) FROM diagnosis)"
    count, last = session.run(statement)[0]
    return int(count), int(last)
