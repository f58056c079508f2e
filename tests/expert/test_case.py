"""Observations that are the same are one, and a decoded error is one whose program and name are proven."""

from __future__ import annotations

import pytest

from keepwell.expert.case import Kind, Seen, gathered


def test_the_same_observation_is_told_once_with_its_span_and_its_latest_reference():
    parts = [
        Seen(Kind.HTTP, code=429, count=2, first=50, last=60, reference="b"),
        Seen(Kind.HTTP, code=429, count=3, first=10, last=40, reference="a"),
        Seen(Kind.HTTP, code=500, first=5, last=5),
    ]

    found = gathered(parts)

    assert found == gathered(parts[::-1])
    assert found[Kind.HTTP][0] == Seen(Kind.HTTP, code=429, count=5, first=10, last=60, reference="b")
    assert [each.code for each in found[Kind.HTTP]] == [429, 500]


def test_the_program_the_chain_and_the_candidates_keep_observations_apart():
    apart = [
        Seen(Kind.RPC, code=-32005, chain="solana"),
        Seen(Kind.RPC, code=-32005, chain="evm"),
        Seen(Kind.ERROR, "a", 1),
        Seen(Kind.ERROR, "b", 1),
        Seen(Kind.ERROR, "b", 1, candidates=("X", "Y")),
        Seen(Kind.ERROR, "b", 1, "X"),
        Seen(Kind.ERROR, "b", None, "X"),
    ]

    assert sum(map(len, gathered(apart * 2).values())) == len(apart)


@pytest.mark.parametrize(
    ("seen", "decoded"),
    [
        (Seen(Kind.ERROR, "solend", 26, "BorrowTooLarge"), True),
        (Seen(Kind.ERROR, "solend", 26), False),
        (Seen(Kind.ERROR, "", 26, "BorrowTooLarge"), False),
        (Seen(Kind.ERROR, "solend", 26, "X", candidates=("X", "Y")), False),
        (Seen(Kind.HTTP, code=599), True),
    ],
)
def test_decoded(seen, decoded):
    assert seen.decoded is decoded
