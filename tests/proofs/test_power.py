"""An accepted event survives a power cut at any moment, exactly once; and the proof can fail."""

from __future__ import annotations

import pytest

from tests.proofs import faults
from tests.proofs.power import CUTS, LIVES, Setup, cut_power

A_RUN = LIVES * CUTS


@pytest.mark.timeout(300)
def test_nothing_accepted_is_lost_when_the_power_is_cut():
    outcome = cut_power(Setup(), range(13))

    assert outcome.findings == []
    assert outcome.cuts >= 300
    assert outcome.accepted > 10_000
    assert outcome.checkpointed > 50


@pytest.mark.proof
@pytest.mark.timeout(3600)
def test_nothing_accepted_is_lost_in_ten_thousand_power_cuts():
    outcome = cut_power(Setup(), range(1000, 1000 + -(-10_000 // A_RUN)))

    assert outcome.findings == []
    assert outcome.cuts >= 10_000


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        pytest.param(faults.F1, "lost", id="F1 told before commit"),
        pytest.param(faults.F2, "lost", id="F2 synchronous=NORMAL"),
        pytest.param(faults.F3, "lost", id="F3 marked in a transaction of its own"),
        pytest.param(faults.F4, "lost", id="F4 marks do not tell sources apart"),
        pytest.param(faults.FOLD_APART, "disagree", id="folded after it is noted"),
        pytest.param(faults.NO_SYNC, "corrupt", id="synchronous=OFF"),
    ],
)
def test_a_planted_fault_is_found(fault, kind):
    seed, kinds = 0, set()
    while kind not in kinds and seed < 40:
        kinds |= cut_power(fault, [seed]).kinds
        seed += 1

    assert kind in kinds
