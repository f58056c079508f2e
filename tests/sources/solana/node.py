"""A node of Solana on loopback: a ledger that is asked over JSON-RPC, and moods in which it answers otherwise."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from tests.channels.servers import HANG, Web

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def base58(data: bytes) -> str:
    """Written here once more, to check ours against."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        text = ALPHABET[rest] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def address(number: int) -> str:
    return base58(bytes([7]) + number.to_bytes(31, "big"))


def signature(number: int) -> str:
    return base58(bytes([9]) + number.to_bytes(63, "big"))


SYSTEM = "1" * 32
ADA, BOB, EVE = address(1), address(2), address(3)


def document(number: int, slot: int, at: int | None, payer: str = ADA, err=None, logs=(), **more):
    """A transaction in the form of getTransaction."""
    keys = [payer, *more.pop("others", ()), SYSTEM]
    header = {"numReadonlySignedAccounts": 0, "numReadonlyUnsignedAccounts": 1, "numRequiredSignatures": 1}
    header["numRequiredSignatures"] = more.pop("signers", 1)
    meta = {"err": err, "fee": 5000, "logMessages": list(logs), "computeUnitsConsumed": 150, "innerInstructions": [],
            "postBalances": [1_000_000, 1], "loadedAddresses": {"writable": [], "readonly": []}}  # fmt: skip
    message = {"accountKeys": keys, "header": header, "recentBlockhash": address(99),
               "instructions": [{"programIdIndex": len(keys) - 1, "accounts": [0], "data": ""}]}  # fmt: skip
    return {
        "slot": slot,
        "blockTime": at,
        "version": "legacy",
        "meta": {**meta, **more},
        "transaction": {"signatures": [signature(number)], "message": message},
    }


@dataclass
class Entry:
    """A transaction of the ledger. `final` False: its block may still be undone."""

    doc: dict
    final: bool = True

    @property
    def signature(self) -> str:
        return self.doc["transaction"]["signatures"][0]

    @property
    def keys(self) -> list[str]:
        return self.doc["transaction"]["message"]["accountKeys"]


@dataclass
class Node(Web):
    """Answers from `ledger`, the oldest first.

    Attributes:
        moods: answers to the next requests that are not of the ledger: a name below, or status, headers and body.
        tips: slots up to which the nodes behind the balancer have come, in turn; empty when there is one node.
        nulls: how often a signature is answered by null before it is there.
        strict: whether a node that is behind says so, as the protocol wants.
        sloppy: whether blocks that are not final are listed too.
        most: rows in a page.
    """

    ledger: list[Entry] = field(default_factory=list)
    moods: list = field(default_factory=list)
    tips: list[int] = field(default_factory=list)
    nulls: dict[str, int] = field(default_factory=dict)
    strict: bool = True
    sloppy: bool = False
    most: int = 1000

    def __post_init__(self) -> None:
        super().__init__(self._answer)
        self.asked: list[dict] = []

    def add(self, *docs, final: bool = True) -> None:
        self.ledger += [Entry(doc, final) for doc in docs]

    def methods(self) -> list[str]:
        return [each["method"] for each in self.asked]

    def _answer(self, _number: int):
        question = json.loads(self.requests[-1].body)
        self.asked.append(question)
        mood = self.moods.pop(0) if self.moods else None
        if mood is not None:
            return mood
        tip = self.tips[len(self.asked) % len(self.tips)] if self.tips else 2**62
        return {"getSignaturesForAddress": self._list, "getTransaction": self._transaction}[question["method"]](
            *question["params"], tip
        )

    def _list(self, about: str, said: dict, tip: int):
        assert said["commitment"] == "finalized"
        assert said["limit"] == 1000
        if self.strict and said.get("minContextSlot", 0) > tip:
            return failure(-32016, "Minimum context slot has not been reached")
        rows = [each for each in self.ledger if about in each.keys and each.doc["slot"] <= tip]
        rows = [each for each in rows[::-1] if each.final or self.sloppy]
        names = [each.signature for each in rows]
        if "before" in said:  # a node that does not know it has nothing to say
            rows = rows[names.index(said["before"]) + 1 :] if said["before"] in names else []
        names = [each.signature for each in rows]
        if said.get("until") in names:
            rows = rows[: names.index(said["until"])]
        return result([
            {"signature": each.signature, "slot": each.doc["slot"], "blockTime": each.doc["blockTime"],
             "err": each.doc["meta"]["err"], "memo": None,
             "confirmationStatus": "finalized" if each.final else "confirmed"}
            for each in rows[: self.most]
        ])  # fmt: skip

    def _transaction(self, name: str, said: dict, tip: int):
        assert said == {"commitment": "finalized", "encoding": "json", "maxSupportedTransactionVersion": 0}
        if self.nulls.get(name, 0) > 0:
            self.nulls[name] -= 1
            return result(None)
        found = [each.doc for each in self.ledger if each.signature == name and each.final]
        return result(found[0] if found and found[0]["slot"] <= tip else None)


def result(value) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps({"jsonrpc": "2.0", "id": 1, "result": value}).encode()


def failure(code: int, message: str, status: int = 200, headers=None) -> tuple[int, dict[str, str], bytes]:
    said = {"jsonrpc": "2.0", "id": 1, "error": {"code": code, "message": message}}
    return status, headers or {}, json.dumps(said).encode()


BUSY = (429, {"retry-after": "7"}, b"slow down")
GARBAGE = (200, {}, b'{"jsonrpc": "2.0", "result": [{"signature": "')
SILENT = HANG
