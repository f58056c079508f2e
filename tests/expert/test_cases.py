"""Golden cases: every entry holds where it must, and not for its nearest neighbours; a second reading agrees."""

from __future__ import annotations

import pytest

from keepwell.expert.case import Case, Kind, Seen
from keepwell.expert.diagnose import diagnose
from keepwell.expert.signal import Truth, match
from tests.expert import made, slow

CASES = made.golden()
NAMES = [f"{stem}-{number}-{case['entry']}" for number, (stem, case) in enumerate(CASES)]
ENTRIES = made.knowledge().entries


@pytest.mark.parametrize(("stem", "case"), CASES, ids=NAMES)
def test_the_findings_are_those_written_down(stem, case):
    found = sorted(each.id for each in diagnose(made.case(case), made.knowledge()).findings)

    assert found == case["expected"], case["why"]
    assert (case["entry"] in found) != case["near"]
    assert made.raw()["entries"][case["entry"]]["domain"] == stem


@pytest.mark.parametrize(("stem", "case"), CASES, ids=NAMES)
def test_the_second_reading_agrees(stem, case):
    assert slow.expected(made.raw(), made.documents(), case) == case["expected"]


def test_every_entry_has_cases_of_both_sorts():
    held = {case["entry"] for _, case in CASES if not case["near"]}
    near = {case["entry"] for _, case in CASES if case["near"]}

    assert held == near == set(ENTRIES)


def test_every_case_is_said_once():
    told = [repr({**case, "why": ""}) for _, case in CASES]

    assert len(set(told)) == len(told)


def members():
    """Every member of every list of every entry, as one observation."""
    for name, entry in ENTRIES.items():
        signal = entry.signal
        for each in signal.errors:
            for code in each.codes:
                yield name, Seen(Kind.ERROR, each.program, code, each.meaning[code][0])
            for error in each.names:
                yield name, Seen(Kind.ERROR, each.program, 6000, error)
        yield from ((name, Seen(Kind.TRANSACTION, name=each)) for each in signal.tx_errors)
        yield from ((name, Seen(Kind.INSTRUCTION, signal.origin_program, name=each)) for each in signal.ix_errors)
        yield from ((name, Seen(Kind.RPC, code=each, chain=signal.chain)) for each in signal.rpc_errors)
        yield from ((name, Seen(Kind.HTTP, code=each)) for each in signal.http)
        yield from ((name, Seen(Kind.POOL, code=each)) for each in signal.pool_codes)
        for api in signal.api_codes:
            for code in api.codes:
                given = {"code": code} if isinstance(code, int) else {"name": code}
                yield name, Seen(Kind.API, api.api, **given)
        for kind, words in (
            (Kind.CODE, signal.codes), (Kind.OUTCOME, signal.outcomes), (Kind.STATE, signal.states),
            (Kind.MESSAGE, signal.messages), (Kind.SELECTOR, signal.selectors),
        ):  # fmt: skip
            yield from ((name, Seen(kind, name=word)) for word in words)


MEMBERS = list(members())


def test_there_are_as_many_members_as_the_file_lists():
    lists = 0
    for entry in made.raw()["entries"].values():
        for field, given in entry["signal"].items():
            if field in ("errors", "api_codes"):
                lists += sum(len(each.get("codes", ())) + len(each.get("names", ())) for each in given)
            elif isinstance(given, list):
                lists += len(given)
    assert len(MEMBERS) == lists > 200


@pytest.mark.parametrize(("name", "seen"), MEMBERS)
def test_every_member_is_recognised_and_its_neighbours_are_not(name, seen):
    signal = ENTRIES[name].signal

    assert match(signal, seen).truth is Truth.YES
    if seen.kind is Kind.ERROR:
        renamed = Seen(seen.kind, seen.program, seen.code, "NoSuchName")
        assert match(signal, renamed).truth is Truth.NO
        nobody = Seen(seen.kind, "", seen.code, seen.name)
        assert match(signal, nobody).truth is Truth.UNKNOWN
    if seen.kind is Kind.RPC:
        assert match(signal, Seen(seen.kind, code=seen.code, chain="")).truth is Truth.NO


def test_what_a_stranger_wrote_is_not_repeated():
    text = "\x1b[31mnonce too low <script>alert(1)</script>"
    case = Case(made.NOW, {"tx.attempted": 3}, [Seen(Kind.MESSAGE, name=text)])

    (finding,) = diagnose(case, made.knowledge()).findings

    assert finding.id == "EVM-01"
    assert "nonce too low" in finding.sentence
    assert "script" not in repr(finding)
