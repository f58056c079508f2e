"""Mail over HTTP: the address `/hooks/mail`, for providers that take mail and deliver it raw.

A delivery is signed as Standard Webhooks are, or carries user and password of Basic authentication. Its body is the
mail itself, or JSON with the mail in one of `FIELDS`, as text or in Base64, or a form with it as text.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from urllib.parse import parse_qs

from keepwell.sources import payload
from keepwell.sources.delivery import SIGNATURES, Basic, Delivery, ForgedError
from keepwell.sources.payload import at
from keepwell.sources.sent import BodyRefusedError

NAME = "mail"
FIELDS = ("raw", "RawEmail", "body-mime")
"""Where the mail is: in what a relay of your own sends, in what Postmark sends, and Mailgun."""
_FORM = "application/x-www-form-urlencoded"
_KEY = "whsec_"


def verify(delivery: Delivery, secrets: Sequence[str]) -> None:
    """Secrets that begin with `whsec_` sign; others are `user:password`.

    Raises:
        ForgedError: it is not signed with any of them, or there is none of its kind.
        StaleError: it is, but was signed too long before or after its receipt.
    """
    keys = [each for each in secrets if each.startswith(_KEY)]
    users = [each for each in secrets if not each.startswith(_KEY) and ":" in each]
    if "authorization" in delivery.headers:
        Basic().verify(delivery, users)
    elif keys:
        SIGNATURES["standard_webhooks"].verify(delivery, keys)
    else:
        raise ForgedError("Neither a signature nor a password came with it")


def mail_of(delivery: Delivery) -> bytes:
    """The bytes of the mail that a delivery brings.

    Raises:
        BodyRefusedError: there is no mail in it.
    """
    media = delivery.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media == "application/json" or media.endswith("+json"):
        value = payload.decode(delivery.body)
        told = next((each for name in FIELDS if isinstance(each := at(value, name), str) and each), None)
        found = None if told is None else _bytes(told)
    elif media == _FORM:
        found = _of_form(delivery.body)
    else:
        found = None if media == "multipart/form-data" else delivery.body
    if found is None:
        raise BodyRefusedError("There is no mail in this body. Nothing was kept; let the provider send the raw mail")
    if not found.strip():
        raise BodyRefusedError("The mail is empty. Nothing was kept")
    return found


def _of_form(body: bytes) -> bytes | None:
    try:
        fields = parse_qs(body.decode("latin-1"), encoding="latin-1", max_num_fields=200)
    except ValueError:
        raise BodyRefusedError("The form cannot be read. Nothing of it was kept") from None
    return next((fields[name][0].encode("latin-1") for name in FIELDS if fields.get(name)), None)


def _bytes(text: str) -> bytes:
    """The mail in a text: itself, or what Base64 says. The first line of a mail has a colon, Base64 has none."""
    head = text.lstrip()
    if ":" in head.partition("\n")[0] or head.startswith("From "):
        return text.encode("utf-8", "replace")
    try:
        return base64.b64decode("".join(head.split()), validate=True)
    except (binascii.Error, ValueError):
        raise BodyRefusedError("The mail in this body is neither text nor Base64. Nothing of it was kept") from None
