"""Publishing forecasts and scoring them: frozen, told to the log, and held against what came.

Whatever is done is done in a transaction that also writes down that it was done, so each job can be cut off anywhere
and called again: a round is frozen once a day, an event is made once of each row, a horizon is scored once.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

import msgspec
import numpy as np

from keepwell.alerts.budget import together
from keepwell.base.time import DAY_US, day_of
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw, Rejection
from keepwell.predictions import ledger, news, outcomes, sheet
from keepwell.predictions.drift import Contest
from keepwell.predictions.forecast import Forecasts
from keepwell.predictions.ledger import (
    ACTIVE,
    TOLD,
    UNKNOWN,
    Basis,
    Decided,
    ForecastsRefusedError,
    Known,
    Published,
    Scored,
    Window,
)  # fmt: skip
from keepwell.predictions.operating import operating_point, steady
from keepwell.predictions.outcomes import Answer, Came
from keepwell.predictions.sheet import Part, Small
from keepwell.runtime.happened import Aftermath
from keepwell.runtime.overriding import SOURCE
from keepwell.runtime.receive import Parcel, receive
from keepwell.runtime.workspace import Workspace
from keepwell.statistics.arrays import Ints, Mask
from keepwell.store import forecasts as store
from keepwell.store.customers import ids_of
from keepwell.store.database import Session
from keepwell.store.log import mark, set_mark

RULE: Final = "churn_predicted"
TOLD_AT_ONCE: Final = 4
"""Parts whose events are written in one transaction: receiving is never kept waiting for long."""
FRESH_US: Final = DAY_US
"""A forecast is published within a day of the moment it is of: later, some of what came would be known."""
REMEMBERED_US: Final = 90 * DAY_US
"""An operating point is remembered as long as events of forecasts count."""
_CERTAIN: Final = 10_000
_SALT: Final = 16
_TOLD_ENTRY, _TOLD_PART = "forecasts_told_entry", "forecasts_told_part"


def basis(workspace: Workspace, moment: int, counts: Sequence[str] = ()) -> Basis:
    """What of the log is known before a moment that is not past yet, as it is to be frozen with forecasts."""
    with workspace.database.read() as session:
        return Basis(moment, mark(session, "watermark"), tuple(counts))


# ---------------------------------------------------------------------- publishing


@dataclass(frozen=True)
class _Round:
    """What all publications of a round share.

    Attributes:
        point: the installation's own operating point in ten-thousandths; 0 where it follows from the capacity.
        capacity: customers that can be looked after in a day.
    """

    basis: Basis
    now: int
    whole: bool
    relived: bool
    point: int
    capacity: int


@dataclass(frozen=True)
class _Lately:
    """What is known of the customers of a forecast, in its order.

    Attributes:
        present: of whom there is anything to foretell.
        told: of which chance an event was made last, in ten-thousandths; `told_at`: when; 0 for never.
        point: the operating point then; None before the first.
    """

    present: Mask
    told: Ints
    told_at: Ints
    point: int | None


def publish(
    workspace: Workspace, made: Sequence[Forecasts], known: Basis, now: int, *, relived: bool = False
) -> list[int]:
    """Freeze the forecasts of a day and make events of those with news; the numbers of the entries of the day.

    Called again on the same day, it only goes on where it was cut off. A customer in several forecasts gets one event,
    of the first of them. `relived` is said of forecasts of a simulated log that are made afterwards.

    Raises:
        ForecastsRefusedError: they are malformed, or of a moment long past; nothing was published.
    """
    for each in made:
        _check(each, known, now)
    with workspace.database.read() as session:
        done = _of_today(session, now)
    with workspace.database.write() as session:
        done = _of_today(session, now)
        if not done:
            shared = _round(workspace, session, (known, now), relived=relived)
            found = (_freeze(session, each, shared) for each in made)
            done = [number for number in found if number is not None]
        left = tell(workspace, now)
    while left:
        left = tell(workspace, now)
    return done


def _of_today(session: Session, now: int) -> list[int]:
    return [each.number for each in store.publications(session, day_of(now) * DAY_US)]


def _last_whole(session: Session, now: int) -> int | None:
    found = [each.at for each in store.publications(session, now - 2 * news.WEEK_US) if each.whole]
    return max(found, default=None)


def _round(workspace: Workspace, session: Session, basis: tuple[Basis, int], *, relived: bool) -> _Round:
    known, now = basis
    whole = news.is_whole(_last_whole(session, now), now)
    own = round(workspace.alarms.rules[RULE].params["probability"] * 10_000)
    able = together(each.capacity for each in workspace.alarms.rota.people.values())
    return _Round(known, now, whole=whole, relived=relived, point=own, capacity=able)


def _point(made: Forecasts, spoken: Ints, lately: _Lately, shared: _Round) -> int | None:
    """The chance from which on there is an alert, in ten-thousandths; None without a chance.

    It is set anew with everybody's forecasts. Who has long gone takes no place of those who can be looked after.
    """
    if shared.point or not (spoken != UNKNOWN).any():
        return shared.point or None
    if lately.point is not None and not shared.whole:
        return lately.point
    alerted = (lately.told_at > 0) & (lately.told >= (lately.point or _CERTAIN))
    whose = np.where(lately.present, spoken, UNKNOWN)
    found = operating_point(whose, alerted, shared.capacity, made.base_rate)
    return None if found is None else steady(found, lately.point)


def _check(made: Forecasts, known: Basis, now: int) -> None:
    numbers = made.customer
    shape = (len(numbers), len(made.horizons))
    given = [each[~np.isnan(each)] for each in (made.chance, made.low, made.high)]
    wrong = {
        "a moment that lies ahead, or more than a day back": not now - FRESH_US <= made.at <= now,
        "more is known than at the moment they are of": known.known_before > made.at,
        "horizons do not ascend": any(np.diff((0, *made.horizons)) <= 0) or not made.horizons,
        "customers do not ascend": bool((np.diff(numbers, prepend=0) <= 0).any()),
        "a chance each is missing": any(each.shape != shape for each in (made.chance, made.low, made.high)),
        "a chance is not between 0 and 1": any(bool(((each < 0) | (each > 1)).any()) for each in given),
    }
    for problem, holds in wrong.items():
        if holds:
            raise ForecastsRefusedError(problem)


def _freeze(session: Session, made: Forecasts, shared: _Round) -> int | None:
    """One publication; None when there is nothing in it between two of everybody."""
    content = _content(session, made, shared)
    number = content.number
    values = ledger.frozen(made.chance, made.low, made.high, made.present * ACTIVE)
    spoken = ledger.spoken(content, values)
    kept = store.known(session)
    lately = _lately(session, kept, made)
    content = msgspec.structs.replace(content, point=_point(made, spoken, lately, shared))
    tell = _worth_telling(spoken, lately, (content, shared.now))
    values[tell, -1] |= TOLD
    chosen = np.isfinite(made.chance).any(axis=1) & (tell | shared.whole)
    if not shared.whole and not chosen.any():
        return None
    rows = sheet.parts(made.customer[chosen], values[chosen])
    salts = _salted(session, kept, made.customer[chosen])
    content = _with_rows(content, rows, salts)
    store.publish(session, content, rows)
    store.note(session, made.customer[chosen], number)
    store.note_told(session, made.customer[tell], spoken[tell], shared.now)
    return number


def _content(session: Session, made: Forecasts, shared: _Round) -> Published:
    return Published(
        number=store.next_number(session), at=shared.now, made_at=made.at, outcome=made.outcome,
        lead_days=made.lead_days, horizons=made.horizons, stage=made.stage, because=made.because, model=made.model,
        basis=shared.basis, whole=shared.whole, rows=0, root=sheet.root([]), relived=shared.relived,
        quiet_days=made.quiet_days,
    )  # fmt: skip


def _with_rows(content: Published, rows: Sequence[Part], salts: dict[int, bytes]) -> Published:
    root = sheet.root([sheet.digest(each, salts) for each in rows])
    return msgspec.structs.replace(content, rows=sum(map(len, rows)), root=root)


def _lately(session: Session, kept: Known, made: Forecasts) -> _Lately:
    told, told_at = (np.zeros(len(made.customer), np.int64) for _ in range(2))
    _, there, here = np.intersect1d(kept.customer, made.customer, assume_unique=True, return_indices=True)
    told[here], told_at[here] = kept.told[there], kept.told_at[there]
    earlier = store.publications(session, made.at - REMEMBERED_US)
    points = [each.point for each in earlier if each.outcome is made.outcome and each.point is not None]
    return _Lately(made.present, told, told_at, points[-1] if points else None)


def _worth_telling(spoken: Ints, lately: _Lately, done: tuple[Published, int]) -> Mask:
    """Of whom an event is made, in a publication at a moment."""
    content, now = done
    moment = now, content.point or _CERTAIN
    if content.whole:
        found = news.news(spoken, lately.told, lately.told_at, moment, lately.point)
    else:
        found = news.urgent(spoken, lately.told, lately.told_at, moment)
    known = lately.told >= (content.point or _CERTAIN)  # an open alert goes on telling what is so
    told: Mask = found & (lately.told_at != now) & (lately.present | known)
    return told


def _salted(session: Session, kept: Known, customers: Ints) -> dict[int, bytes]:
    """The salts of customers; who is new gets one."""
    fresh = np.setdiff1d(customers, kept.customer).tolist()
    drawn = secrets.token_bytes(_SALT * len(fresh))
    made = {each: drawn[place * _SALT : (place + 1) * _SALT] for place, each in enumerate(fresh)}
    store.introduce(session, made)
    return kept.salts() | made


def tell(workspace: Workspace, now: int) -> bool:
    """Make events of some more rows that are to be told; whether there may be others left."""
    with workspace.database.write() as session:
        place = mark(session, _TOLD_ENTRY), mark(session, _TOLD_PART)
        found = store.parts_after(session, place, TOLD_AT_ONCE)
        if not found:
            return False
        events = [event for number, _, part in found for event in _events(session, number, part, now)]
        if events:
            receive(workspace, [Parcel(SOURCE, tuple(events))], now)
        set_mark(session, _TOLD_ENTRY, found[-1][0])
        set_mark(session, _TOLD_PART, found[-1][1])
    return len(found) == TOLD_AT_ONCE


def _events(session: Session, number: int, part: Part, now: int) -> list[Event]:
    content = store.find(session, number)
    if not isinstance(content, Published):
        return []
    rows = np.flatnonzero(ledger.flagged(part.values, TOLD)).tolist()
    spoken = ledger.spoken(content, part.values).tolist()
    numbers = part.customer.tolist()
    names = ids_of(session, [numbers[row] for row in rows])
    made = (
        _event(content, f"{number}-{numbers[row]}", (names[numbers[row]], spoken[row]), now)
        for row in rows
        if numbers[row] in names
    )
    return [each for each in made if isinstance(each, Event)]


def _event(content: Published, name: str, told: tuple[str, int], now: int) -> Event | Rejection:
    """The id follows from publication and customer, so that the log takes it once."""
    customer, spoken = told
    said = {"churn_90d": spoken / 10_000, "outcome": content.outcome, "lead_days": content.lead_days,
            "quiet_days": content.quiet_days, "stage": int(content.stage), "publication": content.number}  # fmt: skip
    if content.point is not None:
        said["operating_point"] = content.point / 10_000
    raw = Raw(customer, "forecast_published", content.at, said, f"keepwell-forecast-{name}")
    return accept(raw, Receipt(now, live=True))


# ---------------------------------------------------------------------- scoring


def score_due(workspace: Workspace, now: int) -> list[Scored]:
    """Score every horizon that is closed and of which enough is known, each once; what was scored."""
    with workspace.database.read() as session:
        found = store.open_windows(session, now - outcomes.LATE_US)
    done = (_score(workspace, each, now) for each in found)
    return [each for each in done if each is not None]


def _score(workspace: Workspace, window: Window, now: int) -> Scored | None:
    with workspace.database.read() as session:
        published = store.find(session, window.publication)
        customers = _customers(store.parts_of(session, window.publication))
    if not isinstance(published, Published):
        return None  # `verify` tells of it
    after = Aftermath(workspace, published, window, now)
    answer = outcomes.answerable(window, after.heard_until(), now)
    if answer is Answer.LATER:
        return None
    told = answer is Answer.NOW
    values = outcomes.rows(after.seen(customers), published.made_at) if told else outcomes.untold(len(customers))
    because = "" if told else "the log ended before the horizon did"
    with workspace.database.write() as session:
        left = np.isin(customers, _customers(store.parts_of(session, window.publication)))  # who was not erased since
        return _close(session, window, (customers[left], values[left], because), now)


def _customers(rows: Sequence[Part]) -> Ints:
    found = np.concatenate([np.zeros(0, np.int64), *(part.customer for part in rows)])
    return found[found > 0]


def _close(session: Session, window: Window, found: tuple[Ints, Small, str], now: int) -> Scored | None:
    customers, values, because = found
    rows = sheet.parts(customers, values)
    salts = store.known(session).salts()
    content = Scored(
        number=store.next_number(session), at=now, publication=window.publication, horizon=window.horizon,
        happened=int((values[:, 0] == Came.HAPPENED).sum()), not_told=int((values[:, 0] == Came.NOT_TOLD).sum()),
        because=because, rows=len(customers), root=sheet.root([sheet.digest(each, salts) for each in rows]),
    )  # fmt: skip
    return content if store.score(session, content, rows) else None


# ---------------------------------------------------------------------- models, and who is forgotten


def decide(workspace: Workspace, models: tuple[str, str], found: Contest, because: str, now: int) -> Decided:
    """Write down whether a challenger took the champion's place: digests of both, champion first."""
    difference, low, high = (each if isfinite(each) else None for each in (found.difference, found.low, found.high))
    with workspace.database.write() as session:
        content = Decided(
            number=store.next_number(session), at=now, champion=models[0], challenger=models[1],
            customers=found.customers, difference=difference, low=low, high=high,
            promoted=found.won, because=because,
        )  # fmt: skip
        store.append(session, content)
    return content


def erase(session: Session, customer: int, now: int) -> int:
    """Forget a customer's forecasts and what came of them, in the caller's transaction; in how many entries it was.

    The chain still holds: the leaves of its rows stay, and nobody can tell what they were without its salt.
    """
    return store.erase(session, customer, now)
