"""Alerts as they are remembered: the state of each fold, one row an episode, and every change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from keepwell.alerts.alert import Alert, Deed, Noted, Status
from keepwell.alerts.conditions import Line
from keepwell.store.database import Session

FOREVER = 2**62
_AT_ONCE = 500
UNSEEN = (Deed.WAITING, Deed.DROPPED)
"""Happens before an alert opens: it is in no episode's history."""

Name = tuple[int, str]
"""Number of the customer, id of the rule."""


class Reading(msgspec.Struct, frozen=True):
    """What a condition read of a customer."""

    measure: float | None
    threshold: float | None
    unit: str
    evidence: Sequence[Line]


class Row(msgspec.Struct, frozen=True):
    """One episode."""

    id: int
    customer: int
    rule: str
    episode: int
    status: str
    severity: str
    opened_at: int
    respond_by: int | None
    responded_at: int | None
    ended_at: int | None
    snoozed_until: int | None
    incident: int | None
    shown_on: int | None
    owner: str | None
    verdict: str | None
    note: str | None
    measure: float | None
    threshold: float | None
    unit: str
    because: str
    evidence: str
    updated_at: int

    def lines(self) -> list[Line]:
        """The evidence."""
        return msgspec.json.decode(self.evidence, type=list[Line])


class Change(msgspec.Struct, frozen=True):
    """A line of the history of an alert."""

    at: int
    kind: str
    by: str | None
    because: str


_COLUMNS = ", ".join(Row.__struct_fields__)


def states(session: Session, customers: Sequence[int], rules: Iterable[str]) -> dict[Name, Alert]:
    """The states of some customers under some rules."""
    wanted = set(rules)
    found: dict[Name, Alert] = {}
    for start in range(0, len(customers), _AT_ONCE):
        part = customers[start : start + _AT_ONCE]
        marks = ", ".join("?" for _ in part)
        rows = session.run(f"SELECT customer, rule, state FROM alert_state WHERE customer IN ({marks})", part)
        found.update(_read(rows, wanted))
    return found


def living(session: Session, rules: Iterable[str]) -> dict[Name, Alert]:
    """All states under some rules that are not resolved."""
    rows = session.run("SELECT customer, rule, state FROM alert_state WHERE status <> ?", (Status.RESOLVED,))
    return dict(_read(rows, set(rules)))


def all_states(session: Session, rules: Iterable[str]) -> dict[Name, Alert]:
    """All states under some rules."""
    return dict(_read(session.run("SELECT customer, rule, state FROM alert_state"), set(rules)))


def due(session: Session, now: int, limit: int) -> dict[Name, Alert]:
    """States that change by themselves by now."""
    rows = session.run(
        "SELECT customer, rule, state FROM alert_state WHERE due_at <= ? ORDER BY due_at LIMIT ?", (now, limit)
    )
    return dict(_read(rows, None))


def _read(rows: Iterable[tuple[object, ...]], rules: set[str] | None) -> Iterable[tuple[Name, Alert]]:
    for customer, rule, state in rows:
        if rules is None or rule in rules:
            yield (int(str(customer)), str(rule)), msgspec.json.decode(str(state), type=Alert)


def save_states(session: Session, found: Mapping[Name, tuple[Alert, int | None]]) -> None:
    """Write states, each with when it changes by itself."""
    session.many(
        "INSERT INTO alert_state (customer, rule, status, state, due_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT"
        " (customer, rule) DO UPDATE SET status = excluded.status, state = excluded.state, due_at = excluded.due_at",
        [
            (customer, rule, str(state.status), msgspec.json.encode(state).decode(), FOREVER if at is None else at)
            for (customer, rule), (state, at) in found.items()
        ],
    )


def record(session: Session, name: Name, state: Alert, notes: Sequence[Noted], reading: Reading | None) -> int | None:
    """Write what became of an alert; the number of its last episode's row, None while none has opened."""
    for note in notes:
        if note.deed not in UNSEEN and note.episode:
            _follow(session, name, note)
    if not state.episode:
        return None
    number = row_id(session, name, state.episode)
    if number is not None:
        _update(session, number, state, reading, notes)
    return number


def row_id(session: Session, name: Name, episode: int) -> int | None:
    """The number of an episode's row."""
    found = session.one("SELECT id FROM alert WHERE customer = ? AND rule = ? AND episode = ?", (*name, episode))
    return None if found is None else int(found)


def _follow(session: Session, name: Name, note: Noted) -> None:
    number = row_id(session, name, note.episode)
    if number is None:
        if note.deed is not Deed.OPENED:
            return
        number = int(session.one("SELECT COALESCE(MAX(id), 0) FROM alert") or 0) + 1
        session.run(
            "INSERT INTO alert (id, customer, rule, episode, status, severity, opened_at, unit, because, evidence,"
            " updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, '[]', ?)",
            (number, *name, note.episode, str(note.end), str(note.severity), note.at, note.because, note.at),
        )
    ended = note.at if note.end is Status.RESOLVED else None
    session.run(
        "UPDATE alert SET status = ?, severity = ?, ended_at = ?, updated_at = ? WHERE id = ?",
        (str(note.end), str(note.severity), ended, note.at, number),
    )
    add_change(session, number, Change(note.at, str(note.deed), note.by or None, note.because))


