"""What a reading looks like from outside."""

import pytest

from keepwell.expert.reading.reading import ANSWERED, SHOWN, Certainty, Reading, Status, answer, quoted, words
from tests.expert.reading.facts import read

POOL = "Pkk1111111111111111111111111111111111111111"


def test_an_answer_has_its_fields_in_their_order():
    found = answer(Reading(kind="x", status=Status.FAILED, certainty=Certainty.HINT, candidates=("A", "B"), depth=3))

    assert tuple(found) == ANSWERED
    assert (found["status"], found["certainty"], found["candidates"]) == ("failed", "hint", ("A", "B"))


@pytest.mark.parametrize("size", [SHOWN, SHOWN + 1, 5_000_000])
def test_a_quoted_text_is_cut(size):
    cut = quoted("x" * size)

    assert len(cut) == SHOWN
    assert cut.endswith("…") is (size > SHOWN)


def test_texts_of_megabytes_do_not_get_into_a_reading():
    long = "x" * 3_000_000
    for document in (
        {"err": {"InstructionError": [0, "Immutable"]},
         "logs": [f"Program {POOL} invoke [1]", f"Program {POOL} failed: {long}"]},
        {"err": {"A": long, "B": long}},
        {"error": {"code": -31000, "message": long}},
        {"error": {"code": 3, "message": f"execution reverted: {long}"}},
        {"error": {"code": 3, "data": "0x08c379a0" + "00" * 1_000_000}},
        {"error": [21, long]},
        {"kind": "proof", "outcome": long, "result": "rejected"},
    ):  # fmt: skip
        (reading,) = read(document)
        assert reading.status is Status.FAILED
        assert len(str(answer(reading))) < 10 * SHOWN


def test_a_name_is_spelled_out_and_nothing_added():
    assert words("InvalidFirstTickArrayAccount") == "invalid first tick array account"
    assert words("ERC20InsufficientAllowance") == "erc20 insufficient allowance"
    assert words("stale-share") == "stale share"
    assert words("EXCEEDED_CYCLE_LIMIT") == "exceeded cycle limit"
