"""Reading the outcome of one Solana transaction.

Rules: the innermost failing program is to blame; a number means something only with its program; a name that the
failing program printed outranks the tables; an error of the transaction as a whole blames no program; what contradicts
itself is not decided; a variant that is not known is repeated and not explained.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from keepwell.expert.reading import meanings
from keepwell.expert.reading.blame import Blame, blame
from keepwell.expert.reading.evidence import SIMULATED, Missing, Outcome, is_number
from keepwell.expert.reading.logs import Walk, has_failure, walk
from keepwell.expert.reading.naming import Naming, name_custom
from keepwell.expert.reading.reading import (
    NOT_FAILED,
    Certainty,
    Clue,
    Reading,
    Status,
    because,
    clue,
    quoted,
    unknown,
    words,
)
from keepwell.expert.reading.tables import Tables, Variants

_VARIANT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_LARGEST = 2**32 - 1
INSTRUCTION = "InstructionError"

LOG_WITHOUT_ERR = "a log alone does not prove a success: some checks come after the programs"
SUCCESS_THAT_FAILED = "err says that it succeeded, and the log that a program failed"
UNREADABLE = "err has a form that is not known"
NEWER = "the tables do not know this variant: it belongs to a newer runtime, and nothing more is claimed"


@dataclass(frozen=True, slots=True)
class Err:
    """The runtime's error taken apart.

    Attributes:
        variant: of TransactionError.
        index: of the instruction.
        account: index of the account.
        code: of a custom error.
        detail: variant of InstructionError; None with a code, or when it could not be read.
    """

    variant: str
    index: int | None = None
    account: int | None = None
    code: int | None = None
    detail: str | None = None


def read(outcome: Outcome, tables: Tables) -> Reading:
    """Everything that an outcome proves."""
    if outcome.err is None:
        if outcome.logs and has_failure(outcome.logs):
            return _carried(unknown(outcome.kind, SUCCESS_THAT_FAILED), outcome)
        told = Reading(kind=outcome.kind, status=Status.SUCCEEDED, error_class=NOT_FAILED, certainty=Certainty.ENTAILED,
                       evidence=(clue("err", "null"),))  # fmt: skip
        return _carried(told, outcome)
    if isinstance(outcome.err, Missing):
        return _carried(_of_log(outcome, tables), outcome)
    err = parse(outcome.err)
    if err is None:
        told = Reading(kind=outcome.kind, status=Status.FAILED, evidence=because(UNREADABLE))
    elif err.variant == INSTRUCTION:
        told = _of_instruction(outcome, err, tables)
    else:
        told = _of_transaction(outcome, err, tables.transaction)
    seen = clue("err", _written(outcome.err))
    return _carried(msgspec.structs.replace(told, evidence=(seen, *told.evidence)), outcome)


def _written(err: object) -> str:
    """The error as JSON."""
    try:
        return json.dumps(err)
    except RecursionError:
        return "nested too deeply to be shown"
    except ValueError:
        return "it holds a number too long to be shown"


def _carried(reading: Reading, outcome: Outcome) -> Reading:
    """The reading with the code of the JSON-RPC error around it, or that nothing was sent at all."""
    if outcome.kind == SIMULATED:
        return msgspec.structs.replace(reading, evidence=(*reading.evidence, *because("it was simulated, not sent")))
    if outcome.rpc_code is None:
        return reading
    seen = clue("rpc", f"refused with JSON-RPC code {outcome.rpc_code}, before it was sent")
    return msgspec.structs.replace(reading, rpc_code=outcome.rpc_code, evidence=(*reading.evidence, seen))


# --- err -------------------------------------------------------------------------------------


def parse(err: object) -> Err | None:
    """The forms of a TransactionError in JSON: a text, or an object with one key; None for anything else."""
    if isinstance(err, str):
        return Err(err) if _VARIANT.fullmatch(err) and err != INSTRUCTION else None
    if not isinstance(err, Mapping) or len(err) != 1:
        return None
    variant, detail = next(iter(err.items()))
    if not isinstance(variant, str) or not _VARIANT.fullmatch(variant):
        return None
    if variant == INSTRUCTION:
        return _instruction(detail)
    if _small(detail):
        return Err(variant, index=detail)
    account = detail.get("account_index") if isinstance(detail, Mapping) else None
    return Err(variant, account=account if _small(account) else None)


def _instruction(detail: object) -> Err | None:
    if not isinstance(detail, list) or len(detail) != 2 or not _small(detail[0]):
        return None
    index, inner = detail
    if isinstance(inner, str):
        return Err(INSTRUCTION, index, detail=inner if _VARIANT.fullmatch(inner) else None)
    if not isinstance(inner, Mapping) or len(inner) != 1:
        return Err(INSTRUCTION, index)
    variant, value = next(iter(inner.items()))
    if variant == "Custom":
        return Err(INSTRUCTION, index, code=value if is_number(value) and 0 <= value <= _LARGEST else None)
    return Err(INSTRUCTION, index, detail=variant if isinstance(variant, str) and _VARIANT.fullmatch(variant) else None)


def _small(value: object) -> bool:
    """Whether it can be an index: instructions and accounts are counted in one byte."""
    return is_number(value) and 0 <= value <= 255  # type: ignore[operator]


# --- readings --------------------------------------------------------------------------------


def _of_transaction(outcome: Outcome, err: Err, known: Variants) -> Reading:
    """An error of the transaction as a whole, which blames no program, whatever the log says."""
    found = err.variant in known.names
    why = "an error of the transaction as a whole: no program is to blame" if found else NEWER
    return Reading(
        kind=outcome.kind,
        status=Status.FAILED,
        error_class=err.variant,
        meaning=meanings.TRANSACTION.get(err.variant, words(err.variant)) if found else None,
        certainty=Certainty.ENTAILED if found else None,
        evidence=because(why),
        reference=known.reference if found else None,
        instruction_index=err.index,
        account_index=err.account,
    )


def _of_log(outcome: Outcome, tables: Tables) -> Reading:
    """A log without err: a failure when it is whole and ends in one; never a success."""
    steps = walk(outcome.logs or ())
    if steps.fault is not None:
        return unknown(outcome.kind, steps.fault if steps.failures else LOG_WITHOUT_ERR)
    codes, texts = {each.code for each in steps.failures}, {each.text for each in steps.failures}
    if len(codes) > 1:
        return _undecided(outcome, Err(INSTRUCTION), "the failed programs report different codes")
    code = steps.failures[0].code
    detail = meanings.TEXTS.get(steps.failures[0].text) if len(texts) == 1 else None
    return _failed(outcome, Err(INSTRUCTION, code=code, detail=detail), steps, tables)


def _of_instruction(outcome: Outcome, err: Err, tables: Tables) -> Reading:
    steps = walk(outcome.logs or ())
    wrong = _contradiction(err, steps)
    if wrong is not None:
        return _undecided(outcome, err, wrong)
    return _failed(outcome, err, steps, tables)


def _contradiction(err: Err, steps: Walk) -> str | None:
    """How the texts of the failed programs contradict err; None when they do not."""
    for each in steps.failures:
        said = meanings.TEXTS.get(each.text)
        agree = each.code == err.code and (said is None or err.detail is None or said == err.detail)
        if not agree and (err.code is not None or err.detail is not None):
            return f"err and line {each.line} of the log contradict each other: {quoted(each.text)}"
    return None


def _undecided(outcome: Outcome, err: Err, why: str) -> Reading:
    """It failed; what contradicts itself beyond that is left open, but for the code that err carries."""
    told = because(f"{why}: neither program nor name is claimed")
    return Reading(kind=outcome.kind, status=Status.FAILED, error_class=INSTRUCTION, code=err.code,
                   instruction_index=err.index, evidence=told)  # fmt: skip


def _failed(outcome: Outcome, err: Err, steps: Walk, tables: Tables) -> Reading:
    """A failed instruction: who raised it, and what it is called."""
    by = blame(outcome, err.index, steps)
    naming = _name_variant(err.detail, by, tables) if err.code is None else name_custom(err.code, by, steps, tables)
    return Reading(
        kind=outcome.kind,
        status=Status.FAILED,
        error_class=INSTRUCTION,
        program=by.program,
        code=err.code,
        name=naming.name,
        meaning=naming.meaning,
        certainty=naming.certainty,
        candidates=naming.candidates,
        evidence=by.clues + naming.clues,
        reference=naming.reference,
        depth=by.depth,
        instruction_index=err.index,
    )


def _name_variant(detail: str | None, by: Blame, tables: Tables) -> Naming:
    """A variant of InstructionError means the same in every program."""
    if detail is None:
        return Naming(clues=because("what the instruction failed with could not be read"))
    if detail not in tables.instruction.names:
        return Naming(detail, clues=because(NEWER))
    who = "" if by.program is None else f"{tables.label(by.program)}: "
    clues: tuple[Clue, ...] = (clue("table", f"{detail} is a variant of InstructionError"),)
    return Naming(
        detail, Certainty.ENTAILED, meaning=f"{who}{words(detail)}", reference=tables.instruction.reference, clues=clues
    )
