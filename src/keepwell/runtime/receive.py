"""Receiving live events: counted once and durable in the hot table before anybody is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat

from keepwell.events.catalog import key_of
from keepwell.events.event import Event, Raw
from keepwell.runtime.importing import CONFLICT
from keepwell.runtime.ports.reception import ItemRefused, Received
from keepwell.runtime.workspace import Workspace
from keepwell.sources.files.read import raw_text
from keepwell.store import hot, links, log, messages, payloads, rejects, sources
from keepwell.store.database import Session

TOLD = 20  # refused items that the sender is told of; all of them are kept


@dataclass(frozen=True)
class Refusal:
    """An item that was refused: its place in the request, from 1, and why. `text` is what was sent."""

    place: int
    reason: str
    detail: str
    text: str


@dataclass(frozen=True)
class Parcel:
    """What one request brought, ready to be written.

    Attributes:
        source: the name of the source: a key, a webhook.
        binds: names that mean an account from now on.
        payload: headers and body as they came, when they are to be kept.
        unwanted: addresses that are not written to from now on, because of one of the events.
    """

    source: str
    events: Sequence[Event] = ()
    refused: Sequence[Refusal] = ()
    binds: Mapping[links.Name, str] = field(default_factory=dict)
    payload: payloads.Payload | None = None
    unwanted: Sequence[messages.Unwanted] = ()


def receive(workspace: Workspace, parcels: Sequence[Parcel], now: int) -> list[Received]:
    """The ingest transaction: rows, seen, names, refused items. Committed and synced when this returns."""
    with workspace.database.write() as session:
        found, numbers = _written(workspace, session, parcels, now)
        session.afterwards.append(lambda: workspace.ids.commit(numbers))
    return found


def _written(
    workspace: Workspace, session: Session, parcels: Sequence[Parcel], now: int
) -> tuple[list[Received], dict[str, int]]:
    origin_of = {name: log.origin(session, name) for name in {each.source for each in parcels}}
    source_of = {name: found.source for name, found in origin_of.items()}
    events = [event for parcel in parcels for event in parcel.events]
    origin = [place for place, parcel in enumerate(parcels) for _ in parcel.events]
    given = [origin_of[parcels[place].source] for place in origin]
    taken, numbers = hot.take_in(session, events, given, workspace.ids)
    repeated, fresh = [0] * len(parcels), [0] * len(parcels)
    for place in taken.repeated:
        repeated[origin[place]] += 1
    for place in taken.fresh:
        fresh[origin[place]] += 1
    conflicts = [(parcels[origin[place]].source, _conflict(events[place])) for place in taken.conflicts]
    refused = [(parcel.source, each) for parcel in parcels for each in parcel.refused] + conflicts
    rejects.add(session, [_row(source, each, now) for source, each in refused])
    links.bind(session, {name: account for parcel in parcels for name, account in parcel.binds.items()})
    for address in (each for parcel in parcels for each in parcel.unwanted):
        messages.refuse(session, address)
    payloads.keep(session, [(source_of[each.source], now, each.payload) for each in parcels if each.payload])
    odd = [len(parcel.events) - repeated[place] - fresh[place] for place, parcel in enumerate(parcels)]
    found = [
        Received(fresh[place], repeated[place], len(parcel.refused) + odd[place], _errors(parcel, odd[place]))
        for place, parcel in enumerate(parcels)
    ]
    sources.arrived(session, _arrived(parcels, found, source_of, now))
    return found, numbers


def _errors(parcel: Parcel, conflicts: int) -> list[ItemRefused]:
    """What the sender is told of single items."""
    refused = [ItemRefused(each.place, each.reason, each.detail) for each in parcel.refused[:TOLD]]
    return [*refused, *repeat(ItemRefused(None, CONFLICT, "message_id"), conflicts)][:TOLD]


def _arrived(
    parcels: Sequence[Parcel], found: Sequence[Received], source_of: Mapping[str, int], now: int
) -> list[sources.Arrived]:
    """One row a source."""
    sums: dict[int, list[int]] = {}
    for parcel, each in zip(parcels, found, strict=True):
        total = sums.setdefault(source_of[parcel.source], [0, 0, 0])
        for place, value in enumerate((each.accepted, each.duplicates, each.rejected)):
            total[place] += value
    return [sources.Arrived(source, now, *total) for source, total in sums.items()]


def _conflict(event: Event) -> Refusal:
    raw = Raw(
        event.customer_id, key_of(event.kind, event.name), event.occurred_at, event.properties, event.message_id,
        event.known_at, event.user_id,
    )  # fmt: skip
    return Refusal(0, CONFLICT, "message_id", raw_text(raw))


def _row(source: str, refused: Refusal, now: int) -> rejects.Refused:
    return source, "", refused.place, refused.reason, refused.detail, refused.text, now
