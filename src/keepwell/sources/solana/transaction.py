"""One reading of a transaction in the form of `getTransaction`, whoever brought it.

https://solana.com/docs/rpc/http/gettransaction

Only what the chain says is read. The error and the log are kept as they came, because they are the evidence; a field
that is not there is left out, which is not the same as zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from keepwell.sources.payload import Item, at, items, present, table, word
from keepwell.sources.solana.base58 import decode

CHAIN: Final = "solana"
BUDGET: Final = "ComputeBudget111111111111111111111111111111"
LIMIT, PRICE = 2, 3
"""Instructions of that program: SetComputeUnitLimit(u32) and SetComputeUnitPrice(u64), little-endian behind one byte
that says which. Source: solana-compute-budget-interface, `ComputeBudgetInstruction`."""
LOG_BYTES: Final = 24 * 1024
"""JSON of the log that is kept. A node cuts it at 10,000 bytes unless it is told not to."""
TRUNCATED: Final = "Log truncated"
"""What the runtime itself writes where it cuts a log, and what `keepwell.expert.reading.logs` understands."""
MOST: Final = 64
"""Programs, and groups of calls, that are kept; no real transaction has room for more."""

Feed = Literal["raw_webhook", "rpc_poll"]
Finality = Literal["finalized", "confirmed"]


@dataclass(frozen=True)
class Told:
    """What a transaction says.

    Attributes:
        signature: its first signature, by which it is known.
        signers: the accounts that signed it; the first one pays the fee.
        block_time: seconds since 1970, None when the node does not say.
        properties: of the event `transaction`; None when the node kept no result, which is not to be guessed.
    """

    signature: str | None
    signers: Sequence[str]
    block_time: int | None
    properties: Mapping[str, object] | None

    @property
    def payer(self) -> str | None:
        return self.signers[0] if self.signers else None


def read(item: Item, feed: Feed, finality: Finality | None = None) -> Told:
    """The transaction in a result of `getTransaction`, or in an item of a raw webhook. It never raises."""
    signature = word(at(item, "transaction", "signatures", 0))
    signers = _signers(item)
    moment = item.get("blockTime")
    block_time = moment if type(moment) is int and moment > 0 else None
    meta = table(item, "meta")
    if signature is None or "err" not in meta:
        return Told(signature, signers, block_time, None)
    origin = present(feed=feed, finality=finality, tx_hash=signature, slot=_count(item.get("slot")))
    version = item.get("version")
    said = present(
        chain=CHAIN, **origin, fee_payer=signers[0] if signers else None, fee=_count(meta.get("fee")),
        version=version if version == "legacy" else _count(version),
    )  # fmt: skip
    return Told(signature, signers, block_time, {**said, **_outcome(meta), **_asked(item), **_balance(meta, signers)})


def without_result(item: Item, feed: Feed) -> dict[str, object]:
    """What can be said of a transaction whose result the node did not keep."""
    told = read(item, feed)
    return present(chain=CHAIN, feed=feed, tx_hash=told.signature, slot=_count(item.get("slot")), fee_payer=told.payer)


def _signers(item: Item) -> list[str]:
    """The accounts that signed. Parsed messages have objects where plain ones have addresses and a number."""
    keys = items(item, "transaction", "message", "accountKeys")
    required = _count(at(item, "transaction", "message", "header", "numRequiredSignatures"))
    found = []
    for place, key in enumerate(keys[:256]):
        parsed = isinstance(key, Mapping)
        signed = at(key, "signer") is True if parsed else place < (required or 0)
        name = word(at(key, "pubkey") if parsed else key)
        if (signed or place == 0) and name is not None:
            found.append(name)
    return found


def _outcome(meta: Item) -> dict[str, object]:
    """What became of it: `err` and the log as they came."""
    err = meta["err"]
    found: dict[str, object] = {"status": "succeeded" if err is None else "failed", "err": err}
    found |= present(cu_consumed=_count(meta.get("computeUnitsConsumed")))
    logs = meta.get("logMessages")
    if isinstance(logs, list) and logs and err is not None:
        found["logs"] = shortened(logs)
    if err is not None and isinstance(meta.get("innerInstructions"), list):
        found["innerInstructions"] = [_calls(each) for each in items(meta, "innerInstructions")[:MOST]]
    return found


def shortened(lines: Sequence[object]) -> list[object]:
    """A log of at most `LOG_BYTES`; where it is cut, it says so as the runtime does."""
    kept: list[object] = []
    size = 0
    for line in lines:
        try:
            size += len(msgspec.json.encode(line)) + 1
        except (RecursionError, ValueError):  # nested beyond all bounds, or half a letter
            size = LOG_BYTES + 1
        if size > LOG_BYTES:
            return [*kept, TRUNCATED]
        kept.append(line)
    return kept


def _calls(group: object) -> dict[str, object]:
    """How many calls an instruction made, which tells whether the log is whole; what they were is in the log."""
    return {"index": at(group, "index"), "instructions": [{} for _ in items(group, "instructions")[:MOST]]}


def _asked(item: Item) -> dict[str, object]:
    """What the sender asked for: programs, and compute units where the message is there in plain.

    `cu_limit` is None when no limit was asked for, and left out when that cannot be known.
    """
    message = table(item, "transaction", "message")
    given = message.get("instructions")
    if not isinstance(given, list):
        return {}
    programs = [_program(item, each) for each in given]
    found: dict[str, object] = {"instructions": len(given)}
    if None in programs:
        return found
    found["programs"] = list(dict.fromkeys(programs))[:MOST]
    budget = [_budget(at(each, "data")) for each, name in zip(given, programs, strict=True) if name == BUDGET]
    if None in budget:  # a parsed message may show it in other words
        return found
    amounts = {kind: amount for each in budget if each is not None for kind, amount in (each,)}
    found["cu_limit"] = amounts.get(LIMIT)
    return found | present(cu_price_micro=amounts.get(PRICE, 0))


def _program(item: Item, instruction: object) -> str | None:
    """The program that an instruction calls; looked up accounts come after the message's own."""
    named = at(instruction, "programId")
    if isinstance(named, str):
        return word(named)
    place = _count(at(instruction, "programIdIndex"))
    if place is None:
        return None
    keys = items(item, "transaction", "message", "accountKeys")
    for part in ("writable", "readonly"):
        keys = keys + items(item, "meta", "loadedAddresses", part)
    key = at(keys, place)
    return word(at(key, "pubkey") if isinstance(key, Mapping) else key)


def _budget(data: object) -> tuple[int, int] | None:
    """Which instruction of the compute budget it is, and its number; None when it cannot be read."""
    found = decode(data) if isinstance(data, str) else None
    if not found:
        return None
    sizes = {LIMIT: 4, PRICE: 8}
    kind = found[0]
    if kind in sizes and len(found) != 1 + sizes[kind]:
        return None
    return kind, int.from_bytes(found[1:9], "little")


def _balance(meta: Item, signers: Sequence[str]) -> dict[str, object]:
    """What the payer has left, when nobody else signed: else it may be a relayer's."""
    left = _count(at(meta.get("postBalances"), 0))
    return present(payer_lamports=left) if len(signers) == 1 else {}


def _count(value: object) -> int | None:
    """A whole number that is not negative; anything else is unknown."""
    return value if type(value) is int and 0 <= value < 2**64 else None
