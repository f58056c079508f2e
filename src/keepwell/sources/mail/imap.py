"""A mailbox over IMAP (RFC 3501), only read: it is opened with EXAMINE and read with BODY.PEEK, so nothing changes.

Mails of a folder have numbers (UID) that grow, as long as its UIDVALIDITY stays the same.
"""

from __future__ import annotations

import datetime as dt
import imaplib
import ipaddress
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from keepwell.base.errors import KeepwellError
from keepwell.sources.mail.read import LARGEST

ANSWER_S = 20.0
PORTS = {"imaps": 993, "imap": 143}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class MailboxRefusedError(KeepwellError):
    """An address of a mailbox that cannot be read."""


class MailboxError(KeepwellError):
    """The mailbox did not answer as it should. Nothing of it was changed, and it is asked again."""


@dataclass(frozen=True)
class Account:
    """Where a mailbox is. `secure` is encrypted from the start; without it only on this machine."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    secure: bool = True


def account(url: str) -> Account:
    """Read `imaps://user:password@host:port/FOLDER`.

    Raises:
        MailboxRefusedError: it is no such address, or a part is missing; or it is `imap://` to another machine.
    """
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise MailboxRefusedError("The port of the mailbox is no number. Nothing was started") from None
    if parts.scheme not in PORTS or not (parts.hostname and parts.username and parts.password):
        raise MailboxRefusedError("KEEPWELL_IMAP_URL is imaps://user:password@host:port/FOLDER. Nothing was started")
    if parts.scheme == "imap" and not _is_here(parts.hostname):
        raise MailboxRefusedError("Without encryption (imap://) a mailbox is asked on this machine only; use imaps://")
    folder = unquote(parts.path.lstrip("/")) or "INBOX"
    if any(not each.isprintable() for each in folder + unquote(parts.username) + unquote(parts.password)):
        raise MailboxRefusedError("KEEPWELL_IMAP_URL holds characters that no mailbox has. Nothing was started")
    return Account(
        parts.hostname, port or PORTS[parts.scheme], unquote(parts.username), unquote(parts.password), folder,
        parts.scheme == "imaps",
    )  # fmt: skip


def _is_here(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


class Opened:
    """A mailbox that is open. `validity` is its UIDVALIDITY."""

    def __init__(self, connection: imaplib.IMAP4, folder: str) -> None:
        self._connection = connection
        _done(connection.select(_quoted(folder), readonly=True), "the folder cannot be opened")
        _, told = connection.response("UIDVALIDITY")
        self.validity = _number((told or [None])[0])

    def above(self, uid: int) -> list[int]:
        """Numbers of mails above one, in order."""
        return [each for each in self._searched(f"UID {uid + 1}:*") if each > uid]  # `n:*` always names the last one

    def newest(self) -> int:
        """The number of the last mail; 0 when there is none."""
        return max(self._searched("UID *:*"), default=0)

    def since(self, day: dt.date) -> list[int]:
        """Numbers of mails that arrived on a day or later, in order."""
        return self._searched(f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}")

    def _searched(self, criterion: str) -> list[int]:
        told = _done(self._connection.uid("SEARCH", criterion), "it cannot be searched")
        return sorted(int(each) for line in told if isinstance(line, bytes) for each in line.split() if each.isdigit())

    def mail(self, uid: int) -> bytes | None:
        """The first bytes of a mail, as many as are read of any; None when it is there no more."""
        told = _done(self._connection.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LARGEST}>)"), "a mail cannot be had")
        return next((part[1] for part in told if isinstance(part, tuple) and isinstance(part[1], bytes)), None)


@contextmanager
def opened(at: Account, context: ssl.SSLContext | None = None) -> Iterator[Opened]:
    """Log in and open the folder; log out in the end.

    Raises:
        MailboxError: anything went wrong, also while it is used.
    """
    connection: imaplib.IMAP4 | None = None
    try:
        connection = _connected(at, context)
        _done(connection.login(at.user, at.password), "the login was refused")
        yield Opened(connection, at.folder)
    except (imaplib.IMAP4.error, OSError, EOFError, ValueError) as error:
        said = str(error) or type(error).__name__
        raise MailboxError(said.replace(at.password, "…")[:300]) from None
    finally:
        if connection is not None:
            _leave(connection)


def _leave(connection: imaplib.IMAP4) -> None:
    """Log out, and close what is still open: a failed logout leaves it."""
    for step in (connection.logout, connection.shutdown):
        with suppress(imaplib.IMAP4.error, OSError, EOFError, ValueError):
            step()


def _connected(at: Account, context: ssl.SSLContext | None) -> imaplib.IMAP4:
    if at.secure:
        checked = context or ssl.create_default_context()
        return imaplib.IMAP4_SSL(at.host, at.port, ssl_context=checked, timeout=ANSWER_S)
    return imaplib.IMAP4(at.host, at.port, timeout=ANSWER_S)


def _done(answer: tuple[str, Sequence[object]], problem: str) -> Sequence[object]:
    status, told = answer
    if status != "OK":
        said = next((each.decode("utf-8", "replace") for each in told if isinstance(each, bytes)), status)
        raise imaplib.IMAP4.error(f"{problem}: {said}")
    return told


def _number(text: object) -> int:
    found = re.fullmatch(rb"\s*(\d{1,10})\s*", text) if isinstance(text, bytes) else None
    if found is None:
        raise imaplib.IMAP4.error("it does not say its UIDVALIDITY")
    return int(found[1])


def _quoted(folder: str) -> str:
    """A folder's name as a quoted string; its letters beyond ASCII in modified UTF-7 are up to whoever sets it."""
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
