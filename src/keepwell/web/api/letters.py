"""Letters that a customer's own platform shows inside of its product, and what their receivers answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.time import to_datetime
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.letters import LONGEST_REPLY, InAppLetter, Letters
from keepwell.web.api.asked import JsonBody, Limit, Unreadable, read
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.api.writes import Asked as Write
from keepwell.web.api.writes import Key
from keepwell.web.letters import NoSuchLetter
from keepwell.web.needs import Role, Scope, needs
from keepwell.web.pages import NoSuchCustomer

NEED = needs(Role.ADMIN, Scope.LETTERS)
Customer = Annotated[str, Query(min_length=1, max_length=2000, description="The customer's id.")]
Token = Annotated[str, Path(max_length=200, description="The `token` of a letter.")]


class ProductLetter(msgspec.Struct, frozen=True):
    """A letter inside of a product. `contact` is the id of the person it is for; `page` is where they can check it."""

    token: str
    customer_id: str
    contact: str
    sender: str
    subject: str
    text: str
    html: str
    page: str
    sent_at: Instant
    read_at: Instant | None


class ProductLetters(msgspec.Struct, frozen=True):
    """The letters of a customer, the newest first."""

    letters: Sequence[ProductLetter]


class LetterAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a receiver did; at least one of them."""

    reply: Annotated[str, msgspec.Meta(max_length=LONGEST_REPLY)] = ""
    unsubscribe: bool = False
    read: bool = False


def add_routes(api: Register, desk: Desk, letters: Letters) -> None:
    @api.add(Spec("GET", "/letters", NEED, ProductLetters))
    def list_letters(customer: Customer, limit: Limit = 50) -> Response:
        """Letters that were sent to a customer inside of a product."""
        found = None if "\x00" in customer else letters.in_app(customer, limit)
        if found is None:
            raise NoSuchCustomer(customer)
        return reply(ProductLetters([_shown(each) for each in found]))

    @api.add(Spec("POST", "/letters/{token}", NEED, ProductLetter, LetterAnswer))
    def answer_letter(request: Request, token: Token, body: JsonBody, key: Key) -> Response:
        """Say that a letter was read, pass on a reply, or that its receiver wants no more."""
        said = read(body, LetterAnswer)
        text = said.reply.strip()
        if not (text or said.unsubscribe or said.read):
            raise Unreadable("body", "it says nothing: give reply, unsubscribe or read")

        def act() -> Response:
            _found(letters, token)
            if text:
                letters.reply(token, text)
            if said.unsubscribe:
                letters.refuse(token)
            letters.read(token)  # who answers has read it
            return reply(_shown(_found(letters, token)))

        return Write(request, body, key).once(desk.once, act)


def _found(letters: Letters, token: str) -> InAppLetter:
    found = letters.letter(token)
    if found is None:
        raise NoSuchLetter
    return found


def _shown(letter: InAppLetter) -> ProductLetter:
    read_at = None if letter.read_at is None else to_datetime(letter.read_at)
    return ProductLetter(
        letter.token, letter.customer_id, letter.contact, letter.sender, letter.subject, letter.text, letter.html,
        letter.page, to_datetime(letter.sent_at), read_at,
    )  # fmt: skip
