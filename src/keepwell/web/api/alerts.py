"""Alerts and incidents, and what is done about alerts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import msgspec
from fastapi import Path, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from keepwell.base.time import from_datetime, to_datetime
from keepwell.runtime.ports.alerts import AlertLine, AlertPage, Deed, IncidentLine, Wanted
from keepwell.runtime.ports.desk import Desk
from keepwell.web.alerts import NoSuchAlert
from keepwell.web.api import cursors
from keepwell.web.api.asked import ENDS, AnyBody, JsonBody, Limit, Unreadable, read
from keepwell.web.api.register import Instant, Register, Spec, reply
from keepwell.web.api.writes import Asked as Write
from keepwell.web.api.writes import Key
from keepwell.web.needs import Role, Scope, needs, visitor

State = Literal["open", "acknowledged", "snoozed", "resolved"]
Severity = Literal["critical", "high", "normal", "low"]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]
Number = Annotated[int, Path(ge=0, lt=2**63)]
Place = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]


class Evidence(msgspec.Struct, frozen=True):
    """A number behind an alert or an incident, in words."""

    label: str
    value: str


class Alert(msgspec.Struct, frozen=True):
    """An alert. `due_at` is null when nobody has to react; `held_by` are the incidents that explain it.

    `suppressed` says why the budget of the day does not show it.
    """

    id: int
    customer_id: str
    customer_name: str
    mrr_cents: int | None
    rule: str
    alert: str
    title: str
    state: str
    severity: str
    opened_at: Instant
    due_at: Instant | None
    responded_at: Instant | None
    ended_at: Instant | None
    snoozed_until: Instant | None
    owner: str
    because: str
    measure: float | None
    threshold: float | None
    unit: str
    evidence: Sequence[Evidence]
    verdict: str | None
    note: str | None
    held_by: Sequence[str]
    suppressed: str | None


class AlertList(msgspec.Struct, frozen=True):
    """A part of the list; `total` counts all that match. `next` is the cursor of the part after it, null at the end."""

    alerts: Sequence[Alert]
    total: int
    next: str | None


class AlertChange(msgspec.Struct, frozen=True):
    """What happened to an alert, and by whom; null when by itself."""

    at: Instant
    kind: str
    by: str | None
    because: str


class AlertTold(msgspec.Struct, frozen=True):
    """An alert, what its rule fires on, what would end it, and its history, oldest first."""

    alert: Alert
    what: str
    ends: str
    changes: Sequence[AlertChange]


class AlertActed(msgspec.Struct, frozen=True):
    """The alert afterwards; `changed` is false when it was over already, or stood so before."""

    changed: bool
    alert: Alert


class Snooze(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Until when nobody wants to hear of an alert, within a year, and why."""

    until: Instant
    reason: Reason


class Resolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an alert was worth it, and what was found."""

    verdict: Literal["useful", "false", "expected"]
    note: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Incident(msgspec.Struct, frozen=True):
    """Something that is or was the matter with more than one customer; it explains `held` alerts."""

    id: int
    kind: str
    part: str
    because: str
    evidence: Sequence[Evidence]
    opened_at: Instant
    ended_at: Instant | None
    held: int


class IncidentList(msgspec.Struct, frozen=True):
    """Open incidents, then the newest."""

    incidents: Sequence[Incident]


class AlertsAsked(BaseModel):
    """The parameters of the address of the list."""

    state: State | None = None
    customer_id: str | None = Field(None, max_length=2000)
    rule: str | None = Field(None, max_length=200, description="The id of a rule, such as `payment_failure`.")
    severity: Severity | None = None
    shown: bool | None = Field(None, description="False for those that the budget of the day holds back.")
    cursor: str | None = Field(None, max_length=4000, description="`next` of the part before.")
    limit: int = Field(100, ge=1, le=500, description="At most this many.")

    def wanted(self) -> Wanted:
        return Wanted(
            states=(self.state,) if self.state else (),
            customer_id=self.customer_id,
            rules=(self.rule,) if self.rule is not None else (),
            severities=(self.severity,) if self.severity else (),
            shown=self.shown,
        )


def add_routes(api: Register, desk: Desk) -> None:
    _lists(api, desk)
    _one(api, desk)
    _deeds(api, desk)


def _lists(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/alerts", needs(Role.VIEWER, Scope.READ), AlertList))
    def list_alerts(asked: Annotated[AlertsAsked, Query()]) -> Response:
        """Alerts, the most pressing first: the worst, then the earliest deadline, then the newest."""
        wanted = asked.wanted()
        _check(desk, wanted)
        start = cursors.read(asked.cursor, Place, wanted) or 0
        found = desk.alerts.part(wanted, start, asked.limit)
        end = start + len(found.lines)
        more = end if found.lines and end < found.total else None
        return reply(AlertList([_alert(each) for each in found.lines], found.total, cursors.write(more, wanted)))

    @api.add(Spec("GET", "/incidents", needs(Role.VIEWER, Scope.READ), IncidentList))
    def list_incidents(limit: Limit = 100) -> Response:
        """Open incidents, then the newest of those that are over."""
        return reply(IncidentList([_incident(each) for each in desk.alerts.incidents(limit)]))


def _check(desk: Desk, wanted: Wanted) -> None:
    """Refuse a rule that does not exist, and an id that none can be: PostgreSQL cannot store that character."""
    known = {each.id for each in desk.alerts.rules()} if wanted.rules else set()
    if not known.issuperset(wanted.rules):
        raise Unreadable("query.rule", "there is no such rule")
    if "\x00" in (wanted.customer_id or ""):
        raise Unreadable("query.customer_id", "no id holds this character")


def _one(api: Register, desk: Desk) -> None:
    @api.add(Spec("GET", "/alerts/{number}", needs(Role.VIEWER, Scope.READ), AlertTold))
    def get_alert(number: Number) -> Response:
        """One alert with its history."""
        found = _found(desk, number)
        changes = [AlertChange(to_datetime(each.at), each.kind, each.by, each.because) for each in found.changes]
        return reply(AlertTold(_alert(found.line), found.rule.what, found.rule.ends, changes))


def _deeds(api: Register, desk: Desk) -> None:
    def done(write: Write, number: int, deed: Callable[[str], Deed]) -> Response:
        def act() -> Response:
            _found(desk, number)
            changed = desk.alerts.act([number], deed(visitor(write.request).name))
            return reply(AlertActed(changed > 0, _alert(_found(desk, number).line)))

        return write.once(desk.once, act)

    @api.add(Spec("POST", "/alerts/{number}/acknowledge", needs(Role.CSM, Scope.WRITE), AlertActed))
    def acknowledge_alert(request: Request, number: Number, body: AnyBody, key: Key) -> Response:
        """Say that somebody takes care of it."""
        return done(Write(request, body, key), number, lambda by: Deed("acknowledge", by))

    @api.add(Spec("POST", "/alerts/{number}/snooze", needs(Role.CSM, Scope.WRITE), AlertActed, Snooze))
    def snooze_alert(request: Request, number: Number, body: JsonBody, key: Key) -> Response:
        """Hear of it again later."""
        wish = read(body, Snooze)
        until = from_datetime(wish.until)
        if not 0 < until < ENDS:
            raise Unreadable("body.until", "this lies before 1970, or after 9999")
        return done(Write(request, body, key), number, lambda by: Deed("snooze", by, until, wish.reason))

    @api.add(Spec("POST", "/alerts/{number}/resolve", needs(Role.CSM, Scope.WRITE), AlertActed, Resolution))
    def resolve_alert(request: Request, number: Number, body: JsonBody, key: Key) -> Response:
        """Close it, and say whether it was worth it."""
        wish = read(body, Resolution)
        return done(
            Write(request, body, key), number, lambda by: Deed("resolve", by, verdict=wish.verdict, note=wish.note)
        )


def _found(desk: Desk, number: int) -> AlertPage:
    found = desk.alerts.alert(number)
    if found is None:
        raise NoSuchAlert(number)
    return found


def _moment(instant: int | None) -> Instant | None:
    return None if instant is None else to_datetime(instant)


def _evidence(lines: Sequence[tuple[str, str]]) -> list[Evidence]:
    return [Evidence(*each) for each in lines]


_SAME = (
    *("id", "customer_id", "customer_name", "rule", "alert", "title", "state", "severity", "owner", "because"),
    *("measure", "threshold", "unit", "verdict", "note", "held_by", "suppressed"),
)


def _alert(line: AlertLine) -> Alert:
    return Alert(
        **{name: getattr(line, name) for name in _SAME},
        mrr_cents=None if line.mrr is None else round(line.mrr),
        evidence=_evidence(line.evidence),
        opened_at=to_datetime(line.opened_at),
        due_at=_moment(line.due_at),
        responded_at=_moment(line.responded_at),
        ended_at=_moment(line.ended_at),
        snoozed_until=_moment(line.snoozed_until),
    )


def _incident(line: IncidentLine) -> Incident:
    opened, ended = to_datetime(line.opened_at), _moment(line.ended_at)
    return Incident(line.id, line.kind, line.part, line.because, _evidence(line.evidence), opened, ended, line.held)
