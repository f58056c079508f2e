"""Mail over SMTP: multipart text and HTML, with a Message-ID made from the key.

Whether a message was taken is known until its content has been sent, and again after the answer to it. What happens
in between is uncertain (RFC 1047).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from keepwell.base.errors import KeepwellError
from keepwell.base.time import to_datetime
from keepwell.channels.letter import Failed, Letter, Personal, Receipt, Sent, Uncertain

TOTAL_S = 30.0
GOODBYE_S = 1.0
PORTS = {"smtp": 25, "smtps": 465, "starttls": 587}


_POLICY = SMTP.clone(max_line_length=900)
"""Lines may have 998 octets (RFC 5322). At 78 an address that cannot be broken is written in a code that programs do
not read where they look for it."""


class ServerRefusedError(KeepwellError):
    """An address of a mail server that cannot be read."""


@dataclass(frozen=True)
class Server:
    """A mail server.

    Attributes:
        scheme: "smtp" (encrypted when the server can), "smtps" (encrypted from the start) or "starttls" (encrypted
            or not at all).
    """

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = None


def server(url: str) -> Server:
    """Read `smtp://`, `smtps://` or `starttls://`, then `user:password@host:port`.

    Raises:
        ServerRefusedError: it is none of them, or a part is missing.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ServerRefusedError("The port of the mail server is no number") from None
    if parts.scheme not in PORTS or not parts.hostname:
        raise ServerRefusedError("A mail server is smtp://, smtps:// or starttls:// and a name")
    user, password = (unquote(each) if each else None for each in (parts.username, parts.password))
    return Server(parts.scheme, parts.hostname, port or PORTS[parts.scheme], user, password)


class Email:
    """Hands one message at a time to a mail server."""

    def __init__(self, to: Server, sender: str, clock: Callable[[], int], total_s: float = TOTAL_S) -> None:
        """Take the server, and who mail is from, as `Keepwell <keepwell@example.org>`.

        Raises:
            ServerRefusedError: the sender is no address.
        """
        name, address = parseaddr(sender)
        try:
            self._sender = _address(address, name)
        except ValueError:
            raise ServerRefusedError("KEEPWELL_MAIL_FROM is no address of mail") from None
        self._server, self._clock, self._total_s = to, clock, total_s

    def send(self, letter: Letter) -> Receipt:
        try:
            written = self.compose(letter).as_bytes()
        except ValueError as error:
            return Failed(f"it cannot be written as mail: {error}", permanent=True)
        return asyncio.run(self._carried(letter, written))

    def compose(self, letter: Letter) -> EmailMessage:
        """The message as it goes out.

        Raises:
            ValueError: the recipient is no address.
        """
        written = EmailMessage(policy=_POLICY)
        personal = letter.personal
        written["From"] = self._named(personal.name) if personal else self._sender
        written["To"] = _address(letter.recipient)
        written["Subject"] = letter.title
        written["Date"] = format_datetime(to_datetime(self._clock()))
        written["Message-ID"] = self._id(letter.name)
        if personal is None or personal.automated:
            written["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
        if personal:
            self._address_personally(written, personal)
        if letter.urgent:
            written["Importance"] = "high"
        written.set_content(letter.text)
        if letter.html is not None:
            written.add_alternative(letter.html, subtype="html")
        return written

    def _address_personally(self, written: EmailMessage, personal: Personal) -> None:
        """Where answers go, what it answers, and how to say in one click that no more are wanted (RFC 8058).

        Raises:
            ValueError: where answers go is no address.
        """
        if personal.reply_to:
            written["Reply-To"] = _address(personal.reply_to)
        if personal.answers:
            written["In-Reply-To"] = self._id(personal.answers[-1])
            written["References"] = " ".join(map(self._id, personal.answers))
        if personal.page:
            written["List-Unsubscribe"] = f"<{personal.page}>"
            written["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"

    def _named(self, name: str) -> Address:
        return Address(name or self._sender.display_name, addr_spec=self._sender.addr_spec)

    def _id(self, name: str) -> str:
        return f"<{name}@{self._sender.domain}>"

    async def _carried(self, letter: Letter, written: bytes) -> Receipt:
        progress = _Progress()
        try:
            async with asyncio.timeout(self._total_s):
                return await self._handed_over(letter, written, progress)
        except aiosmtplib.SMTPRecipientRefused as error:
            return Failed(f"the receiver was refused: {error.code} {error.message}", permanent=error.code >= 500)
        except aiosmtplib.SMTPDataError as error:
            return Failed(f"the message was refused: {error.code} {error.message}", permanent=error.code >= 500)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            said = str(error) or type(error).__name__
            if progress.handed_over:
                return Uncertain(f"the connection ended before the answer: {said}")
            return Failed(f"not handed over: {said}")
        finally:
            await _leave(progress.client)

    async def _handed_over(self, letter: Letter, written: bytes, progress: _Progress) -> Receipt:
        client = progress.client = self._client()
        await client.connect()
        await client.mail(self._sender.addr_spec)
        await client.rcpt(letter.recipient)
        progress.handed_over = True
        answer = await client.data(written)
        return Sent(f"{answer.code} {answer.message}"[:200])

    def _client(self) -> aiosmtplib.SMTP:
        to = self._server
        return aiosmtplib.SMTP(
            hostname=to.host,
            port=to.port,
            username=to.user,
            password=to.password,
            timeout=self._total_s,
            use_tls=to.scheme == "smtps",
            start_tls={"smtp": None, "smtps": False, "starttls": True}[to.scheme],
        )


def _address(text: str, name: str = "") -> Address:
    """An address of mail. Letters beyond ASCII need servers that few have (RFC 6531).

    Raises:
        ValueError: it is none.
    """
    try:
        found = Address(name, addr_spec=text)
    except (IndexError, MessageError):  # what the library makes of nothing, and of nonsense
        found = None
    if found is None or not (found.username and found.domain and text.isascii()):
        raise ValueError(f"{text[:100]!r} is no address of mail")
    return found


async def _leave(client: aiosmtplib.SMTP | None) -> None:
    """Say goodbye, and do not wait long for an answer: what was decided is decided."""
    if client is None:
        return
    with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        async with asyncio.timeout(GOODBYE_S):
            await client.quit()
    client.close()


@dataclass
class _Progress:
    """How far it got; the content is not sent before `handed_over`."""

    client: aiosmtplib.SMTP | None = None
    handed_over: bool = False
