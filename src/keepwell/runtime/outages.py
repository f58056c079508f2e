"""Is something the matter with everybody? Looked at every minute, and before anybody is called silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from keepwell.alerts import outage, segments
from keepwell.alerts.alarms import Alarms
from keepwell.alerts.alert import Fact, Held, Released
from keepwell.alerts.incident import Began, Ended, Noticed, decide, name_of
from keepwell.alerts.outage import Failing, Kind, Pulse, Signal, SourcePulse
from keepwell.base.time import HOUR_US, last_day_before
from keepwell.metrics.rollups import EVERYTHING, ON_CHAIN
from keepwell.metrics.table import Ints
from keepwell.runtime import alerting, paging
from keepwell.runtime.alerting import Outcome, Page, Told
from keepwell.runtime.workspace import Workspace
from keepwell.scores.bands import BANDS, Band
from keepwell.store import alerts, fleets, incidents, pulses, sources
from keepwell.store.alerts import Name
from keepwell.store.database import Session

FAILING_H = (1, 3, 6, 24)
LIVE = ("key:", "hook:")
"""How names of sources begin that send by themselves; files and replays come when somebody brings them."""


def check(workspace: Workspace, alarms: Alarms, now: int, page: Page) -> list[Began]:
    """Fold what is to be seen now into incidents; those that began. Alerts they explain are held."""
    with workspace.database.read() as session:
        before = incidents.state(session)
        decision = decide(before, [Noticed(now, tuple(signals(session, now)))], now)
    if decision.state == before and not decision.intents:
        return []
    began = [each for each in decision.intents if isinstance(each, Began)]
    with workspace.database.write() as session:
        incidents.save(session, dict(decision.state))
        for each in decision.intents:
            if isinstance(each, Began):
                paging.tell_of(session, paging.Desk(alarms, workspace.settings), each, incidents.begin(session, each))
            else:
                incidents.end(session, each)
        over = [each for each in decision.intents if isinstance(each, Ended)]
        page(session, alarms, _spread(session, alarms, over, began, now), now)
    return began


def _spread(session: Session, alarms: Alarms, over: Sequence[Ended], began: Sequence[Began], now: int) -> Outcome:
    """Hold the alerts that an incident explains, and release those it held."""
    states = alerts.living(session, [each.id for each in alarms.rules.values() if each.quiet])
    names = {name_of(each.signal.kind, each.signal.part): each.at for each in began}
    explaining = [each for each in incidents.explaining(session) if each.name in names]
    facts: dict[Name, list[Fact]] = {}
    for name, state in states.items():
        found: list[Fact] = [Held(now, each.name) for each in explaining if each.concerns(name[0])]
        ended = [name_of(each.kind, each.part) for each in over]
        found += [Released(now, each) for each in ended if each in state.held_by]
        if found:
            facts[name] = found
    return alerting.apply(session, alarms, Told(facts), states, now)


def signals(session: Session, now: int) -> list[Signal]:
    """Everything that is the matter with more than one customer now, each thing once: under its cause."""
    silent = outage.silent_sources(_sources(session, now), now)
    unheard = any(each.kind == Kind.SOURCE for each in incidents.open_ones(session))
    found = silent if silent or unheard else _joined(session, now) or _moved(session, now)
    return [*_once(found), *_segments(session, now), *_mass_change(session, now)]


def _segments(session: Session, now: int) -> Sequence[Signal]:
    """Segments that fell, as the last survey saw them; that of a new day may still be to come."""
    fleet = fleets.lately(session, last_day_before(now))
    return [] if fleet is None else segments.signals(fleet.fell, fleet.segments)


def _moved(session: Session, now: int) -> list[Signal]:
    return [*_fallen(session, now), *_failing(session, now)]


def _once(found: Sequence[Signal]) -> list[Signal]:
    """One signal for each kind and part, and no part of what is the matter with all."""
    named = {(each.kind, each.part): each for each in reversed(found)}
    everybody = [each for each in named.values() if each.kind is Kind.FLEET]
    return everybody or sorted(named.values(), key=lambda each: (each.kind, each.part))


def _sources(session: Session, now: int) -> list[SourcePulse]:
    hours = sources.hourly(session, now)
    return [
        SourcePulse(each.name, each.name, each.last_at, hours.get(each.name, np.zeros(0, np.int64)))
        for each in sources.health(session, now)
        if each.last_at is not None and each.name.startswith(LIVE)
    ]


def _fallen(session: Session, now: int) -> list[Signal]:
    """Chains whose activity fell; or everybody's, when it also fell without those chains."""
    since = _live_hours(session, now)
    own = pulses.hourly(session, now, "own").get(EVERYTHING)
    if own is None or not since:
        return []
    chains = {
        part.removeprefix(ON_CHAIN): each[-since:]
        for part, each in pulses.hourly(session, now, "tx_tried").items()
        if part.startswith(ON_CHAIN)
    }
    fresh = incidents.hours_since_last(session, now)
    found = outage.fallen(
        [Pulse(Kind.CHAIN, name, f"Activity on {name}", each, fresh) for name, each in chains.items()]
    )
    rest = own[-since:] - sum((chains[each.part] for each in found), np.zeros(since, np.int64))
    everybody = outage.fallen([Pulse(Kind.FLEET, "", "Activity of all customers", np.maximum(rest, 0), fresh)])
    return everybody or found


