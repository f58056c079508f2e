"""Playbooks of an installation: those in force, and what they would have done in the past.

The past is walked through the same fold as the present. What a person would have said is assumed: everything that is
asked for is approved at once, arrives, and is done. So it tells how many would have entered and been written to, and
not what came of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Final

from keepwell.base.time import DAY_US
from keepwell.config.messages import OWN as MESSAGES
from keepwell.config.messages import load_messages
from keepwell.config.playbooks import OWN, load_playbooks
from keepwell.config.playbooks_checks import Known
from keepwell.engines import duckdb as engine
from keepwell.events.catalog import key_of, number
from keepwell.interventions import intents as meant
from keepwell.interventions.decide import decide
from keepwell.interventions.facts import Approved, Done, Fact, Reported
from keepwell.interventions.hearing import SPOKEN, heard
from keepwell.interventions.intents import Intent
from keepwell.interventions.playbook import Action, EventHappened, Happening, Playbook
from keepwell.interventions.run import Course
from keepwell.interventions.stage import End
from keepwell.runtime.ports.playbooks import Collision, Preview, Previewed
from keepwell.runtime.scoring import look
from keepwell.runtime.workspace import Workspace
from keepwell.store import ledgers, runs
from keepwell.store.customers import ids_of

BY: Final = "nobody: it is assumed"
ASSUMED: Final = "assumed: nothing was sent"
TOGETHER_US: Final = DAY_US
"""Messages of different runs that come closer to each other collide."""
SHOWN: Final = 20
AT_MOST: Final = 1_000_000
"""Events that are looked at."""


def in_force(workspace: Workspace, own: Path | None = None) -> dict[str, Playbook]:
    """The playbooks of an installation, or of another folder of drafts.

    Raises:
        FileRefusedError: a playbook or a message is malformed, or names what does not exist.
    """
    messages = load_messages(workspace.folder / MESSAGES)
    templates = {name: template.parts for name, template in messages.templates.items()}
    return load_playbooks(own or workspace.folder / OWN, Known(workspace.alarms.rules, templates))


@dataclass
class _Tale:
    """What would have become of all customers so far."""

    counts: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    customers: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    messages: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    sent: dict[int, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))


def preview(
    workspace: Workspace,
    playbooks: Mapping[str, Playbook],
    span: tuple[int, int],
    step: Callable[[int], object] = lambda _: None,
) -> Preview:
    """Who would have entered in [since, until), which messages they would have got, and which collide.

    Args:
        playbooks: by id.
        span: both ends, microseconds.
        step: called with the number of customers that were walked.
    """
    happened, names = _happened(workspace, playbooks, span)
    tale, purposes = _Tale(), _by_purpose(playbooks)
    for customer, happenings in happened.items():
        for purpose in purposes.values():
            _Walk(tale, customer, names[customer], purpose).through(happenings, span[1])
        step(1)
    return _told(tale, playbooks, names, span)


def relive(workspace: Workspace, playbooks: Mapping[str, Playbook], since: int, now: int) -> int:
    """Write down the runs that would have been, as a demo's past; how many there were.

    What happened in the day before `now` is left: playbooks have not heard of it yet.
    """
    happened, names = _happened(workspace, playbooks, (since, now - DAY_US))
    walks = [
        (_Walk(_Tale(), customer, names[customer], mine), purpose, happenings)
        for customer, happenings in happened.items()
        for purpose, mine in _by_purpose(playbooks).items()
    ]
    with workspace.database.write() as session:
        for walk, purpose, happenings in walks:
            walk.through(happenings, now)
            name = walk.customer, purpose
            runs.record(session, name, walk.said)
            runs.save(session, {name: (walk.course, walk.due)} if walk.course is not None else {})
    return sum(isinstance(each, meant.Opened) for walk, _, _ in walks for each in walk.said)


def _happened(
    workspace: Workspace, playbooks: Mapping[str, Playbook], span: tuple[int, int]
) -> tuple[dict[int, list[Happening]], dict[int, str]]:
    """What happened in a span, by customer in order of time; and the customers' own ids."""
    since, until = span
    wanted = {each.trigger.event for each in playbooks.values() if each.trigger.event} | set(SPOKEN)
    with workspace.database.read() as session:
        happened: dict[int, list[Happening]] = defaultdict(list)
        for customer, happening in (*ledgers.happenings(session, since, until), *_events(workspace, span, wanted)):
            happened[customer].append(happening)
        names = ids_of(session, sorted(happened))
    return {customer: sorted(told, key=attrgetter("at")) for customer, told in happened.items()}, names


