"""Messages to customers, and what is done about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import msgspec
from fastapi import Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.messages import MessagePage, MessageRefusedError, MessagesWanted
from keepwell.web.api import cursors
from keepwell.web.api.alerts import Number, Place
from keepwell.web.api.asked import AnyBody, JsonBody, Limit, read
from keepwell.web.api.problems import Fault
from keepwell.web.api.register import Register, Spec, reply
from keepwell.web.api.runs import WRITTEN, Ending, check_id
from keepwell.web.api.writes import Asked as Write
from keepwell.web.api.writes import Key
from keepwell.web.documents import messages
from keepwell.web.documents.messages import MessageList, MessageTold, Sending, UnwantedList
from keepwell.web.messages import NoSuchMessage
from keepwell.web.needs import Role, Scope, needs, visitor

State = Literal["wanted", "asked", "posted", "sent", "failed", "uncertain", "suppressed", "expired", "cancelled"]
Passage = Annotated[str, msgspec.Meta(min_length=1, max_length=20_000, pattern=WRITTEN)]


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The digest of the text that was read."""

    digest: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[!-~]+$")]


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other words for the passages that people may edit; figures are places such as `{use_change}`."""

    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=WRITTEN)]
    paragraphs: Annotated[Sequence[Passage], msgspec.Meta(min_length=1, max_length=100)]


class BlockedText(MessageRefusedError):
    """A text that may not be sent.

    Attributes:
        faults: what is wrong, and where: passage 0 is the subject, the body counts from 1.
    """

    def __init__(self, refused: MessageRefusedError) -> None:
        super().__init__(str(refused).removesuffix(". Nothing was changed"), refused.blocked)
        self.faults = [Fault(f"passage {each.passage}", each.reason) for each in refused.blocked]


class MessagesAsked(BaseModel):
    """The parameters of the address of the list."""

    state: State | None = None
    customer_id: str | None = Field(None, max_length=2000)
    cursor: str | None = Field(None, max_length=4000, description="`next` of the part before.")
    limit: int = Field(100, ge=1, le=500, description="At most this many.")

    def wanted(self) -> MessagesWanted:
        return MessagesWanted((self.state,) if self.state else (), self.customer_id)


def add_routes(api: Register, desk: Desk) -> None:
    _reading(api, desk)
    _approving(api, desk)
    _changing(api, desk)
    _sending(api, desk)


def _reading(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/messages", needs(Role.VIEWER, Scope.READ), MessageList))
    def list_messages(asked: Annotated[MessagesAsked, Query()]) -> Response:
        """Messages; those that are open by when they expire, else the newest first."""
        check_id(asked.customer_id)
        wanted = asked.wanted()
        start = cursors.read(asked.cursor, Place, wanted) or 0
        found = desk.messages.part(wanted, start, asked.limit)
        end = start + len(found.lines)
        more = cursors.write(end if found.lines and end < found.total else None, wanted)
        lines = [messages.message(each) for each in found.lines]
        return reply(MessageList(lines, found.total, more, desk.messages.counts()))

    @api.add(Spec("GET", "/messages/{number}", needs(Role.VIEWER, Scope.READ), MessageTold))
    def get_message(number: Number) -> Response:
        """One message: its exact text, its facts as they are now, and what is wrong with it."""
        return reply(messages.page(_found(desk, number)))


def _done(desk: Desk, write: Write, number: int, deed: Callable[[str], object]) -> Response:
    """Do something about a message, once, and tell what it is afterwards."""

    def act() -> Response:
        _found(desk, number)
        try:
            deed(visitor(write.request).name)
        except MessageRefusedError as refused:
            raise BlockedText(refused) from None
        return reply(messages.page(_found(desk, number)))

    return write.once(desk.once, act)


def _approving(api: Register, desk: Desk) -> None:
    book = desk.messages

    @api.add(Spec("POST", "/messages/{number}/approve", needs(Role.CSM, Scope.ADMIN), MessageTold, Approval))
    def approve_message(request: Request, number: Number, body: JsonBody, key: Key) -> Response:
        """Approve the text with this digest. Of keys, only one with the scope `admin` can."""
        wish = read(body, Approval)
        return _done(desk, Write(request, body, key), number, lambda by: book.approve({number: wish.digest}, by))

    @api.add(Spec("POST", "/messages/{number}/reject", needs(Role.CSM, Scope.WRITE), MessageTold, Ending))
    def reject_message(request: Request, number: Number, body: JsonBody, key: Key) -> Response:
        """It is not to be sent; what was approved is taken back as long as it has not left."""
        wish = read(body, Ending)
        return _done(desk, Write(request, body, key), number, lambda by: book.reject(number, by, wish.reason))


def _changing(api: Register, desk: Desk) -> None:
    book = desk.messages

    @api.add(Spec("PUT", "/messages/{number}", needs(Role.CSM, Scope.WRITE), MessageTold, Wording))
    def edit_message(request: Request, number: Number, body: JsonBody, key: Key) -> Response:
        """Change its words; refused when the text would be blocked."""
        wish = read(body, Wording)
        write = Write(request, body, key)
        return _done(desk, write, number, lambda by: book.edit(number, wish.subject, wish.paragraphs, by))

    @api.add(Spec("POST", "/messages/{number}/renew", needs(Role.CSM, Scope.WRITE), MessageTold))
    def renew_message(request: Request, number: Number, body: AnyBody, key: Key) -> Response:
        """Write it anew from facts as they are now. What was edited is lost."""
        return _done(desk, Write(request, body, key), number, lambda _: book.renew(number))


def _sending(api: Register, desk: Desk) -> None:
    book = desk.messages

    def told() -> Response:
        return reply(messages.sending(book.sending()))

    @api.add(Spec("GET", "/sending", needs(Role.VIEWER, Scope.READ), Sending))
    def get_sending() -> Response:
        """Whether anything can leave for customers."""
        return told()

    @api.add(Spec("POST", "/sending/stop", needs(Role.ADMIN, Scope.ADMIN), Sending, Ending))
    def stop_sending(request: Request, body: JsonBody, key: Key) -> Response:
        """Stop everything to customers at once."""
        wish = read(body, Ending)

        def act() -> Response:
            book.stop(visitor(request).name, wish.reason)
            return told()

        return Write(request, body, key).once(desk.once, act)

    @api.add(Spec("POST", "/sending/go", needs(Role.ADMIN, Scope.ADMIN), Sending))
    def go_on_sending(request: Request, body: AnyBody, key: Key) -> Response:
        """End the stop."""

        def act() -> Response:
            book.go_on(visitor(request).name)
            return told()

        return Write(request, body, key).once(desk.once, act)

    @api.add(Spec("GET", "/unwanted", needs(Role.VIEWER, Scope.READ), UnwantedList))
    def list_unwanted(limit: Limit = 100) -> Response:
        """Addresses that are not written to, the newest first."""
        return reply(messages.unwanted(book.unwanted(limit)))


def _found(desk: Desk, number: int) -> MessagePage:
    found = desk.messages.message(number)
    if found is None:
        raise NoSuchMessage(number)
    return found
