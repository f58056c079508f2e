"""Alerts as pages, the API and the command line read them, and what people do with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from keepwell.base.errors import KeepwellError

Line = tuple[str, str]


class AlertRefusedError(KeepwellError):
    """Something that cannot be done with an alert."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}. Nothing was changed")


class Wanted(msgspec.Struct, frozen=True):
    """Which alerts; what is empty means all.

    Attributes:
        states: open, acknowledged, snoozed, resolved.
        customer_id: of one customer.
        rules, severities: ids of rules, names of severities.
        owner: key of a member of the staff.
        shown: False for those that the budget of the day holds back, True for the others, None for all.
    """

    states: Sequence[str] = ()
    customer_id: str | None = None
    rules: Sequence[str] = ()
    severities: Sequence[str] = ()
    owner: str | None = None
    shown: bool | None = None


class AlertLine(msgspec.Struct, frozen=True):
    """One alert. Instants are microseconds.

    Attributes:
        id: its number.
        mrr: cents a month; None when it is not known.
        alert: its type, as `at_risk_alert`.
        state: open, acknowledged, snoozed or resolved.
        due_at: by when somebody has to react; None when nobody has to.
        owner: name of the member of the staff.
        held_by: incidents that explain it; while there are any nobody is told.
        suppressed: why the budget of the day holds it back.
        snooze_reason: why somebody wants to hear of it later; empty unless it is snoozed.
    """

    id: int
    customer_id: str
    customer_name: str
    mrr: float | None
    rule: str
    alert: str
    title: str
    state: str
    severity: str
    opened_at: int
    due_at: int | None
    responded_at: int | None
    ended_at: int | None
    snoozed_until: int | None
    owner: str
    because: str
    measure: float | None
    threshold: float | None
    unit: str
    evidence: Sequence[Line]
    verdict: str | None
    note: str | None
    held_by: Sequence[str]
    suppressed: str | None
    snooze_reason: str = ""


class AlertsPart(msgspec.Struct, frozen=True):
    """A part of a list: the most pressing first. `total` counts all that are wanted."""

    lines: Sequence[AlertLine]
    total: int


class ChangeLine(msgspec.Struct, frozen=True):
    """What happened to an alert."""

    at: int
    kind: str
    by: str | None
    because: str


class RuleLine(msgspec.Struct, frozen=True):
    """A rule, and how it did.

    Attributes:
        what, ends: in words.
        params: its numbers.
        fired, useful, false, expected: alerts opened in the last 90 days, and what people said of them.
        open: how many are open now.
    """

    id: str
    alert: str
    title: str
    cadence: str
    severity: str
    what: str
    ends: str
    respond_s: int
    office_hours: bool
    enabled: bool
    params: Mapping[str, float]
    fired: int
    useful: int
    false: int
    expected: int
    open: int


class AlertPage(msgspec.Struct, frozen=True):
    """Everything about one alert.

    Attributes:
        line: the alert.
        rule: what it is about.
        changes: its history, oldest first.
        series: (day, what was counted on it) of the last 56 days, for a chart; empty when there is nothing to count.
        counted: what the series counts, in words.
        similar: earlier alerts of the same rule, of this customer first, the newest first.
    """

    line: AlertLine
    rule: RuleLine
    changes: Sequence[ChangeLine]
    series: Sequence[tuple[int, float]]
    counted: str
    similar: Sequence[AlertLine]


class IncidentLine(msgspec.Struct, frozen=True):
    """Something that is or was the matter with more than one customer. `held` alerts are explained by it."""

    id: int
    kind: str
    part: str
    because: str
    evidence: Sequence[Line]
    opened_at: int
    ended_at: int | None
    held: int


class IncidentPage(msgspec.Struct, frozen=True):
    """An incident, and the most pressing of the alerts that it holds: at most 200."""

    line: IncidentLine
    alerts: Sequence[AlertLine]


class Deed(msgspec.Struct, frozen=True):
    """What somebody does with alerts.

    Attributes:
        kind: acknowledge, snooze, unsnooze, resolve or reassign.
        by: who.
        until, reason: of a snooze.
        verdict: useful, false or expected; of a resolution.
        note: of a resolution.
        owner: of a reassignment: key of a member of the staff.
    """

    kind: str
    by: str
    until: int | None = None
    reason: str = ""
    verdict: str = "useful"
    note: str = ""
    owner: str = ""


class Counts(msgspec.Struct, frozen=True):
    """How many alerts there are: by state, and of the open ones by severity; held back by the budget; incidents."""

    states: Mapping[str, int]
    severities: Mapping[str, int]
    suppressed: int
    incidents: int


class Alerts(Protocol):
    """Reads alerts and lets people act. Called from several threads."""

    def counts(self) -> Counts: ...

    def pressing(self) -> int:
        """How many alerts are open and not held back by the budget. Cheap: every page asks."""
        ...

    def part(self, wanted: Wanted, start: int, limit: int) -> AlertsPart:
        """Alerts from a place on: the worst first, then the earliest deadline, then the newest."""
        ...

    def alert(self, number: int) -> AlertPage | None: ...

    def act(self, numbers: Sequence[int], deed: Deed) -> int:
        """Do something with alerts; how many it changed.

        Raises:
            AlertRefusedError: it cannot be done, as a snooze that ends in the past.
        """
        ...

    def rules(self) -> Sequence[RuleLine]: ...

    def incidents(self, limit: int) -> Sequence[IncidentLine]:
        """Open ones, then the newest."""
        ...

    def incident(self, number: int) -> IncidentPage | None: ...

    def staff(self) -> Sequence[tuple[str, str]]:
        """Keys and names of those who can own an alert."""
        ...
