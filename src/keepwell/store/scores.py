"""Scores as they are remembered: one current row a customer, one snapshot a day, and every band change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from keepwell.scores.bands import BANDS, Band, BandChanged, Standing
from keepwell.store.database import Session

CURRENT = (
    "customer", "as_of", "band", "computed_band", "cap", "provisional", "lifecycle", "score", "uncapped",
    "coverage", "connectable", "scorecard", "watermark", "due_at", "late_at",
)  # fmt: skip
SNAPSHOT = ("customer", "day", "score", "coverage", "band", "lifecycle", "scorecard")


class Current(msgspec.Struct, frozen=True):
    """The current score of a customer; bands, caps and stages as their places."""

    customer: int
    as_of: int
    band: int
    computed_band: int
    cap: int
    provisional: int
    lifecycle: int
    score: float
    uncapped: float
    coverage: float
    connectable: float
    scorecard: str
    watermark: int
    due_at: int
    late_at: int


def _upsert(table: str, columns: Sequence[str], keys: Sequence[str]) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    marks = ", ".join("?" for _ in columns)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes}"
    )


def save_current(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write current scores: rows in the order of `CURRENT`."""
    session.many(_upsert("score", CURRENT, ("customer",)), rows)


def save_snapshots(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write daily snapshots: rows in the order of `SNAPSHOT`."""
    session.many(_upsert("snapshot", SNAPSHOT, ("customer", "day")), rows)


def current(session: Session) -> list[Current]:
    """All current scores."""
    return [Current(*row) for row in session.run(f"SELECT {', '.join(CURRENT)} FROM score")]


def standings(session: Session, customers: Iterable[int]) -> dict[int, Standing]:
    """States of the effective bands."""
    wanted = list(customers)
    found: dict[int, Standing] = {}
    for start in range(0, len(wanted), 5000):
        part = wanted[start : start + 5000]
        marks = ",".join("?" for _ in part)
        rows = session.run(f"SELECT customer, state FROM standing WHERE customer IN ({marks})", part)
        found.update((int(each), msgspec.json.decode(str(state), type=Standing)) for each, state in rows)
    return found


def save_standings(session: Session, states: Iterable[tuple[int, Standing]]) -> None:
    """Write states of the effective bands."""
    rows = [(customer, msgspec.json.encode(state).decode()) for customer, state in states]
    session.many(_upsert("standing", ("customer", "state"), ("customer",)), rows)


def save_changes(session: Session, changes: Iterable[tuple[int, BandChanged]]) -> None:
    """Write band changes; one that is already there stays."""
    session.many(
        "INSERT INTO band_change (customer, at, was, became, score, because) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        [(customer, each.at, each.start, each.end, each.score, each.because) for customer, each in changes],
    )


def forget_history(session: Session) -> None:
    """Drop what is made from the history of scores, before it is made again."""
    session.run("DELETE FROM standing")
    session.run("DELETE FROM band_change")


def history(session: Session, customer: int, since_day: int) -> list[tuple[int, float]]:
    """Daily scores of a customer, oldest first."""
    rows = session.run(
        "SELECT day, score FROM snapshot WHERE customer = ? AND day >= ? ORDER BY day", (customer, since_day)
    )
    return [(int(day), float(score)) for day, score in rows]


def histories(session: Session, since_day: int) -> dict[int, list[tuple[int, float]]]:
    """Daily scores of all customers, oldest first."""
    found: dict[int, list[tuple[int, float]]] = {}
    for customer, day, score in session.run(
        "SELECT customer, day, score FROM snapshot WHERE day >= ? ORDER BY customer, day", (since_day,)
    ):
        found.setdefault(int(customer), []).append((int(day), float(score)))
    return found


def days_of(session: Session, customers: Sequence[int], since_day: int) -> dict[int, dict[int, float]]:
    """Daily scores of a few customers: by customer, by day."""
    marks = ", ".join("?" for _ in customers) or "NULL"
    found: dict[int, dict[int, float]] = {each: {} for each in customers}
    for customer, day, score in session.run(
        f"SELECT customer, day, score FROM snapshot WHERE customer IN ({marks}) AND day >= ?", (*customers, since_day)
    ):
        found[int(customer)][int(day)] = float(score)
    return found


def of_day(session: Session, customers: Sequence[int], day: int) -> dict[int, float]:
    """Scores at the end of a day."""
    found: dict[int, float] = {}
    for start in range(0, len(customers), 5000):
        part = customers[start : start + 5000]
        marks = ", ".join("?" for _ in part)
        rows = session.run(
            f"SELECT customer, score FROM snapshot WHERE customer IN ({marks}) AND day = ?", (*part, day)
        )
        found.update((int(customer), float(score)) for customer, score in rows)
    return found


class Fallen(msgspec.Struct, frozen=True):
    """The effective band at a moment, and when it had last moved, if that was downward; 0 otherwise."""

    band: Band
    fell_at: int = 0


def bands_at(session: Session, customers: Sequence[int], moment: int) -> dict[int, Fallen]:
    """Effective bands of customers as they were before a moment, of those whose band ever moved."""
    found: dict[int, Fallen] = {}
    for start in range(0, len(customers), 5000):
        part = customers[start : start + 5000]
        marks = ", ".join("?" for _ in part)
        rows = session.run(
            f"SELECT customer, at, was, became FROM band_change WHERE customer IN ({marks}) ORDER BY at", part
        )
        for customer, at, was, became in rows:
            if int(at) < moment:
                fell = BANDS.index(Band(became)) < BANDS.index(Band(was))
                found[int(customer)] = Fallen(Band(became), int(at) if fell else 0)
            else:
                found.setdefault(int(customer), Fallen(Band(was)))
    return found


def changes_of(session: Session, customer: int) -> list[tuple[int, str, str, str]]:
    """Band changes of a customer: at, was, became, because."""
    rows = session.run("SELECT at, was, became, because FROM band_change WHERE customer = ? ORDER BY at", (customer,))
    return [(int(at), str(was), str(became), str(because)) for at, was, became, because in rows]


def current_of(session: Session, customer: int) -> Current | None:
    """The current score of a customer, if there is one."""
    rows = session.run(f"SELECT {', '.join(CURRENT)} FROM score WHERE customer = ?", (customer,))
    return Current(*rows[0]) if rows else None


def snapshots_of(session: Session, customer: int, days: tuple[int, int]) -> list[tuple[int, float, float, int]]:
    """Snapshots of a customer from a first to a last day: day, score, coverage, place of the band."""
    rows = session.run(
        "SELECT day, score, coverage, band FROM snapshot WHERE customer = ? AND day BETWEEN ? AND ? ORDER BY day",
        (customer, *days),
    )
    return [(int(day), float(score), float(coverage), int(band)) for day, score, coverage, band in rows]
