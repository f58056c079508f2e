"""The cycle: take new events and touched customers, fold, score, decide, and write all of it at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from keepwell.alerts.alarms import Alarms
from keepwell.alerts.conditions.silence import crosses_at
from keepwell.alerts.fleet import Fleet
from keepwell.alerts.rule import Cadence
from keepwell.base.time import DAY_US, SECOND_US, day_of, last_day_before
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import Stream
from keepwell.interventions.playbook import BandEntered
from keepwell.metrics.references import Reference
from keepwell.metrics.rollups import DAY_WINDOW, FACT_WINDOW, FOLDS, PART_WINDOW, PULSE, PULSE_WINDOW
from keepwell.metrics.view import View
from keepwell.runtime import alerting, seeing
from keepwell.runtime.scoring import Scored, deck_at, reference_for, remember_references
from keepwell.runtime.workspace import Workspace
from keepwell.scores import bands
from keepwell.scores.bands import BANDS, Band
from keepwell.scores.score import Scores
from keepwell.scores.scorecard import Deck, segment_id
from keepwell.store import alerts, evaluations, fleets, happenings, incidents, log, profiles, rollups, scores
from keepwell.store.database import Session
from keepwell.store.segments import FIRST, Segment, manifest

TOUCHED_AT_ONCE = 5000
FOLDED_AT_ONCE = 5000
LIMITS_US = {
    Band.CRITICAL: 5 * 60 * SECOND_US,
    Band.AT_RISK: 15 * 60 * SECOND_US,
    Band.STABLE: DAY_US,
    Band.HEALTHY: DAY_US,
}
"""Everybody is evaluated at least this often, by band, whatever happens or does not happen."""
SEGMENTS_AT_ONCE = 12  # about 400,000 rows, so that memory stays bounded


class Turn(msgspec.Struct, frozen=True):
    """What one turn of the cycle did."""

    folded: int
    scored: int
    changes: int


def turn(workspace: Workspace, now: int) -> Turn:
    """Fold what is new and score the customers it touched."""
    fold_segments(workspace, now)
    folded = 0
    while some := fold(workspace):
        folded += some
    ready = prepare(workspace, now)
    with workspace.database.write() as session:
        remember_references(session, [ready.reference])
        touched = [customer for customer, _ in evaluations.touched(session, now, TOUCHED_AT_ONCE)]
        scored = rescore(session, ready, touched, now)
    return Turn(folded, len(scored.customers), scored.changes)


def fold(workspace: Workspace, limit: int = FOLDED_AT_ONCE) -> int:
    """Fold the next hot rows into profiles and rollups, in one transaction; how many there were."""
    with workspace.database.write() as session:
        above, upto = rollups.next_rows(session, limit)
        if upto > above:
            profiles.fold_states(session, above, upto, segment_id)
            rollups.fold_hot(session, above, upto)
    return upto - above


@dataclass(frozen=True)
class Ready:
    """What scoring needs besides the customers: the reference of the day, the scorecards and the rules in force."""

    at: int
    day: int
    reference: Reference
    deck: Deck
    fleet: Fleet
    alarms: Alarms


def prepare(workspace: Workspace, now: int) -> Ready:
    """All of it for a moment. The first time on a day this reads much of the log."""
    day = last_day_before(now)
    deck = deck_at(workspace, now)
    with workspace.database.read() as session:
        fleet = fleets.at(session, day)
    return Ready(now, day, reference_for(workspace, day), deck, fleet, alarms_at(workspace))


@dataclass(frozen=True)
class Rescored:
    """Customers with a new score, how many effective bands moved, and what became of alerts."""

    customers: Sequence[int]
    changes: int
    outcome: alerting.Outcome


def rescore(session: Session, ready: Ready, customers: Sequence[int], now: int) -> Rescored:
    """Score customers out of the rollups and write all that follows, in the caller's transaction."""
    table = rollups.aggregate(session, [(0, now, ready.day, 1)], customers)
    scored = Scored(View(table, {0: ready.reference}), ready.deck)
    changes, due = move_bands(session, scored, now)
    outcome, looks = alarm(session, ready, scored, now)
    for customer, at in looks.items():
        due[customer] = min(at, due.get(customer, at))
    save_scores(session, scored, now, due)
    evaluations.settle(session, customers)
    return Rescored(customers, changes, outcome)


