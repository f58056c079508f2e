"""Weeks that do not overlap, the last ending now, and what the Expert sees in each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, Final

from keepwell.base.time import DAY_US
from keepwell.expert.case import Case
from keepwell.expert.crowd import Crowd, standings
from keepwell.expert.diagnose import Diagnosis, diagnose
from keepwell.expert.features import Value
from keepwell.expert.knowledge import Knowledge
from keepwell.expert.reading.tables import Tables
from keepwell.expert.scope import RATES, Topic
from keepwell.expert.telemetry.access import KEYS
from keepwell.expert.telemetry.compliance import IDENTITY, SCREENING, TRAVEL_RULE
from keepwell.expert.telemetry.domain import Domain, Look
from keepwell.expert.telemetry.hardware import HARDWARE
from keepwell.expert.telemetry.loans import LOANS
from keepwell.expert.telemetry.positions import POSITIONS
from keepwell.expert.telemetry.proofs import PROOFS
from keepwell.expert.telemetry.record import PAST_US, Occurrence, Record, Span, record
from keepwell.expert.telemetry.security import APPROVALS, AUTHORITY
from keepwell.expert.telemetry.tally import Tally
from keepwell.expert.telemetry.values import Number
from keepwell.expert.telemetry.work import WORK
from keepwell.statistics.failures import Counts
from keepwell.statistics.work import Amounts

WEEK_US: Final = 7 * DAY_US
WEEKS: Final = 12
WORKING: Final[tuple[Domain[Any], ...]] = (WORK, PROOFS, HARDWARE)
"""Domains of mining and proving."""
LOOKED_AT: Final[tuple[Domain[Any], ...]] = (
    *WORKING, POSITIONS, LOANS, APPROVALS, AUTHORITY, KEYS, SCREENING, IDENTITY, TRAVEL_RULE,
)  # fmt: skip
"""Domains whose features are used. Transactions are read plainly, without their logs: there may be very many."""
LASTING: Final = frozenset({"approval_granted", "kyc_expiring", "screening_hit"})
"""Events that hold until something else is said, so that a week without any may be known."""
KINDS: Final = frozenset(
    {"transaction", "bridge_message", "signed_in"} | {kind for domain in LOOKED_AT for kind in domain.kinds}
)
"""Events that are looked at."""

OWN: Final = 1
NOBODY: Final = Crowd({
    0: {
        topic: Tally(Counts(0, 0), Counts(0, 0)) if topic in RATES else Tally(Amounts(0, 1), Amounts(0, 1))
        for topic in Topic
    }
})  # fmt: skip
"""A crowd in which nothing happened: a week is compared with the customer's own past and with nobody else."""


@dataclass(frozen=True, slots=True)
class Background:
    """What is known of the world: entries to hold observations against, and tables of codes."""

    knowledge: Knowledge
    tables: Tables


@dataclass(frozen=True)
class Week:
    """One week of a customer, with all that was sent before its end."""

    record: Record
    background: Background

    @property
    def start(self) -> int:
        """Microseconds."""
        return self.record.span.start

    @property
    def end(self) -> int:
        """Microseconds; what happens then belongs to the next week."""
        return self.record.span.now

    def rows(self, kind: str) -> tuple[Occurrence, ...]:
        """Events of the week."""
        return self.record.now(kind)

    @cached_property
    def features(self) -> Mapping[str, Value]:
        """What the domains say of the week."""
        return {name: value for look in self._looks.values() for name, value in look.features.items()}

    @cached_property
    def tallies(self) -> Mapping[Topic, Tally]:
        """What is counted in it, and in the four weeks before."""
        return {topic: tally for look in self._looks.values() for topic, tally in look.tallies.items()}

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """What the Expert says of the week, compared with the customer's own past and with nobody else."""
        readings = [seen for look in self._looks.values() for seen in look.readings]
        (alone,) = standings([(OWN, self.tallies)], NOBODY)
        return diagnose(Case(self.end, self.features, readings, alone), self.background.knowledge)

    def number(self, name: str) -> Number | None:
        """A feature that is a number."""
        value = self.features.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def knows(self, domains: Iterable[Domain[Any]]) -> bool:
        """Whether any feature of these domains is known."""
        looks = (self._looks.get(domain.name) for domain in domains)
        return any(look is not None and look.features for look in looks)

    @cached_property
    def _looks(self) -> dict[str, Look]:
        found = {domain.name: domain.look(self.record, self.background.tables) for domain in LOOKED_AT}
        return {name: look for name, look in found.items() if look is not None}


_at = attrgetter("at")


def weeks_of(occurrences: Iterable[Occurrence], now: int, background: Background, weeks: int = WEEKS) -> list[Week]:
    """The weeks before a moment, the oldest first; what is sent in any order is put in order once."""
    kept = record((each for each in occurrences if each.kind in KINDS), Span(now, WEEK_US, PAST_US))
    ends = [now - WEEK_US * ago for ago in reversed(range(weeks))]
    return [Week(_before(kept, end), background) for end in ends]


def _before(whole: Record, end: int) -> Record:
    """The record as it was at an earlier moment."""
    kinds = {kind: rows[: bisect_left(rows, end, key=_at)] for kind, rows in whole.kinds.items()}
    return Record(Span(end, WEEK_US, PAST_US), kinds)
