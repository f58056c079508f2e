"""The frozen result of reading: what is proven, what it rests on, and the reasons for what is left open."""

from __future__ import annotations

import enum
import re
from typing import Literal

import msgspec

SHOWN = 300
"""Characters of a quoted text that are kept: logs are written by strangers, and may be megabytes long."""

NOT_FAILED = "none"
"""The error class of a success."""

Source = Literal["err", "log", "table", "message", "rpc", "http", "evm", "work", "reason"]


class Status(enum.StrEnum):
    """What became of the transaction, call or share that the document reports."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Certainty(enum.StrEnum):
    """How the meaning is held: proven, likely, or worth a look. No certainty at all: nothing is claimed."""

    ENTAILED = "entailed"
    INFERRED = "inferred"
    HINT = "hint"


class Clue(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing a reading rests on, or with the source `reason` why something is left open.

    Attributes:
        text: the thing itself, cut to `SHOWN` characters.
        line: the number of the log line, from 1.
    """

    source: Source
    text: str
    line: int | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a document proves about one failure. None means: not proven.

    Attributes:
        kind: the shape of the document, for example "getTransaction".
        error_class: "none", a variant of the runtime's TransactionError, or `rpc_error`, `http_error`, `revert`, ...
        program: address of the program that raised the error, not of the one that passed it on.
        depth: how deep that program was called; 1 is the transaction's own instruction.
        code: the number of the error, or the selector of an EVM error.
        candidates: names it may have, when none may be chosen.
        reference: where the name, or the meaning, was read.
        rpc_code: the JSON-RPC code that the document came with.
    """

    kind: str
    status: Status
    error_class: str | None = None
    program: str | None = None
    code: int | str | None = None
    name: str | None = None
    meaning: str | None = None
    certainty: Certainty | None = None
    candidates: tuple[str, ...] = ()
    evidence: tuple[Clue, ...] = ()
    reference: str | None = None
    depth: int | None = None
    instruction_index: int | None = None
    account_index: int | None = None
    rpc_code: int | None = None


ANSWERED = (
    "status", "error_class", "program", "code", "name", "meaning", "certainty", "candidates", "evidence", "reference",
)  # fmt: skip
"""The fields of an answer, in their order."""


def answer(reading: Reading) -> dict[str, object]:
    """The reading as `keepwell diagnose --transaction` prints it: the fields of `ANSWERED` and no other."""
    whole: dict[str, object] = msgspec.to_builtins(reading)
    return {field: whole[field] for field in ANSWERED}


def unknown(kind: str, *reasons: str) -> Reading:
    """A document that carries no outcome: never a success."""
    return Reading(kind=kind, status=Status.UNKNOWN, evidence=because(*reasons))


def because(*reasons: str) -> tuple[Clue, ...]:
    """Why something is left open."""
    return tuple(clue("reason", reason) for reason in reasons)


def clue(source: Source, text: str, line: int | None = None) -> Clue:
    """A clue with its text cut."""
    return Clue(source, quoted(text), line)


def quoted(text: str) -> str:
    """At most `SHOWN` characters of a text that somebody else wrote; half a surrogate pair becomes a question mark."""
    cut = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
    return cut.encode("utf-8", "replace").decode("utf-8")


def words(name: str) -> str:
    """A name spelled out, with nothing added.

    >>> words("SlippageToleranceExceeded")
    'slippage tolerance exceeded'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[_-]", " ", name).lower()
