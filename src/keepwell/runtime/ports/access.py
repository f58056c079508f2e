"""Who asks and what they may do: the records and ports of the door."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, StrEnum
from typing import Protocol

import msgspec

from keepwell.base.errors import KeepwellError


class Role(IntEnum):
    """What a person may do; each role includes those below it."""

    NOBODY = 0
    VIEWER = 1
    CSM = 2
    ADMIN = 3


class Scope(StrEnum):
    """What a key may do. Write keys hold only `INGEST`."""

    INGEST = "ingest:write"
    READ = "scores:read"
    WRITE = "scores:write"
    LETTERS = "letters:answer"
    ADMIN = "admin"


class Visitor(msgspec.Struct, frozen=True):
    """Who asks. A person has a role and a session; a program has the scopes of its key.

    `by_link` is somebody who followed a login link: nobody knows a name.
    """

    name: str = ""
    role: Role = Role.NOBODY
    scopes: frozenset[str] = frozenset()
    key: int | None = None  # the number of the API key, when it is a program
    by_link: bool = False


class PersonLine(Protocol):
    """A person as pages list them."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> int: ...
    @property
    def issuer(self) -> str | None: ...
    @property
    def last_login_at(self) -> int | None: ...


class People(Protocol):
    """The people who may log in."""

    def listed(self) -> Sequence[PersonLine]: ...
    def add(self, name: str, role: Role, password: str) -> object: ...
    def remove(self, name: str) -> None: ...
    def set_role(self, name: str, role: Role) -> None: ...
    def set_password(self, name: str, password: str) -> None: ...


class Attempt(msgspec.Struct, frozen=True):
    """A try to log in with a password. `device` is the secret of a browser that logged in before."""

    name: str
    password: str
    address: str
    device: str | None = None


class Identity(msgspec.Struct, frozen=True):
    """Who somebody is, said by an identity provider. `role` is None when the provider does not decide it."""

    issuer: str
    subject: str
    name: str
    role: Role | None = None


class Opened(msgspec.Struct, frozen=True):
    """A new session: its secret, and the one by which the browser is known from now on."""

    session: str
    device: str


class Access(Protocol):
    """Sessions, links and logins. Secrets are unguessable, and kept as hashes."""

    @property
    def people(self) -> People: ...
    @property
    def links(self) -> bool:
        """Whether login links work here."""
        ...

    def has_passwords(self) -> bool:
        """Whether anybody can log in with a password."""
        ...

    def redeem(self, token: str) -> str | None:
        """The secret of a new session, once; None for a link that is unknown, used or expired."""
        ...

    def visitor(self, session_id: str) -> Visitor | None:
        """Who has a session; None when it is not open."""
        ...

    def login(self, attempt: Attempt) -> Opened:
        """A session for who gives the right password.

        Raises:
            LoginRefusedError: wrong name or password.
            TooManyAttemptsError: too many attempts lately.
        """
        ...

    def welcome(self, identity: Identity) -> Opened:
        """A session for who comes from the identity provider, made known on the first login.

        Raises:
            NoRoleError: the provider says that they have no role.
        """
        ...

    def logout(self, session_id: str) -> None:
        """Close a session."""
        ...


class LoginRefusedError(KeepwellError):
    """A name and a password that do not belong together; which of them is wrong is not said."""

    def __init__(self) -> None:
        super().__init__("This name and password do not belong together.")


class NoRoleError(KeepwellError):
    """The identity provider knows this person, and gives them no role here."""

    def __init__(self) -> None:
        super().__init__("Your account has no role in Keepwell. Ask who runs it to give you one.")


class TooManyAttemptsError(KeepwellError):
    """Too many requests in a short time.

    Attributes:
        wait_s: seconds after which it may work again.
    """

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"Too many attempts. Nothing was done; wait {wait_s} seconds and try again.")
        self.wait_s = wait_s
