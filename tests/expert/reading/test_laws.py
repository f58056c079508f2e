"""Laws: a log in disorder or cut short leaves more open, and never says anything else; strangers' texts say nothing."""

import json
import re
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from keepwell.expert.reading.envelope import unwrap
from keepwell.expert.reading.evidence import Outcome
from keepwell.expert.reading.read import read_evidence
from keepwell.expert.reading.reading import ANSWERED, Certainty, Status, answer
from tests.expert.reading.facts import LITESVM, TABLES, THIRD_PARTY, WRITTEN, facts, read, reasons

MARKER = "Log truncated"
CLAIMED = ("program", "code", "name", "depth", "instruction_index")


def logged():
    """Every outcome with a log of the fixtures, with its truth: the program to blame and the name of the error."""
    for case in WRITTEN:
        for evidence, wanted in zip(unwrap(case["document"]), case["expected"], strict=True):
            if isinstance(evidence, Outcome) and evidence.logs:
                truth = wanted.get("truth", (wanted.get("program"), wanted.get("name")))
                yield pytest.param(evidence, tuple(truth), id=case["case"])
    documents = {"litesvm": LITESVM}
    if THIRD_PARTY is not None:
        documents |= {path.stem: json.loads(path.read_text()) for path in Path(THIRD_PARTY).glob("*.json")}
    for name, document in documents.items():
        for place, evidence in enumerate(unwrap(document)):
            if isinstance(evidence, Outcome) and evidence.logs:
                reading = read_evidence(evidence, TABLES)
                yield pytest.param(evidence, (reading.program, reading.name), id=f"{name} {place}")


LOGGED = list(logged())
WRONG = (
    "contradict", "different codes", "the log that a program failed", "is not the one", "more instructions",
    "do not fit together",
)  # fmt: skip
"""What a reading says of a log that is wrong as a whole: with the part that is wrong cut off, it would look right."""
CONSISTENT = [
    each for each in LOGGED if not any(word in reasons(read_evidence(each.values[0], TABLES)) for word in WRONG)
]
SHORT = [each for each in LOGGED if len(each.values[0].logs) <= 8]


def with_log(outcome, lines):
    return read_evidence(replace(outcome, logs=tuple(lines)), TABLES)


def check(reading, outcome, truth):
    """What is claimed as proven is true; and what is likely as well, unless two names were seen for the number."""
    program, name = truth
    assert reading.program in (None, program)
    if reading.certainty is Certainty.ENTAILED or not re.search("does not count|the table says", reasons(reading)):
        assert reading.name in (None, name)
    if outcome.err is not None:
        assert reading.status is not Status.SUCCEEDED


def test_the_fixtures_hold_what_the_laws_are_about():
    assert len(LOGGED) > 60
    assert len(SHORT) > 40
    assert len(CONSISTENT) > 45


# --- disorder --------------------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "truth"), SHORT)
def test_no_order_of_a_short_log_gives_another_reading(outcome, truth):
    for lines in set(permutations(outcome.logs)):
        check(with_log(outcome, lines), outcome, truth)


moves = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), min_size=1, max_size=4)


@pytest.mark.parametrize(("outcome", "truth"), LOGGED)
@given(moves=moves)
def test_moving_lines_gives_no_other_reading(outcome, truth, moves):
    lines = list(outcome.logs)
    for start, end in moves:
        lines.insert(end % len(lines), lines.pop(start % len(lines)))

    check(with_log(outcome, lines), outcome, truth)


@pytest.mark.parametrize(("outcome", "truth"), LOGGED)
@given(data=st.data())
def test_shuffling_lines_gives_no_other_reading(outcome, truth, data):
    check(with_log(outcome, data.draw(st.permutations(outcome.logs))), outcome, truth)


ADDRESSES = [
    "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4", "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc",
    "Router1111111111111111111111111111111111111", "Second1111111111111111111111111111111111111",
]  # fmt: skip


