"""The people who may log in: local passwords and identities of a provider."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Sequence

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.access import Identity, Role
from keepwell.runtime.workspace import Workspace
from keepwell.store import people
from keepwell.store.database import Session
from keepwell.store.people import Person

MIN_PASSWORD = 12
MAX_PASSWORD = 1000  # longer ones only cost time
MAX_NAME = 100
HASHES_AT_ONCE = 2  # each takes 64 MB


class PersonRefusedError(KeepwellError):
    """A person who cannot be kept as wished."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}. Nothing was changed")


class NoSuchPersonError(KeepwellError):
    """Nobody has this name.

    Attributes:
        name: the name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(f"Nobody is called {name[:MAX_NAME]!r}. Nothing was changed")
        self.name = name


def plain_name(name: str) -> str:
    """A name as it is kept and looked up: upper and lower case are the same."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


class People:
    """Everybody who may log in. Used from several threads."""

    def __init__(self, workspace: Workspace, clock: Callable[[], int], hasher: PasswordHasher | None = None) -> None:
        self._database = workspace.database
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        self._hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)
        self._nobodys: str | None = None

    def listed(self) -> Sequence[Person]:
        """Everybody, by name."""
        with self._database.read() as session:
            return people.listed(session)

    def has_passwords(self) -> bool:
        """Whether anybody can log in with a password."""
        with self._database.read() as session:
            return people.anybody_with_password(session)

    def add(self, name: str, role: Role, password: str) -> Person:
        """Somebody who logs in with a password.

        Raises:
            PersonRefusedError: the name is taken or no name, the role is none, the password too short or too long.
        """
        plain = plain_name(name)
        if not 0 < len(plain) <= MAX_NAME or not plain.isprintable():
            raise PersonRefusedError(f"A name has 1 to {MAX_NAME} characters that can be seen")
        if role == Role.NOBODY:
            raise PersonRefusedError("A person needs a role")
        hashed = self._hash(password)
        with self._database.write() as session:
            if people.named(session, plain) is not None:
                raise PersonRefusedError(f"Somebody is called {plain!r} already")
            return people.add(session, Person(0, plain, int(role), hashed, created_at=self._clock()))

    def remove(self, name: str) -> None:
        """Forget somebody; their sessions end at once.

        Raises:
            NoSuchPersonError: nobody has this name.
        """
        with self._database.write() as session:
            people.remove(session, _named(session, name).id)

    def set_role(self, name: str, role: Role) -> None:
        """Give somebody another role, at once.

        Raises:
            NoSuchPersonError: nobody has this name.
        """
        with self._database.write() as session:
            people.set_role(session, _named(session, name).id, int(role))

    def set_password(self, name: str, password: str) -> None:
        """Give somebody another password; their sessions end at once.

        Raises:
            NoSuchPersonError: nobody has this name.
            PersonRefusedError: the password is too short or too long, or they come by single sign-on.
        """
        hashed = self._hash(password)
        with self._database.write() as session:
            person = _named(session, name)
            if person.issuer is not None:
                raise PersonRefusedError(f"{person.name!r} comes by single sign-on and has no password here")
            people.close_all(session, person.id)
            people.set_password(session, person.id, hashed)

    def check(self, name: str, password: str) -> Person | None:
        """Who gives the right password; an unknown name takes as long as a wrong password."""
        with self._database.read() as session:
            person = people.named(session, plain_name(name)[:MAX_NAME])
        kept = person.password if person is not None else None
        right = self._matches(kept or self._nobodys_hash(), password)
        if person is None or kept is None or not right or person.role == Role.NOBODY:
            return None
        self._renew(person.id, kept, password)
        return person

    def meet(self, identity: Identity) -> Person:
        """The person of an identity, made on the first login. Roles that the provider decides are followed.

        A name that is taken is never shared: identities are recognised by issuer and subject alone.
        """
        with self._database.write() as session:
            found = people.known(session, identity.issuer, identity.subject)
            if found is None:
                role = Role.VIEWER if identity.role is None else identity.role
                name = _free_name(session, identity)
                made = Person(0, name, int(role), None, identity.issuer, identity.subject, self._clock())
                return people.add(session, made)
            if identity.role is None or identity.role == found.role:
                return found
            people.set_role(session, found.id, int(identity.role))
            return people.known(session, identity.issuer, identity.subject) or found

    def _hash(self, password: str) -> str:
        if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
            raise PersonRefusedError(f"A password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
        with self._hashing:
            return self._hasher.hash(_normal(password))

    def _matches(self, hashed: str, password: str) -> bool:
        with self._hashing:
            try:
                return self._hasher.verify(hashed, _normal(password[:MAX_PASSWORD]))
            except (VerificationError, InvalidHashError):
                return False

    def _nobodys_hash(self) -> str:
        if self._nobodys is None:
            self._nobodys = self._hasher.hash("the password of nobody")
        return self._nobodys

    def _renew(self, person_id: int, kept: str, password: str) -> None:
        """Hash anew when the parameters of the library became stronger."""
        if self._hasher.check_needs_rehash(kept):
            with self._database.write() as session:
                people.set_password(session, person_id, self._hasher.hash(_normal(password)))


def _normal(password: str) -> str:
    """The same characters, however a keyboard composes them; surrogates alone cannot be encoded."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()


def _named(session: Session, name: str) -> Person:
    person = people.named(session, plain_name(name))
    if person is None:
        raise NoSuchPersonError(name)
    return person


def _free_name(session: Session, identity: Identity) -> str:
    wanted = "".join(c for c in plain_name(identity.name) if c.isprintable())[: MAX_NAME - 10] or "somebody"
    name, number = wanted, 1
    while people.named(session, name) is not None:
        number += 1
        name = f"{wanted} ({number})"
    return name
