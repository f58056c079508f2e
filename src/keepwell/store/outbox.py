"""Messages that are to leave, and what became of each: one row a message, changed only by who holds its fence.

A row is `queued`, then `sending` (committed before the network is touched), and ends as one of `ENDS`. What holds a
claim is its fence, a number that grows with each claim: who comes back with an old one changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

import msgspec

from keepwell.store.database import Row, Session

MANY = 1000


class State(StrEnum):
    """What became of a message so far."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


ENDS = frozenset(State) - {State.QUEUED, State.SENDING}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One row.

    Attributes:
        key: the same for the same message, whoever asks for it and however often.
        audience: "staff" or "customer".
        payload: the message as JSON; only who wrote it reads it.
        because: why it is sent, for the page.
        created_at, due_at, expires_at, claimed_at, lease_until, settled_at: microseconds UTC.
        attempts: how often sending began.
        fence: number of the last claim.
        repeat: it may have arrived before.
        held: it waited because its receiver had enough for an hour.
        error: why it was not sent, or what is not known about it.
        reference: what the receiving server calls it; of a grouped one the key of the group.
    """

    key: str
    audience: str
    channel: str
    recipient: str
    payload: str
    because: str
    created_at: int
    due_at: int
    state: State = State.QUEUED
    urgent: bool = False
    repeat: bool = False
    held: bool = False
    expires_at: int | None = None
    attempts: int = 0
    fence: int = 0
    claimed_at: int | None = None
    lease_until: int | None = None
    settled_at: int | None = None
    error: str | None = None
    reference: str | None = None


class Settled(msgspec.Struct, frozen=True):
    """What a claim ended with. `due_at` counts when the message is queued again."""

    state: State
    error: str | None = None
    reference: str | None = None
    due_at: int = 0
    repeat: bool = False


_FIELDS = Entry.__struct_fields__
_COLUMNS = ", ".join(_FIELDS)
_SWITCHES = frozenset(("urgent", "repeat", "held"))


def _entry(row: Row) -> Entry:
    found = dict(zip(_FIELDS, row, strict=True))
    return msgspec.convert({**found, **{name: bool(found[name]) for name in _SWITCHES}}, Entry)


def _value(entry: Entry, name: str) -> object:
    found = getattr(entry, name)
    if name in _SWITCHES:
        return int(found)
    return str(found) if name == "state" else found


# ---------------------------------------------------------------------- in

_PUT = f"INSERT INTO outbox ({_COLUMNS}) VALUES ({', '.join('?' for _ in _FIELDS)}) ON CONFLICT (key) DO NOTHING"


def put(session: Session, entry: Entry) -> bool:
    """Queue a message in the caller's transaction; False when there is one of its key, which stays as it is."""
    session.run(_PUT, tuple(_value(entry, name) for name in _FIELDS))
    return session.changed == 1


_CANCEL = "UPDATE outbox SET state = 'cancelled', settled_at = ?, error = ? WHERE key = ? AND state = 'queued'"


def cancel(session: Session, key: str, now: int, why: str) -> bool:
    """Take a message back; False when it is being sent already, or has ended."""
    session.run(_CANCEL, (now, why, key))
    return session.changed == 1


# ---------------------------------------------------------------------- out


def due(session: Session, now: int, limit: int, full: Collection[str] = (), busy: Collection[str] = ()) -> list[Entry]:
    """Messages to send now, urgent ones first; of `full` channels none, of `busy` ones only urgent ones."""
    rows = session.run(
        f"SELECT {_COLUMNS} FROM outbox WHERE state = 'queued' AND due_at <= ?"
        f" AND channel NOT IN ({_marks(full)}) AND (urgent = 1 OR channel NOT IN ({_marks(busy)}))"
        " ORDER BY urgent DESC, due_at, key LIMIT ?",
        (now, *full, *busy, limit),
    )
    return [_entry(row) for row in rows]


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" for _ in values) or "''"


def next_due(session: Session, full: Collection[str] = (), busy: Collection[str] = ()) -> int | None:
    """When there is something to do: the next message of a channel that is not `full`, or the end of a lease."""
    queued = session.one(
        "SELECT MIN(due_at) FROM outbox WHERE state = 'queued'"
        f" AND channel NOT IN ({_marks(full)}) AND (urgent = 1 OR channel NOT IN ({_marks(busy)}))",
        (*full, *busy),
    )
    lease = session.one("SELECT MIN(lease_until) FROM outbox WHERE state = 'sending'")
    moments = [int(each) for each in (queued, lease) if each is not None]
    return min(moments) if moments else None


_CLAIM = (
    "UPDATE outbox SET state = 'sending', fence = fence + 1, attempts = attempts + 1, claimed_at = ?, lease_until = ?"
    " WHERE key = ? AND state = 'queued' RETURNING fence"
)


def claim(session: Session, key: str, now: int, lease_until: int) -> int | None:
    """Begin to send: the fence of this claim, or None when somebody else was quicker.

    The message may be sent once the caller's transaction is committed, and until the lease ends.
    """
    fence = session.one(_CLAIM, (now, lease_until, key))
    return None if fence is None else int(fence)


_SETTLE = (
    "UPDATE outbox SET state = ?, error = ?, reference = ?, repeat = ?, due_at = ?, settled_at = ?, lease_until = NULL"
    " WHERE key = ? AND state = 'sending' AND fence = ?"
)


