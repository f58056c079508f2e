"""Writing messages: from what is known of a customer to a draft, and whether a draft still says what is so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import msgspec

from keepwell.base.errors import KeepwellError
from keepwell.config.messages import Messages
from keepwell.outreach.check import Blocked, Rules, check, rules_for
from keepwell.outreach.compose import CannotComposeError, Sender, compose, profile_facts
from keepwell.outreach.draft import Draft, digest_of
from keepwell.outreach.fact import Fact
from keepwell.outreach.locales import locale_of
from keepwell.outreach.render import Style
from keepwell.outreach.template import Persona, Template
from keepwell.runtime.briefing import Briefing
from keepwell.runtime.contacts import Reached
from keepwell.store.customers import ids_of
from keepwell.store.database import Database, Session
from keepwell.store.messages import Message, State


class CannotWriteError(KeepwellError):
    """A message that cannot be written.

    Attributes:
        reaches: whether there is somebody whom it could go to.
    """

    def __init__(self, problem: str, *, reaches: bool = True) -> None:
        super().__init__(problem)
        self.reaches = reaches


@dataclass(frozen=True)
class Known:
    """What is known of customers.

    Attributes:
        facts: of a customer by its own id, as of a moment.
        reached: whom to write to, by the customer's number.
        names: of features, products and plans.
    """

    facts: Callable[[str, int], Mapping[str, Fact]]
    reached: Callable[[Session, int, int], Reached | None]
    names: Callable[[], frozenset[str]]


@dataclass(frozen=True)
class Speaker:
    """Writes messages and reads them again. It may take long, so it is asked outside of transactions."""

    database: Database
    words: Messages
    briefing: Briefing
    known: Known

    @property
    def persona(self) -> Persona:
        settings = self.briefing.settings
        return Persona(settings.persona, settings.persona_title)

    def template(self, name: str) -> Template:
        """A template by its name.

        Raises:
            CannotWriteError: there is none.
        """
        found = self.words.templates.get(name)
        if found is None:
            raise CannotWriteError(f"there is no message called {name}")
        return found

    def told(self, message: Message, now: int) -> Telling:
        """What is known for a message.

        Raises:
            CannotWriteError: there is nobody to write to, or no such template.
        """
        with self.database.read() as session:
            reached = self.known.reached(session, message.customer, now)
            customer = ids_of(session, [message.customer]).get(message.customer, "")
        if reached is None:
            raise CannotWriteError("the customer has no contact that can be written to", reaches=False)
        if not reached.consents and message.key:
            raise CannotWriteError("the contact has not agreed to be written to", reaches=False)
        template = self.template(message.template)
        facts = self.known.facts(customer, now)
        sender = Sender(self.persona, self.words.frame, automated=not message.needs_approval)
        return Telling(template, facts, reached, sender, now, self)

    def write(self, message: Message, now: int) -> Message:
        """The message with a draft, in the state in which a person looks at it.

        Raises:
            CannotWriteError: there is nobody to write to, or a fact is missing that it cannot do without.
        """
        telling = self.told(message, now)
        draft = telling.compose(message)
        reached = telling.reached
        written = msgspec.structs.replace(
            message,
            contact=reached.contact,
            channel=reached.channel,
            recipient=reached.address,
            approvals="[]",
            changed=0,
            state=State.ASKED,
        )
        return self.sealed(written, draft)

    def sealed(self, message: Message, draft: Draft) -> Message:
        """The message with another draft, and the digest of what goes out."""
        written = msgspec.structs.replace(message, draft=msgspec.json.encode(draft).decode())
        return msgspec.structs.replace(written, digest=self.digest(written))

    def digest(self, message: Message) -> str:
        """Of the bytes and the address of a message that is written."""
        letter = self.briefing.letter(message)
        return digest_of(letter.recipient, letter.title, letter.text)


@dataclass(frozen=True)
class Telling:
    """What is known at a moment, for one message."""

    template: Template
    facts: Mapping[str, Fact]
    reached: Reached
    sender: Sender
    now: int
    speaker: Speaker

    @cached_property
    def all_facts(self) -> dict[str, Fact]:
        """With the names of those who write and read."""
        return {**self.facts, **profile_facts(self.reached.recipient, self.sender, self.now)}

    @cached_property
    def rules(self) -> Rules:
        return rules_for(self.template, self.speaker.known.names())

    @property
    def style(self) -> Style:
        """How figures are written for whom it goes to."""
        recipient = self.reached.recipient
        return Style(locale_of(recipient.locale, self.template.languages), recipient.zone)

    def compose(self, message: Message) -> Draft:
        """A draft of it.

        Raises:
            CannotWriteError: a fact is missing that it cannot do without.
        """
        parts = [each for each in message.parts.split(",") if each] or None
        try:
            return compose(self.template, self.facts, self.reached.recipient, self.sender, self.now, parts=parts)
        except CannotComposeError as error:
            raise CannotWriteError(str(error)) from None

    def blocked(self, draft: Draft) -> tuple[Blocked, ...]:
        """What is wrong with a draft now."""
        return check(draft, self.all_facts, self.now, self.rules)


def draft_of(message: Message) -> Draft:
    """The draft of a message that is written."""
    return msgspec.json.decode(message.draft, type=Draft)
