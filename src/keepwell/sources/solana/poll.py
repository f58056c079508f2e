"""What to ask next about one address: a decision of what is known of it, without a clock, a network or a store.

Signatures are listed from the newest back to the last one known, then told from the oldest on. The cursor stands at
the newest transaction before which nothing is missing, and moves only over what has been written. So whatever breaks
off in between is listed again, and recognised by its signature.

One question at a time is open about an address; its answer is the fact that closes it. A fact that answers nothing
open is passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

from keepwell.base.decision import Decision
from keepwell.base.time import DAY_US, SECOND_US
from keepwell.sources.solana.rpc import Row

AT_ONCE: Final = 50
"""Transactions that are written together."""
KEPT: Final = 10_000
"""Signatures of an address that wait at most. Of more, the oldest are told first, and the rest is listed again."""
FIRST_WAIT_US: Final = 5 * SECOND_US
LONGEST_WAIT_US: Final = 600 * SECOND_US
GIVEN_UP_AFTER_US: Final = DAY_US
"""A node that lists a transaction and does not have it for so long has forgotten it."""


@dataclass(frozen=True)
class Terms:
    """How an address is asked about.

    Attributes:
        every_us: from one list to the next.
        first_us: how far the first one goes back.
    """

    every_us: int
    first_us: int


class Page(msgspec.Struct, frozen=True, tag=True):
    """Ask for signatures newer than `until`, and older than `before`, of a node that has reached a slot."""

    until: str | None
    before: str | None
    min_slot: int
    because: str


class Transaction(msgspec.Struct, frozen=True, tag=True):
    """Ask for a transaction."""

    signature: str
    because: str


class Tell(msgspec.Struct, frozen=True, tag=True):
    """Write transactions that have come, the oldest first."""

    signatures: tuple[str, ...]
    because: str


class Keep(msgspec.Struct, frozen=True, tag=True):
    """Write down where the cursor stands. Nothing is answered to it."""

    row: Row
    because: str


Question = Page | Transaction | Tell
Intent = Question | Keep


class Listed(msgspec.Struct, frozen=True, tag=True):
    """A page came, the newest first."""

    at: int
    rows: tuple[Row, ...]


class Got(msgspec.Struct, frozen=True, tag=True):
    """A transaction came."""

    at: int
    signature: str


class Missing(msgspec.Struct, frozen=True, tag=True):
    """The node does not have a transaction: not yet, or for good."""

    at: int
    signature: str
    for_good: bool = False


class Told(msgspec.Struct, frozen=True, tag=True):
    """What was to be written is durable."""

    at: int


class Failed(msgspec.Struct, frozen=True, tag=True):
    """The question was not answered; when it may be asked again is not decided here."""

    at: int


Fact = Listed | Got | Missing | Told | Failed


class Stage(StrEnum):
    """How far a transaction has come."""

    OPEN = "open"
    HELD = "held"
    TOLD = "told"


class Waiting(msgspec.Struct, frozen=True):
    """A transaction that is listed, and not behind the cursor yet.

    Attributes:
        since: when it was first listed.
        tries, ask_at: how often it was asked for in vain, and from when on it is asked for again.
    """

    row: Row
    since: int
    stage: Stage = Stage.OPEN
    tries: int = 0
    ask_at: int = 0


class Listing(msgspec.Struct, frozen=True):
    """A list in the making, the newest first. `cut`: it was longer than what is kept of it."""

    began: int
    rows: tuple[Row, ...] = ()
    top: int = 0
    last: str | None = None
    cut: bool = False


class State(msgspec.Struct, frozen=True):
    """What is known about an address.

    Attributes:
        cursor: the newest transaction before which nothing is missing.
        rows: what is listed beyond it, the oldest first.
        asking: the question that is open.
        list_at: when to list again.
        listed_at: when the last whole list began.
        complete_at: everything final before this moment has been told.
        lost: how many were listed and could not be had.
    """

    cursor: Row | None = None
    rows: tuple[Waiting, ...] = ()
    listing: Listing | None = None
    asking: Question | None = None
    list_at: int = 0
    listed_at: int = 0
    complete_at: int = 0
    lost: int = 0


def decider(terms: Terms) -> Callable[[State | None, Sequence[Fact], int], Decision[State, Intent]]:
    """The decision under some terms."""

    def decide(state: State | None, facts: Sequence[Fact], now: int) -> Decision[State, Intent]:
        state = state or State()
        for fact in sorted(facts, key=msgspec.json.encode):
            state = _learn(state, fact, terms)
        state, moved = _advance(state)
        if state.asking is not None:
            return Decision(state, moved)
        state, question = _next(state, now)
        if question is not None:
            return Decision(msgspec.structs.replace(state, asking=question), (*moved, question))
        return Decision(state, moved, due=_due(state))

    return decide


# ---------------------------------------------------------------------- what is learnt


def _learn(state: State, fact: Fact, terms: Terms) -> State:
    asking = state.asking
    match fact, asking:
        case Listed(), Page():
            return _listed(_closed(state), fact, terms)
        case Got(signature=signature), Transaction() if signature == asking.signature:
            return _marked(_closed(state), {signature}, Stage.HELD)
        case Missing(signature=signature), Transaction() if signature == asking.signature:
            return _missing(_closed(state), fact)
        case Told(), Tell():
            return _marked(_closed(state), set(asking.signatures), Stage.TOLD)
        case Failed(), Transaction():
            return _later(_closed(state), asking.signature, fact.at)
        case Failed(), Page() | Tell():
            return _closed(state)
    return state


def _closed(state: State) -> State:
    return msgspec.structs.replace(state, asking=None)


def _marked(state: State, signatures: Iterable[str], stage: Stage) -> State:
    chosen = frozenset(signatures)
    rows = [msgspec.structs.replace(each, stage=stage) if each.row.signature in chosen else each for each in state.rows]
    return msgspec.structs.replace(state, rows=tuple(rows))


def _missing(state: State, fact: Missing) -> State:
    """A transaction that never comes must not hold the others up for ever; that it is lost is said."""
    since = next((each.since for each in state.rows if each.row.signature == fact.signature), fact.at)
    if fact.for_good or fact.at - since >= GIVEN_UP_AFTER_US:
        return msgspec.structs.replace(_marked(state, {fact.signature}, Stage.TOLD), lost=state.lost + 1)
    return _later(state, fact.signature, fact.at)


def _later(state: State, signature: str, at: int) -> State:
    """Ask for a transaction again after a while, twice as long as the last time."""
    rows = []
    for each in state.rows:
        row = each
        if each.row.signature == signature:
            wait = min(FIRST_WAIT_US * 2 ** min(each.tries, 20), LONGEST_WAIT_US)
            row = msgspec.structs.replace(each, tries=each.tries + 1, ask_at=at + wait)
        rows.append(row)
    return msgspec.structs.replace(state, rows=tuple(rows))


def _listed(state: State, fact: Listed, terms: Terms) -> State:
    """A page more of the list. It ends with a page without rows, or where it meets what is known."""
    listing = state.listing or Listing(fact.at)
    floor = _newest(state)
    taken: list[Row] = []
    ended = not fact.rows
    for row in fact.rows:
        if _is_known(row, floor) or (floor is None and _is_old(row, listing.began - terms.first_us)):
            ended = True
            break
        taken.append(row)
    rows = (*listing.rows, *taken)
    listing = msgspec.structs.replace(
        listing,
        rows=rows[-KEPT:],
        top=max((listing.top, *(each.slot for each in taken))),
        last=fact.rows[-1].signature if fact.rows else listing.last,
        cut=listing.cut or len(rows) > KEPT,
    )
    return _whole(state, listing, fact.at, terms) if ended else msgspec.structs.replace(state, listing=listing)


def _is_known(row: Row, floor: Row | None) -> bool:
    """Whether a row lies behind what is known. A node that does not know the last signature lists everything."""
    return floor is not None and (row.slot < floor.slot or row.signature == floor.signature)


def _is_old(row: Row, oldest: int) -> bool:
    return row.at is not None and row.at < oldest


def _whole(state: State, listing: Listing, at: int, terms: Terms) -> State:
    """A list has come to its end: what is new in it waits to be told, the oldest first."""
    known = {each.row.signature for each in state.rows}
    fresh = {row.signature: row for row in reversed(listing.rows) if row.signature not in known}
    return msgspec.structs.replace(
        state,
        listing=None,
        rows=(*state.rows, *(Waiting(row, at) for row in fresh.values())),
        list_at=at if listing.cut else at + terms.every_us,
        listed_at=state.listed_at if listing.cut else listing.began,
    )


def _newest(state: State) -> Row | None:
    """The newest transaction that is known."""
    return state.rows[-1].row if state.rows else state.cursor


# ---------------------------------------------------------------------- what is asked


def _advance(state: State) -> tuple[State, tuple[Keep, ...]]:
    """Let the cursor pass what has been told. What waits holds it up."""
    rows = state.rows
    passed = next((place for place, each in enumerate(rows) if each.stage is not Stage.TOLD), len(rows))
    cursor = rows[passed - 1].row if passed else state.cursor
    rest = rows[passed:]
    complete_at = max(state.complete_at, state.listed_at) if not rest else state.complete_at
    state = msgspec.structs.replace(state, rows=rest, cursor=cursor, complete_at=complete_at)
    if passed and cursor is not None:
        return state, (Keep(cursor, because=f"everything up to slot {cursor.slot} has been written"),)
    return state, ()


def _next(state: State, now: int) -> tuple[State, Question | None]:
    held = [each.row.signature for each in state.rows if each.stage is Stage.HELD]
    wanted = next((each for each in state.rows if each.stage is Stage.OPEN and each.ask_at <= now), None)
    if held and (wanted is None or len(held) >= AT_ONCE):
        return state, Tell(tuple(held[:AT_ONCE]), because=f"{len(held)} have come")
    if wanted is not None:
        again = f", {wanted.tries} times in vain so far" if wanted.tries else ""
        return state, Transaction(wanted.row.signature, because=f"it is listed in slot {wanted.row.slot}{again}")
    if state.listing is None and (now < state.list_at or len(state.rows) >= KEPT):
        return state, None
    return _page(state, now)


def _page(state: State, now: int) -> tuple[State, Question]:
    """The next page of a list, or the first of a new one."""
    floor = _newest(state)
    listing = state.listing or Listing(now)
    until = None if floor is None else floor.signature
    why = "it is time to look for new ones" if listing.last is None else "the list goes on"
    question = Page(until, listing.last, max(listing.top, floor.slot if floor else 0), because=why)
    return msgspec.structs.replace(state, listing=listing), question


def _due(state: State) -> int | None:
    """When something is to be asked again."""
    again = [each.ask_at for each in state.rows if each.stage is Stage.OPEN]
    lists = [state.list_at] if len(state.rows) < KEPT else []
    return min((*again, *lists), default=None)