def settle(session: Session, claimed: Entry, settled: Settled, now: int) -> bool:
    """Write down what became of a claim; False, and nothing changes, when the claim is no longer the last one.

    Args:
        claimed: the message as it was claimed, with the fence of that claim.
        settled: `queued` when it is to be tried again.
    """
    again = settled.state is State.QUEUED
    values = (
        *(str(settled.state), settled.error, settled.reference, int(claimed.repeat or settled.repeat)),
        *(settled.due_at if again else claimed.due_at, None if again else now, claimed.key, claimed.fence),
    )
    session.run(_SETTLE, values)
    return session.changed == 1


_CLOSE = "UPDATE outbox SET state = ?, error = ?, reference = ?, settled_at = ? WHERE key = ? AND state = 'queued'"


def close(session: Session, key: str, settled: Settled, now: int) -> bool:
    """End a message that waits, without sending it."""
    session.run(_CLOSE, (str(settled.state), settled.error, settled.reference, now, key))
    return session.changed == 1


def wait(session: Session, key: str, until: int, why: str) -> None:
    """Let a message wait, with the reason."""
    session.run("UPDATE outbox SET due_at = ?, error = ? WHERE key = ? AND state = 'queued'", (until, why, key))


def withdraw(session: Session, key: str) -> bool:
    """Take a message back as if it had never been put in; False when it is on its way, or over, or was none."""
    session.run("DELETE FROM outbox WHERE key = ? AND state = 'queued'", (key,))
    return session.changed == 1


def hold(session: Session, key: str, until: int) -> None:
    """Let a message wait, because its receiver has had enough for now."""
    session.run("UPDATE outbox SET held = 1, due_at = ? WHERE key = ? AND state = 'queued'", (until, key))


# What is new, for staff and not urgent: what a receiver's allowance is about.
_ORDINARY = "channel = ? AND recipient = ? AND audience = 'staff' AND urgent = 0"


def lately(session: Session, channel: str, recipient: str, since: int) -> list[int]:
    """When ordinary messages to a receiver were last claimed, after `since`, the oldest first."""
    rows = session.run(
        f"SELECT claimed_at FROM outbox WHERE {_ORDINARY} AND claimed_at > ? ORDER BY claimed_at",
        (channel, recipient, since),
    )
    return [int(moment) for (moment,) in rows]


def waiting(session: Session, channel: str, recipient: str, now: int) -> list[Entry]:
    """Ordinary messages to a receiver that are due and were never tried, the oldest first."""
    rows = session.run(
        f"SELECT {_COLUMNS} FROM outbox WHERE {_ORDINARY} AND state = 'queued' AND attempts = 0 AND due_at <= ?"
        " ORDER BY created_at, key LIMIT ?",
        (channel, recipient, now, MANY),
    )
    return [_entry(row) for row in rows]


# ---------------------------------------------------------------------- after an interruption

_INTERRUPTED = "state = 'sending' AND lease_until <= ?"
_AGAIN = (
    "UPDATE outbox SET state = 'queued', repeat = 1, due_at = ?, lease_until = NULL, error = ?"
    f" WHERE {_INTERRUPTED} AND audience = 'staff'"
)
_UNKNOWN = f"UPDATE outbox SET state = 'uncertain', settled_at = ?, lease_until = NULL, error = ? WHERE {_INTERRUPTED}"
_FOR_EVER = (1 << 63) - 1


def recover(session: Session, now: int, why: str, *, all_leases: bool) -> tuple[int, int]:
    """Take up what was left in `sending`: staff are told again, marked as a repeat; customers never.

    Args:
        all_leases: also those whose lease has not ended, as when nobody else can be sending.

    Returns:
        How many are queued again, and how many are now uncertain.
    """
    ended = _FOR_EVER if all_leases else now
    session.run(_AGAIN, (now, why, ended))
    again = session.changed
    session.run(_UNKNOWN, (now, why, ended))
    return again, session.changed


# ---------------------------------------------------------------------- to look at


def counts(session: Session) -> dict[State, int]:
    """How many messages are in each state; a state without any is 0."""
    found = {State(state): int(number) for state, number in session.run(_COUNTS)}
    return dict.fromkeys(State, 0) | found


_COUNTS = "SELECT state, COUNT(*) FROM outbox GROUP BY state"


def waiting_count(session: Session) -> int:
    """How many messages have not ended."""
    return int(session.one("SELECT COUNT(*) FROM outbox WHERE state IN ('queued', 'sending')"))


def listed(session: Session, limit: int, state: State | None = None, before: int | None = None) -> list[Entry]:
    """Messages for a page, the newest first; with `before`, those created earlier."""
    conditions: list[tuple[str, object]] = [("state = ?", str(state))] if state else []
    conditions += [("created_at < ?", before)] if before is not None else []
    where = f" WHERE {' AND '.join(text for text, _ in conditions)}" if conditions else ""
    rows = session.run(
        f"SELECT {_COLUMNS} FROM outbox{where} ORDER BY created_at DESC, key LIMIT ?",
        (*(value for _, value in conditions), limit),
    )
    return [_entry(row) for row in rows]


def troubled(session: Session, since: int, limit: int) -> list[Entry]:
    """Messages made since a moment that did not arrive at the first attempt, or ended otherwise, the newest first."""
    ends = ", ".join(f"'{each}'" for each in (State.FAILED, State.UNCERTAIN, State.EXPIRED))
    rows = session.run(
        f"SELECT {_COLUMNS} FROM outbox WHERE created_at >= ? AND (state IN ({ends})"
        " OR (state = 'queued' AND attempts > 0)) ORDER BY created_at DESC, key LIMIT ?",
        (since, limit),
    )
    return [_entry(row) for row in rows]


def find(session: Session, key: str) -> Entry | None:
    """The message of a key."""
    rows = session.run(f"SELECT {_COLUMNS} FROM outbox WHERE key = ?", (key,))
    return _entry(rows[0]) if rows else None
