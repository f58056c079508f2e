"""Letters as their receivers see them: the store behind the page of a letter and behind letters inside of a product."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

import msgspec
import structlog

from keepwell.base.time import HOUR_US
from keepwell.channels.letter import Letter
from keepwell.outreach.draft import Draft
from keepwell.runtime import answers
from keepwell.runtime.mailroom import WRITTEN_S, Submit
from keepwell.runtime.ports.letters import InAppLetter, LetterPage
from keepwell.runtime.ports.reception import LaterError
from keepwell.runtime.workspace import Workspace
from keepwell.store import customers, letters, messages, outbox
from keepwell.store.database import Session
from keepwell.store.messages import Message, State

OUT = (State.POSTED, State.SENT, State.UNCERTAIN)
"""What a receiver may hold in their hands. Of a message that did not leave, nobody but us knows the token."""
PAGE, PRODUCT = "page", "product"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,100}")

log = structlog.get_logger("keepwell.letters")


class StoredLetters:
    """Implements the `Letters` port."""

    def __init__(self, workspace: Workspace, clock: Callable[[], int], submit: Submit) -> None:
        self._workspace = workspace
        self._database = workspace.database
        self._clock = clock
        self._submit = submit

    # ------------------------------------------------------------------ the page

    def page(self, token: str) -> LetterPage | None:
        with self._database.read() as session:
            message = _message(session, token)
            return None if message is None else self._shown(session, message)

    def refuse(self, token: str) -> LetterPage | None:
        with self._database.read() as session:
            message = _message(session, token)
            owner = None if message is None else _owner(session, message)
            known = message is not None and messages.is_unwanted(session, message.recipient)
        if message is not None and owner is not None and not known:
            self._refuse(message, owner)
        return self.page(token)

    def _refuse(self, message: Message, customer_id: str) -> None:
        """Their wish is kept together with its event; alone when the log takes nothing just now."""
        by = PRODUCT if message.channel == letters.IN_APP else PAGE
        now = self._clock()
        answer = answers.left(message, customer_id, by, now)
        try:
            self._submit(answers.parcel(self._workspace, [answer], now)).result(WRITTEN_S)
        except Exception as error:
            log.exception("a wish to get no letters is not in the log of events", message=message.id, exc_info=error)
            with self._database.write() as session:
                messages.refuse(session, messages.Unwanted(message.recipient, now, answers.LEFT, by))

    def _shown(self, session: Session, message: Message) -> LetterPage:
        letter, draft = _letter(session, message), _draft(message)
        return LetterPage(
            sent_at=message.ended_at, sender=self._sender(letter), recipient=masked(message.recipient),
            subject=letter.title if letter else draft.subject.text if draft else "",
            language=draft.language if draft else "en", unwanted=messages.is_unwanted(session, message.recipient),
        )  # fmt: skip

    def _sender(self, letter: Letter | None) -> str:
        """The name on the letter and the address of the installation."""
        address = self._workspace.settings.mail_from or ""
        name = letter.personal.name if letter and letter.personal else ""
        if letter is not None and letter.channel == letters.IN_APP:
            return name
        return f"{name} <{address.rpartition('<')[2].rstrip('>')}>" if name and address else address or name

    # ------------------------------------------------------------------ inside of a product

    def in_app(self, customer_id: str, limit: int) -> Sequence[InAppLetter] | None:
        with self._database.read() as session:
            customer = customers.number_of(session, customer_id)
            if customer is None:
                return None
            found = [messages.of_token(session, token) for token in letters.arrived(session, customer, limit)]
            read = letters.read_at(session, [each.id for each in found if each])
            return [self._carried(session, each, customer_id, read.get(each.id)) for each in found if each]

    def letter(self, token: str) -> InAppLetter | None:
        with self._database.read() as session:
            message = _in_app(session, token)
            if message is None:
                return None
            read = letters.read_at(session, [message.id])
            return self._carried(session, message, _owner(session, message), read.get(message.id))

    def read(self, token: str) -> None:
        with self._database.write() as session:
            message = _in_app(session, token)
            if message is not None:
                letters.mark_read(session, message.id, self._clock())

    def reply(self, token: str, text: str) -> None:
        with self._database.read() as session:
            message = _in_app(session, token)
            owner = None if message is None else _owner(session, message)
        if message is None or owner is None:
            return
        now = self._clock()
        said = hashlib.sha256(f"{message.name}\n{text}".encode("utf-8", "replace")).hexdigest()[:32]
        answer = answers.replied(message, owner, text, f"{said}:{now // HOUR_US}", now)
        try:
            self._submit(answers.parcel(self._workspace, [answer], now)).result(WRITTEN_S)
        except TimeoutError:
            raise LaterError("This could not be written in time", 5) from None

    def _carried(self, session: Session, message: Message, owner: str, read_at: int | None) -> InAppLetter:
        letter, draft = _letter(session, message), _draft(message)
        return InAppLetter(
            token=message.token, customer_id=owner, contact=message.contact, sender=self._sender(letter),
            subject=letter.title if letter else draft.subject.text if draft else "",
            text=letter.text if letter else draft.plain if draft else "", html=(letter.html if letter else "") or "",
            page=letter.personal.page if letter and letter.personal else "",
            sent_at=message.made_at if message.ended_at is None else message.ended_at, read_at=read_at,
        )  # fmt: skip


def masked(address: str) -> str:
    """An address that only who knows it recognises: `a…@example.org`; of anything else its first letter."""
    name, at, domain = address.strip().rpartition("@")
    return f"{name[:1]}…@{domain}" if at and name and domain else f"{address.strip()[:1]}…"


def _message(session: Session, token: str) -> Message | None:
    """The message of a token, if it may have left."""
    found = messages.of_token(session, token) if _TOKEN.fullmatch(token) else None
    return found if found is not None and found.state in OUT and found.recipient else None


def _in_app(session: Session, token: str) -> Message | None:
    found = _message(session, token)
    is_there = found is not None and found.channel == letters.IN_APP and found.state in messages.ARRIVED
    return found if is_there else None


def _owner(session: Session, message: Message) -> str:
    """The customer's own id; of who was erased none is left."""
    return customers.ids_of(session, [message.customer]).get(message.customer, "")


def _letter(session: Session, message: Message) -> Letter | None:
    """The letter as it left."""
    entry = outbox.find(session, message.key)
    return None if entry is None else msgspec.json.decode(entry.payload, type=Letter)


def _draft(message: Message) -> Draft | None:
    return msgspec.json.decode(message.draft, type=Draft) if message.draft else None
