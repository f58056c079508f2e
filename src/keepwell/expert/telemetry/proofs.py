"""Proof requests: how they ended, how long they took against the estimate, and how close to the deadline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from keepwell.base.time import SECOND_US
from keepwell.expert.case import Kind, Seen
from keepwell.expert.reading.tables import Tables
from keepwell.expert.reading.work import FAILED, PENDING, SUCCEEDED
from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.record import Occurrence, Record
from keepwell.expert.telemetry.seen import Mark, of_work
from keepwell.expert.telemetry.values import Properties, amount, at_rank, last, middle, moment, positive, ratio, text
from keepwell.expert.telemetry.work import is_proof

TAIL: Final = 0.05
TERMINAL: Final = frozenset({*SUCCEEDED, *FAILED})


@dataclass(frozen=True, slots=True)
class Proofs:
    """Proof requests of the window, each as its last row says, and the moment asked about."""

    requests: list[Occurrence]
    now: int


def _proofs(record: Record) -> Proofs:
    """Rows with the same job are one request, which takes over what earlier rows said."""
    jobs: dict[str, Occurrence] = {}
    for place, row in enumerate(row for row in record.now("work") if is_proof(row.properties)):
        job = text(row.properties, "job_id") or f"\0{place}"
        before = jobs.get(job)
        properties = row.properties if before is None else {**before.properties, **row.properties}
        jobs[job] = Occurrence(row.kind, row.at, properties)
    return Proofs(sorted(jobs.values(), key=lambda each: each.at), record.span.now)


PROOFS = Domain("proofs", ("work",), _proofs)
feature = PROOFS.feature


@feature("prove.requests")
def _requests(proofs: Proofs) -> int | None:
    return len(proofs.requests) or None


@feature("prove.outcome")
def _outcome(proofs: Proofs) -> str | None:
    """Of the newest that ended."""
    ended = [said for row in proofs.requests if (said := text(row.properties, "outcome")) in TERMINAL]
    return ended[-1] if ended else None


@feature("prove.est_ratio")
def _estimate(proofs: Proofs) -> float | None:
    return middle(
        ratio(amount(row.properties, "duration_ms"), positive(row.properties, "estimated_ms"))
        for row in proofs.requests
    )


@feature("prove.margin_s")
def _margin(proofs: Proofs) -> float | None:
    margins = [each for row in proofs.requests if (each := margin_s(row, proofs.now)) is not None]
    return at_rank(margins, TAIL)


def margin_s(row: Occurrence, now: int) -> float | None:
    """Seconds between completion and deadline; of a request that is open, those it already lies over it."""
    deadline, completed = moment(row.properties, "deadline_ts"), moment(row.properties, "completed_ts")
    if deadline is None:
        return None
    if completed is not None:
        return (deadline - completed) / SECOND_US
    return (deadline - now) / SECOND_US if _is_open(row.properties) and now > deadline else None


def _is_open(properties: Properties) -> bool:
    return properties.get("outcome") in PENDING


@feature("prove.concurrent")
def _concurrent(proofs: Proofs) -> float | None:
    return middle(amount(row.properties, "concurrent") for row in proofs.requests)


@feature("prove.max_capacity")
def _capacity(proofs: Proofs) -> float | None:
    return last((row.properties for row in proofs.requests), "max_capacity")


@feature("prove.skip_code")
def _skip(proofs: Proofs) -> str | None:
    said = [each for row in proofs.requests if (each := text(row.properties, "skip_code")) is not None]
    return said[-1] if said else None


@PROOFS.readings
def _readings(proofs: Proofs, tables: Tables) -> Iterator[Seen]:
    """How requests ended, and those that wait beyond their deadline."""
    for row in proofs.requests:
        mark = Mark(row.at, reference=text(row.properties, "job_id") or "")
        yield from of_work(row.properties, tables, mark)
        if _is_open(row.properties) and (margin_s(row, proofs.now) or 0) < 0:
            yield mark.seen(Kind.OUTCOME, name=text(row.properties, "outcome"))
