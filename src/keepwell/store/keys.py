"""Keys of programs: hashes of secrets, with what each may do."""

from __future__ import annotations

import msgspec

from keepwell.store.database import Row, Session


class Key(msgspec.Struct, frozen=True):
    """One key, without its secret.

    Attributes:
        kind: "write" (takes events in, may be public) or "api".
        prefix: how the secret begins, to recognise it by.
        scopes: what it may do.
        events: the only events it may send; empty is all.
        customers: beginnings of the only customer ids it may send about; empty is all.
        created_at, last_used_at, revoked_at: microseconds UTC; last_used_at is up to a minute late.
    """

    id: int
    kind: str
    name: str
    prefix: str
    scopes: frozenset[str]
    events: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    created_at: int = 0
    last_used_at: int | None = None
    revoked_at: int | None = None

    def admits(self, event: str, customer_id: str | None) -> bool:
        """Whether an event about a customer may come by this key. A restricted key must name the customer."""
        return self.outside(event, customer_id) is None

    def outside(self, event: str, customer_id: str | None) -> str | None:
        """What of an event is outside the limits of this key, `event` or `customer_id`; None when it may come."""
        if self.events and event not in self.events:
            return "event"
        within = not self.customers or (customer_id is not None and customer_id.startswith(self.customers))
        return None if within else "customer_id"


_FIELDS = "id, kind, name, prefix, scopes, events, customers, created_at, last_used_at, revoked_at"


_LISTS = ("scopes", "events", "customers")


def _key(row: Row) -> Key:
    found = dict(zip(_FIELDS.split(", "), row, strict=True))
    return msgspec.convert({**found, **{name: msgspec.json.decode(found[name]) for name in _LISTS}}, Key)


def add(session: Session, key: Key, digest: str) -> Key:
    """Remember a key under the SHA-256 of its secret; the key with its number."""
    made = msgspec.structs.replace(key, id=int(session.one("SELECT COALESCE(MAX(id), 0) + 1 FROM api_key")))
    lists = (sorted(made.scopes), made.events, made.customers)
    session.run(
        f"INSERT INTO api_key ({_FIELDS}, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(made.id, made.kind, made.name, made.prefix),
            *(msgspec.json.encode(each).decode() for each in lists),
            *(made.created_at, made.last_used_at, made.revoked_at, digest),
        ),
    )
    return made


def listed(session: Session) -> list[Key]:
    """All keys, also revoked ones, newest first."""
    return [_key(row) for row in session.run(f"SELECT {_FIELDS} FROM api_key ORDER BY id DESC")]


def valid(session: Session) -> dict[str, Key]:
    """The keys that are not revoked, by the hash of their secret."""
    rows = session.run(f"SELECT {_FIELDS}, hash FROM api_key WHERE revoked_at IS NULL")
    return {str(row[-1]): _key(row[:-1]) for row in rows}


def revoke(session: Session, key_id: int, now: int) -> bool:
    """End a key; False when there is none that is valid."""
    statement = "UPDATE api_key SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL RETURNING id"
    return bool(session.run(statement, (now, key_id)))


def used(session: Session, uses: dict[int, int]) -> None:
    """Remember when keys were used last."""
    session.many("UPDATE api_key SET last_used_at = ? WHERE id = ?", [(at, key_id) for key_id, at in uses.items()])
