"""The pages of messages, and what people do with them. They work without JavaScript: a form, then the page again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import FastAPI, Form, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.errors import KeepwellError
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.messages import MessagePage, MessageRefusedError
from keepwell.web.asking import NUL, Number, Page, Text, TextRefusedError, Written, asking, back, customer, kept
from keepwell.web.needs import Role, needs, visitor
from keepwell.web.site import Site
from keepwell.web.views import links, lists, message_page, messages
from keepwell.web.views.acting import Typed
from keepwell.web.views.message_page import Edit
from keepwell.web.views.messages import Wish

TOGETHER = 20  # messages read and approved on one page
UNWANTED = 500  # addresses shown on their page
Ids = Annotated[list[Annotated[int, Field(ge=0, lt=2**63)]], Query(max_length=200)]
Long = Annotated[str, Field(max_length=50_000)]


class NoSuchMessage(KeepwellError):
    """No message has this number."""

    def __init__(self, number: int) -> None:
        super().__init__(f"No message has the number {number}.")


class Wished(BaseModel):
    """The parameters of the address of the queue, and what the page says was just done."""

    state: Written = ""
    customer: Written = ""
    page: Page = 1
    done: Written = ""
    number: Annotated[int | None, Field(ge=0, lt=2**63)] = None

    def wish(self) -> Wish:
        return Wish(self.state or messages.ASKED, customer(self.customer), self.page)


class Approved(BaseModel):
    """What is approved: numbers with the digests of what was seen, as "12:3fa9..."."""

    seen: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=TOGETHER)] = []
    one: Written = ""

    def digests(self) -> dict[int, str]:
        """Digests by number.

        Raises:
            MessageRefusedError: nothing is selected, or it is not what a page sends.
        """
        found = {}
        for each in self.seen:
            number, colon, digest = each.partition(":")
            if not (colon and digest and number.isascii() and number.isdigit() and len(number) <= len(str(2**62))):
                raise MessageRefusedError("this approval names no text")
            found[int(number)] = digest
        if not found:
            raise MessageRefusedError("nothing is selected")
        return found


class Edited(BaseModel):
    """The form of an edit: the subject, and the paragraphs with empty lines between them."""

    subject: Annotated[str, Field(max_length=2000)] = ""
    text: Long = ""

    def words(self) -> tuple[str, list[str]]:
        """The subject and the paragraphs.

        Raises:
            MessageRefusedError: they hold what cannot be stored.
        """
        if NUL in self.subject + self.text:
            raise MessageRefusedError("the text holds a character that cannot be stored")
        return self.subject.strip(), message_page.paragraphs_of(self.text)


@dataclass(frozen=True)
class Queue:
    """What the routes of messages work with."""

    desk: Desk
    site: Site

    def listed(self, request: Request, wish: Wish, said: str = "", typed: Typed | None = None) -> Response:
        """The list; past the last page it shows the last one.

        Raises:
            UnknownListFilter: there is no such state.
        """
        messages.check(wish)
        book = self.desk.messages
        part = book.part(wish.wanted(), lists.start_of(wish.page), lists.PER_PAGE)
        if not part.lines and wish.page > 1:
            wish = replace(wish, page=lists.last_page(part.total))
            part = book.part(wish.wanted(), lists.start_of(wish.page), lists.PER_PAGE)
        found = part, book.counts(), book.sending()
        view = messages.page(found, wish, TOGETHER, asking(request, self.desk.clock(), said, typed))
        return self.site.page(request, "messages/queue.html", status=422 if typed else 200, view=view)

    def one(
        self, request: Request, number: int, said: str = "", typed: Typed | None = None, edit: Edit | None = None
    ) -> Response:
        """The page of a message.

        Raises:
            NoSuchMessage: there is none of this number.
        """
        banner = messages.banner(self.desk.messages.sending())
        told = asking(request, self.desk.clock(), said, typed)
        view = message_page.view(self.found(number), banner, told, edit)
        return self.site.page(request, "messages/message.html", status=422 if typed else 200, view=view)

    def sheet(self, request: Request, ids: Sequence[int], refused: str = "") -> Response:
        """Several messages under each other, to be read and approved together.

        Raises:
            NoSuchMessage: one of them does not exist.
        """
        now = self.desk.clock()
        found = [self.found(each) for each in dict.fromkeys(ids)]
        ready = [message_page.letter(each, now) for each in found if _is_ready(each)]
        rest = [message_page.letter(each, now) for each in found if not _is_ready(each)]
        shown = {"ready": ready[:TOGETHER], "rest": rest, "more": len(ready) - TOGETHER, "refused": refused}
        banner = messages.banner(self.desk.messages.sending())
        return self.site.page(request, "messages/sheet.html", status=422 if refused else 200, banner=banner, **shown)

    def found(self, number: int) -> MessagePage:
        found = self.desk.messages.message(number)
        if found is None:
            raise NoSuchMessage(number)
        return found


def add_routes(app: FastAPI, desk: Desk, site: Site) -> None:
    queue = Queue(desk, site)
    _reading(app, queue)
    _approving(app, queue)
    _stopping(app, queue)
    _one(app, queue)
    _acting(app, queue)


def _reading(app: FastAPI, queue: Queue) -> None:
    @app.get("/messages", dependencies=[needs(Role.VIEWER)])
    def message_list(request: Request, asked: Annotated[Wished, Query()]) -> Response:
        return queue.listed(request, asked.wish(), messages.said(asked.done, asked.number))

    @app.get("/messages/unwanted", dependencies=[needs(Role.VIEWER)])
    def unwanted_list(request: Request) -> Response:
        rows = [messages.unwanted(each) for each in queue.desk.messages.unwanted(UNWANTED)]
        return queue.site.page(request, "messages/unwanted.html", rows=rows, most=UNWANTED)


def _approving(app: FastAPI, queue: Queue) -> None:
    @app.get("/messages/read", dependencies=[needs(Role.CSM)])
    def read(request: Request, ids: Ids = []) -> Response:  # noqa: B006 - never changed
        """Several messages on one page."""
        if not ids:
            return queue.listed(request, Wish(), typed=Typed("nothing is selected"))
        return queue.sheet(request, ids)

    @app.post("/messages/approve", dependencies=[needs(Role.CSM)])
    def approve(request: Request, sent: Annotated[Approved, Form()]) -> Response:
        """Approve the texts that were seen, all of them or none."""
        digests: Mapping[int, str] = {}
        try:
            digests = sent.digests()
            number = queue.desk.messages.approve(digests, visitor(request).name)
        except MessageRefusedError as refused:
            return _again(queue, request, list(digests), refused, alone=bool(sent.one))
        return back(links.messages(), done="approved", number=number)


def _again(
    queue: Queue, request: Request, ids: Sequence[int], refused: MessageRefusedError, *, alone: bool
) -> Response:
    """The page from which an approval came that was refused, with the texts as they are now."""
    known = [each for each in ids if queue.desk.messages.message(each) is not None]
    if not known:
        return queue.listed(request, Wish(), typed=Typed(str(refused)))
    if alone:
        return queue.one(request, known[0], typed=Typed(str(refused)))
    return queue.sheet(request, known, str(refused))


def _stopping(app: FastAPI, queue: Queue) -> None:
    @app.post("/messages/stop", dependencies=[needs(Role.ADMIN)])
    def stop(request: Request, reason: Annotated[Written, Form()] = "") -> Response:
        """Stop everything to customers at once."""
        try:
            queue.desk.messages.stop(visitor(request).name, kept(reason, "a reason"))
        except (MessageRefusedError, TextRefusedError) as refused:
            return queue.listed(request, Wish(), typed=Typed(str(refused), {"stop": reason}))
        return back(links.messages(), done="stopped")

    @app.post("/messages/go", dependencies=[needs(Role.ADMIN)])
    def go(request: Request) -> Response:
        """End the stop."""
        queue.desk.messages.go_on(visitor(request).name)
        return back(links.messages(), done="going")


def _one(app: FastAPI, queue: Queue) -> None:
    @app.get("/messages/{number}", dependencies=[needs(Role.VIEWER)])
    def message(request: Request, number: Number, done: Text = "") -> Response:
        return queue.one(request, number, messages.said(done, None))


def _acting(app: FastAPI, queue: Queue) -> None:
    @app.post("/messages/{number}/edit", dependencies=[needs(Role.CSM)])
    def edit(request: Request, number: Number, sent: Annotated[Edited, Form()]) -> Response:
        """Change the words; figures are written as places."""
        queue.found(number)
        try:
            subject, paragraphs = sent.words()
            queue.desk.messages.edit(number, subject, paragraphs, visitor(request).name)
        except MessageRefusedError as refused:
            wrong = Edit(sent.subject, sent.text, refused.blocked)
            return queue.one(request, number, typed=Typed(str(refused)), edit=wrong)
        return back(links.message(number), done="edited")

    @app.post("/messages/{number}/renew", dependencies=[needs(Role.CSM)])
    def renew(request: Request, number: Number) -> Response:
        """Write it anew from facts as they are now."""
        queue.found(number)
        try:
            queue.desk.messages.renew(number)
        except MessageRefusedError as refused:
            return queue.one(request, number, typed=Typed(str(refused)))
        return back(links.message(number), done="renewed")

    @app.post("/messages/{number}/reject", dependencies=[needs(Role.CSM)])
    def reject(request: Request, number: Number, reason: Annotated[Written, Form()] = "") -> Response:
        """It is not to be sent; what was approved already is taken back."""
        done = "taken" if queue.found(number).line.state == messages.POSTED else "rejected"
        try:
            queue.desk.messages.reject(number, visitor(request).name, kept(reason, "a reason"))
        except (MessageRefusedError, TextRefusedError) as refused:
            return queue.one(request, number, typed=Typed(str(refused), {"reason": reason}))
        return back(links.message(number), done=done)


def _is_ready(page: MessagePage) -> bool:
    """Whether it can be approved as it is."""
    return page.line.state == messages.ASKED and bool(page.digest) and not page.blocked
