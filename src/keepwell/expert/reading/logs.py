"""The log of a Solana transaction: who called whom, who failed, and who printed the name of an error.

Only the runtime writes lines such as `Program ID invoke [1]`; what a program logs stands behind `Program log: `. The
runtime also says "Log truncated", and then goes on with whatever later lines are short enough (LogCollector in
anza-xyz/agave), so that after it any line may be missing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_ADDRESS = "[1-9A-HJ-NP-Za-km-z]{32,44}"
_STRUCTURE = re.compile(
    rf"Program ({_ADDRESS}) (?:invoke \[([1-9][0-9]{{0,2}})\]|(success)|failed: (.*)|(consumed) .*)", re.DOTALL
)
_CUSTOM = re.compile(r"custom program error: 0x([0-9a-f]{1,8})")
_ANCHOR = re.compile(
    r"Program log: AnchorError (?:occurred|thrown in .+?|caused by account: .+?)\."
    r" Error Code: ([A-Za-z_][A-Za-z0-9_]{0,99})\. Error Number: ([0-9]{1,10})\. Error Message: (.*)",
    re.DOTALL,
)
_ANCHOR_BEGINS = "Program log: AnchorError "
_ANCHOR_LONGEST = 4096  # characters; a whole log has ten thousand
_TRUNCATED = "Log truncated"

TRUNCATED = "the log is truncated, so the failing program may not be the one it shows"
TORN = "the calls of the log do not fit together, so it does not prove which program failed"
CUT = "the log ends before the failure has reached the transaction, so part of it is missing"
SILENT = "the log names no failing program"


@dataclass(frozen=True, slots=True)
class Failed:
    """A line `Program ID failed: TEXT`; `line` counts from 1."""

    program: str
    text: str
    line: int

    @property
    def code(self) -> int | None:
        """The number of a custom error, or None when the text is another."""
        found = _CUSTOM.fullmatch(self.text)
        return int(found[1], 16) if found else None


@dataclass(frozen=True, slots=True)
class Named:
    """A line `AnchorError ... Error Code: NAME. Error Number: NUMBER. Error Message: MESSAGE`.

    Attributes:
        program: the program that printed it, by the order of the lines; None when it stands outside of every call.
    """

    name: str
    number: int
    message: str
    line: int
    program: str | None


@dataclass(frozen=True, slots=True)
class Walk:
    """What a log shows.

    Attributes:
        failures: failed lines in their order, the innermost first.
        named: lines that name an error, whoever printed them.
        calls: every program with a depth at which it was called.
        tops: how many instructions of the transaction itself were begun.
        inner: how many calls the last of them led to.
        fault: why the order of the lines proves nothing; None when the log is whole and ends in a failure.
    """

    failures: tuple[Failed, ...]
    named: tuple[Named, ...]
    calls: frozenset[tuple[str, int]]
    tops: int
    inner: int
    fault: str | None

    @property
    def programs(self) -> frozenset[str]:
        """Every program that was called."""
        return frozenset(program for program, _ in self.calls)


def is_address(text: str) -> bool:
    """Whether a text could be the address of a program."""
    return re.fullmatch(_ADDRESS, text) is not None


def has_failure(lines: Sequence[str]) -> bool:
    """Whether the runtime logged that a program failed."""
    return any(" failed: " in line and _STRUCTURE.fullmatch(line) for line in lines)


def walk(lines: Sequence[str]) -> Walk:
    """Follow the calls through a log."""
    state = _State()
    for number, line in enumerate(lines, start=1):
        if line.startswith(_ANCHOR_BEGINS):
            _take_named(state, number, line)
        elif line == _TRUNCATED:
            state.truncated = True
        elif line.startswith("Program ") and (found := _STRUCTURE.fullmatch(line)):
            _take(state, number, found)
    return Walk(
        failures=tuple(state.failures),
        named=tuple(state.named),
        calls=frozenset(state.calls),
        tops=state.tops,
        inner=state.inner,
        fault=_fault(state),
    )


@dataclass(slots=True)
class _State:
    stack: list[str] = field(default_factory=list)
    failures: list[Failed] = field(default_factory=list)
    named: list[Named] = field(default_factory=list)
    calls: set[tuple[str, int]] = field(default_factory=set)
    tops: int = 0
    inner: int = 0
    truncated: bool = False
    torn: bool = False


def _take(state: _State, number: int, found: re.Match[str]) -> None:
    """One line of the runtime; after the first failure nothing but failures may follow, out to the transaction."""
    program, depth, success, text, consumed = found.groups()
    if depth is not None:
        state.torn |= bool(state.failures) or int(depth) != len(state.stack) + 1
        state.calls.add((program, int(depth)))
        state.tops += depth == "1"
        state.inner = 0 if depth == "1" else state.inner + 1
        state.stack.append(program)
        return
    state.torn |= not state.stack or state.stack[-1] != program
    if consumed is None and state.stack:
        state.stack.pop()
    if success is not None:
        state.torn |= bool(state.failures)
    elif text is not None:
        state.failures.append(Failed(program, text, number))


def _take_named(state: _State, number: int, line: str) -> None:
    """The name of an error: a program prints it in a call of its own, and before the first failure, which ends all."""
    found = _ANCHOR.fullmatch(line) if len(line) <= _ANCHOR_LONGEST else None
    if found is None:
        return
    state.torn |= bool(state.failures) or not state.stack
    by = state.stack[-1] if state.stack else None
    state.named.append(Named(found[1], int(found[2]), found[3], number, by))


def _fault(state: _State) -> str | None:
    if state.truncated:
        return TRUNCATED
    if state.torn:
        return TORN
    if not state.failures:
        return SILENT
    return CUT if state.stack else None
