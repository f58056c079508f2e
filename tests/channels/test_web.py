"""Slack and webhooks over a real socket, and the one guarded way there."""

import asyncio
import datetime as dt
import ipaddress
import json
import socket
import ssl

import pytest
import standardwebhooks
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from keepwell.base.time import SECOND_US
from keepwell.channels.guarded import Door, is_public, resolve
from keepwell.channels.letter import Audience, Failed, Letter, Sent, Uncertain
from keepwell.channels.slack import Bot, IncomingWebhook
from keepwell.channels.webhook import SecretRefusedError, Webhook
from tests.channels.servers import DROP, HANG, always, free_port, web_server

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDmYbQ3w=="
HERE = Door(private=True)
IMPATIENT = Door(private=True, total_s=0.6)


def letter(**how):
    given = {"key": "alert:1.5:hook", "audience": Audience.STAFF, "channel": "webhook", "because": "it fired"}
    return Letter(**{**given, "recipient": "hook", "subject": "A <b>", "text": "x & y", **how})


def now() -> int:
    return int(dt.datetime.now(dt.UTC).timestamp()) * SECOND_US  # noqa: TID251 - the library compares with its own clock


def hook(web, *secrets, door=HERE):
    return Webhook(web.url, secrets or (SECRET,), now, door)


# ---------------------------------------------------------------------- webhooks


def test_a_webhook_is_what_standard_webhooks_verifies():
    message = letter(data={"type": "alert.opened", "data": {"name": "Grüße"}})
    with web_server(always(204, body=b"")) as web:
        receipt = hook(web).send(message)

    (taken,) = web.requests
    assert standardwebhooks.Webhook(SECRET).verify(taken.body, taken.headers) == message.data
    assert receipt == Sent(taken.headers["webhook-id"])
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(SECRET).verify(taken.body + b" ", taken.headers)


@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_while_a_secret_is_replaced_either_verifies(secret):
    with web_server(always()) as web:
        hook(web, SECRET, OTHER).send(letter())

    standardwebhooks.Webhook(secret).verify(web.requests[0].body, web.requests[0].headers)


def test_a_repeat_has_the_same_id_and_a_letter_without_data_says_what_it_says():
    with web_server(always()) as web:
        for repeat in (False, True):
            hook(web).send(letter(repeat=repeat))

    first, second = web.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert "." not in first.headers["webhook-id"]
    assert json.loads(first.body)["data"] == {"subject": "A <b>", "text": "x & y", "because": "it fired"}


@pytest.mark.parametrize("secrets", [(), ("",), ("whsec_short",), ("whsec_!!",), ("whsec_" + "A" * 200,)])
def test_a_secret_that_is_none_is_refused(secrets):
    with pytest.raises(SecretRefusedError):
        Webhook("https://example.org", secrets, now, HERE)


# ---------------------------------------------------------------------- what answers mean


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, {}, Sent),
        (429, {"retry-after": "7"}, Failed("answered 429", again_in_s=7.0)),
        (429, {"retry-after": "tomorrow"}, Failed("answered 429")),
        (500, {}, Failed("answered 500")),
        (503, {"retry-after": "99999999"}, Failed("answered 503", again_in_s=86_400.0)),
        (502, {}, Uncertain("a gateway answered 502")),
        (504, {}, Uncertain("a gateway answered 504")),
        (400, {}, Failed("answered 400", permanent=True)),
        (410, {}, Failed("answered 410", permanent=True)),
        (301, {"location": "/elsewhere"}, Failed("answered 301: redirects are not followed", permanent=True)),
        (307, {"location": "/elsewhere"}, Failed("answered 307: redirects are not followed", permanent=True)),
    ],
)
def test_what_a_status_means_and_that_it_is_asked_once(status, headers, expected):
    with web_server(always(status, headers)) as web:
        found = [hook(web).send(letter()), IncomingWebhook(web.url, HERE).send(letter())]

    assert len(web.requests) == 2
    for receipt in found:
        assert isinstance(receipt, Sent) if expected is Sent else receipt == expected


