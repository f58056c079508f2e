"""The rules of alerts, run over simulated worlds as they run in production, and the survey over a large base.

Mechanism: the same conditions over columns, day by day, and the same lives. Control: the plain rule of 72 hours in
place of the own rhythm, beside it in the same worlds.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from benchmarks import events, folder
from benchmarks.events import Size
from keepwell.alerts import segments
from keepwell.alerts.alarms import Alarms
from keepwell.alerts.rule import Cadence, Rule
from keepwell.base.time import DAY_US, last_day_before
from keepwell.config.settings import Settings
from keepwell.runtime import surveying
from keepwell.runtime.history import refresh
from keepwell.runtime.previewing import Lives
from keepwell.runtime.scoring import reference_for, remember_references
from keepwell.runtime.simulating import fill
from keepwell.runtime.workspace import Workspace, open_workspace
from keepwell.simulation.spec import WorldSpec

EVENT_RULES = ("ticket_severity_high", "payment_failure", "competitive_activity")
"""Single events fire these: they are facts, and no judgement about use."""
UNTIL = 20_600 * DAY_US


@dataclass(frozen=True)
class Worlds:
    """Which worlds: as many customers over so many days, and how many of the last days are judged."""

    customers: int
    days: int
    judged: int
    seeds: tuple[int, ...]


FULL = Worlds(300, 200, 30, (1, 2, 3, 4))
SMALL = Worlds(20, 100, 1, (1,))


def claims(cache: Path, worlds: Worlds) -> Iterator[tuple[str, str, str, str, bool]]:
    """Claim, number, control, ratio and verdict: shares of customers that fare well and were pointed out."""
    pointed: dict[str, int] = {}
    well = together = fell = 0
    for seed in worlds.seeds:
        healthy, found, struck = _world(cache, worlds, seed)
        fell += struck
        well += len(healthy)
        for rule, customers in found.items():
            pointed[rule] = pointed.get(rule, 0) + len(customers & healthy)
        judged = [customers for rule, customers in found.items() if rule not in (*EVENT_RULES, STRICT)]
        together += len(set[str]().union(*judged) & healthy)
    plain = f"{pointed.pop(STRICT) / well:.0%} by the plain rule of 72 hours"
    for rule, count in pointed.items():
        if rule in EVENT_RULES:
            continue
        control = plain if rule == "login_absence_72h" else ""
        share = count / well
        claim = f"{rule}, well customers in {worlds.judged} days <= 5 %"
        yield claim, f"{share:.1%} of {well}", control, "", share <= 0.05
    share = together / well
    days = f"{worlds.judged * len(worlds.seeds)} days"
    yield "segments called fallen where none was struck = 0", f"{fell} in {days}", "", "", fell == 0
    yield f"all of these together, in {worlds.judged} days <= 15 %", f"{share:.1%}", "", "", share <= 0.15


STRICT = "login_absence_72h, strict"


def _world(cache: Path, worlds: Worlds, seed: int) -> tuple[set[str], dict[str, set[str]], int]:
    """Who fares well in a world, whom each rule pointed out anew in the judged days, and how often a segment fell."""
    path = cache / f"rules-{worlds.customers}-{worlds.days}-{seed}"
    shutil.rmtree(path, ignore_errors=True)
    spec = WorldSpec(until=UNTIL, customers=worlds.customers, days=worlds.days, seed=seed)
    with open_workspace(Settings(data=path, database_url=None)) as workspace:
        with workspace.writing():
            fill(workspace, spec, UNTIL)
            refresh(workspace, UNTIL)  # scores and bands of all past days
        rules = [each for each in workspace.alarms.rules.values() if each.enabled]
        fired = _fired(workspace, workspace.alarms, rules, worlds.judged)
        fell = sum(len(segments.fallen(day.seen)) for day in surveying.past_days(workspace, UNTIL, worlds.judged))
        own = workspace.alarms.rules["login_absence_72h"]
        strict = msgspec.structs.replace(own, params={**own.params, "strict": 1.0})
        plain = _fired(workspace, replace(workspace.alarms, rules={own.id: strict}), [strict], worlds.judged)
    truth = json.loads((path / "truth.json").read_text())["customers"]
    troubles = ("onset_at", "turned_at")
    well = {name for name, each in truth.items() if each["healthy_at_end"] and not any(each[name] for name in troubles)}
    return well & fired.pop(""), {**fired, STRICT: plain.get(own.id, set())}, fell


def _fired(workspace: Workspace, alarms: Alarms, rules: list[Rule], days: int) -> dict[str, set[str]]:
    """Ids of customers by rule, of alerts that opened after the first day; under "" all customers."""
    lives = Lives(alarms, rules)
    for place, day in enumerate(surveying.past_days(workspace, UNTIL, days + 1)):
        lives.live(day)
        if not place:
            lives.opened.clear()  # what held before is nothing new
    with workspace.database.read() as session:
        names = {int(number): str(name) for number, name in session.run("SELECT id, external_id FROM customer")}
    found = {rule.id: {names[each] for each in lives.opened.get(rule.id, [])} for rule in rules}
    return {**found, "": set(names.values())}


def survey(cache: Path, size: Size) -> tuple[float, int, int]:
    """Seconds of the daily and weekly rules over everybody, how many there were, and alerts opened."""
    path = cache / "rules-survey"
    shutil.rmtree(path, ignore_errors=True)
    shutil.copytree(folder.made(cache, size), path)
    with folder.opened(path) as workspace, workspace.writing():
        rules = workspace.alarms.of(Cadence.DAILY, Cadence.WEEKLY)
        with workspace.database.write() as session:  # by then the day was scored
            remember_references(session, [reference_for(workspace, last_day_before(events.NOW))])
        began = time.perf_counter()
        done = surveying.survey(workspace, workspace.alarms, rules, events.NOW, lambda *_: None)
        seconds = time.perf_counter() - began
    shutil.rmtree(path, ignore_errors=True)
    return seconds, done.customers, len(done.opened)
