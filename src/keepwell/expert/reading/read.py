"""Reading a document: every transaction, call or piece of work in it, in its order."""

from __future__ import annotations

from typing import assert_never

from keepwell.expert.reading import evm, rpc, solana, work
from keepwell.expert.reading.envelope import unwrap
from keepwell.expert.reading.evidence import Evidence, HttpAnswer, Nothing, Outcome, Receipt, RpcError, Work
from keepwell.expert.reading.reading import Reading, unknown
from keepwell.expert.reading.rpc import Chain
from keepwell.expert.reading.tables import Tables


def read(document: object, tables: Tables, chain: Chain | None = None) -> tuple[Reading, ...]:
    """What a document of JSON proves, one reading for each outcome in it; at least one.

    It refuses nothing: a document without an outcome gives one reading whose status is unknown, with the reason.
    `chain` tells apart JSON-RPC codes that mean different things on different chains.
    """
    return tuple(read_evidence(each, tables, chain) for each in unwrap(document))


def read_evidence(evidence: Evidence, tables: Tables, chain: Chain | None = None) -> Reading:
    """What one piece of evidence proves."""
    match evidence:
        case Outcome():
            return solana.read(evidence, tables)
        case RpcError():
            return rpc.read(evidence, tables, chain)
        case Receipt():
            return evm.receipt(evidence)
        case HttpAnswer():
            return rpc.http(evidence)
        case Work():
            return work.read(evidence)
        case Nothing():
            return unknown(evidence.kind, evidence.why)
        case _:
            assert_never(evidence)
