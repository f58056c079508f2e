"""`keepwell diagnose --transaction`: the answer on the terminal and as JSON."""

import json
import unicodedata

import pytest
from typer.testing import CliRunner

from keepwell.cli.app import app
from keepwell.cli.diagnose import DocumentRefusedError

JUPITER = "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4"
FIELDS = [
    "status", "error_class", "program", "code", "name", "meaning", "certainty", "candidates", "evidence", "reference",
    "entries",
]  # fmt: skip
FAILED = {
    "err": {"InstructionError": [0, {"Custom": 6001}]},
    "logMessages": [f"Program {JUPITER} invoke [1]", f"Program {JUPITER} failed: custom program error: 0x1771"],
}


@pytest.fixture
def written(tmp_path):
    def written(document):
        path = tmp_path / "transaction.json"
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        return path

    return written


def test_the_answer_has_these_fields_and_no_other(run, written):
    found = json.loads(run("diagnose", "--transaction", written({"result": {"meta": FAILED}}), "--json"))

    assert list(found) == FIELDS
    assert found["status"] == "failed"
    assert found["error_class"] == "InstructionError"
    assert (found["program"], found["code"], found["name"]) == (JUPITER, 6001, "SlippageToleranceExceeded")
    assert found["meaning"] == "Jupiter aggregator v6: slippage tolerance exceeded"
    assert (found["certainty"], found["candidates"]) == ("entailed", [])
    assert found["evidence"][0] == {"source": "err", "text": '{"InstructionError": [0, {"Custom": 6001}]}'}
    assert {"source": "log", "text": FAILED["logMessages"][1], "line": 2} in found["evidence"]
    assert "@f7c239e" in found["reference"]


def test_several_transactions_are_a_list_in_their_order(run, written):
    webhook = [{"meta": FAILED}, {"meta": {"err": None, "logMessages": []}}]
    found = json.loads(run("diagnose", "--transaction", written(webhook), "--json"))

    assert [each["status"] for each in found] == ["failed", "succeeded"]
    assert [list(each) for each in found] == [FIELDS, FIELDS]


def test_a_list_of_one_is_one_answer(run, written):
    assert json.loads(run("diagnose", "--transaction", written([{"meta": FAILED}]), "--json"))["code"] == 6001


def test_no_outcome_is_an_answer_and_no_success(run, written):
    found = json.loads(run("diagnose", "--transaction", written({"tokenTransfers": []}), "--json"))

    assert (found["status"], found["error_class"], found["certainty"]) == ("unknown", None, None)
    assert [clue["source"] for clue in found["evidence"]] == ["reason"]


def test_standard_input_is_read(monkeypatch):
    done = CliRunner().invoke(app, ["diagnose", "--transaction", "-", "--json"], input=json.dumps({"meta": FAILED}))

    assert json.loads(done.stdout)["name"] == "SlippageToleranceExceeded"


def test_the_chain_tells_codes_apart(run, written):
    path = written({"error": {"code": -32005, "message": "?"}})
    names = [json.loads(run("diagnose", "--transaction", path, "--chain", chain, "--json"))["name"]
             for chain in ("solana", "evm")]  # fmt: skip

    assert names == ["node unhealthy", "limit exceeded"]
    assert json.loads(run("diagnose", "--transaction", path, "--json"))["name"] is None


def test_a_person_reads_what_is_proven_and_what_is_left_open(run, written):
    printed = run("diagnose", "--transaction", written([{"meta": FAILED}, {"err": {"InstructionError": [1, "X"]}}]))

    assert "SlippageToleranceExceeded" in printed
    assert "transaction meta: failed, InstructionError" in printed
    assert "there is no log: no program is blamed" in printed
    assert "left open" in printed


def test_what_strangers_wrote_is_not_obeyed_by_the_terminal(run, written):
    nasty = "\x1b]0;owned\x07\x9b31m\u202etxt"
    lines = [f"Program {JUPITER} invoke [1]", f"Program {JUPITER} failed: {nasty}"]
    for document in (
        {"err": {"InstructionError": [0, "Immutable"]}, "logs": lines},
        {"error": {"code": -1, "message": nasty}},
        {"kind": "share", "result": "rejected", "reason_code": nasty},
        {"err": nasty},
    ):
        printed = run("diagnose", "--transaction", written(document))
        assert [each for each in printed if each != "\n" and unicodedata.category(each) in ("Cc", "Cf")] == []
        assert "owned" in printed


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        *((each, "neither an object nor a list") for each in (b"[]", b"{}", b'"hello"', b"null", b"7")),
        (b"{'err': None}", "no JSON"),
        (b'{"err": "\xff"}', "no JSON|not UTF-8"),
        (b"[" * 100_000, "nested too deeply|no JSON"),
    ],
)
def test_what_holds_nothing_to_read_is_refused(run, written, text, problem):
    with pytest.raises(DocumentRefusedError, match=problem) as refused:
        run("diagnose", "--transaction", written(text))

    assert refused.value.path.name == "transaction.json"


def test_a_file_that_is_not_there_is_refused(run, tmp_path):
    with pytest.raises(DocumentRefusedError, match="cannot be read"):
        run("diagnose", "--transaction", tmp_path / "nothing.json")


def test_without_a_transaction_it_is_wrong_usage(run):
    assert "--transaction" in run("diagnose", status=2)


def test_a_customer_and_a_transaction_are_wrong_usage(run, written):
    assert "only one of both" in run("diagnose", "acme", "--transaction", written({"meta": FAILED}), status=2)


@pytest.mark.parametrize(
    ("document", "entries"),
    [
        ({"meta": FAILED}, ["DEX-01"]),
        ({"err": "BlockhashNotFound"}, ["TX-01"]),
        ({"error": {"code": -32005, "message": "?"}, "chain": "solana"}, []),
        ({"http_status": 429}, ["RPC-01"]),
        ({"meta": {"err": None, "logMessages": []}}, []),
    ],
)
def test_a_reading_leads_to_the_entries_that_speak_of_it(run, written, document, entries):
    path = written(document)
    found = json.loads(run("diagnose", "--transaction", path, "--json"))["entries"]
    printed = run("diagnose", "--transaction", path)

    assert set(entries) <= set(found)
    assert bool(found) == bool(entries)
    for each in found:
        assert f"`keepwell knowledge show {each}`" in printed
        assert each in run("knowledge", "show", each)
    assert ("The knowledge base speaks of it" in printed) is bool(found)


def test_the_chain_decides_which_entries_speak_of_a_code(run, written):
    path = written({"error": {"code": -32005, "message": "?"}})
    solana, evm, neither = (
        json.loads(run("diagnose", "--transaction", path, *of, "--json"))["entries"]
        for of in (("--chain", "solana"), ("--chain", "evm"), ())
    )

    assert solana
    assert not set(solana) & set(evm)
    assert neither == []
