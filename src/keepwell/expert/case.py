"""A case: all the Expert looks at when it is asked about one customer at one moment.

It is made from events: every classified failure becomes a `Seen`, counts and measurements over the window become
features by the names of the knowledge base, and counts that have a past and a crowd to be compared with become a
`Standing` for each topic. What is not known is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from keepwell.expert.features import Features
from keepwell.expert.scope import Standing, Topic


class Kind(StrEnum):
    """What sort of observation was made, and with it which fields of a `Seen` identify it."""

    ERROR = "error"  # custom error of a Solana program: program, code, name
    TRANSACTION = "transaction"  # TransactionError of Solana: name
    INSTRUCTION = "instruction"  # InstructionError of Solana: name, and the program that raised it
    RPC = "rpc"  # JSON-RPC error: chain, code
    HTTP = "http"  # status: code
    API = "api"  # an API's own error: program is the API, code or name
    POOL = "pool"  # a pool rejected a share: stratum code
    CODE = "code"  # a tool's own code, as `[B-PRO-503]`: name
    OUTCOME = "outcome"  # how a proof request ended: name
    STATE = "state"  # of a bridge message: name as the bridge publishes it
    MESSAGE = "message"  # a text: name
    SELECTOR = "selector"  # of an EVM error: name, `0x` and eight hexadecimal digits


@dataclass(frozen=True, slots=True)
class Seen:
    """One kind of observation, as often as it was made in the window.

    Attributes:
        kind: what sort it is.
        program: key of the program in the tables of error codes that raised it, `anchor` for errors of the framework,
            else its address; empty when it is not proven. Of an API: its name.
        code: number; None where there is none.
        name: as proven by the log or by the table; empty when it is not.
        chain: of JSON-RPC errors: `solana` or `evm`.
        candidates: names of which one is right, when versions of the program differ.
        count: how often.
        first, last: moments of the first and the last, microseconds.
        reference: of the last one, as a transaction's signature, by which it can be looked up.
    """

    kind: Kind
    program: str = ""
    code: int | None = None
    name: str = ""
    chain: str = ""
    candidates: tuple[str, ...] = ()
    count: int = 1
    first: int = 0
    last: int = 0
    reference: str = ""

    @property
    def decoded(self) -> bool:
        """Whether it is certain what it is; only errors of programs can be uncertain."""
        return self.kind is not Kind.ERROR or (bool(self.program and self.name) and not self.candidates)

    @property
    def what(self) -> tuple[str, str, str, int, str, tuple[str, ...]]:
        """What makes two observations the same, in an order that can be sorted."""
        code = -(1 << 62) if self.code is None else self.code
        return self.kind.value, self.program, self.chain, code, self.name, self.candidates


@dataclass(frozen=True, slots=True)
class Case:
    """What is known of one customer.

    Attributes:
        now: the moment asked about, microseconds.
        features: by name; what is not known is absent.
        readings: what was seen in the window, in any order.
        objects: what a feature is of, as the loan that is closest to liquidation, in the sender's words.
        crowd: how the counts of a topic compare with the own past and with others; absent where nobody counted.
    """

    now: int
    features: Features = field(default_factory=dict)
    readings: Sequence[Seen] = ()
    crowd: Mapping[Topic, Standing] = field(default_factory=dict)
    objects: Mapping[str, str] = field(default_factory=dict)


def gathered(readings: Iterable[Seen]) -> dict[Kind, list[Seen]]:
    """One of each that are the same, with the sum of their counts and the reference of the last, by kind, sorted."""
    same: dict[tuple[object, ...], Seen] = {}
    for seen in readings:
        before = same.get(seen.what)
        same[seen.what] = seen if before is None else _together(before, seen)
    found: dict[Kind, list[Seen]] = {}
    for seen in sorted(same.values(), key=lambda each: each.what):
        found.setdefault(seen.kind, []).append(seen)
    return found


def _together(one: Seen, other: Seen) -> Seen:
    later = max(one, other, key=lambda each: (each.last, each.reference))
    return replace(later, count=one.count + other.count, first=min(one.first, other.first))
