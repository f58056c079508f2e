"""What happened to customers since the last turn: rows of the inbox, and events of the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

import msgspec

from keepwell.events.catalog import key_of, number
from keepwell.interventions.facts import Called, Fact, Replied
from keepwell.interventions.hearing import SPOKEN, heard
from keepwell.interventions.playbook import EventHappened, Happening
from keepwell.interventions.run import Course
from keepwell.outreach.leaving import speaks_of_leaving
from keepwell.runtime.courses import Office
from keepwell.store import happenings, log, runs
from keepwell.store.database import Session
from keepwell.store.runs import Name

MARK: Final = "acted_to"
REPLIED, CALLED = "message_replied", "call_held"
REFUSED = ("unsubscribed", "email_complained")
"""Who says this is not written to any more."""


class _Said(msgspec.Struct):
    """What an event of a reply says."""

    text: str = ""
    leaving: bool = False
    email: str = ""


class Reply(NamedTuple):
    """What a customer wrote, and whether it speaks of leaving."""

    customer: int
    text: str
    leaving: bool


@dataclass
class Heard:
    """What a turn has to fold, by customer.

    Attributes:
        happenings: what playbooks listen to.
        facts: what concerns every run that there is.
        due: whose runs change by themselves.
        replies: what customers wrote.
        refusals: who wants no messages any more, and the address if it was said.
        mark: up to which event of the log it goes.
    """

    happenings: dict[int, list[Happening]] = field(default_factory=lambda: defaultdict(list))
    facts: dict[int, list[Fact]] = field(default_factory=lambda: defaultdict(list))
    due: set[int] = field(default_factory=set)
    replies: list[Reply] = field(default_factory=list)
    refusals: list[tuple[int, str]] = field(default_factory=list)
    mark: int = 0

    @property
    def customers(self) -> list[int]:
        return sorted({*self.happenings, *self.facts, *self.due, *(who for who, _ in self.refusals)})

    def without(self, later: frozenset[int]) -> Heard:
        """The same without some of whom nothing was heard and who are only due."""
        return replace(self, due=self.due - later)

    def only(self, some: frozenset[int]) -> Heard:
        """The same of some customers; only when all are done is the mark moved."""
        return Heard(
            {who: told for who, told in self.happenings.items() if who in some},
            {who: told for who, told in self.facts.items() if who in some},
            self.due & some,
            [each for each in self.replies if each.customer in some],
            [each for each in self.refusals if each[0] in some],
        )


def gather(session: Session, office: Office, now: int, limit: int) -> Heard:
    """What happened since the last turn, to whom, and whose run is due."""
    found = Heard(due=set(runs.due(session, now, limit)))
    for customer, happening in happenings.take(session, limit):
        found.happenings[customer].append(happening)
    wanted = {REPLIED, CALLED, *REFUSED, *SPOKEN, *office.events}
    found.mark = _hear(session, found, wanted, now, limit)
    return found


def marked(session: Session) -> int:
    """Up to which event of the log everything was heard."""
    return log.mark(session, MARK)


def _hear(session: Session, found: Heard, wanted: set[str], now: int, limit: int) -> int:
    """Events above the mark; up to which it goes now.

    What became known late is no reason to act; but a reply holds, and a refusal stops, however long it was on its way.
    """
    mark = marked(session)
    kinds = ", ".join(str(number(each)) for each in sorted(wanted))
    rows = session.run(
        "SELECT id, customer, kind, occurred_at, known_at, properties FROM event"
        f" WHERE id > ? AND kind IN ({kinds}) AND customer > 0 ORDER BY id LIMIT ?",
        (mark, limit),
    )
    last = mark
    for place, customer, kind, at, known_at, properties in rows:
        last, event = int(place), EventHappened(int(at), key_of(int(kind), None))
        heard_at = int(known_at) if event.event in (REPLIED, *REFUSED) else int(at)
        if heard_at > now - happenings.FRESH_US:
            _note(found, int(customer), event, (str(properties or ""), now))
    if len(rows) < limit:
        last = max(last, int(session.one("SELECT COALESCE(MAX(id), 0) FROM event") or 0))
    return last


def _note(found: Heard, customer: int, event: EventHappened, told: tuple[str, int]) -> None:
    properties, now = told
    if event.event == REPLIED:
        said = _said(properties)
        leaving = said.leaving or speaks_of_leaving(said.text)
        found.facts[customer].append(Replied(now, leaving))
        found.replies.append(Reply(customer, said.text, leaving))
    elif event.event in REFUSED:
        found.refusals.append((customer, _said(properties).email))
    elif event.event == CALLED:
        found.facts[customer].append(Called(now, held=True))
    found.happenings[customer].append(event)


def _said(properties: str) -> _Said:
    """What somebody replied; nothing when it is not as we write it."""
    try:
        return msgspec.json.decode(properties.encode(), type=_Said)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return _Said()


def facts_of(
    found: Heard, office: Office, names: Mapping[int, str], known: Mapping[Name, Course], now: int
) -> Iterator[tuple[Name, list[Fact]]]:  # fmt: skip
    """The facts of each customer and purpose that a turn is about."""
    for customer in found.customers:
        if customer not in names:
            continue
        mine = {purpose: course for (who, purpose), course in known.items() if who == customer}
        for purpose in sorted(office.purposes | set(mine)):
            course = mine.get(purpose)
            facts = [
                fact
                for happening in found.happenings.get(customer, ())
                for fact in heard(happening, names[customer], office.of_purpose(purpose), course, now)
            ]
            facts += found.facts.get(customer, []) if course is not None else []
            if facts or course is not None:
                yield (customer, purpose), facts


def forget(session: Session, found: Heard) -> None:
    """All of it was heard."""
    happenings.forget(session, [(who, each) for who, listed in found.happenings.items() for each in listed])
    if log.mark(session, MARK) < found.mark:
        log.set_mark(session, MARK, found.mark)
