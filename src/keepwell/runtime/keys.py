"""The keys of programs: made, found on the hot path, revoked."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from keepwell.base.time import SECOND_US
from keepwell.runtime.ports.access import Scope
from keepwell.runtime.ports.keys import KeyRefusedError, KeyWish, NewKey
from keepwell.runtime.workspace import Workspace
from keepwell.store import keys
from keepwell.store.keys import Key

WRITE, API = KINDS = ("write", "api")
SECRET_BYTES = 20  # 160 bits: nothing to guess, so a fast hash is enough
SHOWN_CHARACTERS = 6
WRITTEN_EVERY_S = 60.0
MAX_NAME = 100


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class KeyRing:
    """Implements the port `KeyBook`: all valid keys in memory, read anew after a second.

    A key made or revoked by this process counts at once, one of another process within a second. Used from
    several threads.
    """

    def __init__(self, workspace: Workspace, clock: Callable[[], int]) -> None:
        self._database = workspace.database
        self._clock = clock
        self._valid: dict[bytes, Key] = {}
        self._read_at: int | None = None
        self._changes = 0
        self._reading = threading.Lock()
        self._uses: dict[int, int] = {}

    def find(self, secret: str) -> Key | None:
        """The valid key of a secret; unknown secrets cost no query."""
        now = self._clock()
        if self._read_at is None or not 0 <= now - self._read_at < SECOND_US:
            self._read(now)
        key = self._valid.get(_digest(secret))
        if key is not None:
            self._uses[key.id] = now
        return key

    def keys(self) -> Sequence[Key]:
        """All keys, also revoked ones, newest first."""
        with self._database.read() as session:
            return keys.listed(session)

    def create(self, wish: KeyWish) -> NewKey:
        """Make a key; its secret is in what is returned, and nobody can look it up later.

        Raises:
            KeyRefusedError: an unknown kind or scope, or a restriction that the kind does not have.
        """
        _check(wish)
        random = base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode().lower()
        secret = f"kw_{wish.kind}_{random}"
        scopes = frozenset(wish.scopes or ((Scope.INGEST,) if wish.kind == WRITE else (Scope.READ,)))
        shown = f"kw_{wish.kind}_{random[:SHOWN_CHARACTERS]}"
        key = Key(0, wish.kind, wish.name.strip(), shown, scopes, wish.events, wish.customers, self._clock())
        with self._database.write() as session:
            made = keys.add(session, key, _digest(secret).hex())
            session.afterwards.append(self._changed)
        return NewKey(made.id, secret)

    def revoke(self, key_id: int) -> bool:
        """End a key, at once; whether there was such a key that was not revoked yet."""
        with self._database.write() as session:
            found = keys.revoke(session, key_id, self._clock())
            session.afterwards.append(self._changed)
        return found

    def write_uses(self) -> None:
        """Remember when keys were used last."""
        uses, self._uses = self._uses, {}
        if uses:
            with self._database.write() as session:
                keys.used(session, dict(uses))  # a copy: others may still hold it

    @contextmanager
    def uses_kept(self) -> Iterator[None]:
        """Write the uses once a minute, away from who uses the keys, and once more at the end."""
        stop = threading.Event()

        def watch() -> None:
            while not stop.wait(WRITTEN_EVERY_S):
                self.write_uses()

        writer = threading.Thread(target=watch, name="key-uses", daemon=True)
        writer.start()
        try:
            yield
        finally:
            stop.set()
            writer.join()
            self.write_uses()

    def _read(self, now: int) -> None:
        with self._reading:
            if self._read_at is not None and 0 <= now - self._read_at < SECOND_US:
                return
            changes = self._changes
            with self._database.read() as session:
                self._valid = {bytes.fromhex(digest): key for digest, key in keys.valid(session).items()}
            self._read_at = now if changes == self._changes else None

    def _changed(self) -> None:
        self._changes += 1
        self._read_at = None


def _check(wish: KeyWish) -> None:
    if wish.kind not in KINDS:
        raise KeyRefusedError(f"`{wish.kind}` is no kind of key; there are {' and '.join(KINDS)}")
    if not 0 < len(wish.name.strip()) <= MAX_NAME or not wish.name.isprintable():
        raise KeyRefusedError(f"A key needs a name of at most {MAX_NAME} characters that can be seen")
    unknown = sorted(set(wish.scopes) - set(Scope))
    if unknown:
        raise KeyRefusedError(f"`{unknown[0]}` is no scope; there are {', '.join(Scope)}")
    if wish.kind == WRITE and set(wish.scopes) - {Scope.INGEST}:
        raise KeyRefusedError(f"A write key may be public, so it has no scope but {Scope.INGEST}")
    if wish.kind != WRITE and (wish.events or wish.customers):
        raise KeyRefusedError("Only write keys are narrowed to events and customers")
    if not all(wish.customers) or not all(wish.events):
        raise KeyRefusedError("An empty name of an event or beginning of a customer id allows nothing to be told apart")
