"""Doing a write once: the answer is kept in the transaction of what it answers."""

from __future__ import annotations

import base64
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keepwell.base.errors import KeepwellError
from keepwell.base.time import DAY_US
from keepwell.runtime.ports.idempotency import Answer, Ask, OtherRequest, StillRunning
from keepwell.store import idempotency
from keepwell.store.database import Database, Session

KEPT_US = DAY_US
ERRORS = 500  # statuses from here on are not kept: the next try may succeed
_NONCE = 12  # bytes, as AES-GCM wants them


class StoredOnce:
    """Implements the `Once` port.

    What is kept can be read only with the idempotency key itself: an answer may hold a new API key,
    and the database holds no secret that opens anything.
    """

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        self._database = database
        self._clock = clock
        self._running: set[str] = set()
        self._lock = threading.Lock()

    def once(self, ask: Ask, act: Callable[[], Answer], told: Callable[[KeepwellError], Answer]) -> Answer:
        secret = _digest(ask.owner.encode(), ask.key.encode())
        name, request = _digest(b"name", secret).hex(), _digest(b"request", secret, ask.request).hex()
        with self._alone(name):
            with self._database.read() as session:
                found = idempotency.find(session, name, self._clock())
            if found is not None:
                return _again(found, request, secret)
            try:
                with self._database.write() as session:
                    return self._kept(session, (name, request, secret), act())
            except KeepwellError as error:
                answer = told(error)
                with self._database.write() as session:
                    return self._kept(session, (name, request, secret), answer)

    def _kept(self, session: Session, about: tuple[str, str, bytes], answer: Answer) -> Answer:
        name, request, secret = about
        if answer.status < ERRORS:
            now = self._clock()
            sealed = _seal(secret, answer.body)
            idempotency.keep(session, idempotency.Kept(name, request, answer.status, sealed, now + KEPT_US), now)
        return answer

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """One process writes to a data folder, so its own memory knows what is running."""
        with self._lock:
            if name in self._running:
                raise StillRunning
            self._running.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(name)


def _again(found: idempotency.Kept, request: str, secret: bytes) -> Answer:
    if found.request != request:
        raise OtherRequest
    return Answer(found.status, _open(secret, found.sealed), repeated=True)


def _digest(*parts: bytes) -> bytes:
    made = hashlib.sha256()
    for part in parts:
        made.update(len(part).to_bytes(8, "big") + part)
    return made.digest()


def _seal(secret: bytes, body: bytes) -> str:
    nonce = os.urandom(_NONCE)
    return base64.b64encode(nonce + AESGCM(_digest(b"seal", secret)).encrypt(nonce, body, None)).decode()


class AnswerDamagedError(KeepwellError):
    """A kept answer that cannot be opened any more."""

    def __init__(self) -> None:
        super().__init__("The first answer to this idempotency key is damaged. Nothing was changed; use a new key")


def _open(secret: bytes, sealed: str) -> bytes:
    raw = base64.b64decode(sealed)
    try:
        return AESGCM(_digest(b"seal", secret)).decrypt(raw[:_NONCE], raw[_NONCE:], None)
    except InvalidTag:
        raise AnswerDamagedError from None
