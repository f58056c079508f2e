"""Who is believed: whoever holds a secret, at the time; with the same opinion as the vendors' own libraries."""

import base64
import contextlib
import datetime as dt
import hashlib
import hmac
import random

import pytest
import standardwebhooks
import stripe
import svix.webhooks
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from slack_sdk.signature import SignatureVerifier

from keepwell.runtime.clock import now_us
from keepwell.sources.delivery import TOLERANCE_S, Delivery, ForgedError, StaleError, UnverifiedError
from keepwell.sources.sent import BodyRefusedError
from keepwell.sources.webhooks import WEBHOOKS
from tests.sources.webhooks.signing import HEADERS, NOW, NOW_S, PUBLIC, SECRETS, URL, b64, delivery, mac, signed

SECOND = 1_000_000
BODY = b'{"id": "evt_1", "text": "gr\xc3\xbc\xc3\x9fe"}'
VENDORS = sorted(WEBHOOKS)
TIMED = ["hubspot", "sendgrid", "slack", "standard_webhooks", "stripe", "zendesk"]
CONTENT = [name for name in VENDORS if name not in ("helius", "postmark")]  # the others say who sends, not what


def verify(vendor, given, *secrets):
    WEBHOOKS[vendor].verify(given, secrets or [SECRETS[vendor]])


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_genuine_is_believed_with_either_of_two_secrets(vendor):
    verify(vendor, signed(vendor, BODY))
    verify(vendor, signed(vendor, BODY), "an older one", SECRETS[vendor])
    verify(vendor, signed(vendor, BODY), SECRETS[vendor], "a newer one")


def test_no_id_has_a_full_stop():
    """Else `a.1` and its body could be sent again as `a`, signed at another moment, with another body."""
    genuine = signed("standard_webhooks", BODY)
    text = f"msg.1.{NOW_S}.".encode() + BODY
    key = base64.b64decode(SECRETS["standard_webhooks"].removeprefix("whsec_"))
    code = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    headers = {**genuine.headers, "webhook-id": "msg.1", "webhook-signature": f"v1,{code}"}
    with pytest.raises(ForgedError):
        verify("standard_webhooks", structs.replace(genuine, headers=headers))


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("secrets", [[], [""], [" \n"], ["whsec_"], ["another"], [PUBLIC[:-8]]], ids=repr)
def test_without_the_right_secret_nothing_is_believed(vendor, secrets):
    with pytest.raises(ForgedError):
        WEBHOOKS[vendor].verify(signed(vendor, BODY), secrets)


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_unsigned_delivery_is_not_believed(vendor):
    for secrets in ([SECRETS[vendor]], [""], [" "]):
        with pytest.raises(ForgedError):
            verify(vendor, delivery(vendor, BODY), *secrets)


@pytest.mark.parametrize("vendor", [name for name in VENDORS if name not in ("sendgrid", "postmark", "helius")])
def test_a_signature_made_with_an_empty_key_is_not_believed(vendor):
    headers = HEADERS[vendor](BODY, "", NOW_S)

    for secrets in ([], [""], ["whsec_"]):
        with pytest.raises(ForgedError):
            WEBHOOKS[vendor].verify(delivery(vendor, BODY, headers), secrets)


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_header_that_signs_is_needed(vendor):
    genuine = signed(vendor, BODY)
    for name in genuine.headers:
        fewer = {key: value for key, value in genuine.headers.items() if key != name}
        for headers in (fewer, {**fewer, name: ""}):
            with pytest.raises(ForgedError):
                verify(vendor, structs.replace(genuine, headers=headers))


@pytest.mark.parametrize("vendor", CONTENT)
def test_another_body_is_not_believed(vendor):
    for body in (b"", BODY + b" ", BODY[1:], b"1" + BODY, BODY.replace(b"1", b"2")):
        with pytest.raises(ForgedError):
            verify(vendor, structs.replace(signed(vendor, BODY), body=body))


@pytest.mark.parametrize("vendor", TIMED)
@pytest.mark.parametrize("late", [TOLERANCE_S, -TOLERANCE_S, 0])
def test_within_the_window_it_is_believed(vendor, late):
    verify(vendor, structs.replace(signed(vendor, BODY), received_at=NOW + late * SECOND))


@pytest.mark.parametrize("vendor", TIMED)
@pytest.mark.parametrize("late", [TOLERANCE_S + 1, -TOLERANCE_S - 1, 86_400])
def test_out_of_the_window_it_is_stale_both_ways(vendor, late):
    with pytest.raises(StaleError) as stale:
        verify(vendor, structs.replace(signed(vendor, BODY), received_at=NOW + late * SECOND))
    assert stale.value.seconds == late


@pytest.mark.parametrize("vendor", TIMED)
def test_a_forgery_out_of_the_window_is_a_forgery(vendor):
    """Nobody learns from the answer how far the clock is off, but who holds the secret."""
    with pytest.raises(ForgedError):
        verify(vendor, structs.replace(signed(vendor, BODY), body=b"{}", received_at=NOW + 86_400 * SECOND))


