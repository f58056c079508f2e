"""What conditions look at, put together: everybody out of the log, or a few out of the rollups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from keepwell.alerts import aggregates as closer
from keepwell.alerts.fleet import Fleet, freeze
from keepwell.alerts.rule import Rule
from keepwell.alerts.seen import Common, Crowd, Past, Seen, line_up
from keepwell.base.time import DAY_US, HOUR_US, last_day_before
from keepwell.engines import duckdb as engine
from keepwell.metrics.rollups import DAY_WINDOW
from keepwell.metrics.table import Ints
from keepwell.metrics.view import View
from keepwell.runtime import scoring
from keepwell.runtime.scoring import Scored
from keepwell.runtime.workspace import Workspace
from keepwell.scores.bands import BANDS
from keepwell.statistics.failures import Counts
from keepwell.store import findings, incidents, pulses, rollups, scores
from keepwell.store.database import Session

WEEK = 7
CHORUS = 10  # customers from which on it says something that all of them are silent
_STAGED = ("attempts", "severe", "payments")


def everybody(workspace: Workspace, moment: int) -> Seen:
    """All customers as known before a moment, out of the log: the past looks as it did then."""
    day = last_day_before(moment)
    table, results = engine.compute_closely(scoring.look(workspace, (moment, moment)), [(0, moment, day, 1)])
    view = View(table, {0: scoring.reference_for(workspace, day)})
    scored = Scored(view, scoring.deck_at(workspace, moment))
    one, many = line_up(view, results)
    with workspace.database.read() as session:
        past = past_of(session, scored.customers, moment)
        spans = incidents.unheard(session, moment)
        held = findings.held_by_all(session, moment)
    seen = Seen(view, scored.scores, past, Fleet(day), Crowd(), moment, spans, one, many, held)
    first = DAY_WINDOW - seen.exposure()
    fleet = freeze(seen.days("own"), seen.days("sign_ins"), first, seen.segment, day)
    return replace(seen, fleet=fleet, crowd=_crowd(seen), horizon=_horizon(seen, moment))


def _horizon(seen: Seen, moment: int) -> int:
    """The end of the last day on which anybody did anything; the present where so few say nothing of a source."""
    active = np.flatnonzero(seen.days("own").any(axis=0))
    if len(seen) < CHORUS or not len(active):
        return moment
    return min(moment, (last_day_before(moment) - DAY_WINDOW + 1 + int(active[-1]) + 1) * DAY_US)


def _crowd(seen: Seen) -> Crowd:
    """What all of those seen did."""

    def counts(failed: str, trials: str, days: slice) -> Counts:
        return Counts(int(seen.days(failed)[:, days].sum()), int(seen.days(trials)[:, days].sum()))

    now = Counts(int(seen.one["bad"].sum()), int(seen.one["tried"].sum()))
    before = counts("tx_bad", "tx_tried", slice(-29, -1))
    week = counts("api_errors", "api_calls", slice(-8, -1))
    return Crowd(Common(now, before), Common(week, counts("api_errors", "api_calls", slice(-36, -8))))


def past_of(session: Session, customers: Sequence[int], moment: int) -> Past:
    """What is remembered of the scores of customers."""
    ago = last_day_before(moment) - WEEK
    before = scores.of_day(session, customers, ago)
    moved = scores.bands_at(session, customers, moment)
    still = {each: found.band for each, found in scores.standings(session, customers).items()}
    bands = [moved[each].band if each in moved else still.get(each, BANDS[-1]) for each in customers]
    return Past(
        np.array([before.get(each, np.nan) for each in customers], np.float64),
        np.array([BANDS.index(each) for each in bands], np.int64),
        np.array([moved[each].fell_at if each in moved else 0 for each in customers], np.int64),
    )


@dataclass(frozen=True)
class Fresh:
    """What few customers are held against: made once a day, or looked up each time."""

    fleet: Fleet
    rules: Mapping[str, Rule]


def few(session: Session, scored: Scored, fresh: Fresh, now: int) -> tuple[Seen, dict[int, int]]:
    """Customers that `rollups.aggregate` has just looked at, and when each has to be looked at again for silence.

    Days are read only of those who may be silent or whose transactions fail: of the others conditions that need
    days find nothing, rightly.
    """
    statements = {each.name: each for each in closer.statements()}
    results = rollups.look_closely(session, now, [*(statements[name] for name in _STAGED), closer.signed()])
    customers = scored.customers
    signed = dict(zip(results["signed"]["customer"].tolist(), results["signed"]["signed_at"].tolist(), strict=True))
    patience = int(fresh.rules["login_absence_72h"].params["hours"] * HOUR_US)
    silent = [each for each in customers if now - signed.get(each, 0) >= patience]
    failing = results["attempts"]["customer"][results["attempts"]["bad"] > 0].tolist()
    closely = sorted({*silent, *failing})
    results |= rollups.look_closely(session, now, [statements["tempo"]], closely)
    one, many = line_up(scored.view, results)
    crowd = Crowd(pulses.transactions(session, now)) if failing else Crowd()
    past, horizon = past_of(session, customers, now), _heard(session, now)
    spans, held = incidents.unheard(session, now), findings.open_episodes(session, customers)
    seen = Seen(scored.view, scored.scores, past, fresh.fleet, crowd, horizon, spans, one, many, held)
    return seen, {each: at + patience for each, at in signed.items() if at + patience > now}


def _heard(session: Session, now: int) -> int:
    """The end of the last hour in which anybody did anything."""
    known = int(session.one("SELECT COUNT(*) FROM score") or 0)
    return now if known < CHORUS else min(now, pulses.horizon(session) or now)


def customers_of(seen: Seen) -> Ints:
    """The numbers of those seen."""
    return seen.view.scope("customer")
