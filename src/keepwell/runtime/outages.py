"""Is something the matter with everybody? Looked at every minute, and before anybody is called silent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keepwell.alerts import outage
from keepwell.alerts.alarms import Alarms
from keepwell.alerts.alert import Fact, Held, Released
from keepwell.alerts.incident import Began, Ended, Noticed, decide, name_of
from keepwell.alerts.outage import Failing, Kind, Pulse, Signal, SourcePulse
from keepwell.base.time import HOUR_US
from keepwell.metrics.rollups import EVERYTHING, ON_CHAIN
from keepwell.metrics.table import Ints
from keepwell.runtime import alerting
from keepwell.runtime.alerting import Outcome, Told
from keepwell.runtime.surveying import Page
from keepwell.runtime.workspace import Workspace
from keepwell.scores.bands import BANDS, Band
from keepwell.store import alerts, incidents, pulses, sources
from keepwell.store.alerts import Name
from keepwell.store.database import Session

FAILING_H = 3
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
                incidents.begin(session, each)
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
    """Everything that is the matter with more than one customer now."""
    return [
        *outage.silent_sources(_sources(session, now), now),
        *outage.fallen(_pulses(session, now)),
        *outage.failing(_failing(session, now)),
        *_mass_change(session, now),
    ]


def _sources(session: Session, now: int) -> list[SourcePulse]:
    hours = sources.hourly(session, now)
    return [
        SourcePulse(each.name, each.name, each.last_at, hours.get(each.name, np.zeros(0, np.int64)))
        for each in sources.health(session, now)
        if each.last_at is not None and each.name.startswith(LIVE)
    ]


def _pulses(session: Session, now: int) -> list[Pulse]:
    """Own activity of everybody, and transactions of each chain."""
    found = [
        Pulse(Kind.FLEET, "", "Activity of all customers", series)
        for part, series in pulses.hourly(session, now, "own").items()
        if part == EVERYTHING
    ]
    for part, series in pulses.hourly(session, now, "tx_tried").items():
        if part.startswith(ON_CHAIN):
            name = part.removeprefix(ON_CHAIN)
            found.append(Pulse(Kind.CHAIN, name, f"Activity on {name}", series))
    return [Pulse(each.kind, each.part, each.label, _known(each.hourly)) for each in found]


def _known(series: Ints) -> Ints:
    """From the first hour with anything on: what lies before is not known to be quiet."""
    seen = np.flatnonzero(series)
    return series[seen[0] :] if len(seen) else series[:0]


def _failing(session: Session, now: int) -> list[Failing]:
    found = []
    for part, counts in pulses.failing_parts(session, now, FAILING_H).items():
        if part == EVERYTHING:
            found.append(Failing(Kind.FLEET, "", "the platform", *counts))
        else:
            name = part.removeprefix(ON_CHAIN)
            found.append(Failing(Kind.CHAIN, name, name, *counts))
    return found


def _mass_change(session: Session, now: int) -> list[Signal]:
    customers = int(session.one("SELECT COUNT(*) FROM score") or 0)
    rows = session.run("SELECT was, became FROM band_change WHERE at > ?", (now - HOUR_US,))
    fell = sum(BANDS.index(Band(became)) < BANDS.index(Band(was)) for was, became in rows)
    return outage.mass_change(customers, fell)