@pytest.mark.parametrize("vendor", sorted({*VENDORS} - {*TIMED}))
def test_what_is_not_timed_is_believed_at_any_time(vendor):
    verify(vendor, structs.replace(signed(vendor, BODY), received_at=NOW + 86_400 * SECOND))


# --- mutations -------------------------------------------------------------------------------


def flipped(data, random_):
    place = random_.randrange(len(data) * 8)
    found = bytearray(data)
    found[place // 8] ^= 1 << place % 8
    return bytes(found)


def moved(genuine, random_):
    """A character goes from the end of a header to the front of the body, or back: the text stays the same."""
    name = random_.choice(sorted(genuine.headers))
    value, count = genuine.headers[name], random_.randint(1, 4)
    if random_.random() < 0.5:
        headers = {**genuine.headers, name: value[:-count]}
        return structs.replace(genuine, headers=headers, body=value[-count:].encode() + genuine.body)
    headers = {**genuine.headers, name: value + genuine.body[:count].decode("latin-1")}
    return structs.replace(genuine, headers=headers, body=genuine.body[count:])


def mutated(genuine, random_):
    kind = random_.randrange(6)
    name = random_.choice(sorted(genuine.headers))
    value = genuine.headers[name]
    if kind == 0:
        return structs.replace(genuine, body=flipped(genuine.body, random_))
    if kind == 1:
        changed = flipped(value.encode("latin-1"), random_).decode("latin-1")
        return structs.replace(genuine, headers={**genuine.headers, name: changed})
    if kind == 2:
        cut = random_.randrange(len(value))
        return structs.replace(genuine, headers={**genuine.headers, name: value[:cut] + value[cut + 1 :]})
    if kind == 3:
        cut = random_.randrange(len(value) + 1)
        more = random_.choice("0aA=, .+\x00é\ud800")
        return structs.replace(genuine, headers={**genuine.headers, name: value[:cut] + more + value[cut:]})
    if kind == 4:
        return moved(genuine, random_)
    return structs.replace(genuine, received_at=NOW + random_.choice((-1, 1)) * random_.randint(301, 10**9) * SECOND)


def says_the_same(vendor, genuine, changed):
    """Not a forgery: what is signed and its signature are untouched, and only what nobody reads is different."""
    if changed.body != genuine.body and vendor in CONTENT:
        return False
    if changed.received_at != genuine.received_at and vendor in TIMED:
        return False
    return read(vendor, changed.headers) >= read(vendor, genuine.headers)


def read(vendor, headers):
    """What counts, in parts: one more signature that nobody made does no harm."""
    if vendor == "stripe":
        parts = [part.strip() for part in headers["stripe-signature"].split(",")]
        return {part for part in parts if part.startswith(("t=", "v1="))}
    if vendor == "postmark":
        scheme, _, code = headers["authorization"].partition(" ")
        return {scheme.lower(), code.strip()}
    separator = " " if vendor == "standard_webhooks" else "\n"
    parts = [(name, part.strip()) for name, value in headers.items() for part in value.split(separator)]
    return {(name, part) for name, part in parts if not part.startswith("v1a")}


@pytest.mark.parametrize("vendor", VENDORS)
def test_of_ten_thousand_mutations_none_is_believed(vendor):
    random_, genuine = random.Random(f"mutations of {vendor}"), signed(vendor, BODY)
    count = 10_000 // len(VENDORS)
    refused = 0
    for _ in range(count):
        changed = mutated(genuine, random_)
        try:
            verify(vendor, changed)
        except UnverifiedError:
            refused += 1
        else:
            assert says_the_same(vendor, genuine, changed), changed
    assert refused > count / 3


NAMES = sorted({name for vendor in VENDORS for name in signed(vendor, BODY).headers})
TEXTS = st.text(max_size=60) | st.sampled_from(
    [value for each in VENDORS for value in signed(each, BODY).headers.values()]
)


@given(
    st.sampled_from(VENDORS),
    st.dictionaries(st.sampled_from(NAMES), TEXTS),
    st.binary(max_size=80),
    st.text(max_size=9),
)
def test_garbage_is_refused_and_never_breaks_anything(vendor, headers, body, secret):
    rubbish = Delivery("POST", URL + vendor, headers, body, NOW)
    with pytest.raises(UnverifiedError):
        WEBHOOKS[vendor].verify(rubbish, [f"{secret}!"])
    try:
        WEBHOOKS[vendor].verify(rubbish, [SECRETS[vendor]])
    except UnverifiedError:
        pass
    else:
        assert headers.items() >= signed(vendor, body).headers.items() or vendor in ("sendgrid", "standard_webhooks")
    for reading in (WEBHOOKS[vendor].parse, WEBHOOKS[vendor].reply):
        with contextlib.suppress(BodyRefusedError):
            reading(rubbish)


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP256K1()], ids=lambda curve: curve.name)
def test_a_key_on_another_curve_is_no_key(curve):
    private, genuine = ec.generate_private_key(curve), signed("sendgrid", BODY)
    name = "x-twilio-email-event-webhook-signature"
    code = base64.b64encode(private.sign(f"{NOW_S}".encode() + BODY, ec.ECDSA(SHA256()))).decode()
    with pytest.raises(ForgedError):
        verify("sendgrid", structs.replace(genuine, headers={**genuine.headers, name: code}), spki(private))


