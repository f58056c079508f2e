"""One reading of a transaction: what the chain says, verbatim where it is evidence, and nothing beyond it."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.expert.reading.logs import TRUNCATED as CUT
from keepwell.expert.reading.logs import walk
from keepwell.sources.solana import base58, transaction
from keepwell.sources.solana.transaction import BUDGET, LOG_BYTES, TRUNCATED, read
from tests.sources.solana import node
from tests.sources.solana.node import ADA, BOB, EVE, SYSTEM, document, signature

AT = 1_795_000_000
FAILED = ["Program 11111111111111111111111111111111 invoke [1]",
          "Program 11111111111111111111111111111111 failed: custom program error: 0x1"]  # fmt: skip


def told(doc, finality="finalized"):
    return read(doc, "rpc_poll", finality)


def test_what_the_chain_says_is_kept():
    err = {"InstructionError": [0, {"Custom": 1}]}
    found = told(document(1, 77, AT, err=err, logs=FAILED))

    assert (found.signature, found.signers, found.block_time) == (signature(1), [ADA], AT)
    assert found.properties == {
        "chain": "solana", "feed": "rpc_poll", "finality": "finalized", "tx_hash": signature(1), "slot": 77,
        "fee_payer": ADA, "fee": 5000, "version": "legacy", "status": "failed", "err": err, "logs": FAILED,
        "cu_consumed": 150, "innerInstructions": [], "instructions": 1, "programs": [SYSTEM], "cu_limit": None,
        "cu_price_micro": 0, "payer_lamports": 1_000_000,
    }  # fmt: skip


def test_a_success_says_so_with_null_and_keeps_no_log():
    found = told(document(1, 77, AT, logs=FAILED[:1])).properties

    assert found["status"] == "succeeded"
    assert found["err"] is None
    assert "logs" not in found


@pytest.mark.parametrize("field", ["fee", "computeUnitsConsumed", "postBalances", "logMessages", "innerInstructions"])
def test_what_a_node_leaves_out_is_unknown_and_not_zero(field):
    doc = document(1, 77, AT, err="AccountInUse")
    del doc["meta"][field]
    name = {"computeUnitsConsumed": "cu_consumed", "postBalances": "payer_lamports", "logMessages": "logs"}

    assert name.get(field, field) not in told(doc).properties


@pytest.mark.parametrize("meta", [None, {}, {"fee": 1}, "x", []])
def test_without_its_result_nothing_is_guessed(meta):
    assert told({**document(1, 77, AT), "meta": meta}).properties is None


def test_compute_units_are_decoded():
    doc = document(1, 77, AT)
    message = doc["transaction"]["message"]
    message["accountKeys"].append(BUDGET)
    asked = (struct.pack("<BI", 2, 400_000), struct.pack("<BQ", 3, 1500), struct.pack("<BI", 1, 32 * 1024))
    message["instructions"] += [{"programIdIndex": 2, "data": node.base58(each)} for each in asked]
    found = told(doc).properties

    assert (found["cu_limit"], found["cu_price_micro"], found["instructions"]) == (400_000, 1500, 4)
    assert found["programs"] == [SYSTEM, BUDGET]


@pytest.mark.parametrize("data", [None, 5, "", "0OIl", node.base58(b"\x02\x01"), "1" * 5000, {"parsed": 1}])
def test_a_budget_that_cannot_be_read_leaves_the_limit_unknown(data):
    """Taken for none, it would say that the sender asked for no limit."""
    doc = document(1, 77, AT)
    doc["transaction"]["message"]["accountKeys"].append(BUDGET)
    doc["transaction"]["message"]["instructions"].append({"programIdIndex": 2, "data": data})

    assert "cu_limit" not in told(doc).properties
    assert "cu_price_micro" not in told(doc).properties


def test_a_transaction_in_base64_says_nothing_of_its_instructions():
    doc = document(1, 77, AT)
    doc["transaction"] = {"signatures": [signature(1)], "message": "AQAB"}
    found = told(doc)

    assert found.signers == []
    assert {"programs", "cu_limit", "instructions"}.isdisjoint(found.properties)


def test_looked_up_accounts_come_after_the_messages_own():
    doc = document(1, 77, AT, loadedAddresses={"writable": [BOB], "readonly": [EVE]})
    doc["transaction"]["message"]["instructions"] = [{"programIdIndex": place, "data": ""} for place in (2, 3, 9)]

    assert "programs" not in told(doc).properties  # there is no tenth account
    del doc["transaction"]["message"]["instructions"][2]
    assert told(doc).properties["programs"] == [BOB, EVE]


def test_those_who_signed_come_first_to_last():
    assert told(document(1, 77, AT, others=[BOB, EVE], signers=2)).signers == [ADA, BOB]
    parsed = document(1, 77, AT)
    parsed["transaction"]["message"]["accountKeys"] = [
        {"pubkey": name, "signer": name != BOB} for name in (ADA, BOB, EVE)
    ]
    assert told(parsed).signers == [ADA, EVE]


def test_what_a_relayer_has_left_is_not_the_customers():
    assert "payer_lamports" not in told(document(1, 77, AT, others=[BOB], signers=2)).properties


def test_a_long_log_is_cut_and_says_so_as_the_runtime_does():
    lines = [FAILED[0], *["Program log: " + "x" * 1000] * 40, FAILED[1]]
    kept = told(document(1, 77, AT, err="x", logs=lines)).properties["logs"]

    assert kept[-1] == TRUNCATED
    assert kept[:-1] == lines[: len(kept) - 1]
    assert len(json.dumps(kept)) < LOG_BYTES + 100
    assert walk(kept).fault == CUT


@given(st.lists(st.text(max_size=3000) | st.none() | st.integers(), max_size=60))
def test_a_log_is_whole_or_says_that_it_is_not(lines):
    kept = transaction.shortened(lines)

    assert kept == lines or (kept[-1] == TRUNCATED and kept[:-1] == lines[: len(kept) - 1])


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
PLACES = [("meta",), ("meta", "err"), ("meta", "logMessages"), ("meta", "innerInstructions"), ("meta", "fee"),
          ("meta", "postBalances"), ("meta", "loadedAddresses"), ("transaction",), ("transaction", "signatures"),
          ("transaction", "message"), ("transaction", "message", "accountKeys"), ("transaction", "message", "header"),
          ("transaction", "message", "instructions"), ("slot",), ("blockTime",), ("version",)]  # fmt: skip


@given(st.sampled_from(PLACES), _anything)
def test_anything_in_any_place_is_read(place, value):
    doc = document(1, 77, AT, err="AccountInUse", logs=FAILED)
    inner = doc
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    found = told(doc)

    assert found.properties is None or found.properties["status"] in ("failed", "succeeded")


@given(st.binary(max_size=64))
def test_base58_is_read_as_it_is_written(data):
    assert base58.decode(node.base58(data)) == data


@pytest.mark.parametrize("text", ["", "0", "x" * 42, ADA + "1" * 30, ADA[:-1] + "0", None, 5, signature(1)])
def test_what_is_no_address(text):
    assert not base58.is_address(text)
    assert base58.is_address(ADA)
    assert base58.is_signature(signature(3))
    assert not base58.is_signature(ADA)


def test_real_transactions_are_read():
    """The samples of the webhook have the form that nodes answer with."""
    folder = Path(transaction.__file__).parents[1] / "helius" / "samples"
    failed, fine = (told(each).properties for each in json.loads((folder / "raw.json").read_text()))

    assert failed["err"] == {"InstructionError": [2, {"Custom": 30}]}
    assert fine["err"] is None
