"""What the pages of settings say."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keepwell.runtime.people import MIN_PASSWORD
from keepwell.runtime.ports.access import PersonLine, Role, Scope
from keepwell.runtime.ports.keys import KeyLine
from keepwell.web.views import words

SCOPES = (
    (Scope.READ, "Read customers and scores"),
    (Scope.WRITE, "Change customers and overrides, act on alerts"),
    (Scope.INGEST, "Send events"),
    (Scope.LETTERS, "Show customers their letters in your product, and take their answers"),
    (Scope.ADMIN, "Everything"),
)
ROLES = tuple(role.name.lower() for role in Role if role)


class KeyRow(msgspec.Struct, frozen=True):
    """One key as the table says it."""

    id: int
    name: str
    prefix: str
    kind: str
    may: str
    made: str
    used: str
    revoked: str


class KeysPage(msgspec.Struct, frozen=True):
    """The page of keys; `secret` is the key that was just made, `said` why nothing was."""

    rows: Sequence[KeyRow]
    secret: str = ""
    said: str = ""
    title: str = "Keys"
    href: str = "/settings/keys"
    scopes: Sequence[tuple[str, str]] = SCOPES


class PersonRow(msgspec.Struct, frozen=True):
    """One person as the table says it."""

    name: str
    role: str
    by: str
    seen: str


class PeoplePage(msgspec.Struct, frozen=True):
    """The page of people; `said` is why nothing was changed."""

    rows: Sequence[PersonRow]
    said: str = ""
    title: str = "People"
    href: str = "/settings/people"
    roles: Sequence[str] = ROLES
    shortest: int = MIN_PASSWORD


def keys(lines: Sequence[KeyLine], *, secret: str = "", said: str = "") -> KeysPage:
    """The page of keys."""
    return KeysPage([_key(line) for line in lines], secret, said)


def people(lines: Sequence[PersonLine], *, said: str = "") -> PeoplePage:
    """The page of people."""
    rows = [
        PersonRow(
            line.name,
            Role(line.role).name.lower(),
            "password" if line.issuer is None else "single sign-on",
            "never" if line.last_login_at is None else words.moment(line.last_login_at),
        )
        for line in lines
    ]
    return PeoplePage(rows, said)


def entries(text: str) -> tuple[str, ...]:
    """What a person wrote between commas."""
    return tuple(entry for part in text.split(",") if (entry := part.strip()))


def _key(line: KeyLine) -> KeyRow:
    limits = [f"only {', '.join(line.events)}"] if line.events else []
    limits += [f"only ids that begin with {' or '.join(line.customers)}"] if line.customers else []
    return KeyRow(
        line.id,
        line.name,
        line.prefix,
        {"write": "write key", "api": "API key"}[line.kind],
        "; ".join([", ".join(sorted(line.scopes)), *limits]),
        words.moment(line.created_at),
        "never used" if line.last_used_at is None else words.moment(line.last_used_at),
        "" if line.revoked_at is None else words.date_of(line.revoked_at),
    )