def test_a_key_of_another_kind_is_no_key():
    with pytest.raises(ForgedError):
        verify("sendgrid", signed("sendgrid", BODY), spki(rsa.generate_private_key(65537, 2048)))


def spki(private):
    der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@pytest.mark.parametrize("vendor", TIMED)
@pytest.mark.parametrize(
    "moment", ["9" * 5000, "١٧٦٤٠٠٠٠٠٠", "-176400000", "1764000000.0", "2026-02-30T00:00:00Z", "nan"]
)
def test_a_moment_that_is_none_is_refused(vendor, moment):
    genuine = signed(vendor, BODY)
    right = {"zendesk": "2025-11-24T16:00:00Z", "hubspot": f"{NOW_S}000"}.get(vendor, str(NOW_S))
    headers = {name: value.replace(right, moment) for name, value in genuine.headers.items()}
    assert headers != genuine.headers
    with pytest.raises(ForgedError):
        verify(vendor, structs.replace(genuine, headers=headers))


# --- the vendors' own words and libraries ----------------------------------------------------


def test_hubspot_signs_the_address_with_some_codes_read():
    genuine = signed("hubspot", BODY)
    verify("hubspot", structs.replace(genuine, url="https://keepwell.example.org%2fhooks%2Fhubspot"))
    for url in (URL + "hubspot?a=1", URL.replace("https", "http") + "hubspot", URL + "hubspot/"):
        with pytest.raises(ForgedError):
            verify("hubspot", structs.replace(genuine, url=url))


def test_zendesk_takes_fractions_of_a_second():
    moment = dt.datetime.fromtimestamp(NOW_S, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.123Z")
    secret = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
    name = "x-zendesk-webhook-signature"
    headers = {name: b64(mac(secret, moment.encode() + BODY)), f"{name}-timestamp": moment}
    verify("zendesk", delivery("zendesk", BODY, headers), secret)


def now_s():
    return now_us() // SECOND


def test_stripe_and_we_agree():
    now, secret = now_s(), SECRETS["stripe"]
    theirs = stripe.WebhookSignature.generate_signature_header(BODY.decode(), secret, now)
    ours = signed("stripe", BODY, at_s=now)

    verify("stripe", structs.replace(ours, headers={"stripe-signature": theirs}))
    assert stripe.WebhookSignature.verify_header(BODY, ours.headers["stripe-signature"], secret, TOLERANCE_S)
    forged = structs.replace(ours, body=BODY + b" ")
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(forged.body, forged.headers["stripe-signature"], secret, TOLERANCE_S)
    with pytest.raises(ForgedError):
        verify("stripe", forged)


@pytest.mark.parametrize(("library", "family"), [(standardwebhooks, "webhook"), (svix.webhooks, "svix")])
def test_standard_webhooks_and_we_agree(library, family):
    now, theirs = now_s(), library.Webhook(SECRETS["standard_webhooks"])
    signature = theirs.sign("msg_9", dt.datetime.fromtimestamp(now, dt.UTC), BODY.decode())
    headers = {f"{family}-id": "msg_9", f"{family}-timestamp": str(now), f"{family}-signature": signature}
    ours = signed("standard_webhooks", BODY, at_s=now)
    own = {name.replace("webhook", family): value for name, value in ours.headers.items()}

    verify("standard_webhooks", structs.replace(ours, headers=headers))
    verify("standard_webhooks", structs.replace(ours, headers=own))
    theirs.verify(BODY, own)
    with pytest.raises(standardwebhooks.webhooks.WebhookVerificationError):
        theirs.verify(BODY + b" ", own)
    with pytest.raises(ForgedError):
        verify("standard_webhooks", structs.replace(ours, headers=own, body=BODY + b" "))


def test_slack_and_we_agree():
    now, theirs = now_s(), SignatureVerifier(SECRETS["slack"])
    ours = signed("slack", BODY, at_s=now)
    signature = theirs.generate_signature(timestamp=str(now), body=BODY)
    headers = {"x-slack-signature": signature, "x-slack-request-timestamp": str(now)}

    verify("slack", structs.replace(ours, headers=headers))
    assert theirs.is_valid_request(BODY, ours.headers)
    assert not theirs.is_valid_request(BODY + b" ", ours.headers)
