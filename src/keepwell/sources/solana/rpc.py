"""Questions to a node of Solana as JSON-RPC, and what its answers mean.

https://solana.com/docs/rpc/http/getsignaturesforaddress, https://solana.com/docs/rpc/http/gettransaction
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from keepwell.base.time import SECOND_US
from keepwell.sources.payload import Item, at
from keepwell.sources.solana.base58 import is_signature

LIMIT: Final = 1000
"""Signatures in a page; nodes give no more."""
SAID: Final = 200
"""Letters that are kept of what a node says."""
LONGEST_REST_S: Final = 3600

BEHIND: Final[Mapping[int, str]] = {
    -32004: "the block is not available yet",
    -32005: "the node is behind the others, or too much was asked of it",
    -32007: "the slot was skipped, or is missing after the node joined anew",
    -32009: "the slot was skipped, or is missing in long-term storage",
    -32014: "the status of the block is not available yet",
    -32016: "the node has not reached the slot that another one has shown",
}
"""Another node, or the same one later, may know. Source: agave rpc-client-api `custom_error.rs`."""
NEVER: Final[Mapping[int, str]] = {-32015: "the transaction is of a version that cannot be read yet"}
TOO_MANY: Final = 429


class Row(msgspec.Struct, frozen=True):
    """A row of getSignaturesForAddress.

    Attributes:
        signature, slot: of the transaction.
        at: when its block was made, microseconds; None when the node does not say.
    """

    signature: str
    slot: int
    at: int | None = None


@dataclass(frozen=True)
class Page:
    """Signatures, the newest first."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Found:
    """A transaction."""

    item: Item


@dataclass(frozen=True)
class NotThere:
    """The node does not have the transaction: not yet, or, as with an unknown version, for good."""

    why: str
    for_good: bool = False


@dataclass(frozen=True)
class Trouble:
    """Nothing was learnt. `again_in_s`: how long the node asked to be left alone."""

    why: str
    again_in_s: float = 0.0


def signatures(address: str, until: str | None, before: str | None, min_slot: int) -> bytes:
    """Ask for finalized signatures of an address, newer than `until` and older than `before`.

    `min_slot` keeps a node from answering that has not seen what another one has shown.
    """
    said: dict[str, object] = {"commitment": "finalized", "limit": LIMIT}
    said |= {name: value for name, value in (("until", until), ("before", before)) if value is not None}
    if min_slot:
        said["minContextSlot"] = min_slot
    return _question("getSignaturesForAddress", address, said)


def transaction(signature: str) -> bytes:
    """Ask for a finalized transaction."""
    said = {"commitment": "finalized", "encoding": "json", "maxSupportedTransactionVersion": 0}
    return _question("getTransaction", signature, said)


def _question(method: str, *params: object) -> bytes:
    return msgspec.json.encode({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})


def page(answer: tuple[int, Mapping[str, str], bytes], *, first: bool) -> Page | Trouble:
    """What an answer to `signatures` says. A row that is none makes the page unreadable: it may hide one.

    Where the first page of a list shows blocks that may still be undone, only what is older than all of those is
    taken: the rest comes when it is final, and what disappears before that was never told.
    """
    result = _result(*answer)
    if isinstance(result, Trouble):
        return result
    if not isinstance(result, list):
        return Trouble("the answer is no list of signatures")
    rows = [_row(each) for each in result]
    kept = tuple(each for each in rows if each is not None)
    if len(kept) < len(rows):
        return Trouble("the list has a row that is none")
    passing = [place for place, each in enumerate(result) if at(each, "confirmationStatus") not in (None, "finalized")]
    if passing and not first:
        return Trouble("the list goes on with blocks that may still be undone")
    return Page(kept[passing[-1] + 1 :] if passing else kept)


def _row(value: object) -> Row | None:
    signature, slot, moment = at(value, "signature"), at(value, "slot"), at(value, "blockTime")
    if not isinstance(signature, str) or not is_signature(signature):
        return None
    if type(slot) is not int or not 0 <= slot < 2**62:
        return None
    known = type(moment) is int and 0 < moment < 2**40
    return Row(signature, slot, moment * SECOND_US if known and isinstance(moment, int) else None)


def found(signature: str, answer: tuple[int, Mapping[str, str], bytes]) -> Found | NotThere | Trouble:
    """What an answer to `transaction` says; a transaction of another signature is none."""
    result = _result(*answer, never=NEVER)
    if isinstance(result, Trouble | NotThere):
        return result
    if result is None:
        return NotThere("the node does not have it yet")
    if not isinstance(result, Mapping) or at(result, "transaction", "signatures", 0) != signature:
        return Trouble("the answer is not the transaction that was asked for")
    return Found(result)


def _result(
    status: int, headers: Mapping[str, str], body: bytes, never: Mapping[int, str] | None = None
) -> object | Trouble | NotThere:
    """The `result` of an answer, or why there is none. A status that is no success has the last word."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        said = None
    error = at(said, "error")
    code = at(error, "code")
    if TOO_MANY in (status, code):
        return Trouble("too many requests", _rest_s(headers))
    if error is not None and type(code) is int:
        if code in (never or {}):
            return NotThere((never or {})[code], for_good=True)
        return Trouble(f"{code}: {BEHIND.get(code) or _said(at(error, 'message'))}", _rest_s(headers))
    if not 200 <= status < 300:
        return Trouble(f"answered {status}", _rest_s(headers))
    if not isinstance(said, Mapping) or "result" not in said:
        return Trouble("the answer is no JSON-RPC, or was cut off")
    result: object = said["result"]
    return result


def _said(message: object) -> str:
    """A node's own words, short and without control characters."""
    text = message if isinstance(message, str) else "no reason was given"
    return "".join(letter if letter.isprintable() else " " for letter in text[:SAID])


def _rest_s(headers: Mapping[str, str]) -> float:
    """How long the node asked to be left alone. A date instead of seconds counts as nothing asked."""
    text = headers.get("retry-after", "")
    return float(min(int(text), LONGEST_REST_S)) if text.isascii() and text.isdigit() and len(text) < 10 else 0.0
