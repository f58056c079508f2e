"""Who may look: passwords, single sign-on and one-time links open sessions; only hashes are kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable

from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.runtime.limiting import Limits, network
from keepwell.runtime.people import MAX_NAME, People, plain_name
from keepwell.runtime.ports.access import Attempt, Identity, LoginRefusedError, NoRoleError, Opened, Role, Visitor
from keepwell.runtime.workspace import Workspace
from keepwell.store import people as logins

LINK_US = HOUR_US // 2
SESSION_US = 12 * HOUR_US  # OWASP ASVS 7.3: an absolute end, and one for a session nobody uses
IDLE_US = HOUR_US // 2
DEVICE_US = 180 * DAY_US
RENEWED_US = 60 * SECOND_US
PER_ACCOUNT = "10/15 minutes"
PER_DEVICE = "10/15 minutes"
PER_ADDRESS = "100/15 minutes"  # an office behind one address logs in in the morning
LINK_NAME = "this machine"


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class StoredAccess:
    """Implements the port `Access` over a data folder. Used from several threads.

    Args:
        links: whether one-time links, and the admin sessions they opened, are accepted; only when nobody else
            can reach the server.
    """

    def __init__(
        self, workspace: Workspace, clock: Callable[[], int], people: People | None = None, *, links: bool = True
    ) -> None:
        self._database = workspace.database
        self._clock = clock
        self._limits = Limits()
        self.people = people or People(workspace, clock)
        self.links = links

    def has_passwords(self) -> bool:
        """Whether anybody can log in with a password."""
        return self.people.has_passwords()

    def issue(self) -> str:
        """A new one-time token."""
        return self._open("link", LINK_US)

    def redeem(self, token: str) -> str | None:
        """A session for a token that is valid and was never used; None otherwise."""
        if not self.links:
            return None
        with self._database.write() as session:
            found = logins.spend_link(session, _digest(token), self._clock())
        return self._open("session", SESSION_US) if found else None

    def visitor(self, session_id: str) -> Visitor | None:
        """Who has a session: 12 hours at most, ended by half an hour without use."""
        digest, now = _digest(session_id), self._clock()
        with self._database.read() as session:
            login = logins.login(session, digest, "session", now)
        if login is None or now - login.seen_at >= IDLE_US:
            return None
        who = self._who(login)
        if who is not None and now - login.seen_at >= RENEWED_US:
            with self._database.write() as session:
                logins.seen(session, digest, now)
        return who

    def login(self, attempt: Attempt) -> Opened:
        """A session for who gives the right password.

        Strangers to an account share its limit, so a guesser is slowed down whatever addresses they come from; a
        browser that logged in before has its own, so the guesser keeps nobody out of theirs.

        Raises:
            LoginRefusedError: wrong name or password.
            TooManyAttemptsError: too many attempts lately.
        """
        name = plain_name(attempt.name)[:MAX_NAME]
        bucket = self._bucket(name, attempt)
        self._limits.spend(*bucket)
        person = self.people.check(name, attempt.password)
        if person is None:
            raise LoginRefusedError
        self._limits.forgive(*bucket)
        return self._opened(person.id)

    def welcome(self, identity: Identity) -> Opened:
        """A session for who comes from the identity provider, made known on the first login.

        Raises:
            NoRoleError: they have no role.
        """
        person = self.people.meet(identity)
        if person.role == Role.NOBODY:
            raise NoRoleError
        return self._opened(person.id)

    def logout(self, session_id: str) -> None:
        """Close a session."""
        with self._database.write() as session:
            logins.close(session, _digest(session_id))

    def _bucket(self, name: str, attempt: Attempt) -> tuple[str, ...]:
        if attempt.device is not None:
            digest = _digest(attempt.device)
            with self._database.read() as session:
                device = logins.login(session, digest, "device", self._clock())
            if device is not None and device.name == name:
                return PER_DEVICE, "device", digest
        self._limits.spend(PER_ADDRESS, "address", network(attempt.address))
        return PER_ACCOUNT, "account", name

    def _opened(self, person: int) -> Opened:
        return Opened(self._open("session", SESSION_US, person), self._open("device", DEVICE_US, person))

    def _who(self, login: logins.Login) -> Visitor | None:
        if login.person is None:
            return Visitor(LINK_NAME, Role.ADMIN, by_link=True) if self.links else None
        return Visitor(login.name or "", Role(login.role)) if login.role else None

    def _open(self, kind: str, lasts: int, person: int | None = None) -> str:
        secret = secrets.token_urlsafe(32)
        now = self._clock()
        with self._database.write() as session:
            logins.open_login(session, _digest(secret), kind, (now, now + lasts), person)
        return secret
