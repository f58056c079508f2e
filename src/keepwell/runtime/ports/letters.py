"""Letters to customers, as their receivers see them: the page of a letter, and letters inside of a product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec

LONGEST_REPLY = 8_000
"""Letters of a reply."""


class LetterPage(msgspec.Struct, frozen=True, kw_only=True):
    """What the page of a letter says. Whoever has the letter knows all of it already.

    Attributes:
        sent_at: microseconds; None while it is on its way.
        sender: in whose name it was written, and from which address.
        recipient: the address it went to, masked.
        language: of the letter, as `en`.
        unwanted: whether its address is written to no more.
    """

    sent_at: int | None
    sender: str
    subject: str
    recipient: str
    language: str
    unwanted: bool


class InAppLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that a customer's own platform shows. Instants are microseconds; `read_at` is None until it was read.

    Attributes:
        token: its name in addresses.
        page: where its receiver can check it; empty when there is no public address.
        contact: the id of the contact it is for; empty for the customer as a whole.
        html: empty when there is none.
    """

    token: str
    customer_id: str
    contact: str
    sender: str
    subject: str
    text: str
    html: str
    page: str
    sent_at: int
    read_at: int | None


class Letters(Protocol):
    """What receivers of letters see and do. Called from several threads."""

    def page(self, token: str) -> LetterPage | None:
        """The page of a letter; None when we sent no such letter. Nothing changes."""
        ...

    def refuse(self, token: str) -> LetterPage | None:
        """Write to its address no more; committed when this returns. None when we sent no such letter."""
        ...

    def in_app(self, customer_id: str, limit: int) -> Sequence[InAppLetter] | None:
        """Letters inside of the product, the newest first; None for an unknown customer."""
        ...

    def letter(self, token: str) -> InAppLetter | None:
        """One of them; None when there is none of this token."""
        ...

    def read(self, token: str) -> None:
        """It was read. The first time stands; an unknown token changes nothing."""
        ...

    def reply(self, token: str, text: str) -> None:
        """Its receiver answered; durable when this returns. The same text again within an hour counts once.

        Raises:
            LaterError: it cannot be written now.
        """
        ...
