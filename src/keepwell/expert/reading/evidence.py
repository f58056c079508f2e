"""What a document carries once its envelope is off: one form for each kind of outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


class Missing:
    """The document has no such field, which is not the same as null."""


MISSING: Final = Missing()


SIMULATED: Final = "simulateTransaction"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one Solana transaction left behind.

    Attributes:
        kind: the shape it came in.
        err: the runtime's error as JSON; null is a success, `MISSING` says nothing.
        logs: log lines, or None when there are none to be had.
        meta: the whole `meta`, for inner instructions and loaded addresses.
        transaction: the transaction itself, for the programs of its instructions.
        rpc_code: the code of the JSON-RPC error around it.
    """

    kind: str
    err: object = MISSING
    logs: tuple[str, ...] | None = None
    meta: Mapping[str, object] | None = None
    transaction: object = None
    rpc_code: int | None = None


@dataclass(frozen=True, slots=True)
class RpcError:
    """A JSON-RPC error: code, the node's message, and `error.data` as it came."""

    code: int
    message: str
    data: object = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The status of an EVM receipt: "0x1" or "0x0"."""

    status: str


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """The status of an HTTP answer."""

    status: int


@dataclass(frozen=True, slots=True)
class Work:
    """What a pool or a prover said of a piece of work: a number, a code, a named outcome, or a message."""

    kind: str
    said: int | str | None
    accepted: bool | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No outcome at all, and why."""

    kind: str
    why: str


Evidence = Outcome | RpcError | Receipt | HttpAnswer | Work | Nothing


def is_number(value: object) -> bool:
    """A JSON number without a fraction, of at most 64 bits; true and false are no numbers.

    No code or index is larger, and Python refuses to write down integers of more than 4,300 digits.
    """
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**64
