"""Findings over time: when each began to hold of a customer, what was said of it last, and when it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from keepwell.base.decision import Decision
from keepwell.base.time import DAY_US, HOUR_US
from keepwell.expert.diagnose import Diagnosis
from keepwell.expert.finding import Finding
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Whose

AGAIN_US: Final = HOUR_US
"""After so long a customer with trouble is looked at again, though nothing was sent: windows move on."""
LATER_US: Final = DAY_US
"""The same for a customer without trouble."""

Name = tuple[str, str]
"""Id of the entry, and the topic it is about; empty without one."""


class Said(msgspec.Struct, frozen=True):
    """What was said last: about what, how bad, how sure, whose, which finding explains it, and the whole sentence.

    `observed` counts observations it rests on, 0 where it rests on measurements alone.
    """

    domain: str
    title: str
    severity: Severity
    certainty: Certainty
    scope: Whose
    explained_by: str
    sentence: str
    may_tell_customer: bool
    observed: int


class Episode(msgspec.Struct, frozen=True):
    """A finding of a customer that holds since a moment (microseconds)."""

    entry: str
    topic: str
    since: int
    said: Said

    @property
    def name(self) -> Name:
        return self.entry, self.topic


class Began(msgspec.Struct, frozen=True):
    """A finding holds that did not before."""

    episode: Episode

    @property
    def because(self) -> str:
        return self.episode.said.sentence


class Went(msgspec.Struct, frozen=True):
    """It holds on, and something else is said of it now."""

    episode: Episode

    @property
    def because(self) -> str:
        return self.episode.said.sentence


class Ended(msgspec.Struct, frozen=True):
    """It holds no more."""

    episode: Episode
    until: int

    @property
    def because(self) -> str:
        return f"What was sent since does not show it any more: {self.episode.said.sentence}"


Episodes = tuple[Episode, ...]
Change = Began | Went | Ended


def decide(state: Episodes | None, facts: Sequence[Diagnosis], now: int) -> Decision[Episodes, Change]:
    """What becomes of the open episodes of a customer by its diagnoses before `now`, each in place of the one before.

    Nothing begins or ends by itself: only another diagnosis tells.
    """
    episodes: Episodes = state or ()
    changes: list[Change] = []
    for each in sorted((fact for fact in facts if fact.now <= now), key=lambda fact: fact.now):
        episodes, more = _after(episodes, each)
        changes += more
    return Decision(episodes, tuple(changes))


def _after(before: Episodes, told: Diagnosis) -> tuple[Episodes, list[Change]]:
    known = {each.name: each for each in before}
    said = {_name(each): _said(each) for each in told.findings if not each.is_reservation}
    after = tuple(Episode(*name, known[name].since if name in known else told.now, said[name]) for name in sorted(said))
    ended: list[Change] = [Ended(each, told.now) for each in before if each.name not in said]
    new: list[Change] = [
        Went(each) if each.name in known else Began(each) for each in after if known.get(each.name) != each
    ]
    return after, ended + new


def again(state: Episodes, now: int) -> int:
    """When a customer is to be diagnosed again, if nothing is sent."""
    return now + (AGAIN_US if state else LATER_US)


def news(changes: Sequence[Change]) -> bool:
    """Whether anything began or ended."""
    return any(not isinstance(each, Went) for each in changes)


def _name(finding: Finding) -> Name:
    return finding.id, finding.topic.value if finding.topic else ""


def _said(finding: Finding) -> Said:
    return Said(
        finding.domain, finding.title, finding.severity, finding.certainty, finding.scope, finding.explained_by,
        finding.sentence, finding.may_tell_customer, finding.observed,
    )  # fmt: skip
