"""One customer's score at a moment, and its remembered days."""

from __future__ import annotations

from keepwell.base.time import DAY_US
from keepwell.runtime.ports.book import BandMove, Days, HistoryDay, ScoreLine
from keepwell.runtime.scoring import Scored, deck_at, view_at
from keepwell.runtime.workspace import Workspace
from keepwell.scores.bands import BANDS
from keepwell.scores.lifecycle import STAGES
from keepwell.store import scores
from keepwell.store.customers import number_of


def score(workspace: Workspace, customer_id: str, as_of: int | None, now: int) -> ScoreLine | None:
    """The remembered score, or the one of a past moment from what was known then."""
    with workspace.database.read() as session:
        number = number_of(session, customer_id)
        row = scores.current_of(session, number) if number is not None and as_of is None else None
    if number is None:
        return None
    if as_of is not None:
        return _past(workspace, customer_id, number, as_of)
    if row is None:
        return ScoreLine(customer_id, now)
    return ScoreLine(
        customer_id, row.as_of, row.score, row.uncapped, row.coverage, row.connectable, BANDS[row.band].value,
        BANDS[row.computed_band].value, bool(row.provisional), STAGES[row.lifecycle].value,
    )  # fmt: skip


def _past(workspace: Workspace, customer_id: str, number: int, as_of: int) -> ScoreLine:
    view = view_at(workspace, as_of, [number])
    if not len(view):
        return ScoreLine(customer_id, as_of)
    found = Scored(view, deck_at(workspace, as_of)).scores
    return ScoreLine(
        customer_id, as_of, float(found.score[0]), float(found.uncapped[0]), float(found.coverage[0]),
        float(found.connectable[0]), BANDS[int(found.band[0])].value, BANDS[int(found.computed_band[0])].value,
        bool(found.provisional[0]), STAGES[int(found.lifecycle[0])].value,
    )  # fmt: skip


def days(workspace: Workspace, customer_id: str, first: int, last: int) -> Days | None:
    """The snapshots of a span of days, and the moves between bands in it."""
    with workspace.database.read() as session:
        number = number_of(session, customer_id)
        if number is None:
            return None
        kept = scores.snapshots_of(session, number, (first, last))
        moves = scores.changes_of(session, number)
    return Days(
        [HistoryDay(day, score, coverage, BANDS[band].value) for day, score, coverage, band in kept],
        [BandMove(*move) for move in moves if first * DAY_US <= move[0] < (last + 1) * DAY_US],
    )
