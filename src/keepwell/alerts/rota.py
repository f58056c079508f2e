"""Who answers: the owner of a customer or their stand-in, who is on duty, and to whom an alert goes next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import msgspec

from keepwell.alerts.budget import CAPACITY
from keepwell.alerts.hours import NINE_TO_FIVE, Calendar, instant_of, is_open, local_date, windows

OWNER, DUTY = "owner", "duty"
"""The roles an alert goes to; any other role is the key of a person."""


class Away(msgspec.Struct, frozen=True):
    """Not there in [start, end), both instants; `stand_in` is a key, or empty when nobody stands in."""

    start: int
    end: int
    stand_in: str = ""


class Person(msgspec.Struct, frozen=True):
    """A member of the staff.

    Attributes:
        key: how the rota names them.
        name: how others do.
        channels: what reaches them, as `inbox`, `email`, `slack`.
        email: an address, or empty.
        slack: an id at Slack, or empty.
        hours: when they work.
        capacity: new alerts they can look at in a day.
        away: absences with an end.
    """

    key: str
    name: str
    channels: tuple[str, ...] = ()
    email: str = ""
    slack: str = ""
    hours: Calendar = Calendar("UTC", NINE_TO_FIVE)
    capacity: int = CAPACITY
    away: tuple[Away, ...] = ()


class Shift(msgspec.Struct, frozen=True):
    """People who take turns.

    Attributes:
        people: keys, in the order of their turns.
        starts: the local date of the first turn.
        zone: whose wall clock counts.
        minute: of the local day, when one hands over to the next.
        days: how long a turn is: 1 or 7.
        hours: when this shift is on duty; None is around the clock.
    """

    people: tuple[str, ...]
    starts: dt.date
    zone: str = "UTC"
    minute: int = 0
    days: int = 7
    hours: Calendar | None = None


class Level(msgspec.Struct, frozen=True):
    """A step of the escalation: to whom, and after how many more seconds the next one follows."""

    role: str
    wait_s: int


class Rota(msgspec.Struct, frozen=True):
    """All people by their keys, the shifts (the first that is on duty counts), and the levels of escalation.

    `roles` says who has which role in the playbooks, as `cto`, by their keys.
    """

    people: Mapping[str, Person]
    shifts: tuple[Shift, ...]
    levels: tuple[Level, ...]
    roles: Mapping[str, tuple[str, ...]] = {}


class Uncovered(msgspec.Struct, frozen=True):
    """A problem: nobody is on duty in [start, end). It is the turn of `away`; when that is empty, of nobody at all."""

    start: int
    end: int
    away: str = ""

    @property
    def because(self) -> str:
        """Why, in words."""
        return f"{self.away} is away and nobody stands in" if self.away else "no shift has hours then"


class NoChannel(msgspec.Struct, frozen=True):
    """A problem: nothing reaches this person."""

    person: str


class StandInLoop(msgspec.Struct, frozen=True):
    """A problem: from `at` on these people stand in for each other while all of them are away."""

    people: tuple[str, ...]
    at: int


class Unknown(msgspec.Struct, frozen=True):
    """A problem: `named_by` (a person, `rota` or `escalation`) names somebody who is not there."""

    name: str
    named_by: str


Problem = Uncovered | NoChannel | StandInLoop | Unknown


def on_duty(rota: Rota, at: int) -> Person | None:
    """Who is on duty at an instant: of the first shift with hours then, whose turn it is, or who stands in."""
    key = _in_turn(rota, at)
    return None if key is None else present(rota, key, at)


def present(rota: Rota, key: str, at: int) -> Person | None:
    """The person, or whoever stands in at an instant; None when that leads to nobody."""
    passed: set[str] = set()
    while (person := rota.people.get(key)) is not None and key not in passed:
        away = _away(person, at)
        if away is None:
            return person
        passed.add(key)
        key = away.stand_in
    return None


def chain(rota: Rota, owner: str, at: int) -> tuple[Person, ...]:
    """Whom an alert of this owner reaches at an instant: first the owner, then level by level.

    Somebody who is away without a stand-in, or is not known, is replaced by who is on duty.
    """
    duty = on_duty(rota, at)
    roles = (OWNER, *(level.role for level in rota.levels))
    found = (_in_role(rota, role, owner, at) or duty for role in roles)
    return tuple(person for person in found if person is not None)


def lint(rota: Rota, start: int, end: int) -> list[Problem]:
    """What is wrong with a rota in [start, end)."""
    return [*_unknown(rota), *_unreachable(rota), *_loops(rota, start, end), *_uncovered(rota, start, end)]


def _in_role(rota: Rota, role: str, owner: str, at: int) -> Person | None:
    if role == DUTY:
        return on_duty(rota, at)
    return present(rota, owner if role == OWNER else role, at)


def _turn(shift: Shift, at: int) -> str:
    """Whose turn it is. A turn begins with the first instant of its date that shows the minute, or a later one."""
    date = local_date(at, shift.zone)
    if at < instant_of(date, shift.minute, shift.zone):
        date -= dt.timedelta(days=1)
    return shift.people[(date - shift.starts).days // shift.days % len(shift.people)]


def _away(person: Person, at: int) -> Away | None:
    """The absence of a moment; of several, the one that ends last."""
    return max((away for away in person.away if away.start <= at < away.end), key=_order, default=None)


def _order(away: Away) -> tuple[int, int, str]:
    return away.end, away.start, away.stand_in


def _unknown(rota: Rota) -> Iterator[Unknown]:
    named = [(away.stand_in, person.key) for person in rota.people.values() for away in person.away if away.stand_in]
    named += [(name, "rota") for shift in rota.shifts for name in shift.people]
    named += [(level.role, "escalation") for level in rota.levels if level.role not in (OWNER, DUTY)]
    for name, named_by in dict.fromkeys(named):
        if name not in rota.people:
            yield Unknown(name, named_by)


def _unreachable(rota: Rota) -> Iterator[NoChannel]:
    for person in rota.people.values():
        if not person.channels:
            yield NoChannel(person.key)


def _loops(rota: Rota, start: int, end: int) -> Iterator[StandInLoop]:
    """Loops show at the beginning of some absence, since only there somebody stops being present."""
    found: set[tuple[str, ...]] = set()
    absences = [away for person in rota.people.values() for away in person.away]
    for at in sorted({max(away.start, start) for away in absences if away.start < end}):
        for key in rota.people:
            loop = _loop(rota, key, at)
            if loop and loop not in found:
                found.add(loop)
                yield StandInLoop(loop, at)


def _loop(rota: Rota, key: str, at: int) -> tuple[str, ...]:
    """The people of the loop a person is part of, in order of their keys, or nobody."""
    passed: list[str] = []
    name = key
    while (person := rota.people.get(name)) is not None and (away := _away(person, at)) is not None:
        passed.append(name)
        name = away.stand_in
        if name == key:
            return tuple(sorted(passed))
        if name in passed:
            return ()
    return ()


def _uncovered(rota: Rota, start: int, end: int) -> Iterator[Uncovered]:
    """Stretches without anybody. Who is on duty changes at edges only, so looking there is looking everywhere."""
    edges = sorted({start, end, *(edge for edge in _edges(rota, start, end) if start < edge < end)})
    since: int | None = None
    for edge in edges:
        covered = edge == end or on_duty(rota, edge) is not None
        if covered and since is not None:
            yield Uncovered(since, edge, _in_turn(rota, since) or "")
            since = None
        elif not covered and since is None:
            since = edge


def _in_turn(rota: Rota, at: int) -> str | None:
    """Whose turn it is in the first shift that has hours at an instant, there or away."""
    for shift in rota.shifts:
        if shift.hours is None or is_open(shift.hours, at):
            return _turn(shift, at)
    return None


def _edges(rota: Rota, start: int, end: int) -> Iterator[int]:
    for person in rota.people.values():
        for away in person.away:
            yield from (away.start, away.end)
    for shift in rota.shifts:
        date = local_date(start, shift.zone)
        while (turn := instant_of(date, shift.minute, shift.zone)) < end:
            yield turn
            date += dt.timedelta(days=1)
        for window in windows(shift.hours, start) if shift.hours else ():
            yield from window
            if window[0] >= end:
                break
