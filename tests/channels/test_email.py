"""Mail over a real socket: what was taken is sent, what was refused is not, and what nobody knows is uncertain."""

import email
from email.policy import default

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from keepwell.channels.email import Email, Server, ServerRefusedError, server
from keepwell.channels.letter import Audience, Failed, Letter, Personal, Sent, Uncertain
from tests.channels.servers import Post, free_port, mail_server

NOW = 1_795_429_800_000_000  # 2026-11-23T10:30:00Z
FROM = "Keepwell <keepwell@example.org>"


def letter(**how):
    given = {"key": "alert:1:ada@example.org", "audience": Audience.STAFF, "channel": "email", "because": "it fired"}
    return Letter(**{**given, "recipient": "ada@example.org", "subject": "Høgt", "text": "Grüße\n", **how})


def send(handler, message=None, *, total_s=30.0, **how):
    with mail_server(handler, **how) as port:
        return Email(Server("smtp", "127.0.0.1", port), FROM, lambda: NOW, total_s).send(message or letter())


def test_a_message_arrives_as_text_and_html_with_the_id_of_its_key():
    handler = Post()
    receipt = send(handler, letter(html="<p>Grüße</p>", urgent=True))

    assert receipt == Sent("250 Queued as 42")
    (taken,) = handler.taken
    assert (taken.mail_from, taken.rcpt_tos) == ("keepwell@example.org", ["ada@example.org"])
    read = email.message_from_bytes(taken.content, policy=default)
    assert read["Message-ID"] == f"<{letter().name}@example.org>"
    assert read["From"] == FROM
    assert read["Subject"] == "Høgt"
    assert read["Date"] == "Mon, 23 Nov 2026 10:30:00 +0000"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Importance"] == "high"
    assert read.get_body(("plain",)).get_content().strip() == "Grüße"
    assert read.get_body(("html",)).get_content().strip() == "<p>Grüße</p>"


def test_a_repeat_has_the_same_id_and_says_so():
    handler = Post()
    first, second = letter(), letter(repeat=True)
    for each in (first, second):
        send(handler, each)
    read = [email.message_from_bytes(each.content, policy=default) for each in handler.taken]

    assert read[0]["Message-ID"] == read[1]["Message-ID"]
    assert [each["Subject"] for each in read] == ["Høgt", "Possible repeat: Høgt"]


@pytest.mark.parametrize(
    ("mood", "permanent"), [("unknown receiver", True), ("greylisted", False), ("refuse", True), ("not now", False)]
)
def test_a_refusal_is_a_failure_and_says_whether_to_try_again(mood, permanent):
    handler = Post(mood)
    receipt = send(handler)

    assert isinstance(receipt, Failed)
    assert receipt.permanent is permanent
    assert handler.taken == []


def test_a_connection_lost_after_the_content_is_uncertain():
    handler = Post("drop")

    assert isinstance(send(handler), Uncertain)
    assert len(handler.taken) == 1


def test_a_server_that_does_not_answer_in_time_is_uncertain():
    handler = Post("slow")

    assert isinstance(send(handler, total_s=0.5), Uncertain)


def test_nobody_there_is_a_failure_to_try_again():
    receipt = Email(Server("smtp", "127.0.0.1", free_port()), FROM, lambda: NOW, 5.0).send(letter())

    assert isinstance(receipt, Failed)
    assert not receipt.permanent


@pytest.mark.parametrize(
    "recipient", ["nobody", "a@b\r\nBcc: c@d", "", "a@", "a b@c", "ü@example.org", "<a@b>", "a@b, c@d"]
)
def test_what_is_no_address_is_never_sent(recipient):
    handler = Post()
    receipt = send(handler, letter(recipient=recipient))

    assert isinstance(receipt, Failed)
    assert receipt.permanent
    assert handler.connections == 0


def test_a_subject_cannot_add_a_header():
    handler = Post()
    send(handler, letter(subject="Alert\r\nBcc: eve@example.org"))

    read = email.message_from_bytes(handler.taken[0].content, policy=default)
    assert read["Subject"] == "Alert Bcc: eve@example.org"
    assert read["Bcc"] is None