def _events(workspace: Workspace, span: tuple[int, int], kinds: Collection[str]) -> Iterator[tuple[int, Happening]]:
    """Events of some kinds out of the log."""
    since, until = span
    wanted = ", ".join(str(number(each)) for each in sorted(kinds))
    where = f"kind IN ({wanted}) AND customer > 0 AND occurred_at >= {since} AND occurred_at < {until}"
    table = engine.events_of(look(workspace, (until, until), []), where, AT_MOST)
    for row in table.select(["customer", "kind", "occurred_at"]).to_pylist():
        yield row["customer"], EventHappened(row["occurred_at"], key_of(row["kind"], None))


def _by_purpose(playbooks: Mapping[str, Playbook]) -> dict[str, list[Playbook]]:
    found: dict[str, list[Playbook]] = defaultdict(list)
    for each in playbooks.values():
        found[each.purpose].append(each)
    return found


class _Walk:
    """One customer and one purpose, from the first to the last moment."""

    def __init__(self, tale: _Tale, customer: int, name: str, playbooks: Sequence[Playbook]) -> None:
        self.tale, self.customer, self.name, self.playbooks = tale, customer, name, playbooks
        self.course: Course | None = None
        self.due: int | None = None
        self.said: list[Intent] = []

    def through(self, happenings: Sequence[Happening], until: int) -> None:
        for each in happenings:
            self._wait(each.at)
            self._decide(list(heard(each, self.name, self.playbooks, self.course, each.at)), each.at)
        self._wait(until)

    def _wait(self, until: int) -> None:
        """Let everything happen that is due before a moment."""
        while self.due is not None and self.due < until:
            self._decide([], self.due)

    def _decide(self, facts: list[Fact], now: int) -> None:
        """Decide, and answer what is asked until nothing more is."""
        while True:
            decision = decide(self.course, facts, now)
            self.course, self.due = decision.state, decision.due
            self.said += decision.intents
            for each in decision.intents:
                self._count(each)
            facts = [answer for each in decision.intents for answer in self._answers(each, now)]
            if not facts:
                return

    def _answers(self, intent: Intent, now: int) -> Iterator[Fact]:
        match intent:
            case meant.Prepare(run=run, step=step):
                yield Approved(now, run, step, BY)
            case meant.Carry(run=run, step=step) | meant.Escalate(run=run, step=step):
                yield Reported(now, run, step, End.SENT, ASSUMED)
            case meant.Assign(run=run, step=step):
                yield Done(now, run, step, BY)
            case _:
                return

    def _count(self, intent: Intent) -> None:
        tale, run = self.tale, self.course.run if self.course else None
        playbook = run.playbook.id if run else ""
        match intent:
            case meant.Opened():
                playbook = intent.playbook
                tale.customers[playbook].add(self.customer)
                tale.counts[playbook]["held_out" if intent.held_out else "entered"] += 1
            case meant.Skipped():
                tale.counts[intent.playbook]["not_begun"] += 1
            case meant.Assign() | meant.Escalate():
                tale.counts[playbook]["tasks"] += 1
            case meant.Carry() if intent.what.action in (Action.OUTREACH, Action.VALUE_DEMONSTRATION):
                tale.messages[playbook][intent.what.message] += 1
                tale.sent[self.customer].append((intent.at, playbook))
            case _:
                return


def _told(tale: _Tale, playbooks: Mapping[str, Playbook], names: Mapping[int, str], span: tuple[int, int]) -> Preview:
    lines = [
        Previewed(
            playbook=name, title=playbook.title, enabled=playbook.enabled,
            customers=len(tale.customers[name]), messages=dict(sorted(tale.messages[name].items())),
            **{key: tale.counts[name][key] for key in ("entered", "held_out", "not_begun", "tasks")},
            who=sorted(names[each] for each in tale.customers[name]),
        )
        for name, playbook in playbooks.items()
    ]  # fmt: skip
    found = [each for customer in sorted(tale.sent) for each in _collisions(names[customer], tale.sent[customer])]
    return Preview(*span, lines, len(found), found[:SHOWN])


def _collisions(customer: str, sent: Sequence[tuple[int, str]]) -> Iterator[Collision]:
    """Messages of different playbooks within a day of each other: the caps would keep the later one waiting."""
    in_order = sorted(sent)
    for (at, playbook), (later, other) in pairwise(in_order):
        if playbook != other and later - at < TOGETHER_US:
            yield Collision(customer, playbook, other, later)
