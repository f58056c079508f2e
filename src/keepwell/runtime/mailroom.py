"""The mail room: raw mails, by whichever way they came, are read and handed to the worker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import structlog

from keepwell.runtime import answers
from keepwell.runtime.ports.reception import LaterError, Received
from keepwell.runtime.receive import Parcel
from keepwell.runtime.workspace import Workspace
from keepwell.sources.mail.read import read

WRITTEN_S = 30.0
Submit = Callable[[Parcel], Future[Received]]

log = structlog.get_logger("keepwell.mailroom")


@dataclass(frozen=True)
class Counts:
    """Mails since the start: `ignored` answer nothing of ours, or were written by machines; `unreadable` are none."""

    taken: int = 0
    ignored: int = 0
    unreadable: int = 0


class MailRoom:
    """Used from several threads."""

    def __init__(self, workspace: Workspace, submit: Submit, clock: Callable[[], int]) -> None:
        self._workspace = workspace
        self._submit = submit
        self._clock = clock
        self._hands = ThreadPoolExecutor(1, thread_name_prefix="keepwell-mailroom")
        self._counting = threading.Lock()
        self.counts = Counts()

    def deliver(self, raw: bytes) -> Future[Received]:
        """Take a mail beside; the result comes when it is durable."""
        return self._hands.submit(self.take, [raw])

    def take(self, mails: Sequence[bytes]) -> Received:
        """Take mails, and wait until what they mean is durable. What means nothing is counted.

        Raises:
            LaterError: it cannot be written now. What comes again counts once.
        """
        now = self._clock()
        found = [each for raw in mails if (each := read(raw)) is not None]
        with self._workspace.database.read() as session:
            meant = [said for mail in found for said in answers.of_mail(session, mail, now)]
        done = self._written(answers.parcel(self._workspace, meant, now))
        self._count(len(mails), len(found), len(meant))
        return done

    def _written(self, parcel: Parcel) -> Received:
        try:
            return self._submit(parcel).result(WRITTEN_S)
        except TimeoutError:
            raise LaterError("This could not be written in time", 5) from None

    def _count(self, mails: int, read_: int, meant: int) -> None:
        with self._counting:
            was = self.counts
            self.counts = Counts(was.taken + meant, was.ignored + read_ - meant, was.unreadable + mails - read_)
        log.info("mail was read", mails=mails, answers=meant, unreadable=mails - read_)

    def stop(self) -> None:
        """Finish what was begun."""
        self._hands.shutdown()