@pytest.mark.parametrize("answer", [HANG, DROP])
def test_a_request_without_an_answer_is_uncertain(answer):
    web = always()
    web.answer = lambda _: answer
    with web_server(web):
        assert isinstance(hook(web, door=IMPATIENT).send(letter()), Uncertain)
    assert len(web.requests) == 1


def test_nobody_there_is_a_failure_to_try_again():
    receipt = Webhook(f"http://127.0.0.1:{free_port()}", (SECRET,), now, HERE).send(letter())

    assert isinstance(receipt, Failed)
    assert not receipt.permanent


def test_of_an_endless_answer_a_kilobyte_is_read():
    with web_server(always(200, body=b"x" * 5_000_000)) as web:
        answer = HERE.post(web.url, b"{}", {})

    assert answer.status == 200
    assert len(answer.body) == 1024


# ---------------------------------------------------------------------- Slack


def test_a_bot_posts_to_the_channel_with_its_token():
    blocks = [{"type": "divider"}]
    reply = json.dumps({"ok": True, "ts": "1503435956.000247", "message": {"text": "x" * 5000}}).encode()
    with web_server(always(body=reply)) as web:
        receipt = Bot("xoxb-1", HERE, web.url).send(letter(recipient="C01", data={"blocks": blocks}))

    assert receipt == Sent("1503435956.000247")
    (taken,) = web.requests
    assert taken.headers["authorization"] == "Bearer xoxb-1"
    assert json.loads(taken.body) == {"channel": "C01", "text": "A &lt;b&gt;", "blocks": blocks}


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b'{"ok":false,"error":"channel_not_found"}', Failed("Slack answered channel_not_found", permanent=True)),
        (b'{"ok":false,"error":"invalid_auth"}', Failed("Slack answered invalid_auth")),
        (b'{"ok":false,"error":"fatal_error"}', Uncertain("Slack answered fatal_error")),
        (b"<html>", Uncertain("the reply of Slack cannot be read")),
    ],
)
def test_what_slack_says_in_the_body(reply, expected):
    with web_server(always(body=reply)) as web:
        assert Bot("xoxb-1", HERE, web.url).send(letter(recipient="C01")) == expected


def test_a_repeat_says_so_in_slack():
    with web_server(always()) as web:
        for data in ({"blocks": [{"type": "divider"}]}, {}):
            IncomingWebhook(web.url, HERE).send(letter(data=data, repeat=True))

    with_blocks, without = (json.loads(each.body) for each in web.requests)
    assert with_blocks["text"] == "Possible repeat: A &lt;b&gt;"
    assert "Possible repeat" in with_blocks["blocks"][0]["elements"][0]["text"]
    assert without == {"text": "Possible repeat: A &lt;b&gt;\nx &amp; y"}


# ---------------------------------------------------------------------- only to public addresses

LOOPBACK_SPELLINGS = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.255.0.9",
    "0", "0.0", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "①②⑦.⓪.⓪.①", "127。0。0。1",
    "%31%32%37.0.0.1",
)  # fmt: skip
PRIVATE = (
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.2.1",
    "224.0.0.1", "198.18.0.1", "240.0.0.1", "255.255.255.255", "[fe80::1]", "[fc00::1]", "[fd12::1]", "[ff02::1]",
    "[fec0::1]",
    "[2001:db8::1]", "[2001::1]", "[::ffff:10.0.0.1]", "[64:ff9b:1::1]", "[2002:a00:1::]", "3232235777", "0xa9fea9fe",
)  # fmt: skip


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS + PRIVATE)
@pytest.mark.parametrize("scheme", ["https", "http"])
def test_no_spelling_of_a_private_address_is_connected_to(host, scheme, monkeypatch):
    reached = []
    with web_server(always()) as web:
        monkeypatch.setattr(socket.socket, "connect", lambda *to: reached.append(to))
        monkeypatch.setattr(asyncio.BaseEventLoop, "sock_connect", lambda *to: reached.append(to), raising=False)
        answer = Door(total_s=3.0).post(f"{scheme}://{host}:{web.port}/", b"{}", {})

    assert isinstance(answer, Failed)
    assert reached == []
    assert web.requests == []


