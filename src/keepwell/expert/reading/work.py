"""What pools and provers say of a piece of work: stratum numbers, codes of provers, named outcomes.

Stratum: node-stratum-pool and public-pool; Stratum V2: its reference implementation. Provers: the outcomes and
codes of Boundless' broker, and ExecutionStatus, ExecuteFailureCause and ProofRequestError of Succinct. A code whose
meaning was not read at its source is not here, and stays a code without a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from keepwell.expert.reading.evidence import Evidence, Nothing, Work, is_number
from keepwell.expert.reading.reading import (
    NOT_FAILED,
    Certainty,
    Reading,
    Status,
    because,
    clue,
    quoted,
    unknown,
    words,
)

KINDS = ("share", "solution", "proof")
STRATUM = {
    20: "other", 21: "job not found", 22: "duplicate share", 23: "low difficulty share", 24: "unauthorized worker",
    25: "not subscribed",
}  # fmt: skip
STRATUM_V2: Mapping[str, int | None] = {
    "stale-share": 21, "invalid-job-id": 21, "duplicate-share": 22, "difficulty-too-low": 23, "invalid-share": 20,
    "bad-extranonce-size": 20, "version-rolling-not-allowed": 20, "invalid-channel-id": None,
}  # fmt: skip
"""Errors of SubmitShares in Stratum V2, each with the number that says the same in the older stratum, where one does.

Source: stratum-mining/stratum, sv2/subprotocols/mining/src/lib.rs, ERROR_CODE_SUBMIT_SHARES_*.
"""
PROVERS = {
    "[B-PRO-501]": "proving failed after retries",
    "[B-PRO-502]": "fulfilled by another prover",
    "[B-PRO-503]": "expired while proving",
    "[B-PRO-505]": "fulfilled by another prover",
    "[B-PRO-506]": "completed after it had expired",
    "[B-AGG-601]": "fulfilled by another prover",
    "[B-SUB-001]": "all expired before submission",
    "[B-SUB-003]": "submission timed out",
    "[B-SUB-004]": "batch submission failed",
    "[B-SUB-005]": "some expired before submission",
    "[B-SUB-006]": "confirmation error",
    "[B-OL-009]": "locked by another prover",
    "[B-OL-010]": "insufficient balance",
    "[B-OL-020]": "fulfilled by another prover",
    "[B-OL-023]": "locked by another prover",
    "[B-OL-025]": "insufficient balance",
    "[S-OP-007]": "gas exceeds balance",
    "[S-OP-008]": "insufficient collateral",
}
SUCCEEDED = ("Fulfilled", "FULFILLED")
PENDING = ("REQUESTED", "ASSIGNED")
FAILED = (
    "ExpiredWhileProving", "ExpiredBeforeSubmission", "FulfilledBeforeSubmission", "TxFailed", "ProvingFailed",
    "AggregationFailed", "LockFailed", "Cancelled", "UNFULFILLABLE", "UNEXECUTABLE", "VALIDATION_FAILED",
    "HALT_WITH_NON_ZERO_EXIT_CODE", "EXCEEDED_CYCLE_LIMIT", "EXCEEDED_GAS_LIMIT", "UNSUPPORTED_SYSCALL",
    "INVALID_MEMORY_ACCESS", "VERIFICATION_KEY_MISMATCH", "PUBLIC_VALUES_MISMATCH", "VERIFICATION_FAILURE",
)  # fmt: skip
MESSAGES = {
    "Solution does not match the expected epoch hash": "wrong epoch hash",
    "Solution does not meet the proof target requirement": "below proof target",
}
"""What a snarkOS node says of a solution (AleoNet/snarkVM)."""

REFERENCE = "stratum, Stratum V2, Boundless and Succinct codes: docs/expert-reading.md"


def from_error(error: object) -> Work | None:
    """The error of a stratum reply, `[21, "Job not found", null]` or an object with such a number; else None."""
    code: object = None
    message: object = None
    if isinstance(error, list) and error and is_number(error[0]):
        code, message = error[0], error[1] if len(error) > 1 else None
    elif isinstance(error, Mapping) and is_number(error.get("code")) and error["code"] in STRATUM:
        code, message = error["code"], error.get("message")
    if not is_number(code):
        return None
    return Work("stratum", cast("int", code), accepted=False, message=message if isinstance(message, str) else "")


def is_work(document: Mapping[str, object]) -> bool:
    """Whether an object is the report of a piece of work."""
    return "reason_code" in document or isinstance(document.get("outcome"), str) or document.get("kind") in KINDS


def from_event(document: Mapping[str, object]) -> Evidence:
    """A report of work: `kind`, `result` ("accepted" or "rejected"), `reason_code`, `outcome`, `message`."""
    kind = next((each for each in KINDS if each == document.get("kind")), "work")
    said, outcome, message = document.get("reason_code"), document.get("outcome"), document.get("message")
    if not all(each is None or isinstance(each, str) or is_number(each) for each in (said, outcome)):
        return Nothing(kind, "its reason is neither a number nor a text")
    if said is not None and outcome is not None and said != outcome:
        return Nothing(kind, f"it carries two reasons: {quoted(str(said))} and {quoted(str(outcome))}")
    said, result = outcome if said is None else said, document.get("result")
    accepted = {"accepted": True, "rejected": False}.get(result) if isinstance(result, str) else None
    return Work(kind, cast("int | str | None", said), accepted, message if isinstance(message, str) else "")


def read(work: Work) -> Reading:
    """What a pool or prover says became of a piece of work."""
    name = _name(work)
    succeeded = work.accepted or work.said in SUCCEEDED
    failed = work.accepted is False or (name is not None and not succeeded)
    if succeeded == failed or (succeeded and (name or (work.said is not None and work.said not in SUCCEEDED))):
        why = "it is called accepted and failed at once" if succeeded else "it does not say what became of the work"
        return unknown(work.kind, f"{why}: {quoted(str(work.said))}")
    if succeeded:
        return Reading(kind=work.kind, status=Status.SUCCEEDED, error_class=NOT_FAILED, certainty=Certainty.ENTAILED,
                       evidence=(clue("work", f"{work.said or 'accepted'}"),))  # fmt: skip
    told = f"{work.said}: {work.message}" if work.message else f"{work.said}"
    return Reading(
        kind=work.kind,
        status=Status.FAILED,
        error_class="proof_failed" if work.kind == "proof" else "work_rejected",
        code=quoted(work.said) if isinstance(work.said, str) else work.said,
        name=name,
        meaning=words(name) if name else None,
        certainty=Certainty.ENTAILED if name else None,
        evidence=(clue("work", told), *(() if name else because("no table holds this reason"))),
        reference=REFERENCE if name else None,
    )


def _name(work: Work) -> str | None:
    """The name of a reason, by the tables; None when they do not hold it."""
    said = work.said
    if isinstance(said, int):
        return STRATUM.get(said)
    if said is None:
        found = [name for text, name in MESSAGES.items() if text in work.message]
        return found[0] if len(found) == 1 else None
    if said in STRATUM_V2:
        return words(said)
    return PROVERS.get(said) or (said if said in FAILED else None)
