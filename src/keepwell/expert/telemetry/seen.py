"""What single events prove, read by `keepwell.expert.reading` and put as observations.

Only what is proven becomes a name: what the reader holds for likely becomes a candidate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from keepwell.expert.case import Kind, Seen
from keepwell.expert.reading import rpc
from keepwell.expert.reading.evidence import MISSING
from keepwell.expert.reading.read import read
from keepwell.expert.reading.reading import Certainty, Reading, Status
from keepwell.expert.reading.rpc import Chain
from keepwell.expert.reading.tables import Tables
from keepwell.expert.reading.work import STRATUM_V2
from keepwell.expert.telemetry.outcomes import error_of
from keepwell.expert.telemetry.values import Properties, code, text

INSTRUCTION: Final = "InstructionError"
CHAINS: Final[Mapping[str, Chain]] = {
    "solana": "solana", "sol": "solana", "evm": "evm", "ethereum": "evm", "eth": "evm", "polygon": "evm",
    "base": "evm", "arbitrum": "evm", "optimism": "evm", "bsc": "evm", "avalanche": "evm",
}  # fmt: skip
"""What a chain's name says about its JSON-RPC codes."""
CONTRACT_SAYS: Final = "the contract says: "
"""How a reading quotes the text a contract reverted with."""
LOGS: Final = ("logs", "logMessages")


@dataclass(frozen=True, slots=True)
class Mark:
    """When, how often, and by which reference it can be looked up."""

    at: int
    count: int = 1
    reference: str = ""

    def seen(self, kind: Kind, **what: object) -> Seen:
        """An observation with this mark."""
        return Seen(kind, count=self.count, first=self.at, last=self.at, reference=self.reference, **what)  # type: ignore[arg-type]


def chain_of(properties: Properties) -> Chain | None:
    """The family of the chain a row names; None when it names none that is known."""
    said = properties.get("chain")
    return CHAINS.get(said.strip().lower()) if isinstance(said, str) else None


ANSWERS: Final = ("rpc_error_code", "http_status")
"""What a node may have answered to a transaction that landed all the same."""


def of_answer(properties: Properties, tables: Tables, mark: Mark) -> Iterator[Seen]:
    """What a node answered, and what became of a transaction."""
    chain = chain_of(properties)
    for document in _documents(properties, tables):
        for reading in _read(document, tables, chain):
            yield from of_reading(reading, chain, tables, mark)


def _read(document: Properties, tables: Tables, chain: Chain | None) -> tuple[Reading, ...]:
    """What a document proves; nothing when it holds what cannot even be written down, as a number of 5,000 digits."""
    try:
        return read(document, tables, chain)
    except (ValueError, TypeError, RecursionError):
        return ()


def _documents(properties: Properties, tables: Tables) -> Iterator[Properties]:
    """The evidence in a row, as the reader takes documents; a success without anything else is none."""
    number, status = code(properties, "rpc_error_code"), code(properties, "http_status")
    err = _told(properties, tables)
    logs = next((each for name in LOGS if (each := properties.get(name))), None)
    if number is not None:
        held = {name: each for name, each in (("err", err), ("logs", logs)) if each is not MISSING and each is not None}
        data = properties.get("rpc_error_data", held or None)
        yield {"error": {"code": number, "message": properties.get("rpc_error_message"), "data": data}}
    elif isinstance(properties.get("meta"), Mapping):
        yield {"meta": properties["meta"], "transaction": properties.get("transaction")}
    elif err is not MISSING and (err is not None or logs):
        inner = {name: properties[name] for name in ("innerInstructions", "loadedAddresses") if name in properties}
        yield {"err": err, "logs": logs, **inner}
    elif logs:
        yield {"logs": logs}
    if status is not None and not 100 <= status < 400:  # those say nothing, and are many
        yield {"http_status": status}


def _told(properties: Properties, tables: Tables) -> object:
    """`err`, or what stands for it in `error`: its JSON as text, or the name of a TransactionError."""
    err = error_of(properties)
    if err is not MISSING:
        return err
    said = text(properties, "error")
    if said is None:
        return MISSING
    if said.startswith("{"):
        try:
            return msgspec.json.decode(said)
        except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
            return MISSING
    return said if said in tables.transaction.names else MISSING


