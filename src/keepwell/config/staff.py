"""Loading the staff from `staff.toml`: people, their hours and absences, the rota and the escalation."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from keepwell.alerts.budget import CAPACITY
from keepwell.alerts.hours import DAY_MINUTES, NINE_TO_FIVE, Calendar, Span, check_zone, instant_of
from keepwell.alerts.rota import (
    DUTY,
    OWNER,
    Away,
    Level,
    NoChannel,
    Person,
    Problem,
    Rota,
    Shift,
    StandInLoop,
    Uncovered,
    Unknown,
    lint,
)
from keepwell.base.errors import MisconfiguredError
from keepwell.base.time import DAY_US, to_rfc3339
from keepwell.config.hours import HoursRefusedError, week_of
from keepwell.config.hours import minute as minute_of
from keepwell.config.refusal import FileRefusedError, line_of, read_toml
from keepwell.interventions.playbook import ROLES

DEFAULT = Path(__file__).parent / "defaults" / "staff.toml"
"""What every key means, as comments; it says nothing itself."""
CHANNELS = ("inbox", "email", "slack")
LEVELS = (Level(DUTY, 0),)
"""The escalation when none is given: whoever is on duty."""
HORIZON_US = 366 * DAY_US
UNCHANGED = "The staff in use was not changed"
_EPOCH_MONDAY = dt.date(1970, 1, 5)


def load_staff(path: Path, persona: str, at: int) -> Rota:
    """The staff of an installation; without a file, or with one that names nobody, the persona alone.

    Raises:
        FileRefusedError: the file is malformed, or somebody could not be reached in the year after `at`.
    """
    if not path.exists():
        return alone(persona)
    table, text = read_toml(path, UNCHANGED)
    top = _Place(path, text, table)
    top.only("zone", "holidays", "people", "rota", "escalation", "roles")
    zone, people = top.zone(), _people(top)
    if not people:
        for key in ("rota", "escalation", "roles"):
            if key in table:
                raise top.refuse(f"`{key}` without people", key)
        return alone(persona)
    shifts = tuple(_shift(place, zone) for place in top.list("rota"))
    levels = tuple(_level(place) for place in top.list("escalation")) or LEVELS
    rota = Rota(people, shifts or (Shift(tuple(people), _EPOCH_MONDAY, zone),), levels, _roles(top, people))
    for problem in lint(rota, at, at + HORIZON_US):
        raise top.refuse(*_told(problem))
    return rota


def alone(persona: str) -> Rota:
    """One person who reads the inbox, and who is always on duty."""
    key = re.sub(r"\W+", "_", persona.lower()).strip("_") or OWNER
    return Rota({key: Person(key, persona, ("inbox",))}, (Shift((key,), _EPOCH_MONDAY),), LEVELS)


@dataclass(frozen=True)
class _Place:
    """A table of the file and how to name it. In a list of tables, `line` is that of its header."""

    path: Path
    text: str
    table: Mapping[str, object]
    where: tuple[str, ...] = ()
    line: int | None = None

    def refuse(self, problem: str, *keys: str) -> FileRefusedError:
        line = self.line or line_of(self.text, *self.where, *keys)
        return FileRefusedError(self.path, line, problem, UNCHANGED)

    def only(self, *known: str) -> None:
        for key in self.table:
            if key not in known:
                raise self.refuse(f"`{key}` is not one of {', '.join(known)}", key)

    def string(self, key: str, default: str = "") -> str:
        value = self.table.get(key, default)
        if not isinstance(value, str):
            raise self.refuse(f"`{key}` must be a text", key)
        return value

    def strings(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        value = self.table.get(key, list(default))
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.refuse(f"`{key}` must be a list of texts", key)
        return tuple(value)

    def whole(self, key: str, default: int) -> int:
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10_000:
            raise self.refuse(f"`{key}` must be a whole number between 0 and 10000", key)
        return value

    def date(self, key: str, default: dt.date | None = None) -> dt.date:
        value = self.table.get(key, default)
        if not _is_date(value):
            raise self.refuse(f"`{key}` must be a date, like 2027-01-04", key)
        return value  # type: ignore[return-value] # just checked

    def dates(self, key: str) -> frozenset[dt.date]:
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(map(_is_date, value)):
            raise self.refuse(f"`{key}` must be a list of dates, like [2027-01-01]", key)
        return frozenset(value)

    def zone(self, default: str = "UTC") -> str:
        zone = self.string("zone", default)
        try:
            check_zone(zone)
        except MisconfiguredError as error:
            raise self.refuse(error.problem, "zone") from None
        return zone

    def minute(self, key: str) -> int:
        value = self.string(key, "00:00")
        minute = minute_of(value)
        if minute is None or minute == DAY_MINUTES:
            raise self.refuse(f"`{key}` must be a time of the day, like 09:00", key)
        return minute

    def inner(self, key: str) -> Mapping[str, _Place]:
        """The tables of a table, by their names."""
        value = self.table.get(key, {})
        if not isinstance(value, dict) or not all(isinstance(item, dict) for item in value.values()):
            raise self.refuse(f"`{key}` must hold tables", key)
        return {name: _Place(self.path, self.text, item, (*self.where, key, name)) for name, item in value.items()}

    def list(self, key: str) -> list[_Place]:
        """A list of tables."""
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.refuse(f"`{key}` must be a list of tables", key)
        lines = [number for number, line in enumerate(self.text.split("\n"), 1) if _opens(line, key)]
        lines = lines if len(lines) == len(value) else [line_of(self.text, *self.where, key) or 1] * len(value)
        return [
            _Place(self.path, self.text, item, (*self.where, key), line)
            for item, line in zip(value, lines, strict=True)
        ]


def _opens(line: str, key: str) -> bool:
    return re.match(rf"\s*\[\[\s*{key}\s*\]\]", line) is not None


def _is_date(value: object) -> bool:
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def _people(top: _Place) -> dict[str, Person]:
    places, zone, holidays = top.inner("people"), top.zone(), top.dates("holidays")
    for key, place in places.items():
        if key in (OWNER, DUTY):
            raise place.refuse(f"`{key}` is a role and cannot be the key of a person")
    return {key: _person(key, place, zone, holidays) for key, place in places.items()}


def _person(key: str, place: _Place, zone: str, holidays: frozenset[dt.date]) -> Person:
    place.only("name", "channels", "email", "slack", "zone", "hours", "holidays", "capacity", "away")
    name = place.string("name")
    if not name.strip():
        raise place.refuse(f"`{key}` needs a name", "name")
    hours = _calendar(place, zone, holidays)
    return Person(
        key,
        name,
        channels=_channels(place),
        email=place.string("email"),
        slack=place.string("slack"),
        hours=hours,
        capacity=place.whole("capacity", CAPACITY),
        away=tuple(_away(each, hours.zone) for each in place.list("away")),
    )


def _channels(place: _Place) -> tuple[str, ...]:
    channels = place.strings("channels", ("inbox",))
    for channel in channels:
        if channel not in CHANNELS:
            raise place.refuse(f"`{channel}` is not one of {', '.join(CHANNELS)}", "channels")
        if channel != "inbox" and not place.string(channel):
            raise place.refuse(f"the channel `{channel}` needs `{channel}`", "channels")
    return channels


def _calendar(place: _Place, zone: str, holidays: frozenset[dt.date] = frozenset()) -> Calendar:
    """The hours of a person or a shift: `hours`, or nine to five."""
    zone = place.zone(zone)
    week = _week(place) if "hours" in place.table else NINE_TO_FIVE
    try:
        return Calendar(zone, week, holidays | place.dates("holidays"))
    except MisconfiguredError as error:
        raise place.refuse(error.problem, *error.where) from None


def _week(place: _Place) -> tuple[tuple[Span, ...], ...]:
    try:
        return week_of(place.strings("hours"))
    except HoursRefusedError as error:
        raise place.refuse(str(error), "hours") from None


def _away(place: _Place, zone: str) -> Away:
    place.only("from", "until", "stand_in")
    start, end = (instant_of(place.date(key), 0, zone) for key in ("from", "until"))
    if end <= start:
        raise place.refuse("`until` is the first day back, and comes after `from`")
    return Away(start, end, place.string("stand_in"))


def _shift(place: _Place, zone: str) -> Shift:
    place.only("people", "every", "starts", "at", "zone", "hours", "holidays")
    people, every = place.strings("people"), place.string("every", "week")
    if not people:
        raise place.refuse("a rota needs people", "people")
    if every not in ("day", "week"):
        raise place.refuse("`every` must be day or week", "every")
    hours = _calendar(place, zone) if "hours" in place.table else None
    days = 1 if every == "day" else 7
    return Shift(people, place.date("starts", _EPOCH_MONDAY), place.zone(zone), place.minute("at"), days, hours)


def _roles(top: _Place, people: Mapping[str, Person]) -> dict[str, tuple[str, ...]]:
    """Who has which role in the playbooks."""
    given = top.table.get("roles", {})
    if not isinstance(given, dict):
        raise top.refuse("`roles` must be a table", "roles")
    place = _Place(top.path, top.text, given, ("roles",))
    place.only(*ROLES)
    found = {role: place.strings(role) for role in given}
    for role, keys in found.items():
        for key in keys:
            if key not in people:
                raise place.refuse(f"`{key}` is nobody among the people", role)
    return found


def _level(place: _Place) -> Level:
    place.only("to", "wait_minutes")
    if not place.string("to"):
        raise place.refuse("an escalation needs `to`: owner, duty or a person", "to")
    return Level(place.string("to"), 60 * place.whole("wait_minutes", 15))


def _told(problem: Problem) -> tuple[str, ...]:
    """A problem in words, and the keys that lead to where it is."""
    match problem:
        case Uncovered():
            start, end = to_rfc3339(problem.start), to_rfc3339(problem.end)
            return f"nobody is on duty from {start} to {end}: {problem.because}", *(
                ("people", problem.away, "away") if problem.away else ("rota",)
            )
        case NoChannel():
            return f"nothing reaches `{problem.person}`", "people", problem.person, "channels"
        case StandInLoop():
            loop = ", ".join(problem.people)
            return f"{loop} stand in for each other from {to_rfc3339(problem.at)}", "people", problem.people[0], "away"
        case Unknown():
            among = (problem.named_by,) if problem.named_by in ("rota", "escalation") else ("people", problem.named_by)
            return f"`{problem.name}` is nobody among the people", *among, *(("away",) if len(among) > 1 else ())
        case _:
            assert_never(problem)
