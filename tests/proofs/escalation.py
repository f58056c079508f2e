"""A year of alerts nobody answers, or not in time: a worker that ticks, dies and starts again, and what it should do.

The database is a table of JSON, the due instants beside it, and the outbox; one tick of one alert is one transaction.
What should happen is worked out without the code that is tested: half-hours of the year are open or closed by the wall
clock of another library, and counted.
"""

from __future__ import annotations

import datetime as dt
import random
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cache
from heapq import heapify, heappop, heappush
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from keepwell.alerts.alert import Acknowledged, Alert, Ended, Fact, Fired, Paged, Terms
from keepwell.alerts.hours import Calendar, Span
from keepwell.alerts.life import decider
from keepwell.alerts.rota import DUTY, Away, Level, Person, Rota, Shift, chain, lint
from keepwell.alerts.rule import Cadence, Rule, Severity
from keepwell.base.time import DAY_US, HOUR_US, SECOND_US, parse_instant

TICK = 60 * SECOND_US
START = parse_instant("2026-01-01T00:00:00Z")
END = START + 365 * DAY_US
HALF_HOUR = HOUR_US // 2
CHANGES = [
    parse_instant(text) for text in ("2026-03-08T07:00Z", "2026-03-29T01:00Z", "2026-10-25T01:00Z", "2026-11-01T06:00Z")
]
"""Daylight saving in New York and Berlin."""
LEVELS = (Level(DUTY, 900), Level("eve", 1800), Level(DUTY, 0))
OFFICE = (*((Span(510, 750), Span(810, 1050)),) * 5, (), ())
NIGHTS = (*((Span(0, 360), Span(1320, 1440)),) * 7,)
HOLIDAYS = frozenset({dt.date(2026, 1, 1), dt.date(2026, 5, 1), dt.date(2026, 12, 25)})
HOURS = {
    "ada": Calendar("Europe/Berlin", OFFICE, HOLIDAYS),
    "bob": Calendar("America/New_York", OFFICE),
    "eve": Calendar("Europe/Berlin", NIGHTS),
    "kim": Calendar("America/St_Johns", NIGHTS),
}


def staff(draw: random.Random) -> Rota:
    """Four people in three zones with two weeks off each, never two at once, and each week somebody else on duty."""
    keys = list(HOURS)
    weeks = draw.sample(range(26), 2 * len(keys))
    off = {key: [START + 14 * DAY_US * week for week in weeks[place::4]] for place, key in enumerate(keys)}
    people = {
        key: Person(
            key, key.title(), ("inbox",), hours=hours,
            away=tuple(Away(at, at + 7 * DAY_US, draw.choice([one for one in keys if one != key])) for at in off[key]),
        )
        for key, hours in HOURS.items()
    }  # fmt: skip
    rota = Rota(people, (Shift(tuple(keys), dt.date(2026, 1, 5), "Europe/Berlin", 540),), LEVELS)
    assert lint(rota, START, END + DAY_US) == []
    return rota


