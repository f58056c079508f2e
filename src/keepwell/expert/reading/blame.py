"""Which program raised an error: the innermost that failed, as far as log and transaction prove it.

The log proves it when its calls fit together and the failure has reached the transaction. The order of the lines must
not be the only witness: when the same lines could be put together so that another program is the innermost, nobody is
blamed. Without such a log the transaction proves it, if the node recorded that the instruction called nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.expert.reading.evidence import Outcome
from keepwell.expert.reading.logs import SILENT, Failed, Walk
from keepwell.expert.reading.message import inner_calls, program_of
from keepwell.expert.reading.reading import Clue, because, clue

DEEPEST = 16
"""Calls within calls that are looked at; the runtime allows nine."""

OTHER_PROGRAM = "the program that failed in the log is not the one that the failed instruction calls"
TOO_MANY = "the log shows more instructions than the transaction had begun"
GAPS = "the node recorded more calls than the log shows, so part of the log is missing"
ORDER_ALONE = "only the order of the lines tells which of the failed programs was the innermost"
NO_LOG = "there is no log"


@dataclass(frozen=True, slots=True)
class Blame:
    """The program that raised the error and its depth, or neither; `whole`: proven by a log with nothing missing."""

    program: str | None = None
    depth: int | None = None
    whole: bool = False
    clues: tuple[Clue, ...] = ()


def blame(outcome: Outcome, index: int | None, walk: Walk) -> Blame:
    """The program that raised the error of instruction `index`; none when it is not proven."""
    own = None if index is None else program_of(outcome, index)
    calls = None if index is None else inner_calls(outcome, index)
    why = walk.fault or _doubt(walk, index, own, calls)
    if why is None:
        origin = walk.failures[0]
        return Blame(origin.program, len(walk.failures), whole=True, clues=_lines(walk.failures))
    if own is not None and calls == 0 and all(each.program == own for each in walk.failures):
        told = f"instruction {index} calls {own}, and the node recorded no call that it made"
        return Blame(own, 1, clues=(clue("message", told),))
    if why == SILENT and not outcome.logs:
        why = NO_LOG
    return Blame(clues=because(f"{why}: no program is blamed"))


def _lines(failures: Sequence[Failed]) -> tuple[Clue, ...]:
    return tuple(clue("log", f"Program {each.program} failed: {each.text}", each.line) for each in failures[:DEEPEST])


def _doubt(walk: Walk, index: int | None, own: str | None, calls: int | None) -> str | None:
    """Why a whole log does not prove the innermost program; None when it does."""
    if own is not None and walk.failures[-1].program != own:
        return OTHER_PROGRAM
    if index is not None and walk.tops > index + 1:
        return TOO_MANY
    if calls is not None and calls > walk.inner:
        return GAPS
    return ORDER_ALONE if _another_could_be_innermost(walk) else None


def _another_could_be_innermost(walk: Walk) -> bool:
    """Whether the failed programs could stand at other depths, where each was called, with another one innermost."""
    programs = [each.program for each in walk.failures]
    if len(programs) > DEEPEST:
        return True
    for place, program in enumerate(programs):
        if program != programs[0] and (program, len(programs)) in walk.calls:
            rest = programs[:place] + programs[place + 1 :]
            if _fit(rest, walk.calls):
                return True
    return False


def _fit(programs: Sequence[str], calls: frozenset[tuple[str, int]]) -> bool:
    """Whether each program can have a depth of its own from 1 on at which it was called (a perfect matching)."""
    holder: dict[int, int] = {}

    def place(which: int, tried: set[int]) -> bool:
        for depth in range(1, len(programs) + 1):
            if (programs[which], depth) in calls and depth not in tried:
                tried.add(depth)
                if depth not in holder or place(holder[depth], tried):
                    holder[depth] = which
                    return True
        return False

    return all(place(which, set()) for which in range(len(programs)))
