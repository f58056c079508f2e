"""The book of alerts: what pages, the API and the command line read, and what people do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
import numpy as np

from keepwell.alerts.alarms import Alarms
from keepwell.alerts.alert import Acknowledged, Alert, Fact, Reassigned, Resolved, Snoozed, Status, Unsnoozed, Verdict
from keepwell.alerts.rota import Rota
from keepwell.alerts.rule import Severity
from keepwell.base.time import DAY_US, day_of
from keepwell.runtime import alerting, cycle
from keepwell.runtime.alerting import Page, Told
from keepwell.runtime.ports import alerts as port
from keepwell.runtime.workspace import Workspace
from keepwell.store import alerts, incidents, lines
from keepwell.store.alerts import Row
from keepwell.store.customers import ids_of, number_of
from keepwell.store.database import Session

SERIES_DAYS = 56
RULE_DAYS = 90
SIMILAR = 10
MOST_HELD = 200  # alerts that the page of an incident lists
MOST = 5000  # alerts that one list looks through
LONGEST_SNOOZE_US = 366 * DAY_US
_RANK = {str(each): place for place, each in enumerate(reversed(tuple(Severity)))}
_HELD_BACK = "SELECT COUNT(*) FROM suppression JOIN alert ON alert.id = suppression.alert WHERE day = ? AND status = ?"
"""The ledger of a day, without what somebody has acted on since."""
_COUNTED = {
    "login_absence_72h": ("sign_ins", "Sign-ins a day"),
    "usage_decline_30": ("own", "Own actions a day"),
    "engagement_trend_negative": ("own", "Own actions a day"),
    "feature_adoption_stall": ("feature_uses", "Uses of features a day"),
    "transaction_failure_rate_50": ("tx_tried - tx_ok", "Failed transactions a day"),
    "api_error_rate_increase": ("api_errors", "API errors a day"),
}
"""What the chart of an alert counts; of other rules it shows the score."""


class StoredAlerts:
    """Implements the `Alerts` port. `page` writes letters, `changed` is called once something is committed."""

    def __init__(
        self, workspace: Workspace, clock: Callable[[], int], page: Page, changed: Callable[[], object]
    ) -> None:
        self._workspace = workspace
        self._clock = clock
        self._page = page
        self._changed = changed

    # ------------------------------------------------------------------ reading

    def counts(self) -> port.Counts:
        with self._workspace.database.read() as session:
            found = alerts.state_counts(session)
            held_back = session.one(_HELD_BACK, (day_of(self._clock()), Status.OPEN))
            number = len(incidents.open_ones(session))
        states: dict[str, int] = {}
        severities: dict[str, int] = {}
        for (state, severity), count in found.items():
            states[state] = states.get(state, 0) + count
            if state == Status.OPEN:
                severities[severity] = severities.get(severity, 0) + count
        return port.Counts(states, severities, int(held_back or 0), number)

    def pressing(self) -> int:
        with self._workspace.database.read() as session:
            found = session.one("SELECT COUNT(*) FROM alert WHERE status = ?", (Status.OPEN,))
            held_back = session.one(_HELD_BACK, (day_of(self._clock()), Status.OPEN))
        return int(found or 0) - int(held_back or 0)

    def part(self, wanted: port.Wanted, start: int, limit: int) -> port.AlertsPart:
        with self._workspace.database.read() as session:
            rows = alerts.listed(session, _store_wanted(session, wanted), MOST)
            held_back = alerts.suppressed(session, day_of(self._clock()))
            if wanted.shown is not None:
                rows = [each for each in rows if (each.id not in held_back) == wanted.shown]
            if wanted.owner is not None:
                rows = self._owned(session, rows, wanted.owner)
            rows.sort(key=_pressing)
            return port.AlertsPart(self._lines(session, rows[start : start + limit]), len(rows))

    def _owned(self, session: Session, rows: Sequence[Row], owner: str) -> list[Row]:
        """Alerts that were given to somebody, or are of customers that are theirs."""
        said = self._said(session, sorted({each.customer for each in rows if not each.owner}))
        return [each for each in rows if self._owner(each, said.get(each.customer)) == owner]

    def alert(self, number: int) -> port.AlertPage | None:
        with self._workspace.database.read() as session:
            row = alerts.row(session, number)
            if row is None:
                return None
            changes = alerts.changes(session, number)
            similar = alerts.similar(session, row, SIMILAR)
            series, counted = self._series(session, row)
            (line, *others) = self._lines(session, [row, *similar])
        rule = next(each for each in self.rules() if each.id == row.rule)
        told = [port.ChangeLine(each.at, each.kind, each.by, each.because) for each in changes]
        return port.AlertPage(line, rule, told, series, counted, others)

    def _series(self, session: Session, row: Row) -> tuple[list[tuple[int, float]], str]:
        """What was counted on each of the days before the present, or before the end of an alert."""
        last = day_of(row.ended_at or self._clock())
        first = last - SERIES_DAYS + 1
        if row.rule in _COUNTED:
            column, counted = _COUNTED[row.rule]
            rows = session.run(
                f"SELECT day, {column} FROM day WHERE customer = ? AND day BETWEEN ? AND ?", (row.customer, first, last)
            )
            known = {int(day): float(value) for day, value in rows}
            return [(day, known.get(day, 0.0)) for day in range(first, last + 1)], counted
        rows = session.run(
            "SELECT day, score FROM snapshot WHERE customer = ? AND day BETWEEN ? AND ? ORDER BY day",
            (row.customer, first, last),
        )
        return [(int(day), float(score)) for day, score in rows], "Score"

    def _lines(self, session: Session, rows: Sequence[Row]) -> list[port.AlertLine]:
        customers = sorted({each.customer for each in rows})
        named = ids_of(session, customers)
        said = self._said(session, customers)
        states = alerts.states(session, customers, {each.rule for each in rows})
        held_back = alerts.suppressed(session, day_of(self._clock()))
        return [self._line(each, named, said, (states.get((each.customer, each.rule)), held_back)) for each in rows]

    def _line(
        self,
        row: Row,
        named: Mapping[int, str],
        said: Mapping[int, lines.Words],
        more: tuple[Alert | None, Mapping[int, str]],
    ) -> port.AlertLine:
        state, held_back = more
        rule, words = self._workspace.alarms.rules[row.rule], said.get(row.customer)
        name = named.get(row.customer, "")
        mrr = words.mrr if words is not None and np.isfinite(words.mrr) else None
        lives = state is not None and state.episode == row.episode and row.ended_at is None
        return port.AlertLine(
            id=row.id, customer_id=name, customer_name=(words.name if words else "") or name, mrr=mrr, rule=row.rule,
            alert=rule.alert, title=rule.title, state=row.status, severity=row.severity, opened_at=row.opened_at,
            due_at=row.respond_by if row.responded_at is None and row.ended_at is None else None,
            responded_at=row.responded_at, ended_at=row.ended_at, snoozed_until=row.snoozed_until,
            owner=self._name(self._owner(row, words)),
            because=row.because, measure=row.measure, threshold=row.threshold, unit=row.unit, evidence=row.lines(),
            verdict=row.verdict, note=row.note, held_by=state.held_by if state is not None and lives else (),
            suppressed=held_back.get(row.id),
            snooze_reason=state.snooze_reason if state is not None and lives else "",
        )  # fmt: skip

    def _said(self, session: Session, customers: Sequence[int]) -> dict[int, lines.Words]:
        return {number: lines.words(document) for number, document in lines.documents(session, customers)}

    def _owner(self, row: Row, words: lines.Words | None) -> str | None:
        return alerting.person_of(self._rota, row.owner or (words.owner if words else ""))

    @property
    def _rota(self) -> Rota:
        return self._workspace.alarms.rota

    def _name(self, key: str | None) -> str:
        return "" if key is None or key not in self._rota.people else self._rota.people[key].name

    def rules(self) -> Sequence[port.RuleLine]:
        with self._workspace.database.read() as session:
            counted = alerts.tally(session, self._clock() - RULE_DAYS * DAY_US)

        def sums(rule: str, state: str | None = None, verdict: str | None = None) -> int:
            return sum(
                count
                for (name, status, said), count in counted.items()
                if name == rule and state in (None, status) and verdict in (None, said)
            )

        return [
            port.RuleLine(
                id=each.id, alert=each.alert, title=each.title, cadence=each.cadence, severity=each.severity,
                what=each.what, ends=each.ends, respond_s=each.respond_s, office_hours=each.office_hours,
                enabled=each.enabled, params=each.params, fired=sums(each.id),
                useful=sums(each.id, verdict=Verdict.USEFUL), false=sums(each.id, verdict=Verdict.FALSE),
                expected=sums(each.id, verdict=Verdict.EXPECTED), open=sums(each.id, state=Status.OPEN),
            )
            for each in self._workspace.alarms.rules.values()
        ]  # fmt: skip

    def incidents(self, limit: int) -> Sequence[port.IncidentLine]:
        with self._workspace.database.read() as session:
            rows = incidents.listed(session, limit)
            states = alerts.living(session, self._workspace.alarms.rules)
        found = [_incident(each, states) for each in rows]
        return sorted(found, key=lambda each: each.ended_at is not None)

    def incident(self, number: int) -> port.IncidentPage | None:
        with self._workspace.database.read() as session:
            row = incidents.row(session, number)
            if row is None:
                return None
            states = alerts.living(session, self._workspace.alarms.rules)
            numbers = [
                alerts.row_id(session, name, state.episode) for name, state in states.items() if _is_held(state, row)
            ]
            rows = [found for each in numbers if each is not None and (found := alerts.row(session, each)) is not None]
            held = self._lines(session, sorted(rows, key=_pressing)[:MOST_HELD])
        return port.IncidentPage(_incident(row, states), held)

    def staff(self) -> Sequence[tuple[str, str]]:
        return [(key, person.name) for key, person in self._rota.people.items()]

    # ------------------------------------------------------------------ acting

    def act(self, numbers: Sequence[int], deed: port.Deed) -> int:
        now = self._clock()
        fact = self._fact(deed, now)
        alarms: Alarms = cycle.alarms_at(self._workspace)
        with self._workspace.database.write() as session:
            rows = [row for each in dict.fromkeys(numbers) if (row := alerts.row(session, each)) is not None]
            states = alerts.states(session, [each.customer for each in rows], {each.rule for each in rows})
            names = [(each.customer, each.rule) for each in rows if _is_current(each, states)]
            outcome = alerting.apply(session, alarms, Told({name: [fact] for name in names}), states, now)
            self._page(session, alarms, outcome, now)
            session.afterwards.append(self._changed)
        return sum(states[name] != state for name, (state, _) in outcome.states.items())

    def _fact(self, deed: port.Deed, now: int) -> Fact:
        match deed.kind:
            case "acknowledge":
                return Acknowledged(now, deed.by)
            case "snooze":
                return self._snooze(deed, now)
            case "unsnooze":
                return Unsnoozed(now, deed.by)
            case "resolve":
                if deed.verdict not in tuple(Verdict):
                    raise port.AlertRefusedError(f"`{deed.verdict[:40]}` is no verdict: {', '.join(Verdict)}")
                return Resolved(now, deed.by, Verdict(deed.verdict), deed.note[:500])
            case "reassign":
                if deed.owner not in self._rota.people:
                    raise port.AlertRefusedError(f"nobody of the staff has the key `{deed.owner[:80]}`")
                return Reassigned(now, deed.by, deed.owner)
            case _:
                raise port.AlertRefusedError(f"`{deed.kind[:40]}` is nothing to do with an alert")

    def _snooze(self, deed: port.Deed, now: int) -> Snoozed:
        if deed.until is None or not now < deed.until <= now + LONGEST_SNOOZE_US:
            raise port.AlertRefusedError("a snooze ends in the future, within a year")
        reason = " ".join(deed.reason.split())[:500]
        if not reason:
            raise port.AlertRefusedError("a snooze needs a reason")
        return Snoozed(now, deed.by, deed.until, reason)


def _is_current(row: Row, states: Mapping[alerts.Name, Alert]) -> bool:
    """Whether a row is the last episode: what is over cannot be acted on."""
    state = states.get((row.customer, row.rule))
    return state is not None and state.episode == row.episode


def _pressing(row: Row) -> tuple[int, int, int]:
    due = row.respond_by if row.responded_at is None and row.ended_at is None else None
    return _RANK[row.severity], alerts.FOREVER if due is None else due, -row.opened_at


def _store_wanted(session: Session, wanted: port.Wanted) -> alerts.Wanted:
    customer = None
    if wanted.customer_id is not None:
        found = number_of(session, wanted.customer_id)
        customer = -1 if found is None else found
    return alerts.Wanted(wanted.states, customer, wanted.rules, wanted.severities)


def _incident(row: incidents.Row, states: Mapping[alerts.Name, Alert]) -> port.IncidentLine:
    held = _count(_is_held(state, row) for state in states.values())
    told = msgspec.json.decode(row.evidence, type=list[port.Line])
    return port.IncidentLine(row.id, row.kind, row.part, row.because, told, row.opened_at, row.ended_at, held)


def _is_held(state: Alert, by: incidents.Row) -> bool:
    """Whether an incident explains an alert that has opened."""
    return by.name in state.held_by and state.status is not Status.PENDING


def _count(found: Iterable[bool]) -> int:
    return sum(found)