def rule_of(severity: Severity) -> Rule:
    critical = severity is Severity.CRITICAL
    return Rule("payment_failure", "billing_alert", "A payment failed", Cadence.IMMEDIATE, severity, "a payment failed",
                "it succeeds", 900 if critical else 3600, office_hours=not critical)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One alert: when it fires, whose it is, when somebody takes it (never: None) and when its condition ends."""

    number: int
    severity: Severity
    owner: str
    fires: int
    taken: int | None
    ends: int


def cases(draw: random.Random, count: int) -> list[Case]:
    """Alerts all over the year, every third within four hours of a change of the clocks."""
    found = []
    for number in range(count):
        near = draw.choice(CHANGES) + draw.randrange(-4 * HOUR_US, 4 * HOUR_US)
        fires = near if number % 3 == 0 else draw.randrange(START + DAY_US, END - 8 * DAY_US)
        severity = draw.choice((Severity.CRITICAL, Severity.HIGH))
        taken = fires + draw.randrange(3 * HOUR_US) if draw.random() < 0.4 else None
        owner = draw.choice(list(HOURS))
        found.append(Case(number, severity, owner, fires, taken, fires + draw.randrange(6, 7 * 24) * HOUR_US))
    return found


@cache
def _opened(key: str) -> list[int]:
    """Microseconds of business hours before each half-hour of the year and a little more."""
    calendar = HOURS[key]
    zone = ZoneInfo(calendar.zone)
    passed = []
    for at in range(START, END + 30 * DAY_US, HALF_HOUR):
        wall = dt.datetime.fromtimestamp(at // SECOND_US, zone)
        spans = () if wall.date() in calendar.holidays else calendar.week[wall.weekday()]
        minute = wall.hour * 60 + wall.minute
        passed.append(HALF_HOUR * any(span.opens <= minute < span.closes for span in spans))
    return list(accumulate(passed, initial=0))


def passed_by(case: Case, start: int, seconds: int) -> int:
    """When so many seconds have passed: around the clock if it is critical, else in the hours of its owner."""
    if case.severity is Severity.CRITICAL:
        return start + seconds * SECOND_US
    before = _opened(case.owner)
    place, rest = divmod(start - START, HALF_HOUR)
    open_now = before[place + 1] > before[place]
    target = before[place] + (rest if open_now else 0) + seconds * SECOND_US
    last = bisect_left(before, target) - 1
    return START + last * HALF_HOUR + target - before[last]


def should(case: Case) -> dict[int, int]:
    """When each level should be told: all whose time comes before somebody takes it or it ends."""
    over = min(case.ends, case.taken if case.taken is not None else case.ends)
    told, at = {0: case.fires}, passed_by(case, case.fires, rule_of(case.severity).respond_s)
    for number, level in enumerate(LEVELS, 1):
        if at >= over:
            break
        told[number] = at
        at = passed_by(case, at, level.wait_s)
    return told


class Letter(NamedTuple):
    """What reached somebody: of which alert, at which level, when, and whom."""

    case: int
    level: int
    at: int
    to: str


@dataclass
class Worker:
    """What survives a restart (`rows`, `letters`), and what does not (`due`, `known`)."""

    rota: Rota
    cases: list[Case]
    draw: random.Random
    forgetful: bool = False  # the planted fault: deadlines are nowhere but in memory
    rows: dict[int, tuple[bytes, int | None]] = field(default_factory=dict)
    letters: list[Letter] = field(default_factory=list)
    due: list[tuple[int, int]] = field(default_factory=list)
    known: dict[int, Alert] = field(default_factory=dict)
    restarts: int = 0

    def run(self) -> None:
        """Live through the year: facts as they come, deadlines at the first tick at or after them, deaths between."""
        facts = sorted((fact.at, case.number, fact) for case in self.cases for fact in facts_of(case))
        facts.reverse()
        deaths = sorted((self.draw.randrange(START, END) for _ in range(len(self.cases) // 2)), reverse=True)
        now = START
        while facts or self.due:
            now = max(now, _tick(min([at for at, *_ in facts[-1:]] + [at for at, _ in self.due[:1]])))
            while deaths and deaths[-1] <= now:
                deaths.pop()
                self.restart()
            arrived: dict[int, list[Fact]] = {}
            while facts and facts[-1][0] <= now:
                _, number, fact = facts.pop()
                arrived.setdefault(number, []).append(fact)
            while self.due and self.due[0][0] <= now:
                arrived.setdefault(heappop(self.due)[1], [])
            for number, new in arrived.items():
                self.turn(self.cases[number], new, now)

    def restart(self) -> None:
        self.restarts += 1
        self.known = {}
        rows = {} if self.forgetful else self.rows
        self.due = [(due, number) for number, (_, due) in rows.items() if due is not None]
        heapify(self.due)

    def turn(self, case: Case, facts: list[Fact], now: int) -> None:
        """One transaction; now and then the worker dies before it is committed, and does it again."""
        decision = decider(terms_of(case))(self.state_of(case.number), facts, now)
        if self.draw.random() < 0.02:
            self.restart()
            self.turn(case, facts, now)
            return
        assert decision.state is not None
        self.rows[case.number] = (msgspec.json.encode(decision.state), decision.due)
        self.known[case.number] = decision.state
        if decision.due is not None:
            heappush(self.due, (decision.due, case.number))
        for page in decision.intents:
            if isinstance(page, Paged):
                reached = chain(self.rota, case.owner, now)[page.level]
                self.letters.append(Letter(case.number, page.level, now, reached.key))

    def state_of(self, number: int) -> Alert | None:
        if number in self.known:
            return self.known[number]
        return msgspec.json.decode(self.rows[number][0], type=Alert) if number in self.rows else None


def terms_of(case: Case) -> Terms:
    return Terms(rule_of(case.severity), HOURS[case.owner], LEVELS)


def facts_of(case: Case) -> list[Fact]:
    """What happens to an alert: it fires twice, may be taken, and ends."""
    fired = [Fired(at, case.severity, 1.0, "the card was declined") for at in (case.fires, case.fires + 1)]
    taken = [] if case.taken is None else [Acknowledged(case.taken, case.owner)]
    return [*fired, *taken, Ended(case.ends, "it was paid")]


def _tick(at: int) -> int:
    return -(-at // TICK) * TICK


@dataclass(frozen=True)
class Outcome:
    """How many letters there were, and what was wrong with them."""

    alerts: int
    letters: int
    restarts: int
    late: int  # by more than one tick, or never
    early: int  # or not called for
    doubled: int
    to_absent: int


def live(count: int, seed: int, *, forgetful: bool = False) -> Outcome:
    """A year with so many alerts."""
    draw = random.Random(seed)
    worker = Worker(staff(draw), cases(draw, count), draw, forgetful)
    worker.run()
    expected = {(case.number, level): at for case in worker.cases for level, at in should(case).items()}
    sent: dict[tuple[int, int], int] = {}
    for letter in reversed(worker.letters):
        sent[letter.case, letter.level] = letter.at
    return Outcome(
        alerts=count,
        letters=len(worker.letters),
        restarts=worker.restarts,
        late=sum(sent.get(key, END * 2) > at + TICK for key, at in expected.items()),
        early=sum(at < expected.get(key, END * 2) for key, at in sent.items()),
        doubled=len(worker.letters) - len(sent),
        to_absent=sum(_is_away(worker.rota.people[letter.to], letter.at) for letter in worker.letters),
    )


def _is_away(person: Person, at: int) -> bool:
    return any(away.start <= at < away.end for away in person.away)
