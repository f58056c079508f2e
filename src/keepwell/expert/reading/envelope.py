"""Taking a document out of its envelope: whatever shape it came in, evidence of one outcome each.

Nothing is read as a success because a field is missing. A null `err` is a success; no `err` is none of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from keepwell.expert.reading import work
from keepwell.expert.reading.evidence import (
    MISSING,
    SIMULATED,
    Evidence,
    HttpAnswer,
    Missing,
    Nothing,
    Outcome,
    Receipt,
    RpcError,
    is_number,
)
from keepwell.expert.reading.reading import quoted

Document = Mapping[str, object]

DEEPEST = 4
"""Lists within lists that are opened: a batch of batches is the most that anybody sends."""

ENHANCED = "an enhanced webhook carries no err field and never a failure, so it does not tell a success"
NOT_FOUND = "the node does not know this transaction: its result is null"
SENT = "the transaction was handed in; what became of it is not said"
NO_OUTCOME = "the document carries no outcome: no err, no error, no status"
STRANGE = "the document is no object and no list of objects"
LANDED = "landed_ok"
"""What a sender calls a transaction that succeeded, in the telemetry of attempts."""
CONTRADICTION = "err and status of the same transaction contradict each other"


def unwrap(document: object) -> list[Evidence]:
    """The evidence in a document, in its order; never empty.

    In a list, replies without a transaction are passed over; when nothing else is in it, that is what is said.
    """
    found = list(_unwrap(document, 0))
    told = [each for each in found if not (isinstance(each, Nothing) and each.why == NOT_FOUND)]
    if not all(isinstance(each, Nothing) for each in told):
        return told
    return found[:1] or [Nothing("list", "the document is an empty list")]


def _unwrap(document: object, depth: int) -> Iterator[Evidence]:
    if isinstance(document, Mapping):
        yield from _object(document)
    elif not isinstance(document, list) or depth >= DEEPEST:
        yield Nothing("document", STRANGE)
    elif document and all(isinstance(line, str) for line in document):
        yield Outcome("log lines", logs=tuple(cast("list[str]", document)))
    else:
        for each in document:
            yield from _unwrap(each, depth + 1)


def _object(document: Document) -> Iterator[Evidence]:
    """One JSON object: a JSON-RPC answer or message first, then the bare things."""
    error = document.get("error")
    if error is not None:
        yield _error(error, document)
    elif isinstance(document.get("params"), Mapping):
        yield from _notification(document)
    elif "result" in document and not work.is_work(document):
        yield from _result(document["result"])
    else:
        yield _bare(document)


# --- JSON-RPC --------------------------------------------------------------------------------


def _error(error: object, document: Document) -> Evidence:
    found = work.from_error(error)
    if found is not None:
        return found
    if not isinstance(error, Mapping) or not is_number(error.get("code")):
        return _status_of(document) or Nothing("error", "the error carries no number")
    code, data, message = cast("int", error["code"]), error.get("data"), error.get("message")
    if isinstance(data, Mapping) and (data.get("err") is not None or _lines(data)):
        err = data.get("err")
        return Outcome("sendTransaction", MISSING if err is None else err, _lines(data), data, rpc_code=code)
    return RpcError(code, message if isinstance(message, str) else "", data)


def _notification(document: Document) -> Iterator[Evidence]:
    """A message of a subscription: logs, a signature, a block, a transaction."""
    method = document.get("method")
    kind = method if isinstance(method, str) else "notification"
    result = cast("Document", document["params"]).get("result")
    value = result.get("value", result) if isinstance(result, Mapping) else None
    if isinstance(value, Mapping) and isinstance(value.get("block"), Mapping):
        yield from _block(cast("Document", value["block"]))
    elif isinstance(value, Mapping) and isinstance(inner := value.get("transaction"), Mapping) and "meta" in inner:
        yield _transaction(kind, inner)
    elif isinstance(value, Mapping) and "err" in value:
        yield _holder(kind, value)
    else:
        yield Nothing(kind, NO_OUTCOME)


def _result(result: object) -> Iterator[Evidence]:
    if result is None:
        yield Nothing("getTransaction", NOT_FOUND)
    elif isinstance(result, str):
        yield Nothing("sendTransaction", SENT)
    elif isinstance(result, list):
        yield from _rows(result)
    elif not isinstance(result, Mapping):
        yield Nothing("result", NO_OUTCOME)
    elif isinstance(result.get("transactions"), list):
        yield from _block(result)
    elif "value" in result:
        yield from _value(result["value"])
    else:
        yield _bare(result)


def _rows(rows: list[object]) -> Iterator[Evidence]:
    """The rows of getSignaturesForAddress; of anything else nothing."""
    for row in rows:
        if not isinstance(row, Mapping) or "err" not in row:
            yield Nothing("result", NO_OUTCOME)
            return
        yield _holder("getSignaturesForAddress", row)


def _block(block: Document) -> Iterator[Evidence]:
    transactions = block.get("transactions")
    for each in transactions if isinstance(transactions, list) else ():
        yield _transaction("getBlock", each) if isinstance(each, Mapping) else Nothing("getBlock", NO_OUTCOME)


def _value(value: object) -> Iterator[Evidence]:
    """What stands beside a context: statuses of signatures, or a simulation."""
    if isinstance(value, Mapping):
        yield _holder(SIMULATED, value) if "err" in value else _bare(value)
        return
    for status in value if isinstance(value, list) else (value,):
        if isinstance(status, Mapping):
            yield _holder("getSignatureStatuses", status)
        else:
            yield Nothing("getSignatureStatuses", "the node has no status of this signature" if status is None else
                          NO_OUTCOME)  # fmt: skip


# --- bare things -----------------------------------------------------------------------------


def _bare(document: Document) -> Evidence:
    """An object without an envelope: a transaction, a meta, a receipt, an HTTP status, a piece of work."""
    if "meta" in document:
        return _transaction("getTransaction", document)
    if "err" in document:
        return _holder("transaction meta", document)
    if document.get("transactionError") is not None:
        return Outcome("enhanced transaction", document["transactionError"])
    if "tokenTransfers" in document or "nativeTransfers" in document:
        return Nothing("enhanced webhook", ENHANCED)
    if work.is_work(document):
        return work.from_event(document)
    if is_number(document.get("code")) and isinstance(document.get("message"), str):
        return _error(document, document)  # the error object alone, as clients log it
    found = _status_of(document)
    if found is not None:
        return found
    lines = _lines(document)
    return Outcome("log lines", logs=lines) if lines else Nothing("document", NO_OUTCOME)


def _status_of(document: Document) -> Evidence | None:
    """An EVM receipt, an HTTP answer, or the old `status` of Solana."""
    status, http = document.get("status"), document.get("http_status")
    if is_number(http):
        return HttpAnswer(cast("int", http))
    if status in ("0x0", "0x1") and isinstance(document.get("transactionHash"), str):
        return Receipt(status)
    return _holder("transaction meta", document) if isinstance(status, Mapping) else None


def _transaction(kind: str, document: Document) -> Evidence:
    meta = document.get("meta")
    if not isinstance(meta, Mapping):
        return Nothing(kind, "the transaction comes without its meta, and so without its outcome")
    return _holder(kind, meta, document.get("transaction"))


def _holder(kind: str, holder: Document, transaction: object = None) -> Evidence:
    """What holds `err` and the log: a meta, a status, a row, a simulation."""
    err = holder.get("err", MISSING)
    told = _old_status(holder)
    if err is not MISSING and told is not MISSING and err != told:
        return Nothing(kind, CONTRADICTION)
    called = holder.get("status")
    if err is None and isinstance(called, str) and called != LANDED:
        return Nothing(kind, f"err is null, and its sender calls it {quoted(called)}")
    lines = _lines(holder)
    if err is MISSING and told is MISSING and not lines:
        return Nothing(kind, NO_OUTCOME)
    return Outcome(kind, told if err is MISSING else err, lines, holder, transaction)


def _old_status(holder: Document) -> object | Missing:
    """The `status` that was there before `err`: `{"Ok": null}` or `{"Err": ...}`."""
    status = holder.get("status")
    if not isinstance(status, Mapping) or len(status) != 1:
        return MISSING
    return None if "Ok" in status else status.get("Err", MISSING)


def _lines(holder: Document) -> tuple[str, ...] | None:
    """Log lines; None without any, or when the list holds something else as well."""
    for name in ("logMessages", "logs", "transactionLogs"):
        lines = holder.get(name)
        if isinstance(lines, list) and lines and all(isinstance(line, str) for line in lines):
            return tuple(cast("list[str]", lines))
    return None
