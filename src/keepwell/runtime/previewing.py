"""What changed rules would have fired: the last days, one after the other, through the same conditions and lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from keepwell.alerts.alarms import Alarms
from keepwell.alerts.alert import Alert, Deed, Noted
from keepwell.alerts.life import decider
from keepwell.alerts.rule import Rule
from keepwell.base.time import DAY_US
from keepwell.config.alerts import OWN, load_rules, shipped_rules
from keepwell.runtime import alerting, surveying
from keepwell.runtime.workspace import Workspace
from keepwell.store.alerts import Name
from keepwell.store.customers import all_ids

SHOWN = 20


class Line(msgspec.Struct, frozen=True):
    """One changed rule: what it fired, and what it would have fired.

    Attributes:
        fired, draft_fired: alerts opened.
        customers, draft_customers: customers they were about.
        added, removed: ids of customers that only the draft, or only the rule in force, would have pointed out.
    """

    rule: str
    fired: int
    draft_fired: int
    customers: int
    draft_customers: int
    added: Sequence[str]
    removed: Sequence[str]


@dataclass
class Lives:
    """One version of the rules, and what became of its alerts so far."""

    alarms: Alarms
    rules: Sequence[Rule]
    states: dict[Name, Alert] = field(default_factory=dict)
    opened: dict[str, list[int]] = field(default_factory=dict)

    def live(self, day: surveying.Day) -> None:
        now = (day.day + 1) * DAY_US
        told = alerting.look(day.seen, self.alarms, self.rules, self.states, now)
        for name, facts in told.facts.items():
            terms = alerting.terms_of(self.alarms, self.alarms.rules[name[1]], "")
            decision = decider(terms)(self.states.get(name), facts, now)
            if decision.state is not None:
                self.states[name] = decision.state
            opened = [each for each in decision.intents if isinstance(each, Noted) and each.deed is Deed.OPENED]
            self.opened.setdefault(name[1], []).extend(name[0] for _ in opened)


def preview(
    workspace: Workspace, file: Path, now: int, days: int, step: Callable[[int], object] = lambda _: None
) -> list[Line]:
    """Compare the rules in force with a draft, over the last days. Only rules that differ are told.

    A draft that lies in the data folder already is in force: it is compared with the rules that ship.
    """
    draft = load_rules(file)
    in_force = shipped_rules() if file.resolve() == (workspace.folder / OWN).resolve() else workspace.alarms.rules
    changed = [name for name, rule in in_force.items() if draft[name] != rule]
    if not changed:
        return []
    both = [_lives(workspace, rules, changed) for rules in (in_force, draft)]
    for day in surveying.past_days(workspace, now, days):
        for each in both:
            each.live(day)
        step(1)
    with workspace.database.read() as session:
        names = all_ids(session)
    return [_line(rule, both[0].opened.get(rule, []), both[1].opened.get(rule, []), names) for rule in changed]


def _lives(workspace: Workspace, rules: Mapping[str, Rule], changed: Sequence[str]) -> Lives:
    chosen = [rules[name] for name in changed if rules[name].enabled]
    return Lives(replace(workspace.alarms, rules=rules, incidents=()), chosen)


def _line(rule: str, fired: Sequence[int], draft: Sequence[int], names: Mapping[int, str]) -> Line:
    before, after = set(fired), set(draft)
    added, removed = (sorted(names.get(each, "") for each in some) for some in (after - before, before - after))
    return Line(rule, len(fired), len(draft), len(before), len(after), added[:SHOWN], removed[:SHOWN])
