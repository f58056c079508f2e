"""Webhooks out, signed as Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence

import msgspec

from keepwell.base.errors import KeepwellError
from keepwell.base.time import SECOND_US, to_rfc3339
from keepwell.channels.guarded import Door, refusal
from keepwell.channels.letter import Failed, Letter, Receipt, Sent, Uncertain

SECRET_BYTES = range(24, 65)


class SecretRefusedError(KeepwellError):
    """A secret that is none of Standard Webhooks."""


class Webhook:
    """Posts what a program can read. The id of a message is the same at every attempt: repeats can be told by it."""

    def __init__(self, url: str, secrets: Sequence[str], clock: Callable[[], int], door: Door) -> None:
        """Take the address, and secrets as `whsec_` and Base64; all of them sign, so that one can be replaced.

        Raises:
            SecretRefusedError: a secret is unreadable, or there is none.
        """
        self._url, self._clock, self._door = url, clock, door
        self._keys = [_key(secret) for secret in secrets]
        if not self._keys:
            raise SecretRefusedError("A webhook needs a secret to sign with")

    def send(self, letter: Letter) -> Receipt:
        now = self._clock()
        body = msgspec.json.encode(letter.data or plain(letter, now))
        answer = self._door.post(self._url, body, self.headers(letter, body, now))
        if isinstance(answer, Failed | Uncertain):
            return answer
        return refusal(answer) or Sent(f"msg_{letter.name}")

    def headers(self, letter: Letter, body: bytes, now: int) -> dict[str, str]:
        """The headers of an attempt at `now`, with one signature for each secret."""
        name, moment = f"msg_{letter.name}", str(now // SECOND_US)
        signed = b".".join((name.encode(), moment.encode(), body))
        signatures = (base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for key in self._keys)
        return {
            "content-type": "application/json",
            "user-agent": "Keepwell",
            "webhook-id": name,
            "webhook-timestamp": moment,
            "webhook-signature": " ".join(f"v1,{each.decode()}" for each in signatures),
        }


def plain(letter: Letter, now: int) -> dict[str, object]:
    """The body of a message that has none for programs."""
    said = {"subject": letter.subject, "text": letter.text, "because": letter.because}
    return {"type": "message", "timestamp": to_rfc3339(now), "data": said}


def _key(secret: str) -> bytes:
    try:
        found = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) not in SECRET_BYTES:
        raise SecretRefusedError("A secret of a webhook is `whsec_` and 24 to 64 bytes in Base64")
    return found
