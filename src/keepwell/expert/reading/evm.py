"""Reverts and receipts of EVM chains: custom errors by selector, `Error(string)`, `Panic(uint256)`.

Any contract may declare an error of the same selector, so a name by selector is likely and not proven; the two errors
of the language itself are certain (docs.soliditylang.org, control structures).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from keepwell.expert.reading.evidence import Receipt
from keepwell.expert.reading.reading import (
    NOT_FAILED,
    Certainty,
    Clue,
    Reading,
    Status,
    because,
    clue,
    quoted,
    words,
)
from keepwell.expert.reading.tables import Selector, Tables

ERROR, PANIC = "0x08c379a0", "0x4e487b71"
PANICS = {
    0x00: "a panic put in by the compiler",
    0x01: "an assertion failed",
    0x11: "arithmetic went over or under its range",
    0x12: "division by zero",
    0x21: "a value that the enum does not have",
    0x22: "storage holds a byte array that is wrongly encoded",
    0x31: "pop of an empty array",
    0x32: "an index outside of its array",
    0x41: "too much memory, or too large an array",
    0x51: "a call of a function that was never set",
}
"""Codes of `Panic(uint256)` (docs.soliditylang.org, Panic via assert and Error via require)."""

_HEX = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_WORD = 64  # hex digits of 32 bytes
_REVERTED = "execution reverted"
_RECEIPT = "EIP-658: status of a transaction"


def revert_data(data: object) -> str | None:
    """The bytes that a call reverted with, in hex, from `error.data` of a node or of a wallet; None when it has none.

    Wallets put the node's error inside their own, as `data` or `originalError`.
    """
    for _ in range(4):
        if isinstance(data, str):
            return data.lower() if _HEX.fullmatch(data) else None
        if not isinstance(data, Mapping):
            return None
        data = data.get("data", data.get("originalError"))
    return None


def receipt(evidence: Receipt) -> Reading:
    """A receipt says whether it failed, and never why."""
    kind, seen = "eth_getTransactionReceipt", clue("evm", f"status {evidence.status}")
    if evidence.status == "0x1":
        return Reading(kind=kind, status=Status.SUCCEEDED, error_class=NOT_FAILED, certainty=Certainty.ENTAILED,
                       evidence=(seen,), reference=_RECEIPT)  # fmt: skip
    why = because("a receipt does not say why it failed: simulate it at its block")
    return Reading(kind=kind, status=Status.FAILED, error_class="execution_failed", evidence=(seen, *why),
                   reference=_RECEIPT)  # fmt: skip


def revert(code: int, message: str, data: str | None, tables: Tables) -> Reading:
    """A call that the contract, or the virtual machine for it, undid."""
    seen = clue("rpc", f"{code}: {message}" if message else f"{code}")
    if data is None or data == "0x":
        return _plain(code, message, seen)
    selector, arguments = data[:10], data[10:]
    base = _reverted(code, (seen, clue("evm", f"data {data}")), selector)
    if len(selector) < 10:
        return _with(base, because("fewer than four bytes are no selector"), code=None)
    if selector == ERROR:
        return _error(base, message, arguments)
    if selector == PANIC:
        return _panic(base, arguments)
    known = tables.selectors.get(selector, ())
    names = tuple(dict.fromkeys(each.signature.partition("(")[0] for each in known))
    if len(names) == 1:
        return _named(base, names[0], known)
    why = "the tables name this selector differently" if names else "no table holds this selector"
    return _with(base, because(why), candidates=names, certainty=Certainty.HINT if names else None)


def _reverted(code: int, evidence: tuple[Clue, ...], selector: str | None) -> Reading:
    return Reading(kind="JSON-RPC error", status=Status.FAILED, error_class="revert", code=selector, rpc_code=code,
                   evidence=evidence)  # fmt: skip


def _with(reading: Reading, clues: tuple[Clue, ...] = (), **fields: object) -> Reading:
    """The reading with more evidence and other fields."""
    return msgspec.structs.replace(reading, evidence=(*reading.evidence, *clues), **fields)


def _plain(code: int, message: str, seen: Clue) -> Reading:
    """A revert without data: nothing but what the node says."""
    why = because("it reverted without data, so the error has no name")
    said = message[len(_REVERTED) :].lstrip(": ") if message.startswith(_REVERTED) else ""
    base = _with(_reverted(code, (seen,), None), why)
    if not said:
        return base
    return _with(base, meaning=quoted(f"the node says: {said}"), certainty=Certainty.INFERRED)


def _named(base: Reading, name: str, known: tuple[Selector, ...]) -> Reading:
    protocols = dict.fromkeys(protocol for each in known for protocol in each.protocols)
    references = dict.fromkeys(each.reference for each in known)
    told = clue("table", f"{base.code} is {known[0].signature} of {', '.join(protocols)}")
    return _with(base, (told, *because("any contract may declare an error of the same selector")), name=name,
                 meaning=words(name), certainty=Certainty.INFERRED, reference=", ".join(references))  # fmt: skip


def _error(base: Reading, message: str, arguments: str) -> Reading:
    """`Error(string)`: the contract's own words, which are quoted and not believed."""
    said = _text(arguments)
    told = message[len(_REVERTED) :].lstrip(": ") if message.startswith(_REVERTED) else ""
    if said is None:
        return _with(base, because("the argument of Error(string) is not whole"))
    if told and told != said:
        return _with(base, because("the node's message and the data contradict each other: no meaning is claimed"))
    return _with(base, name="Error", meaning=quoted(f"the contract says: {said}"), certainty=Certainty.ENTAILED,
                 reference="docs.soliditylang.org, control structures")  # fmt: skip


def _panic(base: Reading, arguments: str) -> Reading:
    if len(arguments) != _WORD:
        return _with(base, because("the argument of Panic(uint256) is not whole"))
    number = int(arguments, 16)
    known = PANICS.get(number)
    if known is None:
        return _with(base, because(f"no Panic has the code {number:#x}"), name="Panic", certainty=Certainty.ENTAILED)
    return _with(base, name="Panic", meaning=f"Panic {number:#04x}: {known}", certainty=Certainty.ENTAILED,
                 reference="docs.soliditylang.org, control structures")  # fmt: skip


def _text(arguments: str) -> str | None:
    """The one string of an ABI encoding: offset 32, length, bytes; None when it is not whole."""
    if len(arguments) < 2 * _WORD or int(arguments[:_WORD], 16) != 32:
        return None
    length, rest = int(arguments[_WORD : 2 * _WORD], 16), arguments[2 * _WORD :]
    if 2 * length > len(rest):
        return None
    try:
        return bytes.fromhex(rest[: 2 * length]).decode("utf-8")
    except UnicodeDecodeError:
        return None
