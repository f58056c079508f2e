"""Names by which accounts are known elsewhere: users, e-mail addresses, ids of other systems, wallets."""

from __future__ import annotations

from collections.abc import Mapping

from keepwell.store.database import Session

Name = tuple[str, str]


def owner(session: Session, name: Name) -> str | None:
    """The customer's own id of the account that goes by a name."""
    found = session.one("SELECT owner FROM link WHERE kind = ? AND name = ?", name)
    return found if isinstance(found, str) else None


def bind(session: Session, names: Mapping[Name, str]) -> None:
    """Let names mean these accounts from now on."""
    session.many(
        "INSERT INTO link (kind, name, owner) VALUES (?, ?, ?)"
        " ON CONFLICT (kind, name) DO UPDATE SET owner = excluded.owner",
        [(kind, name, account) for (kind, name), account in sorted(names.items())],
    )
