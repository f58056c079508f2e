"""Reading failed transactions, one document each, on one core.

Mechanism: JSON is parsed, taken out of its envelope, its log followed line by line, and named by the tables. Half of
the documents are routes through several pools with 75 log lines, the size of real swaps, and all of them fail, because
a success is read without following its log; the others are what the runtime itself produced. Control: `json.loads` of
the same bytes.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from keepwell.config.expert_tables import load_tables
from keepwell.expert.reading.read import read

FULL, SMALL = 10_000, 200
ALLOWED_S = 5.0

_RUNTIME = Path(__file__).parents[1] / "tests" / "expert" / "fixtures" / "litesvm_generated.json"
_JUPITER = "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4"
_ORCA = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"
_SPL = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
_HOPS = 6


def claims(transactions: int, repeats: int) -> Iterator[tuple[str, str, str, str, bool]]:
    """Claim, number, control, ratio and verdict."""
    documents = list(islice(cycle(_documents()), transactions))
    tables = load_tables()
    parsed = min(_seconds(lambda: [json.loads(each) for each in documents]) for _ in range(repeats))
    failed: list[int] = []

    def work() -> None:
        readings = [read(json.loads(each), tables)[0] for each in documents]
        failed.append(sum(each.program == _ORCA and each.name == "InvalidStartTick" for each in readings))

    seconds = min(_seconds(work) for _ in range(repeats))
    assert set(failed) == {sum(_ORCA.encode() in each for each in documents)}  # every route was read, and rightly
    size = sum(map(len, documents)) / len(documents) / 1000
    claim = f"reading {transactions:,} transactions <= {ALLOWED_S:g} s on one core"
    number, control = f"{seconds:.2f} s, {size:.1f} kB each", f"{parsed:.2f} s to parse them"
    yield claim, number, control, f"{seconds / parsed:.1f}x", seconds <= ALLOWED_S


def _seconds(work: object) -> float:
    assert callable(work)
    began = time.process_time()
    work()
    return time.process_time() - began


def _documents() -> list[bytes]:
    """Alternately a route that failed and a transaction of the runtime."""
    runtime = [json.dumps({"jsonrpc": "2.0", "result": each["result"]}).encode()
               for each in json.loads(_RUNTIME.read_text())]  # fmt: skip
    return [document for each in runtime for document in (_route(), each)]


def _route() -> bytes:
    """A swap over several pools of which the last one fails: 75 log lines, and balances as a node adds them."""
    lines = [f"Program {_JUPITER} invoke [1]", "Program log: Instruction: Route"]
    for hop in range(_HOPS):
        lines += [f"Program {_ORCA} invoke [2]", "Program log: Instruction: Swap"]
        for _ in range(2):
            lines += [f"Program {_SPL} invoke [3]", "Program log: Instruction: Transfer"]
            lines += [f"Program {_SPL} consumed 4645 of 340420 compute units", f"Program {_SPL} success"]
        lines += [f"Program {_ORCA} consumed 73254 of 391361 compute units"]
        lines += [f"Program {_ORCA} success"] if hop < _HOPS - 1 else []
    lines += [f"Program {program} failed: custom program error: 0x1771" for program in (_ORCA, _JUPITER)]
    mint = {"mint": _SPL, "owner": _JUPITER, "programId": _SPL,
            "uiTokenAmount": {"amount": "3393843850625123817", "decimals": 6, "uiAmountString": "3393.8"}}  # fmt: skip
    balances = [{"accountIndex": place, **mint} for place in range(10)]
    meta = {"err": {"InstructionError": [0, {"Custom": 6001}]}, "fee": 5000, "logMessages": lines,
            "preBalances": [58834440199] * 40, "postBalances": [58834408633] * 40,
            "preTokenBalances": balances, "postTokenBalances": balances}  # fmt: skip
    return json.dumps({"jsonrpc": "2.0", "result": {"slot": 303573396, "meta": meta, "version": 0}, "id": 1}).encode()
