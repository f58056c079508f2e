"""Names by which accounts are known elsewhere: users, e-mail addresses, ids of other systems, wallets."""

from __future__ import annotations

from collections.abc import Mapping

from keepwell.events.catalog import number
from keepwell.store.database import Session

Name = tuple[str, str]

WALLET = "wallet"
_LINKED = number("wallet_linked")


def owner(session: Session, name: Name) -> str | None:
    """The customer's own id of the account that goes by a name."""
    found = session.one("SELECT owner FROM link WHERE kind = ? AND name = ?", name)
    return found if isinstance(found, str) else None


def linked(kind: int, ref: str | None) -> tuple[Name, ...]:
    """The wallet that an event of this kind and reference links to its customer."""
    return ((WALLET, ref),) if kind == _LINKED and ref else ()


def bind(session: Session, names: Mapping[Name, str]) -> None:
    """Let names mean these accounts from now on."""
    session.many(
        "INSERT INTO link (kind, name, owner) VALUES (?, ?, ?)"
        " ON CONFLICT (kind, name) DO UPDATE SET owner = excluded.owner",
        [(kind, name, account) for (kind, name), account in sorted(names.items())],
    )


def names(session: Session, kind: str) -> dict[str, str]:
    """All names of a kind, and the customer's own id of the account that goes by each."""
    rows = session.run("SELECT name, owner FROM link WHERE kind = ? ORDER BY name", (kind,))
    return {str(name): str(account) for name, account in rows}
