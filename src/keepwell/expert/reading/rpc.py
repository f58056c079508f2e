"""JSON-RPC codes and HTTP statuses. The same number means different things on different chains.

Solana: anza-xyz/agave, rpc-client-api/src/custom_error.rs. EVM: EIP-1474 and, for wallets, EIP-1193. What a node
answered to a request is no outcome of a transaction: that it does not know one does not mean that it failed.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal

import msgspec

from keepwell.expert.reading import evm
from keepwell.expert.reading.evidence import HttpAnswer, RpcError
from keepwell.expert.reading.reading import (
    Certainty,
    Reading,
    Status,
    because,
    clue,
    quoted,
    unknown,
)
from keepwell.expert.reading.tables import Tables

Chain = Literal["solana", "evm"]

COMMON = {
    -32700: "parse error", -32600: "invalid request", -32601: "method not found", -32602: "invalid params",
    -32603: "internal error",
}  # fmt: skip
SOLANA = {
    -32001: "block cleaned up", -32002: "preflight failure", -32003: "signature verification",
    -32004: "block not available", -32005: "node unhealthy", -32006: "precompile verification",
    -32007: "slot skipped", -32008: "no snapshot", -32009: "long-term storage slot skipped",
    -32010: "key excluded from index", -32011: "history not available", -32012: "scan error",
    -32013: "signature length", -32014: "block status not yet available",
    -32015: "unsupported transaction version", -32016: "min context slot", -32017: "epoch rewards active",
    -32018: "not epoch boundary", -32019: "long-term storage unreachable", -32020: "transaction not found",
    -32021: "no slot history",
}  # fmt: skip
EVM = {
    -32000: "invalid input", -32001: "resource not found", -32002: "resource unavailable",
    -32003: "transaction rejected", -32004: "method not supported", -32005: "limit exceeded",
    -32006: "JSON-RPC version not supported", 4001: "user rejected request", 4100: "unauthorized",
    4200: "unsupported method", 4900: "disconnected", 4901: "chain disconnected",
}  # fmt: skip
TABLES: Mapping[Chain, Mapping[int, str]] = {"solana": SOLANA, "evm": EVM}
REFERENCES: Mapping[Chain, str] = {
    "solana": "anza-xyz/agave rpc-client-api/src/custom_error.rs",
    "evm": "EIP-1474, EIP-1193",
}
SOLANA_SAYS = {
    -32001: ("Block ",), -32002: ("Transaction simulation failed",),
    -32003: ("Transaction signature verification failure",), -32004: ("Block not available",),
    -32005: ("Node is ",), -32006: ("Transaction precompile verification failure",),
}  # fmt: skip
"""How Solana's nodes begin the messages of the codes that EVM nodes use as well."""

EVM_SAYS = (
    "nonce too low", "nonce too high", "already known", "replacement transaction underpriced",
    "insufficient funds for gas * price + value", "max fee per gas less than block base fee",
    "transaction underpriced", "intrinsic gas too low",
)  # fmt: skip
"""How EVM nodes begin the messages of code -32000, which says nothing by itself (go-ethereum, core errors)."""

REVERTED, SERVER = 3, -32000


def read(error: RpcError, tables: Tables, chain: Chain | None) -> Reading:
    """A JSON-RPC error; `chain` when it is known from elsewhere."""
    data = evm.revert_data(error.data)
    reverted = data is not None or error.message.startswith("execution reverted")
    if chain != "solana" and (error.code == REVERTED or (reverted and error.code in (SERVER, -32603, -32015))):
        return evm.revert(error.code, error.message, data, tables)
    if error.code in HTTP:
        return _http_within(error)
    if error.code in COMMON:
        return _named(error, COMMON[error.code], "JSON-RPC 2.0")
    said = _said(error)
    if error.code == SERVER and chain != "solana" and said:
        return _named(error, said, "go-ethereum core errors")
    found = _chain(error) if chain is None else chain
    if found is not None and error.code in TABLES[found]:
        return _named(error, TABLES[found][error.code], REFERENCES[found])
    return _open(error, found)


def http(evidence: HttpAnswer) -> Reading:
    """The status of an HTTP answer; below 400 it does not say what became of anything."""
    seen = clue("http", f"status {evidence.status}")
    if not 400 <= evidence.status <= 599:
        return unknown("HTTP answer", f"HTTP status {evidence.status} does not say what became of a transaction")
    name = HTTP.get(evidence.status)
    return Reading(
        kind="HTTP answer",
        status=Status.FAILED,
        error_class="http_error",
        code=evidence.status,
        name=name,
        meaning=_answered(name) if name else None,
        certainty=Certainty.ENTAILED if name else None,
        evidence=(seen,) if name else (seen, *because("RFC 9110 has no such status")),
        reference="RFC 9110" if name else None,
    )


HTTP = {status.value: status.phrase.lower() for status in HTTPStatus if status >= 400}


def _answered(name: str) -> str:
    return f"the request was answered with: {name}"


def _said(error: RpcError) -> str | None:
    """The well-known message that an EVM node begins with."""
    return next((each for each in EVM_SAYS if error.message == each or error.message.startswith(f"{each}:")), None)


def _chain(error: RpcError) -> Chain | None:
    """The chain by what only one of them says; None when both could have said it."""
    if error.code in SOLANA_SAYS:
        behind = isinstance(error.data, Mapping) and "numSlotsBehind" in error.data
        return "solana" if behind or error.message.startswith(SOLANA_SAYS[error.code]) else None
    for chain, table in TABLES.items():
        if error.code in table and error.code != SERVER:
            return chain
    return None


def _base(error: RpcError) -> Reading:
    seen = clue("rpc", f"{error.code}: {error.message}" if error.message else f"{error.code}")
    return Reading(kind="JSON-RPC error", status=Status.FAILED, error_class="rpc_error", code=error.code,
                   rpc_code=error.code, evidence=(seen,))  # fmt: skip


def _named(error: RpcError, name: str, reference: str) -> Reading:
    return _changed(_base(error), name=name, meaning=_answered(name), certainty=Certainty.ENTAILED, reference=reference)


def _http_within(error: RpcError) -> Reading:
    """Providers put HTTP statuses into JSON-RPC errors; 404 is also the job not found of EIP-1571."""
    name = HTTP[error.code]
    if error.code == HTTPStatus.NOT_FOUND:
        both = (name, "job not found")
        why = because("a pool by EIP-1571 means the job, a provider the address")
        return _changed(
            _base(error), candidates=both, certainty=Certainty.HINT, evidence=(*_base(error).evidence, *why)
        )
    return _changed(
        _base(error), name=name, meaning=_answered(name), certainty=Certainty.INFERRED, reference="RFC 9110"
    )


def _open(error: RpcError, chain: Chain | None) -> Reading:
    """A code without one name: of an unknown chain, or not in the tables."""
    base = _base(error)
    names = tuple(
        f"{each}: {TABLES[each][error.code]}" for each in TABLES if chain is None and error.code in TABLES[each]
    )
    if error.code == SERVER:
        names, why = (), "-32000 says nothing by itself, and the message is not one that is known"
    elif names:
        why = "the code means different things on different chains, and the chain is not known"
    else:
        why = "no table holds this code"
    meaning = quoted(f"the node says: {error.message}") if error.message and not names else None
    return _changed(base, candidates=names, meaning=meaning, certainty=Certainty.HINT if names else None,
                    evidence=(*base.evidence, *because(why)))  # fmt: skip


def _changed(reading: Reading, **fields: object) -> Reading:
    return msgspec.structs.replace(reading, **fields)