@pytest.mark.parametrize(("password", "taken"), [("right", 1), ("wrong", 0)])
def test_user_and_password_are_shown_to_the_server(password, taken):
    def known(server, session, envelope, mechanism, data):
        assert isinstance(data, LoginPassword)
        return AuthResult(success=(data.login, data.password) == (b"keep", b"right"))

    handler = Post()
    with mail_server(handler, authenticator=known, auth_require_tls=False) as port:
        to = server(f"smtp://keep:{password}@127.0.0.1:{port}")
        receipt = Email(to, FROM, lambda: NOW, 5.0).send(letter())

    assert len(handler.taken) == taken
    assert isinstance(receipt, Sent if taken else Failed)


def test_starttls_or_nothing():
    handler = Post()
    with mail_server(handler) as port:
        receipt = Email(server(f"starttls://127.0.0.1:{port}"), FROM, lambda: NOW, 5.0).send(letter())

    assert isinstance(receipt, Failed)
    assert handler.taken == []


@pytest.mark.parametrize("sender", ["", "Keepwell", "Keepwell <>", "Keepwell <keepwell>"])
def test_a_sender_has_an_address(sender):
    with pytest.raises(ServerRefusedError):
        Email(Server("smtp", "mail", 25), sender, lambda: NOW)


def test_addresses_of_servers():
    assert server("smtp://mail") == Server("smtp", "mail", 25)
    assert server("smtps://a%40b:c%2Fd@mail.example.org") == Server("smtps", "mail.example.org", 465, "a@b", "c/d")
    assert server("starttls://mail:2525") == Server("starttls", "mail", 2525)
    for wrong in ("http://mail", "mail", "smtp://", "smtp://mail:many"):
        with pytest.raises(ServerRefusedError):
            server(wrong)


PERSONAL = Personal(
    name="Jennifer Williams", reply_to="jennifer@example.org", answers=("aa", "bb"), page="https://k.example/m/t",
    automated=False,
)  # fmt: skip


def test_a_letter_to_a_customer_says_who_writes_what_it_answers_and_how_to_end_it():
    handler = Post()
    send(handler, letter(audience=Audience.CUSTOMER, personal=PERSONAL))
    (taken,) = handler.taken
    read = email.message_from_bytes(taken.content, policy=default)

    assert taken.mail_from == "keepwell@example.org"
    assert read["From"] == "Jennifer Williams <keepwell@example.org>"
    assert read["Reply-To"] == "jennifer@example.org"
    assert read["In-Reply-To"] == "<bb@example.org>"
    assert read["References"] == "<aa@example.org> <bb@example.org>"
    assert read["List-Unsubscribe"] == "<https://k.example/m/t>"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["Auto-Submitted"] is None


def test_what_nobody_looked_at_says_so_and_a_plain_letter_has_no_more():
    handler = Post()
    send(handler, letter(audience=Audience.CUSTOMER, personal=Personal()))
    read = email.message_from_bytes(handler.taken[0].content, policy=default)

    assert read["Auto-Submitted"] == "auto-generated"
    assert {"Reply-To", "In-Reply-To", "References", "List-Unsubscribe"}.isdisjoint(read.keys())


def test_answers_to_no_address_are_no_letter():
    found = send(Post(), letter(personal=Personal(reply_to="a@b\r\nBcc: c@d")))

    assert found.permanent


def test_a_long_address_of_the_page_of_a_letter_stays_readable_in_its_header():
    page = "https://care.example.org/" + "a-long-prefix/" * 12 + "letters/" + "x" * 32
    personal = Personal(name="Jennifer Williams", page=page)
    written = Email(Server("smtp", "mail", 25), "care@example.org", lambda: NOW).compose(
        Letter(
            key="k", audience=Audience.CUSTOMER, channel="email", recipient="ana@example.org", subject="s", text="t",
            because="b", personal=personal,
        )
    )  # fmt: skip

    assert f"List-Unsubscribe: <{page}>".encode() in written.as_bytes().replace(b"\r\n ", b" ").replace(b":  ", b": ")
