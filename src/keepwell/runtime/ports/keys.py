"""Keys of programs, as the door, pages, the API and commands use them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

from keepwell.base.errors import KeepwellError


class KeyWish(msgspec.Struct, frozen=True):
    """A key to be made. `events` and `customers` narrow a write key; empty is all."""

    kind: str
    name: str
    scopes: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()


class NewKey(msgspec.Struct, frozen=True):
    """A key that was just made. `key` is the secret itself: it is shown once and never kept."""

    id: int
    key: str


class KeyLine(Protocol):
    """A key without its secret; moments in microseconds."""

    @property
    def id(self) -> int: ...
    @property
    def kind(self) -> str:
        """Either "write" or "api"."""
        ...

    @property
    def name(self) -> str: ...
    @property
    def prefix(self) -> str:
        """How the secret begins, to recognise it by."""
        ...

    @property
    def scopes(self) -> frozenset[str]: ...
    @property
    def events(self) -> tuple[str, ...]: ...
    @property
    def customers(self) -> tuple[str, ...]: ...
    @property
    def created_at(self) -> int: ...
    @property
    def last_used_at(self) -> int | None: ...
    @property
    def revoked_at(self) -> int | None: ...

    def admits(self, event: str, customer_id: str | None) -> bool:
        """Whether an event about a customer may come by this key."""
        ...


class KeyRefusedError(KeepwellError):
    """A key that cannot be made as wished."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}. No key was made")


class NoSuchKeyError(KeepwellError):
    """No valid key has this number.

    Attributes:
        key_id: the number.
    """

    def __init__(self, key_id: int) -> None:
        super().__init__(f"No valid key has the number {key_id}. Nothing was revoked")
        self.key_id = key_id


class KeyBook(Protocol):
    """Makes, finds, lists and revokes keys. Writes join the transaction of the thread, if there is one."""

    def find(self, secret: str) -> KeyLine | None:
        """The valid key of a secret."""
        ...

    def create(self, wish: KeyWish) -> NewKey:
        """Make a key.

        Raises:
            KeyRefusedError: it cannot be made as wished.
        """
        ...

    def keys(self) -> Sequence[KeyLine]:
        """All keys, also revoked ones, newest first."""
        ...

    def revoke(self, key_id: int) -> bool:
        """End a key; whether there was such a key that was not revoked yet."""
        ...
