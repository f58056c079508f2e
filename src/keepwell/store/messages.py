"""Messages to customers: drafts, who approved what, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from keepwell.store.database import Session


class State(StrEnum):
    """Where a message stands."""

    WANTED = "wanted"  # a step asks for it; nothing is written yet
    ASKED = "asked"  # written, for a person to approve
    POSTED = "posted"  # in the outbox
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


OPEN = (State.WANTED, State.ASKED, State.POSTED)
ARRIVED = (State.SENT, State.UNCERTAIN)
"""What the customer has, or may have."""


class Approved(msgspec.Struct, frozen=True):
    """Who approved which bytes, and when."""

    by: str
    digest: str
    at: int


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message. Instants are microseconds.

    Attributes:
        key: that of its letter; the same step never has another one.
        name: as its letter is called in headers: replies name it.
        token: the unguessable part of the address of its page.
        customer, purpose, run, step: the step it is of.
        parts: of the template that are wanted, separated by commas.
        contact, channel, recipient: whom it goes to; empty until it is written.
        draft: a `Draft` as JSON; empty until it is written.
        digest: of its bytes and address.
        approvals: a list of `Approved` as JSON.
        needs_approval: 1 when a person has to approve it.
        auto_after: after how many approvals of unchanged ones it needs none; 0 when that changes nothing.
        changed: 1 once a person changed the draft.
        together: how many were approved in one go.
        told: 1 once the log of events knows that it was sent.
        due_at: when it was to be sent: its lateness counts from it.
        expires_at: from when it is never sent.
    """

    id: int
    key: str
    name: str
    token: str
    customer: int
    purpose: str
    run: int
    step: str
    playbook: str
    template: str
    parts: str
    contact: str = ""
    channel: str = ""
    recipient: str = ""
    draft: str = ""
    digest: str = ""
    approvals: str = "[]"
    state: str = State.WANTED
    because: str = ""
    needs_approval: int = 1
    auto_after: int = 0
    changed: int = 0
    together: int = 1
    told: int = 0
    made_at: int
    due_at: int
    expires_at: int
    ended_at: int | None = None

    def approved(self) -> list[Approved]:
        """Who approved it."""
        return msgspec.json.decode(self.approvals, type=list[Approved])


Step = tuple[int, str, int, str]
"""Customer, purpose, number of the run, and id of the step."""

_FIELDS = Message.__struct_fields__
_SELECT = f"SELECT {', '.join(_FIELDS)} FROM message"
_STEP = "customer = ? AND purpose = ? AND run = ? AND step = ?"


def put(session: Session, message: Message) -> int:
    """Write a new message, its `id` aside; its number. What the step had before is replaced, and keeps its number."""
    known = session.one(f"SELECT id FROM message WHERE {_STEP}", _step_of(message))
    if known is not None:
        message = msgspec.structs.replace(message, id=int(known))
        save(session, message)
        return message.id
    number = int(session.one("SELECT COALESCE(MAX(id), 0) FROM message")) + 1
    session.run(
        f"INSERT INTO message ({', '.join(_FIELDS)}) VALUES ({', '.join('?' for _ in _FIELDS)})",
        (number, *msgspec.structs.astuple(message)[1:]),
    )
    return number


def save(session: Session, message: Message) -> None:
    """Write a message that is known by its number."""
    told = ", ".join(f"{name} = ?" for name in _FIELDS[1:])
    session.run(f"UPDATE message SET {told} WHERE id = ?", (*msgspec.structs.astuple(message)[1:], message.id))


def _step_of(message: Message) -> Step:
    return message.customer, message.purpose, message.run, message.step


def find(session: Session, number: int) -> Message | None:
    """A message by its number."""
    return _first(session, f"{_SELECT} WHERE id = ?", (number,))


def of_step(session: Session, step: Step) -> Message | None:
    """The message of a step."""
    return _first(session, f"{_SELECT} WHERE {_STEP}", step)


def of_key(session: Session, key: str) -> Message | None:
    """The message of a letter in the outbox."""
    return _first(session, f"{_SELECT} WHERE key = ?", (key,))


def of_token(session: Session, token: str) -> Message | None:
    """The message of a page."""
    return _first(session, f"{_SELECT} WHERE token = ?", (token,))


def of_names(session: Session, names: Sequence[str]) -> list[Message]:
    """Messages by the names of their letters, the newest first."""
    marks = ", ".join("?" for _ in names) or "''"
    return _all(session, f"{_SELECT} WHERE name IN ({marks}) ORDER BY made_at DESC", names)


def of_run(session: Session, customer: int, purpose: str, run: int) -> list[Message]:
    """The messages of a run, the oldest first."""
    where = "customer = ? AND purpose = ? AND run = ?"
    return _all(session, f"{_SELECT} WHERE {where} ORDER BY made_at, id", (customer, purpose, run))


def listed(session: Session, states: Iterable[str], limit: int, customer: int | None = None) -> list[Message]:
    """Messages in some states (none: in any), the newest first."""
    wanted = [str(each) for each in states]
    conditions = [f"state IN ({', '.join('?' for _ in wanted)})"] if wanted else []
    conditions += ["customer = ?"] if customer is not None else []
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    given = [*wanted, *([customer] if customer is not None else []), limit]
    return _all(session, f"{_SELECT}{where} ORDER BY made_at DESC, id DESC LIMIT ?", given)


