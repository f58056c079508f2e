"""Mail over HTTP: who may bring it, and in which forms."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from contextlib import suppress
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.time import SECOND_US
from keepwell.sources.delivery import Delivery, ForgedError, StaleError
from keepwell.sources.mail.delivery import mail_of, verify
from keepwell.sources.sent import BodyRefusedError
from tests.histories import NOW

MAIL = "From: ada@example.org\r\nSubject: caf\u00e9\r\n\r\nhello\r\n"
RAW = MAIL.encode()
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
USER = "relay:a:long:password"


def delivery(body: bytes = RAW, media: str = "message/rfc822", **headers: str) -> Delivery:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery("POST", "https://keepwell.example/hooks/mail", {"content-type": media, **named}, body, NOW)


def signed(body: bytes = RAW, at: int = NOW, secret: str = SECRET) -> dict[str, str]:
    """As the specification of Standard Webhooks says."""
    moment = str(at // SECOND_US)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"msg_1.{moment}.".encode() + body, hashlib.sha256).digest()
    return {"webhook_id": "msg_1", "webhook_timestamp": moment,
            "webhook_signature": "v1," + base64.b64encode(digest).decode()}  # fmt: skip


def basic(user: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(user.encode()).decode()}


@pytest.mark.parametrize("headers", [signed(), basic(USER)])
def test_who_holds_a_secret_is_believed(headers):
    verify(delivery(**headers), [SECRET, USER])


@pytest.mark.parametrize(
    ("headers", "secrets"),
    [
        ({}, [SECRET, USER]),
        (signed(), [USER]),
        (signed(b"another"), [SECRET]),
        (basic(USER), [SECRET]),
        (basic("relay:wrong"), [USER]),
        (basic(SECRET), [SECRET]),
        (basic(""), ["no-colon"]),
        ({**signed(), **basic("x:y")}, [SECRET, USER]),
        (signed(), []),
    ],
)
def test_nobody_else_is(headers, secrets):
    with pytest.raises(ForgedError):
        verify(delivery(**headers), secrets)


def test_what_was_signed_long_ago_is_not():
    with pytest.raises(StaleError):
        verify(delivery(**signed(at=NOW - 301 * SECOND_US)), [SECRET])


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("message/rfc822", RAW),
        ("application/octet-stream", RAW),
        ("", RAW),
        ("application/json", json.dumps({"raw": MAIL}).encode()),
        ("application/json; charset=utf-8", json.dumps({"raw": base64.b64encode(RAW).decode()}).encode()),
        ("application/json", json.dumps({"RawEmail": MAIL, "From": "x"}).encode()),
        ("application/json", json.dumps({"raw": "", "body-mime": MAIL}).encode()),
        ("application/x-www-form-urlencoded", urlencode({"sender": "x", "body-mime": RAW}).encode()),
    ],
)
def test_a_mail_is_found_in_every_form(media, body):
    assert mail_of(delivery(body, media)) == RAW


@pytest.mark.parametrize(
    ("media", "body"),
    [
        ("message/rfc822", b" \r\n"),
        ("application/json", b"{"),
        ("application/json", b"[]"),
        ("application/json", b'{"raw": 5}'),
        ("application/json", b'{"raw": "no mail and no base64"}'),
        ("application/json", b'{"text": "hello"}'),
        ("application/x-www-form-urlencoded", b"text=hello"),
        ("application/x-www-form-urlencoded", b"a=1&" * 500),
        ("multipart/form-data; boundary=b", b"--b--"),
    ],
)
def test_what_holds_no_mail_is_refused(media, body):
    with pytest.raises(BodyRefusedError):
        mail_of(delivery(body, media))


@given(
    st.binary(max_size=200),
    st.sampled_from(("application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/form-data")),
)
def test_any_body_is_a_mail_or_is_refused(body, media):
    with suppress(BodyRefusedError):
        assert mail_of(delivery(body, media)).strip()
