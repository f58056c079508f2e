"""People who may log in, and their open sessions."""

from __future__ import annotations

import msgspec

from keepwell.store.database import Row, Session


class Person(msgspec.Struct, frozen=True):
    """Somebody who may log in.

    Attributes:
        role: 0 nobody, 1 viewer, 2 csm, 3 admin.
        password: the argon2 hash; None for people who only come by single sign-on.
        issuer, subject: who they are at the identity provider.
        created_at, last_login_at: microseconds UTC.
    """

    id: int
    name: str
    role: int
    password: str | None = None
    issuer: str | None = None
    subject: str | None = None
    created_at: int = 0
    last_login_at: int | None = None


class Login(msgspec.Struct, frozen=True):
    """An open session: whose it is (no person: opened by a link), and when it was used last."""

    person: int | None
    seen_at: int
    name: str | None
    role: int | None


_FIELDS = "id, name, role, password, issuer, subject, created_at, last_login_at"


def _person(rows: list[Row]) -> Person | None:
    return Person(*rows[0]) if rows else None


def add(session: Session, person: Person) -> Person:
    """Remember somebody; the person with their number."""
    made = msgspec.structs.replace(person, id=int(session.one("SELECT COALESCE(MAX(id), 0) + 1 FROM person")))
    values = [getattr(made, name) for name in _FIELDS.split(", ")]
    session.run(f"INSERT INTO person ({_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
    return made


def listed(session: Session) -> list[Person]:
    """Everybody, by name."""
    return [Person(*row) for row in session.run(f"SELECT {_FIELDS} FROM person ORDER BY name")]


def named(session: Session, name: str) -> Person | None:
    """The person of a name."""
    return _person(session.run(f"SELECT {_FIELDS} FROM person WHERE name = ?", (name,)))


def known(session: Session, issuer: str, subject: str) -> Person | None:
    """The person of an identity provider."""
    where = "issuer = ? AND subject = ?"
    return _person(session.run(f"SELECT {_FIELDS} FROM person WHERE {where}", (issuer, subject)))


def anybody_with_password(session: Session) -> bool:
    """Whether anybody can log in with a password."""
    return session.one("SELECT 1 FROM person WHERE password IS NOT NULL AND role > 0 LIMIT 1") is not None


def remove(session: Session, person_id: int) -> None:
    """Forget a person and close their sessions."""
    close_all(session, person_id)
    session.run("DELETE FROM person WHERE id = ?", (person_id,))


def set_password(session: Session, person_id: int, password: str) -> None:
    """Keep another password hash."""
    session.run("UPDATE person SET password = ? WHERE id = ?", (password, person_id))


def set_role(session: Session, person_id: int, role: int) -> None:
    """Give another role; open sessions have it at once."""
    session.run("UPDATE person SET role = ? WHERE id = ?", (role, person_id))


def open_login(session: Session, digest: str, kind: str, times: tuple[int, int], person: int | None = None) -> None:
    """Remember a link, session or device; `times` are now and its end. Clears what has ended."""
    now, ends = times
    session.run("DELETE FROM login WHERE expires_at <= ?", (now,))
    session.run(
        "INSERT INTO login (hash, kind, expires_at, person, seen_at) VALUES (?, ?, ?, ?, ?)",
        (digest, kind, ends, person, now),
    )
    if person is not None:
        session.run("UPDATE person SET last_login_at = ? WHERE id = ?", (now, person))


def spend_link(session: Session, digest: str, now: int) -> bool:
    """Use up a link; False when it is not valid."""
    statement = "DELETE FROM login WHERE hash = ? AND kind = 'link' AND expires_at > ? RETURNING hash"
    return bool(session.run(statement, (digest, now)))


def login(session: Session, digest: str, kind: str, now: int) -> Login | None:
    """The session or device of a hash that has not ended."""
    rows = session.run(
        "SELECT login.person, COALESCE(login.seen_at, 0), person.name, person.role"
        " FROM login LEFT JOIN person ON person.id = login.person"
        " WHERE login.hash = ? AND login.kind = ? AND login.expires_at > ?",
        (digest, kind, now),
    )
    return Login(*rows[0]) if rows else None


def seen(session: Session, digest: str, now: int) -> None:
    """A session is in use."""
    session.run("UPDATE login SET seen_at = ? WHERE hash = ?", (now, digest))


def close(session: Session, digest: str) -> None:
    """End one session."""
    session.run("DELETE FROM login WHERE hash = ?", (digest,))


def close_all(session: Session, person_id: int) -> None:
    """End all sessions of a person, and forget their devices."""
    session.run("DELETE FROM login WHERE person = ?", (person_id,))