def due(session: Session, state: State, now: int, limit: int) -> list[Message]:
    """Messages in a state that are due, the longest due first."""
    where = "state = ? AND due_at <= ?"
    return _all(session, f"{_SELECT} WHERE {where} ORDER BY due_at, id LIMIT ?", (str(state), now, limit))


def ended_since(session: Session, customer: int, since: int) -> list[Message]:
    """What a customer has, or may have, since a moment."""
    marks = ", ".join(f"'{each}'" for each in ARRIVED)
    where = f"customer = ? AND state IN ({marks}) AND ended_at > ?"
    return _all(session, f"{_SELECT} WHERE {where} ORDER BY ended_at", (customer, since))


def arrivals_since(session: Session, since: int) -> list[int]:
    """When messages were sent since a moment, whoever got them."""
    marks = ", ".join(f"'{each}'" for each in ARRIVED)
    rows = session.run(f"SELECT ended_at FROM message WHERE ended_at > ? AND state IN ({marks})", (since,))
    return [int(at) for (at,) in rows]


def on_their_way(session: Session) -> list[tuple[int, str, int]]:
    """What is being sent this moment: customer, run as contacts are counted, and since when."""
    rows = session.run(
        "SELECT message.customer, message.purpose, message.run, outbox.claimed_at FROM message"
        " JOIN outbox ON outbox.key = message.key WHERE message.state = 'posted' AND outbox.state = 'sending'"
    )
    return [(int(customer), f"{customer}:{purpose}:{run}", int(at)) for customer, purpose, run, at in rows]


def settled(session: Session, limit: int) -> list[tuple[Message, str, str]]:
    """What was in the outbox and is over: the message, how it ended there, and why."""
    names = ", ".join(f"message.{name}" for name in _FIELDS)
    rows = session.run(
        f"SELECT {names}, outbox.state, COALESCE(outbox.error, '') FROM message JOIN outbox ON outbox.key ="
        " message.key WHERE message.state = 'posted' AND outbox.state NOT IN ('queued', 'sending')"
        " ORDER BY message.id LIMIT ?",
        (limit,),
    )
    found = []
    for row in rows:
        message = msgspec.convert(dict(zip(_FIELDS, row[:-2], strict=True)), Message)
        found.append((message, str(row[-2]), str(row[-1])))
    return found


def untold(session: Session, limit: int) -> list[Message]:
    """What was sent and is not in the log of events."""
    marks = ", ".join(f"'{each}'" for each in ARRIVED)
    return _all(session, f"{_SELECT} WHERE told = 0 AND state IN ({marks}) ORDER BY ended_at, id LIMIT ?", (limit,))


def were_told(session: Session, numbers: Sequence[int]) -> None:
    """The log of events knows of these."""
    session.many("UPDATE message SET told = 1 WHERE id = ?", [(number,) for number in numbers])


def approved_unchanged(session: Session, playbook: str, step: str) -> int:
    """How many messages of a step people approved as they were written."""
    where = "playbook = ? AND step = ? AND changed = 0 AND needs_approval = 1 AND approvals <> '[]'"
    return int(session.one(f"SELECT COUNT(*) FROM message WHERE {where}", (playbook, step)))


def counts(session: Session) -> dict[str, int]:
    """How many messages are in each state; a state without any is 0."""
    found = {str(state): int(n) for state, n in session.run("SELECT state, COUNT(*) FROM message GROUP BY state")}
    return {str(each): 0 for each in State} | found


def _all(session: Session, statement: str, given: Sequence[object]) -> list[Message]:
    rows = session.run(statement, given)
    return [msgspec.convert(dict(zip(_FIELDS, row, strict=True)), Message) for row in rows]


def _first(session: Session, statement: str, given: Sequence[object]) -> Message | None:
    found = _all(session, statement, given)
    return found[0] if found else None


# ---------------------------------------------------------------------- addresses, and the stop of everything


class Unwanted(msgspec.Struct, frozen=True):
    """An address that is not written to; in small letters."""

    address: str
    at: int
    because: str
    by: str


def refuse(session: Session, unwanted: Unwanted) -> bool:
    """Never write to an address again; False when that was so before."""
    address = unwanted.address.strip().lower()
    session.run(
        "INSERT INTO unwanted (address, at, because, by) VALUES (?, ?, ?, ?) ON CONFLICT (address) DO NOTHING",
        (address, unwanted.at, unwanted.because, unwanted.by),
    )
    return session.changed == 1


def is_unwanted(session: Session, address: str) -> bool:
    """Whether an address is not written to."""
    return session.one("SELECT 1 FROM unwanted WHERE address = ?", (address.strip().lower(),)) is not None


def unwanted(session: Session, limit: int) -> list[Unwanted]:
    """Addresses that are not written to, the newest first."""
    rows = session.run("SELECT address, at, because, by FROM unwanted ORDER BY at DESC, address LIMIT ?", (limit,))
    return [Unwanted(*row) for row in rows]


class Halt(msgspec.Struct, frozen=True):
    """Everything to customers is stopped: since when, why, by whom."""

    at: int
    because: str
    by: str


def halted(session: Session) -> Halt | None:
    """Whether everything is stopped."""
    rows = session.run("SELECT at, because, by FROM halt WHERE id = 1")
    return Halt(*rows[0]) if rows else None


def halt(session: Session, why: Halt) -> None:
    """Stop everything to customers. Who did it first stands."""
    session.run(
        "INSERT INTO halt (id, at, because, by) VALUES (1, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (why.at, why.because, why.by),
    )


def go_on(session: Session) -> None:
    """End the stop."""
    session.run("DELETE FROM halt WHERE id = 1")
