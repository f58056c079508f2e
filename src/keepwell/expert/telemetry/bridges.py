"""Bridge messages: in which state they are, for how long, and how long that takes on their route."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from keepwell.base.time import SECOND_US
from keepwell.expert.case import Kind, Seen
from keepwell.expert.reading.tables import Tables
from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.record import Occurrence, Record
from keepwell.expert.telemetry.seen import Mark
from keepwell.expert.telemetry.values import flag, moment, named, positive, text

FINAL: Final = frozenset({"DestinationFinalized", "Refunded", "DELIVERED", "destination_executed", "executed"})
"""States in which nothing more happens: of Wormhole, LayerZero and Axelar."""
ON_ITS_WAY: Final = frozenset({
    "Created", "SourceInitiated", "SourceFinalized", "Attested", "DestinationInitiated", "INFLIGHT", "CONFIRMING",
    "source_gateway_called", "destination_gateway_approved", "not_executed", "error", "executing",
})  # fmt: skip
"""States that mean trouble only when they last."""
FINALITY_S: Final = {"ethereum": 19 * 60.0, "solana": 14.0}
"""What Wormhole waits for at the source, where the route's own times are not known (its documentation)."""
WAITS_FOR_FINALITY: Final = "SourceInitiated"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it stands: its state, for how long in seconds, and how long that takes; None is not known."""

    row: Occurrence
    state: str
    age: float
    expected: float | None

    @property
    def over(self) -> float:
        """Seconds beyond what is expected; a message of which that is not known comes behind all others."""
        return float("-inf") if self.expected is None else self.age - self.expected


@dataclass(frozen=True, slots=True)
class Messages:
    """Messages that are not final or became so in the window, and of those on their way the one that is most late."""

    all: list[Message]
    late: Message | None


def _messages(record: Record) -> Messages:
    """Rows with the same id are one message, which is in the state it entered last."""
    newest: dict[str, Occurrence] = {}
    for place, row in enumerate(record.every("bridge_message")):
        newest[text(row.properties, "id") or f"\0{place}"] = row
    found = [each for row in newest.values() if (each := _message(row, record.span.now)) is not None]
    found = [each for each in found if not _is_final(each) or each.row.at >= record.span.start]
    waiting = [each for each in found if not _is_final(each)]
    return Messages(found, max(waiting, key=lambda each: (each.over, each.age, each.state), default=None))


def _message(row: Occurrence, now: int) -> Message | None:
    state, entered = text(row.properties, "state"), moment(row.properties, "entered_state_ts")
    if state is None:
        return None
    since = row.at if entered is None else entered
    return Message(row, state, max(now - since, 0) / SECOND_US, _expected(row, state))


def _expected(row: Occurrence, state: str) -> float | None:
    """The route's own 95th percentile as it was sent, else the documented finality of the source."""
    given = positive(row.properties, "expected_s")
    waits = given is None and state == WAITS_FOR_FINALITY and row.properties.get("bridge") == "wormhole"
    return FINALITY_S.get(text(row.properties, "source") or "") if waits else given


def _is_final(message: Message) -> bool:
    """By its state, or because its sender says so."""
    said = flag(message.row.properties, "final")
    return message.state in FINAL if said is None else said


BRIDGES = Domain("bridges", ("bridge_message",), _messages)
feature = BRIDGES.feature


@feature("br.state")
def _state(messages: Messages) -> str | None:
    return messages.late.state if messages.late else None


@feature("br.age_s")
def _age(messages: Messages) -> float | None:
    return messages.late.age if messages.late else None


@BRIDGES.of("br.state", "br.age_s")
def _latest(messages: Messages) -> str | None:
    return named(messages.late.row.properties, "id", "bridge", "source", "destination") if messages.late else None


@feature("br.expected_s")
def _expected_s(messages: Messages) -> float | None:
    return messages.late.expected if messages.late else None


@feature("br.pending")
def _pending(messages: Messages) -> int:
    return sum(not _is_final(each) for each in messages.all)


@BRIDGES.readings
def _readings(messages: Messages, _tables: Tables) -> Iterator[Seen]:
    """States that mean trouble; of those that do so only when they last, what is late, or of which the age is told.

    So the age of one message is never held against the state of another. Of several in one state the reference is that
    of the one that has been in it for longest beyond what is expected.
    """
    told = [each for each in messages.all if each.state not in ON_ITS_WAY or each is messages.late or each.over > 0]
    for state in sorted({each.state for each in told}):
        those = [each for each in told if each.state == state]
        worst = max(those, key=lambda each: (each is messages.late, each.over, each.age))
        mark = Mark(worst.row.at, len(those), text(worst.row.properties, "id") or "")
        yield mark.seen(Kind.STATE, name=state)
