"""Runs of playbooks: the state of each customer and purpose, and what became of their runs, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from keepwell.base.time import SECOND_US
from keepwell.interventions import intents as meant
from keepwell.interventions.intents import Intent
from keepwell.interventions.run import Course
from keepwell.store.database import Session

NEVER = 2**62
"""When the state of what changes only by new facts is due."""

OVERDUE_US = 600 * SECOND_US
"""A run whose next moment is so long past is overdue: something is wrong."""

Name = tuple[int, str]
"""A customer and a purpose."""


class Row(msgspec.Struct, frozen=True):
    """One run, as lists show it; `id` is its number among all, `number` among those of the customer and purpose."""

    id: int
    customer: int
    purpose: str
    number: int
    playbook: str
    version: str
    because: str
    started_at: int
    held_out: int
    propensity: float
    closed_at: int | None
    outcome: str | None


class Line(msgspec.Struct, frozen=True):
    """One line of the history of a run; `step` and `by` are empty where there is none."""

    customer: int
    purpose: str
    run: int
    at: int
    kind: str
    step: str
    because: str
    by: str


# ---------------------------------------------------------------------- states


def courses(session: Session, customers: Sequence[int]) -> dict[Name, Course]:
    """The states of some customers."""
    found: dict[Name, Course] = {}
    for start in range(0, len(customers), 500):
        part = customers[start : start + 500]
        marks = ", ".join("?" for _ in part)
        rows = session.run(f"SELECT customer, purpose, state FROM course WHERE customer IN ({marks})", part)
        found.update({(int(who), why): msgspec.json.decode(state, type=Course) for who, why, state in rows})
    return found


def save(session: Session, states: Mapping[Name, tuple[Course, int | None]]) -> None:
    """Write states, each with the moment at which it changes by itself."""
    rows = [
        (*name, msgspec.json.encode(state).decode(), NEVER if due is None else due)
        for name, (state, due) in states.items()
    ]
    session.many(
        "INSERT INTO course (customer, purpose, state, due_at) VALUES (?, ?, ?, ?) ON CONFLICT (customer, purpose)"
        " DO UPDATE SET state = excluded.state, due_at = excluded.due_at",
        rows,
    )


def due(session: Session, now: int, limit: int) -> list[int]:
    """Customers whose state changes by itself by now, the longest overdue first."""
    rows = session.run("SELECT customer FROM course WHERE due_at <= ? ORDER BY due_at, customer LIMIT ?", (now, limit))
    return list(dict.fromkeys(int(customer) for (customer,) in rows))


def put_off(session: Session, customers: Sequence[int], until: int) -> None:
    """Let what is due of some customers wait: it cannot go on because of a fault."""
    marks = ", ".join("?" for _ in customers)
    where = f"customer IN ({marks}) AND due_at < ?"
    session.run(f"UPDATE course SET due_at = ? WHERE {where}", (until, *customers, until))


def overdue(session: Session, before: int) -> int:
    """How many states should have changed before a moment, and have not: what the watchdog counts."""
    return int(session.one("SELECT COUNT(*) FROM course WHERE due_at < ?", (before,)))


# ---------------------------------------------------------------------- what became of them


def record(session: Session, name: Name, intents: Iterable[Intent]) -> None:
    """Write down what was decided of one customer and purpose: rows of runs, and lines of their history."""
    told = list(intents)
    if not told:
        return
    place = int(session.one("SELECT COALESCE(MAX(place), 0) FROM run_line WHERE customer = ? AND purpose = ?", name))
    session.many(
        "INSERT INTO run_line (customer, purpose, place, run, at, kind, step, because, by)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*name, place + n, *_line(each)) for n, each in enumerate(told, 1)],
    )
    for each in told:
        if isinstance(each, meant.Opened):
            _open(session, name, each)
        elif isinstance(each, meant.Closed):
            session.run(
                "UPDATE run SET closed_at = ?, outcome = ? WHERE customer = ? AND purpose = ? AND number = ?",
                (each.at, str(each.outcome), *name, each.run),
            )


class Note(NamedTuple):
    """A line that nobody decided: of which run, when, what sort of line, about which step, and what it says."""

    run: int
    at: int
    kind: str
    step: str
    because: str


def note(session: Session, name: Name, said: Note) -> None:
    """Add a line to the history of a run."""
    place = int(session.one("SELECT COALESCE(MAX(place), 0) FROM run_line WHERE customer = ? AND purpose = ?", name))
    session.run(
        "INSERT INTO run_line (customer, purpose, place, run, at, kind, step, because, by)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')",
        (*name, place + 1, *said),
    )


def _line(intent: Intent) -> tuple[int, int, str, str, str, str]:
    """Run, moment, kind, step, why, and by whom."""
    end = getattr(intent, "end", None) or getattr(intent, "outcome", None)
    kind = str(end) if end else type(intent).__name__.lower()
    step, by = getattr(intent, "step", ""), getattr(intent, "by", "")
    return getattr(intent, "run", 0), intent.at, kind, step, intent.because, by


def _open(session: Session, name: Name, opened: meant.Opened) -> None:
    number = int(session.one("SELECT COALESCE(MAX(id), 0) FROM run")) + 1
    session.run(
        "INSERT INTO run (id, customer, purpose, number, playbook, version, because, started_at, held_out, propensity)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(number, *name, opened.run, opened.playbook, opened.version, opened.because, opened.at),
            *(int(opened.held_out), opened.propensity),
        ),
    )


# ---------------------------------------------------------------------- to look at

_SELECT = f"SELECT {', '.join(Row.__struct_fields__)} FROM run"
_LINES = f"SELECT {', '.join(Line.__struct_fields__)} FROM run_line"


def listed(session: Session, limit: int, *, active: bool | None = None, playbook: str | None = None) -> list[Row]:
    """Runs, the newest first: active or closed ones, or both; of one playbook, or of all."""
    conditions = {None: [], True: ["closed_at IS NULL"], False: ["closed_at IS NOT NULL"]}[active]
    conditions += ["playbook = ?"] if playbook else []
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    given = (playbook,) if playbook else ()
    rows = session.run(f"{_SELECT}{where} ORDER BY started_at DESC, customer, purpose LIMIT ?", (*given, limit))
    return [Row(*row) for row in rows]


def of_customer(session: Session, customer: int) -> list[Row]:
    """The runs of a customer, the newest first."""
    return [Row(*row) for row in session.run(f"{_SELECT} WHERE customer = ? ORDER BY started_at DESC", (customer,))]


def lines_of(session: Session, customer: int, limit: int) -> list[Line]:
    """The history of a customer's runs, the newest first."""
    rows = session.run(f"{_LINES} WHERE customer = ? ORDER BY at DESC, place DESC LIMIT ?", (customer, limit))
    return [Line(*row) for row in rows]