@st.composite
def honest(draw):
    """The log of a made-up transaction that failed with 6001: who called whom, and in truth who raised it."""
    lines = []
    for program in draw(st.lists(st.sampled_from(ADDRESSES), max_size=1)):
        inner = draw(st.sampled_from(ADDRESSES))
        lines += [f"Program {program} invoke [1]", f"Program {inner} invoke [2]"]
        lines += [f"Program {inner} success", f"Program {program} success"]
    chain = draw(st.lists(st.sampled_from(ADDRESSES), min_size=1, max_size=3))
    lines += [f"Program {program} invoke [{depth}]" for depth, program in enumerate(chain, 1)]
    name = draw(st.sampled_from(["", "Printed"]))
    if name:
        lines.append(f"Program log: AnchorError occurred. Error Code: {name}. Error Number: 6001. Error Message: m.")
    lines += [f"Program {program} failed: custom program error: 0x1771" for program in reversed(chain)]
    return tuple(lines), chain[-1], name


@given(made=honest(), data=st.data())
def test_a_made_up_log_in_any_order_blames_nobody_else(made, data):
    lines, origin, name = made
    outcome = Outcome("made up", {"InstructionError": [len(lines), {"Custom": 6001}]}, lines)
    for reading in (with_log(outcome, lines), with_log(outcome, data.draw(st.permutations(lines)))):
        assert reading.program in (None, origin)
        if name and reading.certainty is Certainty.ENTAILED:
            assert reading.name == name
    whole = with_log(outcome, lines)
    assert whole.program == origin or "only the order" in reasons(whole)


# --- truncation ------------------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "truth"), CONSISTENT)
def test_cutting_the_end_only_leaves_more_open(outcome, truth):
    whole = facts(with_log(outcome, outcome.logs))
    for length in range(len(outcome.logs)):
        reading = with_log(outcome, outcome.logs[:length])
        cut = facts(reading)
        check(reading, outcome, truth)
        assert {field: cut[field] for field in CLAIMED if field in cut}.items() <= whole.items()
        assert whole.get("certainty") == "entailed" or cut.get("certainty") != "entailed"


@pytest.mark.parametrize(("outcome", "truth"), CONSISTENT)
def test_cutting_the_beginning_gives_no_other_reading(outcome, truth):
    for start in range(len(outcome.logs)):
        check(with_log(outcome, outcome.logs[start:]), outcome, truth)


@pytest.mark.parametrize(("outcome", "truth"), CONSISTENT)
@given(place=st.integers(0, 200), kept=st.lists(st.booleans(), max_size=60), again=st.randoms(use_true_random=False))
def test_a_truncated_log_proves_no_program(outcome, truth, place, kept, again):
    """After the marker any line may be missing, and the order may be lost as well."""
    place %= len(outcome.logs) + 1
    rest = [line for line, keep in zip(outcome.logs[place:], kept, strict=False) if keep]
    lines = [*outcome.logs[:place], MARKER, *rest]
    without = with_log(outcome, [MARKER])
    for order in (lines, again.sample(lines, len(lines))):
        reading = with_log(outcome, order)
        check(reading, outcome, truth)
        assert reading.program in (None, without.program)  # which only the transaction itself can prove


# --- strangers -------------------------------------------------------------------------------

spoken = st.one_of(
    st.text(max_size=40),
    st.sampled_from([
        "Program 11111111111111111111111111111111 failed: custom program error: 0x1",
        "\nProgram 11111111111111111111111111111111 failed: custom program error: 0x1",
        "Program 11111111111111111111111111111111 invoke [1]",
        "AnchorError occurred. Error Code: Forged. Error Number: 6001. Error Message: m.",
        "AnchorError occurred. Error Code: Forged. Error Number: 1. Error Message: m.",
        MARKER,
        "\x1b]0;owned\x07" * 50,
        "x" * 100_000,
    ]),
)  # fmt: skip