def alarm(session: Session, ready: Ready, scored: Scored, now: int) -> tuple[alerting.Outcome, dict[int, int]]:
    """Look at the immediate rules; what became of alerts, and when customers must be looked at again for silence."""
    rules = ready.alarms.of(Cadence.IMMEDIATE)
    seen, looks = seeing.few(session, scored, seeing.Fresh(ready.fleet, ready.alarms.rules), now)
    states = alerts.states(session, scored.customers, [each.id for each in rules])
    told = alerting.look(seen, ready.alarms, rules, states, now)
    outcome = alerting.apply(session, ready.alarms, told, states, now)
    crossing = crosses_at(seen, ready.alarms.rules["login_absence_72h"].params)
    ahead = {customer: int(at) for customer, at in zip(scored.customers, crossing.tolist(), strict=True) if at > now}
    return outcome, {each: min(at for at in (looks.get(each), ahead.get(each)) if at) for each in looks | ahead}


def write_scores(session: Session, scored: Scored, now: int) -> int:
    """Current scores, today's snapshot, effective bands and their changes; how many bands changed."""
    changes, due = move_bands(session, scored, now)
    save_scores(session, scored, now, due)
    return changes


def move_bands(session: Session, scored: Scored, now: int) -> tuple[int, dict[int, int]]:
    """Let new scores move the effective bands; how many did, and when a band could move by itself."""
    facts = {
        customer: [bands.Scored(now, value)]
        for customer, value in zip(scored.customers, scored.scores.score.tolist(), strict=True)
    }
    return decide_bands(session, facts, now)


def save_scores(session: Session, scored: Scored, now: int, due: Mapping[int, int]) -> None:
    """Write current scores and today's snapshot. `due` says who is to be looked at earlier than the band asks."""
    scores.save_current(session, score_rows(scored, now, log.mark(session, "watermark"), due))
    scores.save_snapshots(session, snapshot_rows(scored))


def alarms_at(workspace: Workspace) -> Alarms:
    """Rules and staff, with the incidents that are open now."""
    with workspace.database.read() as session:
        return replace(workspace.alarms, incidents=incidents.explaining(session))


def decide_bands(session: Session, facts: Mapping[int, Sequence[bands.Scored]], now: int) -> tuple[int, dict[int, int]]:
    """Let new scores move the effective bands; how many did, and when a band could move by itself."""
    states = scores.standings(session, facts)
    moved: list[tuple[int, bands.BandChanged]] = []
    after: list[tuple[int, bands.Standing]] = []
    due: dict[int, int] = {}
    for customer, fresh in facts.items():
        before = states.get(customer)
        unseen = [fact for fact in fresh if before is None or fact.at > before.seen]
        decision = bands.decide(before, unseen, now)
        moved += [(customer, change) for change in decision.intents]
        if decision.state is not None:
            after.append((customer, decision.state))
        if decision.due is not None:
            due[customer] = decision.due
    scores.save_standings(session, after)
    scores.save_changes(session, moved)
    since = now - happenings.FRESH_US
    heard = [(who, BandEntered(each.at, each.end, each.start)) for who, each in moved if each.at > since]
    happenings.put(session, heard)
    return len(moved), due


def score_rows(scored: Scored, now: int, watermark: int, due: Mapping[int, int]) -> list[tuple[object, ...]]:
    """Rows in the order of `scores.CURRENT`."""
    found: Scores = scored.scores
    columns = (
        found.band, found.computed_band, found.cap, found.provisional.astype(np.int64), found.lifecycle,
        found.score, found.uncapped, found.coverage, found.connectable,
    )  # fmt: skip
    values = zip(*(column.tolist() for column in columns), strict=True)
    return [
        (customer, now, *row, card, watermark, *_next_look(customer, row[0], now, due.get(customer)))
        for customer, row, card in zip(scored.customers, values, scored.cards(), strict=True)
    ]


def _next_look(customer: int, band: int, now: int, due: int | None) -> tuple[int, int]:
    """When to look again by itself, and when that would be late.

    It is due at 60-80 % of the band's limit, spread by the customer's number so that not everybody is due
    at once; or when the effective band could move without new events.
    """
    limit = LIMITS_US[BANDS[band]]
    soon = now + limit * (800 - customer % 200) // 1000
    return (soon if due is None else min(soon, max(due, now + 1))), now + limit


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
        folded = [(fold, _folded(workspace, some, fold.table, day_of(now))) for fold in (*FOLDS, PULSE)]
        with workspace.database.write() as session:
            for fold, rows in folded:
                rollups.add_rows(session, fold, rows)
            session.many("UPDATE segment SET rolled = 1 WHERE id = ?", [(each.id,) for each in some])
    return len(fresh)


_WINDOWS = {"day": DAY_WINDOW, "day_part": PART_WINDOW, "fact": FACT_WINDOW, "pulse": PULSE_WINDOW}


def _folded(workspace: Workspace, fresh: Sequence[Segment], table: str, today: int) -> list[tuple[object, ...]]:
    """Rows of one rollup out of segments, without days that no window reaches."""
    fold = next(each for each in (*FOLDS, PULSE) if each.table == table)
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