@pytest.mark.parametrize("url", ["ftp://example.org", "//example.org", "", "https://", "https://user:pw@8.8.8.8/"])
def test_what_is_no_plain_https_address_is_refused_for_good(url):
    answer = Door().post(url, b"{}", {})

    assert isinstance(answer, Failed)
    assert answer.permanent
    assert answer.reason


def test_public_addresses_are_public():
    assert all(is_public(each) for each in ("8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8"))
    assert not any(is_public(each) for each in ("", "localhost", "8.8.8"))


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    async def mixed(host, port):
        return ["8.8.8.8", "10.0.0.1"]

    answer = Door(resolve=mixed).post("https://example.org/", b"{}", {})
    assert isinstance(answer, Failed)
    assert answer.permanent


def test_a_name_is_resolved_once_and_the_connection_goes_to_that_address():
    """A name server that says something else the second time is not asked a second time."""
    asked = []
    with web_server(always()) as web:

        async def rebinding(host, port):
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

        url = f"http://rebind.example:{web.port}/hook"
        answer = Door(private=True, resolve=rebinding).post(url, b"{}", {})

    assert answer.status == 200
    assert asked == ["rebind.example"]
    assert web.requests[0].headers["host"] == f"rebind.example:{web.port}"


def test_a_name_that_turns_private_is_never_asked_again(monkeypatch):
    """The system's own look-up: names are asked for in one place, and the check sees what the connection gets."""
    looked_up, answers = [], iter(["203.0.113.9", "127.0.0.1"])
    real = socket.getaddrinfo

    def rebinding(host, port, *rest, **how):
        if host == "rebind.example":
            looked_up.append(host)
            return real(next(answers), port, *rest, **how)
        return real(host, port, *rest, **how)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with web_server(always()) as web:
        answer = Door().post(f"https://rebind.example:{web.port}/", b"{}", {})

    assert isinstance(answer, Failed)
    assert looked_up == ["rebind.example"]
    assert web.requests == []


def test_the_next_address_is_tried_when_nobody_listens_at_the_first():
    async def two(host, port):
        return ["127.0.0.2", "127.0.0.1"]

    with web_server(always()) as web:
        answer = Door(private=True, resolve=two).post(f"http://two.example:{web.port}/", b"{}", {})

    assert answer.status == 200


def test_a_name_without_an_address_is_a_failure_to_try_again():
    async def slow(host, port):
        return []

    assert Door(resolve=slow).post("https://gone.example/", b"{}", {}) == Failed("gone.example has no address")


def test_proxies_of_the_environment_are_not_asked(monkeypatch):
    with web_server(always()) as proxy, web_server(always()) as web:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        HERE.post(web.url, b"{}", {})

    assert (len(web.requests), proxy.requests) == (1, [])


@pytest.mark.parametrize(("named", "trusted"), [("hooks.example", True), ("other.example", False)])
def test_the_certificate_must_be_that_of_the_name(named, trusted, tmp_path):
    server, client = _contexts("hooks.example", tmp_path)

    async def here(host, port):
        return ["127.0.0.1"]

    with web_server(always(), tls=server) as web:
        answer = Door(private=True, resolve=here, tls=client).post(f"https://{named}:{web.port}/", b"{}", {})

    assert (not isinstance(answer, Failed | Uncertain)) is trusted
    assert len(web.requests) == trusted


def _contexts(name, folder):
    """TLS for a server of a name, and for a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begins = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "both.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


def test_the_system_resolves_names():
    assert ipaddress.ip_address(asyncio.run(resolve("localhost", 80))[0]).is_loopback