def of_work(properties: Properties, tables: Tables, mark: Mark) -> Iterator[Seen]:
    """What a pool or a prover said of a piece of work."""
    document = {name: properties[name] for name in _OF_WORK if name in properties}
    if document.keys() & {"reason_code", "outcome", "message"}:
        for reading in _read(document, tables, None):
            yield from of_reading(reading, None, tables, mark)


_OF_WORK: Final = ("kind", "result", "reason_code", "outcome", "message")


def of_reading(reading: Reading, chain: Chain | None, tables: Tables, mark: Mark) -> Iterator[Seen]:
    """What a reading proves."""
    if reading.status is not Status.FAILED:
        return
    error = reading.error_class
    if error in _OTHERS:
        yield from _OTHERS[error](reading, chain, mark)
        return
    yield _of_solana(reading, tables, mark)
    if reading.rpc_code is not None:  # only Solana's nodes put a transaction's error into their own
        yield mark.seen(Kind.RPC, code=reading.rpc_code, chain="solana")


def _of_solana(reading: Reading, tables: Tables, mark: Mark) -> Seen:
    """An error of a transaction as a whole, of an instruction by its variant, or of a program by its number."""
    if reading.error_class not in (None, INSTRUCTION):
        return mark.seen(Kind.TRANSACTION, name=reading.error_class)
    table = None if reading.program is None else tables.programs.get(reading.program)
    program = table.key if table else reading.program or ""
    number = reading.code if isinstance(reading.code, int) else None
    if number is None and reading.name is not None:
        return mark.seen(Kind.INSTRUCTION, program=program, name=reading.name)
    proven = reading.certainty is Certainty.ENTAILED and reading.name is not None
    likely = () if proven or reading.name is None else (reading.name,)
    candidates = tuple(dict.fromkeys((*likely, *reading.candidates)))
    name = reading.name if proven else ""
    return mark.seen(Kind.ERROR, program=program, code=number, name=name, candidates=candidates)


def _of_rpc(reading: Reading, chain: Chain | None, mark: Mark) -> Iterator[Seen]:
    """A node's code, with the chain that was named or that the reader proved; and the message it is known by."""
    proven = next((each for each, source in rpc.REFERENCES.items() if source == reading.reference), None)
    yield mark.seen(Kind.RPC, code=reading.code, chain=chain or proven or "")
    if reading.name in rpc.EVM_SAYS:
        yield mark.seen(Kind.MESSAGE, name=reading.name)


def _of_http(reading: Reading, _chain: Chain | None, mark: Mark) -> Iterator[Seen]:
    yield mark.seen(Kind.HTTP, code=reading.code)


def _of_revert(reading: Reading, _chain: Chain | None, mark: Mark) -> Iterator[Seen]:
    """A revert by its selector, and by its text where it is one of the language's own `Error(string)`."""
    if isinstance(reading.code, str):
        yield mark.seen(Kind.SELECTOR, name=reading.code)
    if reading.certainty is Certainty.ENTAILED and (said := reading.meaning or "").startswith(CONTRACT_SAYS):
        yield mark.seen(Kind.MESSAGE, name=said.removeprefix(CONTRACT_SAYS))


def _of_piece(reading: Reading, _chain: Chain | None, mark: Mark) -> Iterator[Seen]:
    """A rejected share by its number, also where Stratum V2 says it in words; what provers say has codes and names."""
    number = STRATUM_V2.get(reading.code) if isinstance(reading.code, str) else reading.code
    if number is not None:
        yield mark.seen(Kind.POOL, code=number)
    elif isinstance(reading.code, str):
        yield mark.seen(Kind.CODE if reading.code.startswith("[") else Kind.OUTCOME, name=reading.code)


_OTHERS: Final = {
    "rpc_error": _of_rpc,
    "http_error": _of_http,
    "revert": _of_revert,
    "work_rejected": _of_piece,
    "proof_failed": _of_piece,
}
