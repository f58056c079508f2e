"""Trying refused rows again, each under the source it came from."""

from __future__ import annotations

from collections import Counter

import msgspec

from keepwell.events.accept import Reason, Receipt, accept
from keepwell.events.event import Event, Raw, Rejection
from keepwell.events.mapping import EventMap
from keepwell.runtime import cycle
from keepwell.runtime.importing import CONFLICT, FILES, Summary, store_events
from keepwell.runtime.texts import sentiment
from keepwell.runtime.workspace import Workspace
from keepwell.store import batch, evaluations, links, rejects
from keepwell.store.database import Session

AT_MOST = 1_000_000


class Retried(Summary):
    """What another try came to. `left` are those that cannot be tried again, by the reason for that."""

    left: dict[str, int] = msgspec.field(default_factory=dict)


class Named(msgspec.Struct, frozen=True):
    """The names by which the account of a refused item may be found, beside what it said."""

    names: list[links.Name] = []


def replay_rejects(workspace: Workspace, recorded_at: int, mapping: EventMap | None = None) -> Retried:
    """Try rejected rows again, with a map or after a name was bound. Those accepted now are listed no more.

    What came live is known since it first arrived, and daily scores that were made since stay as they were
    published; a row of a file keeps what it says about when it was received. What a write key may not send stays
    refused. Raises KeepwellError when the folder is in use.
    """
    summary, reasons = Retried(), Counter[str]()
    again: dict[str, list[tuple[int, Event]]] = {}
    with workspace.writing():
        waiting, summary.left = _waiting(workspace)
        for each, raw in waiting:
            found = _read(raw, _receipt(each, recorded_at), mapping)
            if isinstance(found, Event):
                now = msgspec.structs.replace(found, recorded_at=recorded_at)
                again.setdefault(each.source, []).append((each.id, now))
            else:
                reasons[found.reason] += 1
        customers: set[int] = set()
        with workspace.database.write() as session:
            for source, some in again.items():
                customers |= _store(workspace, session, source, some, (summary, reasons, recorded_at))
            session.afterwards.append(lambda: _fold(workspace, customers, recorded_at))
    summary.reasons = dict(sorted(reasons.items()))
    summary.rejected, summary.customers = reasons.total(), len(customers)
    return summary


def _waiting(workspace: Workspace) -> tuple[list[tuple[rejects.Reject, Raw | None]], dict[str, int]]:
    """Rows that may be tried, with their accounts as they are known now; and how many may not, by why."""
    with workspace.database.read() as session:
        waiting = rejects.listed(session, limit=AT_MOST)
        left = Counter(why for each in waiting if (why := _untried(each)))
        return [(each, _with_account(session, each)) for each in waiting if not _untried(each)], dict(left)


def _untried(each: rejects.Reject) -> str:
    """Why a row cannot be tried again; empty when it can."""
    if each.reason == Reason.NOT_ALLOWED:
        return "outside the limits of its key"
    if each.truncated:
        return "too long to be kept whole"
    return "" if each.raw else "nothing of it was kept"


def _with_account(session: Session, each: rejects.Reject) -> Raw | None:
    try:
        found = msgspec.json.decode(each.raw, type=dict[str, object])
        names = msgspec.json.decode(each.raw, type=Named).names
    except (msgspec.DecodeError, RecursionError):
        return None
    raw = Raw(**{name: found.get(name) for name in Raw.__struct_fields__})
    if raw.customer_id not in (None, ""):
        return raw
    trusted = [name for name in names if name[0] != "email" or not each.source.startswith("key:")]
    account = next((owner for name in trusted if (owner := links.owner(session, name)) is not None), None)
    return msgspec.structs.replace(raw, customer_id=account)


def _receipt(each: rejects.Reject, recorded_at: int) -> Receipt:
    """The circumstances under which a row was received: files bring their own moment, else it is when it came."""
    if each.source == FILES:
        return Receipt(recorded_at, sentiment=sentiment)
    return Receipt(each.recorded_at, live=True, sentiment=sentiment)


def _read(raw: Raw | None, receipt: Receipt, mapping: EventMap | None) -> Event | Rejection:
    mapped = mapping.apply(raw) if mapping and raw else raw
    if mapped is None:
        return Rejection(Reason.BAD_ROW.value)
    return accept(mapped, receipt)


def _store(
    workspace: Workspace, session: Session, source: str, some: list[tuple[int, Event]],
    told: tuple[Summary, Counter[str], int],
) -> set[int]:  # fmt: skip
    """Write what one source sent, and take it off the list; the customers' numbers."""
    summary, reasons, recorded_at = told
    events = batch.accepted([event for _, event in some])
    counted, ids = store_events(workspace, session, events, source, past=source == FILES)
    refused_again = set(batch.rows(counted.conflicts.select(["hour", "key"])))
    done = [number for number, event in some if (event.hour, event.key) not in refused_again]
    rejects.mark_replayed(session, done, recorded_at)
    session.afterwards.append(lambda: workspace.ids.commit(ids))
    summary.accepted += len(counted.fresh)
    summary.duplicates += counted.duplicates
    if len(counted.conflicts):
        reasons[CONFLICT] += len(counted.conflicts)
    return set(ids.values())


def _fold(workspace: Workspace, customers: set[int], now: int) -> None:
    """What was accepted counts in the scores from now on, in a running server too; one at a time folds."""
    with workspace.database.write() as session:
        cycle.fold_segments(workspace, now)
        evaluations.touch(session, {each for each in customers if each}, now)
