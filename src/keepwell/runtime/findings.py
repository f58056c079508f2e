"""What the Expert finds of everybody, read from what its rounds remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from keepwell.config.expert import shipped_knowledge, shipped_names
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Whose
from keepwell.runtime.ports import findings as port
from keepwell.runtime.workspace import Workspace
from keepwell.store import findings, lines
from keepwell.store.customers import ids_of
from keepwell.store.database import Session
from keepwell.store.findings import Held

MILDEST_FIRST = tuple(Severity)


class StoredFindings:
    """Implements the `Findings` port."""

    def __init__(self, workspace: Workspace, clock: Callable[[], int]) -> None:
        self._workspace = workspace
        self._clock = clock

    def fleet(self) -> port.Fleet:
        with self._workspace.database.read() as session:
            found = findings.groups(session)
            names = {each: _named(session, each) or ("", "") for each in {group.entry for group in found}}
            diagnosed, last = findings.coverage(session)
            waiting = findings.waiting(session, self._clock())
        return port.Fleet(diagnosed, last or None, waiting, _worst_first(_together(found, names)))

    def part(self, entry: str, after: port.FindingPlace | None, limit: int) -> port.FindingsPart | None:
        if "\x00" in entry:  # PostgreSQL cannot look for it
            return None
        place = None if after is None else findings.Place(after.rank, after.since, after.number, after.topic)
        with self._workspace.database.read() as session:
            named = _named(session, entry)
            if named is None:
                return None
            held = findings.having(session, entry, place, limit + 1)
            shown = _lines(session, held[:limit])
            customers = findings.count_having(session, entry)
        more = findings.place_of(held[limit - 1]) if len(held) > limit else None
        following = None if more is None else port.FindingPlace(more.rank, more.since, more.customer, more.topic)
        return port.FindingsPart(entry, *named, customers, shown, following)


def _named(session: Session, entry: str) -> tuple[str, str] | None:
    """The title and the domain of an entry: of one that the knowledge base has, or that is said of somebody."""
    known = shipped_knowledge(shipped_names()).entries.get(entry)
    return findings.named(session, entry) if known is None else (known.title, known.domain)


class _Judged(NamedTuple):
    """What the groups of one row have in common."""

    entry: str
    topic: str
    severity: Severity
    certainty: Certainty
    everybody: bool


def _judged(group: findings.Group) -> _Judged:
    return _Judged(group.entry, group.topic, group.severity, group.certainty, group.scope is Whose.NETWORK)


def _together(found: Sequence[findings.Group], names: Mapping[str, tuple[str, str]]) -> list[port.Group]:
    """Groups of one entry and topic made one, but for what is everybody's and what is a customer's own.

    Nobody is counted twice: of one customer an entry is said once for each topic.
    """
    made = []
    for judged, several in groupby(sorted(found, key=_judged), key=_judged):
        same = list(several)
        made.append(
            port.Group(
                judged.entry, judged.topic, *names[judged.entry], judged.severity, judged.certainty, judged.everybody,
                sum(each.customers for each in same), min(each.first for each in same),
                max(each.last for each in same),
            )
        )  # fmt: skip
    return made


def _worst_first(groups: Sequence[port.Group]) -> list[port.Group]:
    return sorted(
        groups, key=lambda each: (-MILDEST_FIRST.index(each.severity), -each.customers, each.entry, each.topic)
    )


def _lines(session: Session, held: Sequence[Held]) -> list[port.FindingLine]:
    numbers = sorted({each.customer for each in held})
    ids = ids_of(session, numbers)
    names = {number: lines.words(document).name for number, document in lines.documents(session, numbers)}
    return [
        port.FindingLine(
            ids.get(each.customer, ""), names.get(each.customer) or ids.get(each.customer, ""), each.episode
        )
        for each in held
    ]
