"""A webhook as it came in, and whether the one who holds the secret sent it.

How each vendor signs is one table, `SIGNATURES`. Raw bytes are verified, before anything is parsed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from keepwell.base.errors import KeepwellError
from keepwell.base.time import SECOND_US, parse_instant

TOLERANCE_S = 300
"""How far a signed moment may lie from receipt: what Stripe, Slack, HubSpot and Standard Webhooks ask for."""


class Delivery(msgspec.Struct, frozen=True):
    """One request to a webhook.

    Attributes:
        method: in capitals.
        url: the address the sender called, as it is seen from outside: behind a proxy not the one the server sees.
        headers: by lower-case name.
        body: the bytes as they came.
        received_at: in microseconds.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: int


class UnverifiedError(KeepwellError):
    """A delivery that is not believed. Nothing of it was kept."""


class ForgedError(UnverifiedError):
    """It is not signed with any of the secrets that are set."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}. Nothing was kept; compare the secret with the one in the sender's settings")


class StaleError(UnverifiedError):
    """It is signed, but for a moment too far from its receipt: a replay, or a clock that is wrong.

    Attributes:
        seconds: how long before receipt it was signed; negative when it was signed for later.
    """

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Signed {seconds} seconds before it arrived. Nothing was kept; check the clocks, and resend")
        self.seconds = seconds


class Verifier(Protocol):
    """One way of telling that a delivery is genuine."""

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """Any of the secrets will do, so that one can be replaced while the other is still in use.

        Raises:
            ForgedError: it is not signed with any of them, or there is none.
            StaleError: it is, but was signed too long before or after its receipt.
        """


class Clock(StrEnum):
    """How a signed moment is written."""

    SECONDS = "seconds"
    MILLISECONDS = "milliseconds"
    ISO = "iso"


# Of fixed form, so that nothing can be moved between the moment and the body it is signed together with.
_MOMENTS = {
    Clock.SECONDS: re.compile(r"[0-9]{10}"),
    Clock.MILLISECONDS: re.compile(r"[0-9]{13}"),
    Clock.ISO: re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z"),
}


PARTS = ("id", "timestamp", "method", "url", "body")
PLACES = re.compile(rf"\{{({'|'.join(PARTS)})\}}")


@dataclass(frozen=True)
class Names:
    """Headers of a signature, in lower case; "" is one the vendor does not have."""

    signature: str
    timestamp: str = ""
    id: str = ""


@dataclass(frozen=True)
class Signed:
    """What is signed, and when.

    Attributes:
        names: the headers; several sets when a vendor changed their names.
        text: the signed text, of `{id}`, `{timestamp}`, `{method}`, `{url}` and `{body}`.
        clock: how the moment is written; None when none is signed.
        tolerance_s: how far the moment may lie from receipt, before or after it.
        separator: what stands between parts of the signature's header; "" when it is one part.
        prefix: what a part that is a signature begins with.
        moment_prefix: what a part that is the moment begins with, when it is in the header of the signature.
    """

    names: tuple[Names, ...]
    text: str = "{body}"
    clock: Clock | None = None
    tolerance_s: int = TOLERANCE_S
    separator: str = ""
    prefix: str = ""
    moment_prefix: str = ""

    def read(self, delivery: Delivery) -> tuple[bytes, list[bytes], int | None]:
        """The signed bytes, the signatures given for them, and the moment they were signed for.

        Raises:
            ForgedError: a header is missing or unreadable.
        """
        headers = delivery.headers
        names = next((each for each in self.names if each.signature in headers), self.names[0])
        signatures = self._parts(headers.get(names.signature, ""), self.prefix)
        if not signatures:
            raise ForgedError(f"No signature in the header {names.signature}")
        moment, timestamp = self._moment(headers, names)
        own_id = headers.get(names.id, "")
        if "." in own_id:  # part of it could pass for the moment, and the moment for a part of the body
            raise ForgedError(f"A full stop in the header {names.id}")
        parts = {
            "id": _bytes(own_id),
            "timestamp": _bytes(timestamp),
            "method": _bytes(delivery.method),
            "url": _bytes(_plain_url(delivery.url)),
            "body": delivery.body,
        }
        pieces = enumerate(PLACES.split(self.text))  # what is in braces is every other one
        signed = b"".join(parts[piece] if number % 2 else _bytes(piece) for number, piece in pieces)
        return signed, [_bytes(each) for each in signatures], moment

    def _moment(self, headers: Mapping[str, str], names: Names) -> tuple[int | None, str]:
        if self.clock is None:
            return None, ""
        given = headers.get(names.timestamp or names.signature, "")
        found = self._parts(given, self.moment_prefix) if self.moment_prefix else [given]
        if len(found) != 1 or not _MOMENTS[self.clock].fullmatch(found[0]):
            raise ForgedError(f"No moment in the header {names.timestamp or names.signature}")
        return _microseconds(found[0], self.clock), found[0]

    def _parts(self, header: str, prefix: str) -> list[str]:
        parts = header.split(self.separator) if self.separator else [header]
        found = [part.strip().removeprefix(prefix) for part in parts if part.strip().startswith(prefix)]
        return [part for part in found if part]

    def refuse_stale(self, moment: int | None, received_at: int) -> None:
        """Refuse what was signed for a moment too far away.

        Raises:
            StaleError: it lies more than `tolerance_s` before or after receipt.
        """
        if moment is not None and abs(received_at - moment) > self.tolerance_s * SECOND_US:
            raise StaleError((received_at - moment) // SECOND_US)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _microseconds(text: str, clock: Clock) -> int:
    if clock is Clock.ISO:
        try:
            return parse_instant(text)
        except ValueError:
            raise ForgedError("The signed moment is none of the calendar") from None
    return int(text) * (SECOND_US if clock is Clock.SECONDS else 1000)


# The codes HubSpot wants decoded before its text is put together; all others stay as they are.
# https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
_PLAIN = {f"%{ord(sign):02X}": sign for sign in ":/?@!$'()*,;"}
_CODED = re.compile("|".join(_PLAIN), re.IGNORECASE)


def _plain_url(url: str) -> str:
    return _CODED.sub(lambda found: _PLAIN[found[0].upper()], url)


class Key(StrEnum):
    """What of a secret is the key."""

    TEXT = "text"
    BASE64 = "base64"  # decoded, without its `whsec_`


def _usable(secrets: Sequence[str]) -> list[str]:
    found = [secret for secret in secrets if secret.strip()]
    if not found:
        raise ForgedError("No secret is set for this webhook, so nothing can be believed")
    return found


def _base64(text: str) -> bytes | None:
    """The bytes of a Base64 text, None when it is not the one way of writing them."""
    try:
        found = base64.b64decode(_bytes(text), validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if base64.b64encode(found) == _bytes(text) else None


def _any_same(given: Sequence[bytes], expected: Sequence[bytes]) -> bool:
    """Whether one is one of the others. All are compared, so that the time says nothing about which."""
    found = False
    for one in given:
        for other in expected:
            found |= hmac.compare_digest(one, other)
    return found


@dataclass(frozen=True)
class Hmac:
    """A keyed hash of the signed text; `encoding` is `hex` or `base64`."""

    signed: Signed
    digest: str = "sha256"
    encoding: str = "hex"
    key: Key = Key.TEXT

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """As `Verifier` says."""
        keys = [key for secret in _usable(secrets) if (key := self._key(secret))]
        text, signatures, moment = self.signed.read(delivery)
        expected = [self.sign(text, key) for key in keys]
        if not _any_same(signatures, expected):
            raise ForgedError("The signature is not that of this body")
        self.signed.refuse_stale(moment, delivery.received_at)

    def sign(self, text: bytes, key: bytes) -> bytes:
        """The signature of a text, encoded."""
        found = hmac.new(key, text, getattr(hashlib, self.digest))
        return found.hexdigest().encode() if self.encoding == "hex" else base64.b64encode(found.digest())

    def _key(self, secret: str) -> bytes | None:
        if self.key is Key.TEXT:
            return _bytes(secret)
        text = secret.strip().removeprefix("whsec_")
        return _base64(text + "=" * (-len(text) % 4))


@dataclass(frozen=True)
class Ecdsa:
    """A signature by a private key; the secret is the public one, Base64 of DER, on the curve P-256."""

    signed: Signed

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """As `Verifier` says."""
        keys = [key for secret in _usable(secrets) if (key := _public_key(secret))]
        text, signatures, moment = self.signed.read(delivery)
        decoded = [found for given in signatures if (found := _base64(given.decode("utf-8", "replace")))]
        if not any(_is_by(key, given, text) for key in keys for given in decoded):
            raise ForgedError("The signature is not that of this body")
        self.signed.refuse_stale(moment, delivery.received_at)


def _public_key(secret: str) -> ec.EllipticCurvePublicKey | None:
    der = _base64(secret.strip())
    try:
        key = load_der_public_key(der or b"")
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1) else None


def _is_by(key: ec.EllipticCurvePublicKey, signature: bytes, text: bytes) -> bool:
    try:
        key.verify(signature, text, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


@dataclass(frozen=True)
class SharedSecret:
    """A header that repeats the secret: it says who sent, not what."""

    header: str

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """As `Verifier` says."""
        given = _bytes(delivery.headers.get(self.header, ""))
        if not _any_same([given], [_bytes(secret) for secret in _usable(secrets)]):
            raise ForgedError(f"The header {self.header} is not the secret")


@dataclass(frozen=True)
class Basic:
    """Basic authentication; the secret is `user:password`."""

    def verify(self, delivery: Delivery, secrets: Sequence[str]) -> None:
        """As `Verifier` says."""
        scheme, _, coded = delivery.headers.get("authorization", "").partition(" ")
        given = _base64(coded.strip()) if scheme.lower() == "basic" else None
        if not _any_same([given or b""], [_bytes(secret) for secret in _usable(secrets)]):
            raise ForgedError("User and password are not those of this webhook")


_TWILIO = "x-twilio-email-event-webhook"

SIGNATURES: Mapping[str, Verifier] = {
    "stripe": Hmac(
        Signed(
            (Names("stripe-signature"),),
            "{timestamp}.{body}",
            Clock.SECONDS,
            separator=",",
            prefix="v1=",
            moment_prefix="t=",
        )
    ),
    "standard_webhooks": Hmac(
        Signed(
            (
                Names("webhook-signature", "webhook-timestamp", "webhook-id"),
                Names("svix-signature", "svix-timestamp", "svix-id"),
            ),
            "{id}.{timestamp}.{body}",
            Clock.SECONDS,
            separator=" ",
            prefix="v1,",
        ),
        encoding="base64",
        key=Key.BASE64,
    ),
    "zendesk": Hmac(
        Signed(
            (Names("x-zendesk-webhook-signature", "x-zendesk-webhook-signature-timestamp"),),
            "{timestamp}{body}",
            Clock.ISO,
        ),
        encoding="base64",
    ),
    "intercom": Hmac(Signed((Names("x-hub-signature"),), prefix="sha1="), digest="sha1"),
    "hubspot": Hmac(
        Signed(
            (Names("x-hubspot-signature-v3", "x-hubspot-request-timestamp"),),
            "{method}{url}{body}{timestamp}",
            Clock.MILLISECONDS,
        ),
        encoding="base64",
    ),
    "sendgrid": Ecdsa(
        Signed((Names(f"{_TWILIO}-signature", f"{_TWILIO}-timestamp"),), "{timestamp}{body}", Clock.SECONDS)
    ),
    "postmark": Basic(),
    "typeform": Hmac(Signed((Names("typeform-signature"),), prefix="sha256="), encoding="base64"),
    "slack": Hmac(
        Signed(
            (Names("x-slack-signature", "x-slack-request-timestamp"),),
            "v0:{timestamp}:{body}",
            Clock.SECONDS,
            prefix="v0=",
        )
    ),
    "helius": SharedSecret("authorization"),
}
"""How each vendor signs. Sources: the vendors' pages on verifying webhooks, and their own libraries in the tests."""

Verify = Callable[[Delivery, Sequence[str]], None]
