"""The alert budget: how many new alerts a day somebody is shown, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from math import inf
from operator import attrgetter

import msgspec

from keepwell.alerts.rule import Severity

CAPACITY = 12
"""New alerts a day for somebody of whom nothing else is known."""
_SEVERITIES: tuple[Severity, ...] = tuple(Severity)


def together(capacities: Iterable[int]) -> int:
    """New alerts a day for all people together; with nobody known, those of one."""
    return sum(capacities) or CAPACITY


class Claim(msgspec.Struct, frozen=True):
    """An alert that wants to be shown.

    Attributes:
        alert: its id, different from all others.
        owner: the key of the person who would be shown it.
        severity: how bad it is.
        at_risk: value at risk, in any one currency.
        respond_by: the deadline of the reaction, microseconds; None without one.
        shown_on: the day on which it was shown first; None when it was not shown yet.
    """

    alert: str
    owner: str
    severity: Severity
    at_risk: float = 0.0
    respond_by: int | None = None
    shown_on: int | None = None


class Suppressed(msgspec.Struct, frozen=True):
    """A line of the ledger: an alert that was not shown on a day, and why. It competes again on `again_on`."""

    day: int
    alert: str
    owner: str
    because: str
    again_on: int


@dataclass(frozen=True)
class Sharing:
    """What is shown (ids, the most pressing of each owner first) and what is not."""

    shown: tuple[str, ...]
    suppressed: tuple[Suppressed, ...]


def share(claims: Iterable[Claim], capacities: Mapping[str, int], day: int) -> Sharing:
    """Decide what each owner is shown on a day.

    Critical alerts never compete, and what was shown stays: an alert takes its place on the day it is shown first. The
    places left go by severity, then by value at risk, then by the time that is left to react.
    """
    shown: list[str] = []
    suppressed: list[Suppressed] = []
    for owner, several in groupby(sorted(claims, key=_rank), attrgetter("owner")):
        capacity = capacities.get(owner, CAPACITY)
        given, refused = _of_one(list(several), capacity, day)
        shown += given
        because = f"others are more pressing, and {capacity} are shown a day"
        suppressed += [Suppressed(day, alert, owner, because, day + 1) for alert in refused]
    return Sharing(tuple(shown), tuple(suppressed))


def _of_one(claims: list[Claim], capacity: int, day: int) -> tuple[list[str], list[str]]:
    """Ids that one owner is shown, and those that they are not; `claims` have the most pressing first."""
    left = capacity - sum(claim.shown_on == day for claim in claims if claim.severity is not Severity.CRITICAL)
    shown: list[str] = []
    refused: list[str] = []
    for claim in claims:
        if claim.shown_on is None and claim.severity is not Severity.CRITICAL:
            left -= 1
            (shown if left >= 0 else refused).append(claim.alert)
        else:
            shown.append(claim.alert)
    return shown, refused


def _rank(claim: Claim) -> tuple[str, int, float, float, str]:
    due = inf if claim.respond_by is None else claim.respond_by
    return claim.owner, -_SEVERITIES.index(claim.severity), -claim.at_risk, due, claim.alert