def of_playbook(session: Session, playbook: str, since: int) -> list[Row]:
    """The runs of a playbook that began since a moment, the oldest first."""
    where = "playbook = ? AND started_at >= ?"
    rows = session.run(f"{_SELECT} WHERE {where} ORDER BY started_at, id", (playbook, since))
    return [Row(*row) for row in rows]


def step_ends(session: Session, playbook: str, since: int) -> dict[str, dict[str, int]]:
    """Of the runs of a playbook since a moment: how many reached each step, and how its steps ended, by kind."""
    rows = session.run(
        "SELECT run_line.step, run_line.kind, run_line.run, run_line.customer FROM run_line JOIN run ON"
        " run.customer = run_line.customer AND run.purpose = run_line.purpose AND run.number = run_line.run"
        " WHERE run.playbook = ? AND run.started_at >= ? AND run_line.step <> ''"
        " ORDER BY run_line.customer, run_line.place",
        (playbook, since),
    )
    last: dict[tuple[int, int, str], str] = {}
    for step, kind, run, customer in rows:
        last[int(customer), int(run), str(step)] = str(kind)
    found: dict[str, dict[str, int]] = {}
    for (_, _, step), kind in last.items():
        counts = found.setdefault(step, {"reached": 0})
        counts["reached"] += 1
        counts[kind] = counts.get(kind, 0) + 1
    return found


def outcomes(session: Session, since: int) -> dict[str, int]:
    """How runs ended that ended since a moment."""
    rows = session.run("SELECT outcome, COUNT(*) FROM run WHERE closed_at > ? GROUP BY outcome", (since,))
    return {str(outcome): int(count) for outcome, count in rows}


def find(session: Session, number: int) -> Row | None:
    """A run by its number among all."""
    rows = session.run(f"{_SELECT} WHERE id = ?", (number,))
    return Row(*rows[0]) if rows else None


def playbook_of(session: Session, name: Name, number: int) -> str:
    """The playbook of a run of a customer and purpose; empty when there is no such run."""
    where = "customer = ? AND purpose = ? AND number = ?"
    return str(session.one(f"SELECT playbook FROM run WHERE {where}", (*name, number)) or "")


def numbered(session: Session, customers: Sequence[int]) -> dict[tuple[int, str, int], int]:
    """The numbers among all of some customers' runs, by customer, purpose, and number among these."""
    found: dict[tuple[int, str, int], int] = {}
    for start in range(0, len(customers), 500):
        part = customers[start : start + 500]
        marks = ", ".join("?" for _ in part)
        rows = session.run(f"SELECT customer, purpose, number, id FROM run WHERE customer IN ({marks})", part)
        found.update({(int(who), str(why), int(n)): int(number) for who, why, n, number in rows})
    return found
