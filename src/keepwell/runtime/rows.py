"""Scores as plain rows, for scripts."""

from __future__ import annotations

import msgspec

from keepwell.base.time import to_rfc3339
from keepwell.runtime.clock import now_us
from keepwell.runtime.scoring import Scored, score_at
from keepwell.runtime.workspace import Workspace
from keepwell.scores.bands import BANDS
from keepwell.scores.lifecycle import STAGES, Lifecycle
from keepwell.store import profiles
from keepwell.store.customers import all_ids


class ScoreRow(msgspec.Struct, frozen=True):
    """The score of one customer at a moment; all null without an event before it."""

    customer_id: str
    as_of: str
    score: float | None
    coverage: float | None
    band: str | None
    provisional: bool | None
    computed_band: str | None
    connectable: float | None
    lifecycle: str | None


class CustomerRow(msgspec.Struct, frozen=True):
    """One customer in a list."""

    id: str
    name: str
    band: str | None
    score: float | None
    coverage: float
    provisional: bool | None
    computed_band: str | None
    lifecycle: str | None


def score_rows(workspace: Workspace, moment: int) -> list[ScoreRow]:
    """Scores of every known customer, by id."""
    scored = score_at(workspace, moment)
    found = _by_customer(scored, to_rfc3339(moment))
    with workspace.database.read() as session:
        names = all_ids(session).items()
    rows = [
        msgspec.structs.replace(found[number], customer_id=name)
        if number in found
        else ScoreRow(str(name), to_rfc3339(moment), None, None, None, None, None, None, None)
        for number, name in names
    ]
    return sorted(rows, key=lambda row: row.customer_id)


def called(workspace: Workspace) -> dict[str, str]:
    """What customers are called now, by id; their id where they have no name."""
    with workspace.database.read() as session:
        known, ids = profiles.all_at(session, now_us()), all_ids(session)
    return {name: known[number].name(name) if number in known else name for number, name in ids.items()}


def _by_customer(scored: Scored, as_of: str) -> dict[int, ScoreRow]:
    result = scored.scores
    columns = (
        result.score, result.coverage, result.band, result.provisional, result.computed_band, result.connectable,
        result.lifecycle,
    )  # fmt: skip
    rows = zip(scored.customers, *(column.tolist() for column in columns), strict=True)
    return {
        customer: ScoreRow(
            "", as_of, score, coverage, BANDS[band].value, provisional, BANDS[computed].value, connectable,
            STAGES[stage].value,
        )
        for customer, score, coverage, band, provisional, computed, connectable, stage in rows
    }  # fmt: skip


def customer_rows(workspace: Workspace, moment: int) -> list[CustomerRow]:
    """Every customer with its score, the lowest first; those without one, then the churned, last."""
    with workspace.database.read() as session:
        numbers = {name: number for number, name in all_ids(session).items()}
        known = profiles.all_at(session, moment)
    rows = [
        CustomerRow(
            row.customer_id,
            known[numbers[row.customer_id]].name(row.customer_id)
            if numbers[row.customer_id] in known
            else row.customer_id,
            row.band,
            row.score,
            row.coverage or 0.0,
            row.provisional,
            row.computed_band,
            row.lifecycle,
        )
        for row in score_rows(workspace, moment)
    ]
    return sorted(
        rows, key=lambda row: (row.lifecycle == Lifecycle.CHURNED, row.score is None, row.score or 0.0, row.id)
    )
