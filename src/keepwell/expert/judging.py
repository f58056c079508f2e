"""How right the Expert is, as far as people said: verdicts on its findings, counted.

It is a figure about findings that somebody chose to judge, and not about all that were told: nobody judges what they
never looked at, and a finding that surprises is judged sooner. It says nothing of what was not found at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b
from typing import Final

import msgspec

from keepwell.expert.diagnose import Diagnosis
from keepwell.expert.finding import Finding
from keepwell.expert.knowledge import Certainty, Entry
from keepwell.statistics.shares import wilson

ENOUGH: Final = 10
"""Verdicts below which no share is told."""
LONGEST_NOTE: Final = 500


class Verdict(StrEnum):
    """Whether a finding was right, in the eyes of who looked into it."""

    RIGHT = "right"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Said:
    """Verdicts of one sort, counted; `certainty` is that of the findings when they were judged."""

    entry: str
    certainty: Certainty
    verdict: Verdict
    count: int


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How many verdicts say right, and how many wrong."""

    right: int = 0
    wrong: int = 0

    @property
    def judged(self) -> int:
        return self.right + self.wrong

    @property
    def enough(self) -> bool:
        """Whether a share may be told."""
        return self.judged >= ENOUGH

    @property
    def share(self) -> float | None:
        """Right among judged; None with too few to say."""
        return self.right / self.judged if self.enough else None

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share lies with 95 %, if the verdicts were drawn by chance and do not hang together."""
        return wilson(self.right, self.judged)


@dataclass(frozen=True, slots=True)
class Accuracies:
    """The figure as a whole, for each sort of sentence, and for each entry that was judged."""

    overall: Accuracy
    by_certainty: Mapping[Certainty, Accuracy]
    by_entry: Mapping[str, Accuracy]

    def of(self, entry: str) -> Accuracy:
        return self.by_entry.get(entry, Accuracy())


def accuracies(said: Iterable[Said]) -> Accuracies:
    """Verdicts, counted in all three ways; every sort of sentence is there, judged or not."""
    overall: dict[Verdict, int] = defaultdict(int)
    certainties: dict[Certainty, dict[Verdict, int]] = {each: defaultdict(int) for each in Certainty}
    entries: dict[str, dict[Verdict, int]] = defaultdict(lambda: defaultdict(int))
    for each in said:
        for counted in (overall, certainties[each.certainty], entries[each.entry]):
            counted[each.verdict] += each.count
    return Accuracies(
        _accuracy(overall),
        {name: _accuracy(counted) for name, counted in certainties.items()},
        {name: _accuracy(counted) for name, counted in sorted(entries.items())},
    )


def _accuracy(counted: Mapping[Verdict, int]) -> Accuracy:
    return Accuracy(counted.get(Verdict.RIGHT, 0), counted.get(Verdict.WRONG, 0))


def judgeable(diagnosis: Diagnosis, entry: str, topic: str) -> Finding | None:
    """The finding of an entry on a topic (empty when it has none); None when the diagnosis has no such finding."""
    found = (each for each in diagnosis.findings if (each.id, each.topic or "") == (entry, topic))
    return next((each for each in found if not each.is_reservation), None)


def digest(entry: Entry) -> str:
    """What an entry says, as 16 hexadecimal digits: another one once anything in it is changed."""
    return blake2b(msgspec.json.encode(entry), digest_size=8).hexdigest()
