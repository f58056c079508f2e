"""Keys of programs, as the API manages them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class NewKey(msgspec.Struct, frozen=True):
    """A key that was just made. `key` is the secret itself: it is shown once and never kept."""

    id: int
    key: str


class KeyLine(msgspec.Struct, frozen=True):
    """A key in a list; moments in microseconds."""

    id: int
    kind: str  # write or api
    name: str
    prefix: str  # how the key begins, to recognise it
    scopes: Sequence[str]
    created_at: int
    last_used_at: int | None
    revoked_at: int | None


class KeyBook(Protocol):
    """Makes, lists and revokes keys."""

    def create(self, kind: str, name: str, scopes: Sequence[str]) -> NewKey: ...

    def keys(self) -> Sequence[KeyLine]: ...

    def revoke(self, key_id: int) -> bool:
        """Whether there was such a key that was not revoked yet."""
        ...