def _joined(session: Session, now: int) -> list[Signal]:
    """Whether events still find their customers."""
    since = _live_hours(session, now)
    counted = pulses.hourly(session, now, "events").get(EVERYTHING)
    if counted is None or not since:
        return []
    accepted = np.zeros(since, np.int64)
    for name, series in sources.hourly(session, now).items():
        if name.startswith(LIVE):
            accepted[-min(len(series), since) :] += series[-since:]
    return outage.broken_join(accepted, np.minimum(counted[-since:], accepted))


def _live_hours(session: Session, now: int) -> int:
    """For how many hours events arrive by themselves; files come when somebody brings them."""
    known = (len(each) for name, each in sources.hourly(session, now).items() if name.startswith(LIVE))
    return min(max(known, default=0), pulses.HOURS_BACK)


def _failing(session: Session, now: int) -> list[Signal]:
    """The chains on which attempts fail; or the platform, when they fail without those chains too."""
    fresh = incidents.hours_since_last(session, now)
    for window in (each for each in FAILING_H if each <= fresh):
        found = _failing_in(pulses.failing_parts(session, now, window))
        if found:
            return found
    return []


def _failing_in(counts: Mapping[str, Sequence[int]]) -> list[Signal]:
    total = np.array(counts.get(EVERYTHING, (0, 0, 0, 0)))
    parts = [
        Failing(Kind.CHAIN, part.removeprefix(ON_CHAIN), part.removeprefix(ON_CHAIN), *each)
        for part, each in counts.items()
        if part.startswith(ON_CHAIN)
    ]
    blamed = [each for each in parts if outage.is_failing(each)]
    if not blamed and not outage.is_failing(_platform(total)):
        return []
    blamed = blamed or sorted(parts, key=lambda each: -each.bad)[:1]
    rest = total - sum((np.array([each.tried, each.bad, each.tried_before, each.bad_before]) for each in blamed), 0)
    if outage.is_failing(_platform(rest)) or not blamed:
        return [outage.told(_platform(total))]
    return [outage.told(each) for each in blamed]


def _platform(counts: Ints) -> Failing:
    return Failing(Kind.FLEET, "", "the platform", *counts.tolist())


def _mass_change(session: Session, now: int) -> list[Signal]:
    customers = int(session.one("SELECT COUNT(*) FROM score") or 0)
    rows = session.run("SELECT was, became FROM band_change WHERE at > ?", (now - HOUR_US,))
    fell = sum(BANDS.index(Band(became)) < BANDS.index(Band(was)) for was, became in rows)
    return outage.mass_change(customers, fell)