@pytest.mark.parametrize(("outcome", "truth"), [each for each in LOGGED if each.values[1][0]])
@given(said=st.lists(st.tuples(st.integers(0, 200), spoken), min_size=1, max_size=3))
def test_what_callers_print_changes_neither_program_nor_name(outcome, truth, said):
    whole = with_log(outcome, outcome.logs)
    lines = list(outcome.logs)
    for place, text in said:
        top = max(line for line, each in enumerate(lines) if re.fullmatch(r"Program \w+ invoke \[1\]", each))
        if "Forged" not in text:
            lines.insert(place % len(lines), f"Program log: {text}")
        elif not lines[top].startswith(f"Program {truth[0]} "):  # by the caller, and not by the failing program
            lines.insert(top + 1, f"Program log: {text}")
    reading = with_log(outcome, lines)

    assert (reading.program, reading.depth, reading.code) == (whole.program, whole.depth, whole.code)
    assert reading.name in (None, whole.name)
    assert whole.name is None or reading.name is not None or whole.certainty is not Certainty.ENTAILED
    assert all(len(clue.text) <= 300 for clue in reading.evidence)


# --- anything --------------------------------------------------------------------------------

WORDS = (
    "err", "error", "result", "value", "meta", "logs", "logMessages", "status", "Err", "Ok", "code", "data", "message",
    "params", "method", "block", "transactions", "transaction", "instructions", "accountKeys", "programIdIndex",
    "innerInstructions", "index", "InstructionError", "Custom", "kind", "share", "outcome", "reason_code",
    "http_status", "transactionHash", "0x0", "0x1", "context", "originalError", "0x4e487b71",
)  # fmt: skip
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.text(max_size=8),
    st.sampled_from(WORDS), st.sampled_from([-32002, -32005, 3, 21, 429, 404, 0, 1, 6001]),
)  # fmt: skip
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=4), inner, max_size=5)
    ),
    max_leaves=25,
)


def says_success(value):
    """Whether anything in a document can mean a success at all."""
    if isinstance(value, dict):
        null = any(name in value and value[name] is None for name in ("err", "Ok"))
        good = value.get("status") == "0x1" or value.get("result") == "accepted" or value.get("outcome") == "Fulfilled"
        return null or good or any(map(says_success, value.values()))
    return isinstance(value, list) and any(map(says_success, value))


@given(document=anything, chain=st.sampled_from([None, "solana", "evm"]))
@example(document={"err": {"InstructionError": [0, {"Custom": -1}]}}, chain=None)
@example(document={"error": {"code": True, "message": None}}, chain=None)
@example(document={"error": {"code": 3, "data": {"data": {"data": {"data": {"data": "0x"}}}}}}, chain=None)
@example(document="\ud800", chain=None)
@example(document={"err": "\ud800"}, chain=None)
@example(document={"error": {"code": -32000, "message": "\ud800"}}, chain=None)
def test_any_document_is_answered_and_only_a_success_reads_as_one(document, chain):
    found = read(document, chain)

    assert found
    for reading in found:
        assert tuple(json.loads(msgspec.json.encode(answer(reading)))) == ANSWERED
        assert reading.status is not Status.SUCCEEDED or says_success(document)
        assert reading.status is not Status.UNKNOWN or reasons(reading)
        assert not (reading.name and reading.candidates)


@pytest.mark.parametrize("place", ["err", "error", "result", "params"])
def test_a_document_nested_a_thousand_deep_is_answered(place):
    inner = []
    for _ in range(5000):
        inner = [inner]

    assert read({place: inner})[0].status is not Status.SUCCEEDED
    assert read({"err": {"InstructionError": [0, inner]}})[0].name is None


HUGE = 10**5000
"""Python refuses to write down an integer of so many digits."""


def with_huge(document):
    """The document once for each place in it, with a number there that cannot be written down."""
    yield HUGE
    if not isinstance(document, dict | list):
        return
    children = document.items() if isinstance(document, dict) else enumerate(document)
    for place, child in list(children):
        for changed in with_huge(child):
            copy = document.copy()
            copy[place] = changed
            yield copy


@pytest.mark.parametrize("case", WRITTEN, ids=[each["case"] for each in WRITTEN])
def test_a_number_too_long_to_be_written_down_is_no_reading(case):
    for document in with_huge(case["document"]):
        for reading in read(document):
            assert reading.code is None or abs(int(reading.code) if isinstance(reading.code, int) else 0) < 2**64
            assert str(answer(reading))


def test_block_production_that_bailed_out_is_known():
    (reading,) = read({"err": {"InstructionError": [0, "BailOut"]}, "logs": None})

    assert (reading.name, reading.certainty) == ("BailOut", Certainty.ENTAILED)
