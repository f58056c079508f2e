"""Deliveries as the vendors would make them: signed here by the letter of their documentation, not by our table."""

import base64
import datetime as dt
import hashlib
import hmac
import json
from pathlib import Path
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import keepwell.sources
from keepwell.sources.delivery import Delivery
from keepwell.sources.webhooks import WEBHOOKS

FOLDER = Path(keepwell.sources.__file__).parent
NOW_S = 1_764_000_000
NOW = NOW_S * 1_000_000
URL = "https://keepwell.example.org/hooks/"
SAMPLES = [(path.parts[-3], path.stem) for path in sorted(FOLDER.glob("*/samples/*.json"))]

_PRIVATE = ec.derive_private_key(0x1CEB00DA, ec.SECP256R1())
PUBLIC = base64.b64encode(_PRIVATE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
KEY = base64.b64encode(b"a key of twenty-four byte").decode()
SECRETS = {name: f"the secret of {name}" for name in WEBHOOKS} | {
    "stripe": "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH",
    "standard_webhooks": f"whsec_{KEY}",
    "sendgrid": PUBLIC,
    "postmark": "keepwell:a long password",
}


def sample(vendor, name):
    return json.loads((FOLDER / vendor / "samples" / f"{name}.json").read_text(encoding="utf-8"))


def body_of(vendor, value):
    text = json.dumps(value)
    return urlencode({"payload": text}).encode() if vendor == "slack" else text.encode()


def delivery(vendor, body, headers=(), at=NOW):
    return Delivery("POST", URL + vendor, dict(headers), body, at)


def signed(vendor, body, secret=None, at_s=NOW_S):
    """A genuine delivery, received at the very second it was signed."""
    headers = HEADERS[vendor](body, secret or SECRETS[vendor], at_s)
    return delivery(vendor, body, headers, at_s * 1_000_000)


def mac(secret, text, digest=hashlib.sha256):
    return hmac.new(secret.encode(), text, digest)


def b64(code):
    return base64.b64encode(code.digest()).decode()


def _stripe(body, secret, at):
    return {"stripe-signature": f"t={at},v1={mac(secret, b'%d.' % at + body).hexdigest()},v0=6ffbb59b2300aae"}


def _standard(body, secret, at):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    code = hmac.new(key, b"msg_2b.%d." % at + body, hashlib.sha256)
    return {"webhook-id": "msg_2b", "webhook-timestamp": str(at), "webhook-signature": f"v1,{b64(code)} v1a,Zm9v"}


def _zendesk(body, secret, at):
    moment = dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    name = "x-zendesk-webhook-signature"
    return {name: b64(mac(secret, moment.encode() + body)), f"{name}-timestamp": moment}


def _hubspot(body, secret, at):
    moment = f"{at * 1000}"
    text = f"POST{URL}hubspot".encode() + body + moment.encode()
    return {"x-hubspot-signature-v3": b64(mac(secret, text)), "x-hubspot-request-timestamp": moment}


def _sendgrid(body, secret, at):
    name = "x-twilio-email-event-webhook"
    code = _PRIVATE.sign(b"%d" % at + body, ec.ECDSA(SHA256()))
    return {f"{name}-signature": base64.b64encode(code).decode(), f"{name}-timestamp": str(at)}


def _slack(body, secret, at):
    code = mac(secret, b"v0:%d:" % at + body).hexdigest()
    return {"x-slack-signature": f"v0={code}", "x-slack-request-timestamp": str(at)}


def _intercom(body, secret, _):
    return {"x-hub-signature": f"sha1={mac(secret, body, hashlib.sha1).hexdigest()}"}


def _typeform(body, secret, _):
    return {"typeform-signature": f"sha256={b64(mac(secret, body))}"}


def _postmark(_, secret, __):
    return {"authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}


def _helius(_, secret, __):
    return {"authorization": secret}


HEADERS = {
    "helius": _helius,
    "hubspot": _hubspot,
    "intercom": _intercom,
    "postmark": _postmark,
    "sendgrid": _sendgrid,
    "slack": _slack,
    "standard_webhooks": _standard,
    "stripe": _stripe,
    "typeform": _typeform,
    "zendesk": _zendesk,
}
