"""What failures leave behind: `err` and the program's log, in the shapes in which nodes hand them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

JUPITER: Final = "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4"
WHIRLPOOL: Final = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"
SPL: Final = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
BUDGET: Final = "ComputeBudget111111111111111111111111111111"
PREFLIGHT: Final = -32002
DEFAULT_UNITS: Final = 300_000

Failure = Mapping[str, Any]


def _opened(units: int) -> list[str]:
    """The log of a swap up to the point where the router checks what came out."""
    return [
        f"Program {BUDGET} invoke [1]",
        f"Program {BUDGET} success",
        f"Program {JUPITER} invoke [1]",
        "Program log: Instruction: Route",
        f"Program {WHIRLPOOL} invoke [2]",
        "Program log: Instruction: Swap",
        f"Program {SPL} invoke [3]",
        "Program log: Instruction: Transfer",
        f"Program {SPL} consumed 4645 of {units - 52_000} compute units",
        f"Program {SPL} success",
        f"Program {WHIRLPOOL} consumed 48210 of {units - 9_000} compute units",
        f"Program {WHIRLPOOL} success",
    ]


def _failed(err: object, lines: list[str]) -> Failure:
    return {"status": "landed_failed", "err": {"InstructionError": [1, err]}, "logs": lines}


def anchor(name: str, number: int, message: str, units: int = DEFAULT_UNITS) -> Failure:
    """An error of the router itself, which prints its name."""
    told = f"Program log: AnchorError occurred. Error Code: {name}. Error Number: {number}. Error Message: {message}."
    return _failed(
        {"Custom": number},
        [
            *_opened(units),
            told,
            f"Program {JUPITER} consumed 91022 of {units} compute units",
            f"Program {JUPITER} failed: custom program error: {number:#x}",
        ],
    )


def slippage() -> Failure:
    """Less came out than the limit of the order allows."""
    return anchor("SlippageToleranceExceeded", 6001, "Slippage tolerance exceeded")


def no_funds() -> Failure:
    """The wallet holds less than is to be swapped."""
    return anchor("InsufficientFunds", 6024, "Insufficient funds")


def unknown_instruction() -> Failure:
    """The program does not know the instruction that the client built."""
    told = (
        "Program log: AnchorError occurred. Error Code: InstructionFallbackNotFound. Error Number: 101. "
        "Error Message: Fallback functions are not supported."
    )
    lines = [f"Program {JUPITER} invoke [1]", told, f"Program {JUPITER} failed: custom program error: 0x65"]
    return _failed({"Custom": 101}, lines)


def out_of_compute(units: int) -> Failure:
    """The limit of compute units was used up in the middle of the swap."""
    lines = [
        *_opened(max(units, 60_000)),
        f"Program {JUPITER} consumed {units} of {units} compute units",
        f"Program {JUPITER} failed: Computational budget exceeded",
    ]
    return _failed("ComputationalBudgetExceeded", lines)


def expired() -> Failure:
    """Nothing on chain, and the blockhash no longer valid."""
    return {"status": "expired"}


def refused(err: str, message: str) -> Failure:
    """Refused by the node before it was sent."""
    said = f"Transaction simulation failed: {message}"
    return {
        "status": "preflight_rejected",
        "rpc_error_code": PREFLIGHT,
        "rpc_error_message": said,
        "rpc_error_data": {"err": err, "logs": []},
    }


def blockhash_unknown() -> Failure:
    """The node does not know the blockhash any more."""
    return refused("BlockhashNotFound", "Blockhash not found")


def no_payer() -> Failure:
    """The wallet that pays the fees holds no SOL."""
    return refused("AccountNotFound", "Attempt to debit an account but found no record of a prior credit.")
