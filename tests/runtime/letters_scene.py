"""A house from which letters went out, and the mails that come back."""

from __future__ import annotations

import json
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime

import msgspec

from keepwell.base.time import HOUR_US, SECOND_US, to_datetime
from keepwell.channels.letter import Audience, Letter, Personal
from keepwell.events.catalog import key_of
from keepwell.events.event import Raw
from keepwell.runtime import cycle, delivering
from keepwell.runtime.directory import Directory
from keepwell.runtime.intake import Intake, Sender
from keepwell.runtime.letters import StoredLetters
from keepwell.runtime.mailroom import MailRoom
from keepwell.sources.sent import Batch, Sent
from keepwell.store import messages
from tests.histories import NOW, house
from tests.runtime.asking import Clock, Prompt

DOMAIN = "keepwell.example"
MINUTE_US = 60 * SECOND_US
SENT_AT = NOW - HOUR_US
ADA, BOB = "Ada@Example.org", "bob@example.org"


class Scene:
    """Customers ada and bob, with a contact each, and a letter to each by mail and inside of the product."""

    def __init__(self, space) -> None:
        self.space, self.clock = space, Clock()
        self.worker = Prompt(space, self.clock, beside=lambda work: work())
        self.letters = StoredLetters(space, self.clock, self.worker.submit)
        self.room = MailRoom(space, self.worker.submit, self.clock)
        self.contact("ada", "a1", ADA)
        self.contact("bob", "b1", BOB)
        self.mail = self.sent("ada", ADA, "a1")
        self.inside = self.sent("ada", "ada/a1", "a1", channel="in_app")
        self.other = self.sent("bob", BOB, "b1")

    def contact(self, customer: str, contact: str, email: str) -> None:
        said = {"contact_id": contact, "email": email, "name": contact}
        raw = Raw(
            customer,
            "contact_updated",
            NOW - 2 * HOUR_US + self.count("state_event"),
            said,
            f"contact:{customer}:{contact}:{email}",
        )
        with self.space.writing():
            intake = Intake(Directory(self.space.database))
            self.worker.submit(intake.parcel(Sender("crm", verified=True), Batch([Sent(raw)]), NOW - HOUR_US))
            cycle.fold(self.space)

    def sent(self, customer: str, recipient: str, contact: str, **how) -> messages.Message:
        """A message that was sent, with its letter in the outbox."""
        number = self.count("message") + 1
        key = f"run:{number}"
        token = f"token-{number}-0123456789abcdef"
        channel = how.pop("channel", "email")
        personal = Personal(name="Jennifer Williams", page=f"https://keepwell.example/letters/{token}")
        letter = Letter(
            key=key, audience=Audience.CUSTOMER, channel=channel, recipient=recipient, subject="Can I help?",
            text="Dear Ada,\n\n<b>hello</b>\n", html="<p>hello</p>", because="test", personal=personal,
        )  # fmt: skip
        given = {
            "state": messages.State.SENT, "run": number, "step": "first", "template": "success_check_in",
            "playbook": "check", "purpose": "check", "parts": "", "made_at": SENT_AT - MINUTE_US, "due_at": SENT_AT,
            "expires_at": SENT_AT + HOUR_US, "ended_at": SENT_AT, **how,
        }  # fmt: skip
        with self.space.database.write() as session:
            numbers = self.space.ids.resolve(session, [customer])
            delivering.post(session, letter, SENT_AT)
            message = messages.Message(
                id=0, key=key, name=letter.name, token=token, customer=numbers[customer], contact=contact,
                channel=channel, recipient=recipient, **given,
            )  # fmt: skip
            found = messages.put(session, message)
        self.space.ids.commit(numbers)
        return msgspec.structs.replace(message, id=found)

    def count(self, table: str) -> int:
        with self.space.database.read() as session:
            return int(session.one(f"SELECT COUNT(*) FROM {table}"))  # noqa: S608 - our own names

    def events(self) -> list[tuple[str, str, dict]]:
        """What came back: customer, event, properties, in the order of writing."""
        with self.space.database.read() as session:
            rows = session.run(
                "SELECT c.external_id, e.kind, e.properties FROM event e JOIN customer c ON c.id = e.customer"
                " JOIN source s ON s.id = e.source WHERE s.name = 'answers' ORDER BY e.id"
            )
        return [(customer, key_of(kind, None), json.loads(properties)) for customer, kind, properties in rows]

    def unwanted(self) -> dict[str, str]:
        with self.space.database.read() as session:
            return {each.address: each.because for each in messages.unwanted(session, 100)}

    def everything(self) -> str:
        """All rows of all tables."""
        with self.space.database.read() as session:
            names = [name for (name,) in session.run("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")]
            rows = [session.run(f"SELECT * FROM {name}") for name in names]  # noqa: S608 - our own names
        return repr(dict(zip(names, rows, strict=True)))


def name_of(message: messages.Message) -> str:
    """Its Message-ID."""
    return f"<{message.name}@{DOMAIN}>"


def reply_to(message: messages.Message | None, text: str, sender: str = ADA, **headers: str) -> bytes:
    """A mail that answers a message."""
    mail = EmailMessage()
    given = {
        "From": f"Ada Lovelace <{sender}>", "To": f"care@{DOMAIN}", "Subject": "Re: Can I help?",
        "Message-ID": f"<{abs(hash((text, sender, message and message.id)))}@example.org>",
        "Date": format_datetime(to_datetime(NOW - 10 * MINUTE_US)),
        **({"In-Reply-To": name_of(message), "References": name_of(message)} if message else {}), **headers,
    }  # fmt: skip
    for name, value in given.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    return mail.as_bytes()


def bounce_of(message: messages.Message, action: str = "failed", status: str = "5.1.1") -> bytes:
    """A report of a mail server (RFC 3464), with the headers of the mail that it is about."""
    return (
        f"From: MAILER-DAEMON@mx.example.org\r\nTo: care@{DOMAIN}\r\nSubject: Undelivered Mail\r\n"
        f"Message-ID: <bounce-{message.id}-{action}-{status}@mx.example.org>\r\nMIME-Version: 1.0\r\n"
        f"Date: {format_datetime(to_datetime(NOW - 10 * MINUTE_US))}\r\nReturn-Path: <>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        f"Final-Recipient: rfc822; {message.recipient}\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {name_of(message)}\r\nSubject: Can I help?\r\n"
        "\r\n--b--\r\n"
    ).encode()


def complaint_about(message: messages.Message, kind: str = "abuse") -> bytes:
    """A feedback report (RFC 5965), with the whole mail that it is about."""
    return (
        f"From: fbl@mailbox.example\r\nTo: care@{DOMAIN}\r\nSubject: FW: Can I help?\r\n"
        f"Message-ID: <fbl-{message.id}-{kind}@mailbox.example>\r\nMIME-Version: 1.0\r\n"
        f"Date: {format_datetime(to_datetime(NOW - 10 * MINUTE_US))}\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is a report.\r\n"
        f"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\nVersion: 1\r\n\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {name_of(message)}\r\nSubject: Can I help?\r\n"
        "\r\nDear Ada\r\n--b--\r\n"
    ).encode()


@contextmanager
def scene_of(url: str | None = None):
    with house(url) as space:
        yield Scene(space)
