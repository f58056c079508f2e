"""What the Expert finds of everybody: the fleet at a glance, and the customers of one diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol

import msgspec

from keepwell.expert.episode import Episode
from keepwell.expert.knowledge import Certainty, Severity

Whole = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Topical = Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[a-z_]*$")]


class Group(msgspec.Struct, frozen=True):
    """One diagnosis about one topic, as it is said now.

    Attributes:
        entry: id in the knowledge base.
        topic: what it is about, where the entry is asked topic by topic; empty without one.
        title: a few words.
        domain: what the entry is about.
        everybody: the cause lies outside of any customer, so that it says nothing about single ones.
        customers: of how many it is said.
        first: since when of the one who has it for longest, in microseconds.
        last: since when of the newest one.
    """

    entry: str
    topic: str
    title: str
    domain: str
    severity: Severity
    certainty: Certainty
    everybody: bool
    customers: int
    first: int
    last: int


class Wanted(msgspec.Struct, frozen=True):
    """Which diagnoses are asked for; None is every one."""

    domain: str | None = None
    severity: Severity | None = None
    certainty: Certainty | None = None

    def among(self, groups: Sequence[Group]) -> list[Group]:
        """Those of some groups that are asked for."""
        return [each for each in groups if self._admits(each)]

    def _admits(self, group: Group) -> bool:
        asked = ((self.domain, group.domain), (self.severity, group.severity), (self.certainty, group.certainty))
        return all(one is None or one == other for one, other in asked)


class Fleet(msgspec.Struct, frozen=True):
    """What is said of everybody now.

    Attributes:
        diagnosed: customers that were ever diagnosed.
        last: when the last one was, in microseconds; None before the first.
        waiting: customers that are to be diagnosed as soon as there is time.
        groups: the worst first, then those of the most customers; findings that others explain are not counted.
    """

    diagnosed: int
    last: int | None
    waiting: int
    groups: Sequence[Group]


class FindingLine(msgspec.Struct, frozen=True):
    """A diagnosis of one customer, as it is said now."""

    customer_id: str
    customer_name: str
    episode: Episode


class FindingPlace(msgspec.Struct, frozen=True, array_like=True):
    """Where the customers of a diagnosis go on: after this one. `number` tells customers apart, and nothing else."""

    rank: Whole
    since: Whole
    number: Whole
    topic: Topical


class FindingsPart(msgspec.Struct, frozen=True):
    """Some customers of a diagnosis, the worst first, then who has it for longest.

    Attributes:
        title: of the entry.
        domain: of the entry.
        customers: of how many it is said.
        lines: those of this part.
        next: where the next part begins; None at the end.
    """

    entry: str
    title: str
    domain: str
    customers: int
    lines: Sequence[FindingLine]
    next: FindingPlace | None


class Findings(Protocol):
    """Reads what the rounds of the Expert remembered."""

    def fleet(self) -> Fleet:
        """What is said of everybody now."""
        ...

    def part(self, entry: str, after: FindingPlace | None, limit: int) -> FindingsPart | None:
        """Customers of whom an entry is said now; None when there is no such entry."""
        ...