def add_change(session: Session, alert: int, change: Change) -> None:
    """Add a line to the history of an alert."""
    place = int(session.one("SELECT COALESCE(MAX(place), 0) FROM alert_change WHERE alert = ?", (alert,)) or 0) + 1
    session.run(
        "INSERT INTO alert_change (alert, place, at, kind, by, because) VALUES (?, ?, ?, ?, ?, ?)",
        (alert, place, *msgspec.structs.astuple(change)),
    )


def _update(session: Session, number: int, state: Alert, reading: Reading | None, notes: Sequence[Noted]) -> None:
    """The row of the last episode follows the state; its words and numbers follow what was read, while it lives."""
    if state.status is Status.PENDING:
        return
    session.run(
        "UPDATE alert SET respond_by = ?, responded_at = ?, snoozed_until = ?, owner = ?, verdict = ?, note = ?"
        " WHERE id = ?",
        (
            state.respond_by, state.responded_at, state.snoozed_until, state.owner or None,
            None if state.verdict is None else str(state.verdict), state.note or None, number,
        ),
    )  # fmt: skip
    lives = state.status is not Status.RESOLVED
    if reading is not None and (lives or notes) and state.untrue_since is None:
        session.run(
            "UPDATE alert SET measure = ?, threshold = ?, unit = ?, because = ?, evidence = ? WHERE id = ?",
            (
                reading.measure, reading.threshold, reading.unit, state.because,
                msgspec.json.encode(reading.evidence).decode(), number,
            ),
        )  # fmt: skip


def row(session: Session, number: int) -> Row | None:
    """One alert by its number."""
    rows = session.run(f"SELECT {_COLUMNS} FROM alert WHERE id = ?", (number,))
    return Row(*rows[0]) if rows else None


def changes(session: Session, number: int) -> list[Change]:
    """The history of an alert, oldest first."""
    rows = session.run("SELECT at, kind, by, because FROM alert_change WHERE alert = ? ORDER BY place", (number,))
    return [Change(int(at), str(kind), by, str(because)) for at, kind, by, because in rows]


class Wanted(msgspec.Struct, frozen=True):
    """Which alerts. Empty fields mean all."""

    statuses: Sequence[str] = ()
    customer: int | None = None
    rules: Sequence[str] = ()
    severities: Sequence[str] = ()
    since: int | None = None


def listed(session: Session, wanted: Wanted, limit: int, after: int = FOREVER) -> list[Row]:
    """Alerts with numbers below `after`, the newest first."""
    conditions, values = ["id < ?"], list[object]((after,))
    for column, chosen in (("status", wanted.statuses), ("rule", wanted.rules), ("severity", wanted.severities)):
        if chosen:
            conditions.append(f"{column} IN ({', '.join('?' for _ in chosen)})")
            values += chosen
    if wanted.customer is not None:
        conditions.append("customer = ?")
        values.append(wanted.customer)
    if wanted.since is not None:
        conditions.append("opened_at >= ?")
        values.append(wanted.since)
    rows = session.run(
        f"SELECT {_COLUMNS} FROM alert WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?", (*values, limit)
    )
    return [Row(*each) for each in rows]


def similar(session: Session, to: Row, limit: int) -> list[Row]:
    """Earlier alerts of the same rule, of the same customer first."""
    rows = session.run(
        f"SELECT {_COLUMNS} FROM alert WHERE rule = ? AND id < ? ORDER BY customer <> ?, id DESC LIMIT ?",
        (to.rule, to.id, to.customer, limit),
    )
    return [Row(*each) for each in rows]


def state_counts(session: Session) -> dict[tuple[str, str], int]:
    """How many alerts there are by status and severity."""
    rows = session.run("SELECT status, severity, COUNT(*) FROM alert GROUP BY status, severity")
    return {(str(status), str(severity)): int(count) for status, severity, count in rows}


def suppressed(session: Session, day: int) -> dict[int, str]:
    """Alerts that the budget of a day holds back, and why."""
    rows = session.run("SELECT alert, because FROM suppression WHERE day = ?", (day,))
    return {int(alert): str(because) for alert, because in rows}


def suppress(session: Session, day: int, held_back: Mapping[int, tuple[str, str]], shown: Iterable[int]) -> None:
    """Write the ledger of a day anew: who was held back from whom and why; and note when others were first shown."""
    session.run("DELETE FROM suppression WHERE day = ?", (day,))
    session.many(
        "INSERT INTO suppression (day, alert, owner, because) VALUES (?, ?, ?, ?)",
        [(day, alert, owner, because) for alert, (owner, because) in held_back.items()],
    )
    session.many("UPDATE alert SET shown_on = ? WHERE id = ? AND shown_on IS NULL", [(day, each) for each in shown])


def answered_of(session: Session, day: int) -> list[Row]:
    """Alerts that were first shown on a day and are open no longer."""
    rows = session.run(f"SELECT {_COLUMNS} FROM alert WHERE shown_on = ? AND status <> ?", (day, str(Status.OPEN)))
    return [Row(*each) for each in rows]


def tally(session: Session, since: int) -> dict[tuple[str, str, str], int]:
    """How many alerts were opened since, by rule, status and verdict."""
    rows = session.run(
        "SELECT rule, status, COALESCE(verdict, ''), COUNT(*) FROM alert WHERE opened_at >= ?"
        " GROUP BY rule, status, COALESCE(verdict, '')",
        (since,),
    )
    return {(str(rule), str(status), str(verdict)): int(count) for rule, status, verdict, count in rows}
