"""The cycle: take new events and touched customers, fold, score, decide, and write all of it at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from keepwell.base.time import day_of, last_day_before
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import Stream
from keepwell.metrics.rollups import DAY_WINDOW, FACT_WINDOW, FOLDS, PART_WINDOW
from keepwell.metrics.view import View
from keepwell.runtime.scoring import Scored, deck_at, reference_for, remember_references
from keepwell.runtime.workspace import Workspace
from keepwell.scores import bands
from keepwell.scores.score import Scores
from keepwell.scores.scorecard import segment_id
from keepwell.store import log, profiles, rollups, scores
from keepwell.store.database import Session
from keepwell.store.segments import FIRST, Segment, manifest

TOUCHED_AT_ONCE = 5000
SEGMENTS_AT_ONCE = 12  # about 400,000 rows, so that memory stays bounded


class Turn(msgspec.Struct, frozen=True):
    """What one turn of the cycle did."""

    folded: int
    scored: int
    changes: int


def turn(workspace: Workspace, now: int) -> Turn:
    """Fold what is new and score the customers it touched, in one transaction."""
    fold_segments(workspace, now)
    day = last_day_before(now)
    reference = reference_for(workspace, day)
    deck = deck_at(workspace, now)
    with workspace.database.write() as session:
        remember_references(session, [reference])
        folded = _fold_hot(session)
        touched = take_dirty(session)
        scored = Scored(View(rollups.aggregate(session, [(0, now, day, 1)], touched), {0: reference}), deck)
        changes = write_scores(session, scored, now)
    return Turn(folded, len(scored.table), changes)


def _fold_hot(session: Session) -> int:
    """Hot rows into profiles and rollups."""
    profiles.fold_states(session, log.mark(session, "rolled_to"), segment_id)
    return rollups.fold_hot(session)


def take_dirty(session: Session, limit: int = TOUCHED_AT_ONCE) -> list[int]:
    """Customers that need a new score; they are no longer marked."""
    rows = session.run("SELECT customer FROM dirty ORDER BY customer LIMIT ?", (limit,))
    session.many("DELETE FROM dirty WHERE customer = ?", rows)
    return [int(customer) for (customer,) in rows]


def write_scores(session: Session, scored: Scored, now: int) -> int:
    """Current scores, today's snapshot, effective bands and their changes; how many bands changed."""
    rows = score_rows(scored, now, log.mark(session, "watermark"))
    scores.save_current(session, rows)
    scores.save_snapshots(session, snapshot_rows(scored))
    facts = {
        customer: [bands.Scored(now, value)]
        for customer, value in zip(scored.customers, scored.scores.score.tolist(), strict=True)
    }
    return decide_bands(session, facts, now)


def decide_bands(session: Session, facts: Mapping[int, Sequence[bands.Scored]], now: int) -> int:
    """Let new scores move the effective bands; how many did."""
    states = scores.standings(session, facts)
    moved: list[tuple[int, bands.BandChanged]] = []
    after: list[tuple[int, bands.Standing]] = []
    for customer, fresh in facts.items():
        before = states.get(customer)
        unseen = [fact for fact in fresh if before is None or fact.at > before.seen]
        decision = bands.decide(before, unseen, now)
        moved += [(customer, change) for change in decision.intents]
        if decision.state is not None:
            after.append((customer, decision.state))
    scores.save_standings(session, after)
    scores.save_changes(session, moved)
    return len(moved)


def score_rows(scored: Scored, now: int, watermark: int) -> list[tuple[object, ...]]:
    """Rows in the order of `scores.CURRENT`."""
    found: Scores = scored.scores
    columns = (
        found.band, found.computed_band, found.cap, found.provisional.astype(np.int64), found.lifecycle,
        found.score, found.uncapped, found.coverage, found.connectable,
    )  # fmt: skip
    values = zip(*(column.tolist() for column in columns), strict=True)
    return [
        (customer, now, *row, card, watermark)
        for customer, row, card in zip(scored.customers, values, scored.cards(), strict=True)
    ]


def snapshot_rows(scored: Scored) -> list[tuple[object, ...]]:
    """Rows in the order of `scores.SNAPSHOT`."""
    found = scored.scores
    columns = (scored.table.scope["d"], found.score, found.coverage, found.band, found.lifecycle)
    values = zip(*(column.tolist() for column in columns), strict=True)
    return [
        (customer, *row, card) for customer, row, card in zip(scored.customers, values, scored.cards(), strict=True)
    ]


def fold_segments(workspace: Workspace, now: int) -> int:
    """Fold imported segments that the rollups do not know yet; how many there were.

    Nothing is counted twice: the mark in the manifest changes in the transaction that adds the rows.
    """
    with workspace.database.read() as session:
        fresh = [each for each in manifest(session, [*Stream, FIRST]) if not each.rolled]
    for start in range(0, len(fresh), SEGMENTS_AT_ONCE):
        some = fresh[start : start + SEGMENTS_AT_ONCE]
        folded = [(fold, _folded(workspace, some, fold.table, day_of(now))) for fold in FOLDS]
        with workspace.database.write() as session:
            for fold, rows in folded:
                rollups.add_rows(session, fold, rows)
            session.many("UPDATE segment SET rolled = 1 WHERE id = ?", [(each.id,) for each in some])
    return len(fresh)


_WINDOWS = {"day": DAY_WINDOW, "day_part": PART_WINDOW, "fact": FACT_WINDOW}


def _folded(workspace: Workspace, fresh: Sequence[Segment], table: str, today: int) -> list[tuple[object, ...]]:
    """Rows of one rollup out of segments, without days that no window reaches."""
    fold = next(each for each in FOLDS if each.table == table)
    if table == "first_use":
        paths = workspace.segments.paths([each for each in fresh if each.stream == FIRST])
        sql = "SELECT customer, part, 0 AS known_at, MIN(day) AS day FROM fresh GROUP BY customer, part"
    else:
        stream = Stream.FACT if table == "fact" else Stream.ACTIVITY
        paths = workspace.segments.paths([each for each in fresh if each.stream == stream])
        platform = " OR customer = 0" if table == "fact" else ""
        sql = f"SELECT * FROM ({rollups.select(fold, 'fresh')}) AS f WHERE day > {today - _WINDOWS[table]}{platform}"
    if not paths:
        return []
    columns = [column.to_pylist() for column in engine.fold_files(paths, sql).columns]
    return list(zip(*columns, strict=True))
