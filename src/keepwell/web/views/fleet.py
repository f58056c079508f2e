"""The fleet in words: which diagnoses hold now, of how many customers, and whether they are everybody's trouble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keepwell.base.time import SECOND_US
from keepwell.expert.diagnose import DRIFT, NETWORK, OWN
from keepwell.expert.episode import Episode
from keepwell.expert.finding import CERTAINTIES
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Topic
from keepwell.runtime.ports.findings import FindingLine, FindingsPart, Fleet, Group, Wanted
from keepwell.web.views import links, words
from keepwell.web.views.alert_rows import MINUTE_US, SeverityMark, ago
from keepwell.web.views.alerts import Select
from keepwell.web.views.diagnosis import UNTOLD, WHOSE
from keepwell.web.views.observed import DOMAINS, SEVERITIES, TOPICS, check_filters, options

PER_PAGE = 50
BY_TOPIC: Final = frozenset({OWN, NETWORK, DRIFT})
"""Entries that are asked topic by topic, and say nothing without it."""
NEVER = "Nothing was diagnosed yet. Customers are, seconds after telemetry of theirs arrives."
NOTHING = "Nothing was found to be technically wrong, as far as it is known."
NARROWED = "Nothing that is found now fits these filters."
NOTHING_OF_ALL = "Nothing is everybody's trouble now"
NOTHING_OWN = "Nothing is established or likely of a single customer now"
NO_HINTS = "There are no hints now"
SINCE = (
    "Known since is the moment of the first diagnosis that said so, not of the first event: first is that of the"
    " customer who has it for longest, latest that of the newest one."
)
NOBODY = "It is said of nobody now."


@dataclass(frozen=True)
class Wish:
    """What the reader asked to see; an empty filter narrows nothing."""

    domain: str = ""
    severity: str = ""
    certainty: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.domain or self.severity or self.certainty)

    def wanted(self) -> Wanted:
        """What to choose among groups."""
        return Wanted(
            domain=self.domain or None,
            severity=Severity(self.severity) if self.severity else None,
            certainty=Certainty(self.certainty) if self.certainty else None,
        )


def wish(domain: str, severity: str, certainty: str) -> Wish:
    """What was asked to see.

    Raises:
        UnknownExpertFilter: there is no such domain, severity or certainty.
    """
    check_filters(domain, severity, certainty)
    return Wish(domain, severity, certainty)


@dataclass(frozen=True)
class GroupRow:
    """One diagnosis. `about` is its topic, where it is asked topic by topic."""

    entry: str
    href: str
    title: str
    about: str
    severity: SeverityMark
    certainty: str
    domain: str
    number: str
    customers: str
    oldest: str
    newest: str


@dataclass(frozen=True)
class FleetPage:
    """The page. `empty` says why nothing is listed; hints are worth a look and stand apart.

    `nothing_of_all`, `nothing_own` and `no_hints` say that it was looked, and none is there.
    """

    wish: Wish
    coverage: str
    selects: Sequence[Select]
    everybody: Sequence[GroupRow]
    own: Sequence[GroupRow]
    hints: Sequence[GroupRow]
    empty: str
    every: str
    knowledge: str
    since: str = SINCE

    @property
    def nothing_of_all(self) -> str:
        return self._none(NOTHING_OF_ALL)

    @property
    def nothing_own(self) -> str:
        return self._none(NOTHING_OWN)

    @property
    def no_hints(self) -> str:
        return self._none(NO_HINTS)

    def _none(self, said: str) -> str:
        return f"{said}{', among what fits these filters' if self.wish.narrowed else ''}."

    @property
    def all_hints(self) -> str:
        """How many hints there are."""
        return words.count(len(self.hints), "hint")


def page(fleet: Fleet, asked: Wish, now: int) -> FleetPage:
    """The fleet as it was asked for."""
    groups = asked.wanted().among(fleet.groups)
    sure = [each for each in groups if each.certainty is not Certainty.HINT]
    return FleetPage(
        wish=asked,
        coverage=coverage(fleet, now),
        selects=_selects(asked),
        everybody=[_group(each, now) for each in sure if each.everybody],
        own=[_group(each, now) for each in sure if not each.everybody],
        hints=[_group(each, now) for each in groups if each.certainty is Certainty.HINT],
        empty="" if groups else _empty(fleet),
        every=links.fleet(),
        knowledge=links.knowledge(),
    )


def coverage(fleet: Fleet, now: int) -> str:
    """How many customers were diagnosed, when the last one was, and who waits."""
    if fleet.last is None:
        return f"No customer was diagnosed yet{_waiting(fleet)}."
    return (
        f"{words.count(fleet.diagnosed, 'customer')} diagnosed, the last one {_ago(fleet.last, now)}{_waiting(fleet)}."
    )


def _waiting(fleet: Fleet) -> str:
    if not fleet.waiting:
        return ""
    return f"; {fleet.waiting:,} {'is' if fleet.waiting == 1 else 'are'} waiting"


def _empty(fleet: Fleet) -> str:
    if fleet.groups:
        return NARROWED
    return NEVER if fleet.last is None else NOTHING


def _ago(instant: int, now: int) -> str:
    seconds = max(0, now - instant) // SECOND_US
    return f"{words.count(seconds, 'second')} ago" if seconds * SECOND_US < MINUTE_US else ago(instant, now)


def _selects(asked: Wish) -> list[Select]:
    severities = {each.value: mark.label for each, mark in SEVERITIES.items()}
    certainties = {each.value: name for each, name in CERTAINTIES.items()}
    return [
        Select("domain", "Domain", options(DOMAINS, asked.domain, "All")),
        Select("severity", "Severity", options(severities, asked.severity, "All")),
        Select("certainty", "Certainty", options(certainties, asked.certainty, "All")),
    ]


def _group(group: Group, now: int) -> GroupRow:
    return GroupRow(
        entry=group.entry, href=links.findings(group.entry), title=group.title,
        about=about(group.entry, group.topic), severity=SEVERITIES[group.severity],
        certainty=CERTAINTIES[group.certainty], domain=DOMAINS.get(group.domain, group.domain),
        number=f"{group.customers:,}", customers=words.count(group.customers, "customer"),
        oldest=ago(group.first, now), newest=ago(group.last, now),
    )  # fmt: skip


def about(entry: str, topic: str) -> str:
    """The topic in words, where an entry is asked topic by topic."""
    return TOPICS.get(Topic(topic), topic) if entry in BY_TOPIC and topic in tuple(Topic) else ""


@dataclass(frozen=True)
class CustomerRow:
    """One customer of whom a diagnosis is said."""

    name: str
    href: str
    diagnosis: str
    sentence: str
    about: str
    severity: SeverityMark
    said: str
    since: str


@dataclass(frozen=True)
class EntryPage:
    """The customers of one diagnosis. `first` leads back to the beginning of the list, `next` goes on."""

    entry: str
    title: str
    summary: str
    knowledge: str
    rows: Sequence[CustomerRow]
    empty: str
    first: str
    next: str


def entry_page(part: FindingsPart, cursor: str | None, *, later: bool, now: int) -> EntryPage:
    """A part of the customers of a diagnosis; `cursor` goes on, `later` tells that it is not the first part."""
    domain = DOMAINS.get(part.domain, part.domain)
    summary = words.count(part.customers, "customer")
    return EntryPage(
        entry=part.entry, title=part.title, summary=f"{domain} · said of {summary} now" if part.customers else domain,
        knowledge=links.entry(part.entry), rows=[_customer(each, now) for each in part.lines],
        empty="" if part.lines else NOBODY,
        first=links.findings(part.entry) if later else "",
        next="" if cursor is None else links.findings(part.entry, cursor=cursor),
    )  # fmt: skip


def _customer(line: FindingLine, now: int) -> CustomerRow:
    said = line.episode.said
    return CustomerRow(
        name=line.customer_name, href=links.customer(line.customer_id), diagnosis=links.expert(line.customer_id),
        sentence=said.sentence, about=about(line.episode.entry, line.episode.topic),
        severity=SEVERITIES[said.severity], said=_judged(line.episode), since=ago(line.episode.since, now),
    )  # fmt: skip


def _judged(episode: Episode) -> str:
    """How sure it is, whose it is, and whether the customer may hear of it."""
    said = episode.said
    untold = () if said.may_tell_customer else (UNTOLD,)
    return " · ".join((CERTAINTIES[said.certainty], WHOSE[said.scope], *untold))
