"""Who may look: a one-time link printed in the terminal opens a browser session."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

from keepwell.base.time import HOUR_US
from keepwell.runtime.workspace import Workspace

LINK_US = HOUR_US // 2
SESSION_US = 12 * HOUR_US


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class LinkAccess:
    """Implements the pages' `Access`: links work once, sessions last 12 hours; only hashes are kept."""

    def __init__(self, workspace: Workspace, clock: Callable[[], int]) -> None:
        self._database = workspace.database
        self._clock = clock

    def issue(self) -> str:
        """A new one-time token."""
        return self._remember("link", LINK_US)

    def redeem(self, token: str) -> str | None:
        """A session for a token that is valid and was never used; None otherwise."""
        with self._database.write() as session:
            found = session.run(
                "DELETE FROM login WHERE hash = ? AND kind = 'link' AND expires_at > ? RETURNING hash",
                (_digest(token), self._clock()),
            )
        return self._remember("session", SESSION_US) if found else None

    def session(self, session_id: str) -> bool:
        """Whether a session is valid."""
        with self._database.read() as session:
            found = session.one(
                "SELECT 1 FROM login WHERE hash = ? AND kind = 'session' AND expires_at > ?",
                (_digest(session_id), self._clock()),
            )
        return found is not None

    def _remember(self, kind: str, lasts: int) -> str:
        secret = secrets.token_urlsafe(32)
        now = self._clock()
        with self._database.write() as session:
            session.run("DELETE FROM login WHERE expires_at <= ?", (now,))
            session.run(
                "INSERT INTO login (hash, kind, expires_at) VALUES (?, ?, ?)",
                (_digest(secret), kind, now + lasts),
            )
        return secret
