"""Asking a mailbox for answers: what is new is read, handed to the mail room, and then the cursor moves.

The cursor is written once everything before it is durable. A crash in between reads the same mails again, and their
Message-IDs make them repeats. After a change of UIDVALIDITY the last days are read again, for the same reason.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import ssl
import threading
from collections.abc import Callable

import structlog
from msgspec.structs import replace

from keepwell.base.errors import KeepwellError
from keepwell.base.time import to_datetime
from keepwell.runtime.mailroom import MailRoom
from keepwell.runtime.ports.health import PollLine
from keepwell.runtime.workspace import Workspace
from keepwell.sources.mail import imap
from keepwell.store.database import Database
from keepwell.store.log import mark, set_mark

EVERY_S = 60.0
LONGEST_REST_S = 900.0
AT_ONCE = 50
PATIENCE = 5
"""How often a mail that breaks something here is tried, alone, before it is passed over."""
FIRST_DAYS = 7
"""How far back a mailbox is read that was not read before."""

log = structlog.get_logger("keepwell.mailbox")


class Mailbox:
    """Asks in a thread of its own; `turn` may be called by hand instead."""

    def __init__(
        self,
        database: Database,
        mailroom: MailRoom,
        clock: Callable[[], int],
        account: imap.Account,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._database = database
        self._mailroom = mailroom
        self._clock = clock
        self._account = account
        self._tls = tls
        who = f"{account.user}\n{account.host}\n{account.folder}"
        self._name = f"mailbox:{hashlib.sha256(who.encode()).hexdigest()[:16]}"
        self._failures = self._broken = 0
        self._line = PollLine(account.host, mails=0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keepwell-mailbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Read nothing more. What was not written is read again after the next start."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(imap.ANSWER_S + 1)

    def line(self) -> PollLine:
        """How it stands."""
        return self._line

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(self.turn())

    def turn(self) -> float:
        """Read what is new, at most `AT_ONCE` mails; after how many seconds to look again."""
        try:
            more = self._read()
        except KeepwellError as error:  # no answer, a full disk, or a server about to stop
            return self._failed(str(error))
        except Exception as error:
            self._broken += 1
            log.exception("a mailbox could not be read", exc_info=error)
            return self._failed(type(error).__name__)
        self._failures = self._broken = 0
        self._line = replace(self._line, polled_at=self._clock())
        return 0.0 if more else EVERY_S

    def _read(self) -> bool:
        """Whether there is more."""
        with imap.opened(self._account, self._tls) as box:
            validity, last = self._cursor()
            known = validity == box.validity
            end = last if known else box.newest()  # asked first: what comes in between is above it
            found = box.above(last) if known else box.since(self._first_day())
            part = found[: 1 if self._broken else AT_ONCE]
            mails = [mail for uid in part if (mail := box.mail(uid)) is not None]
        if self._broken >= PATIENCE:
            log.error("a mail that cannot be dealt with is passed over", host=self._account.host, uid=part[:1])
        elif mails:
            self._mailroom.take(mails)
        if part or not known:
            self._move(box.validity, part[-1] if part else end)
        more = len(found) > len(part)
        done = self._line.complete_at if more else self._clock()
        self._line = replace(self._line, mails=(self._line.mails or 0) + len(mails), complete_at=done)
        return more

    def _first_day(self) -> dt.date:
        return to_datetime(self._clock()).date() - dt.timedelta(days=FIRST_DAYS)

    def _cursor(self) -> tuple[int, int]:
        """UIDVALIDITY of the folder when it was last read, and the number of the last mail; 0 before."""
        with self._database.read() as session:
            return mark(session, f"{self._name}:validity"), mark(session, f"{self._name}:uid")

    def _move(self, validity: int, uid: int) -> None:
        with self._database.write() as session:
            set_mark(session, f"{self._name}:validity", validity)
            set_mark(session, f"{self._name}:uid", uid)

    def _failed(self, why: str) -> float:
        self._failures += 1
        log.warning("the mailbox was not read", host=self._account.host, why=why)
        self._line = replace(self._line, error=why, error_at=self._clock())
        return min(EVERY_S * self._failures**2, LONGEST_REST_S)


def mailbox_of(workspace: Workspace, mailroom: MailRoom, clock: Callable[[], int]) -> Mailbox | None:
    """The mailbox of the settings; None without one.

    Raises:
        MailboxRefusedError: its address cannot be read.
    """
    url = workspace.settings.imap_url
    return Mailbox(workspace.database, mailroom, clock, imap.account(url)) if url else None
