"""The sanity of the whole, on simulated bases: a healthy base looks healthy, and who stops dead is seen."""

from __future__ import annotations

import numpy as np
import pytest

from keepwell.base.time import DAY_US, day_of, parse_instant
from keepwell.runtime.scoring import score_at, score_days
from keepwell.runtime.simulating import fill
from keepwell.scores.lifecycle import STAGES, Lifecycle
from keepwell.simulation.spec import WorldSpec
from keepwell.simulation.world import simulate
from tests.histories import house

UNTIL = parse_instant("2026-09-01T00:00:00Z")


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.proof)])
def test_a_base_with_nine_in_ten_healthy_looks_it(seed):
    with house() as workspace:
        fill(workspace, WorldSpec(until=UNTIL, days=200, seed=seed), UNTIL)
        scored = score_at(workspace, UNTIL, workspace.deck).scores
    watched = scored.score[scored.lifecycle != STAGES.index(Lifecycle.CHURNED)]

    assert 0.65 <= (watched >= 80).mean() <= 0.80
    assert (watched < 40).mean() < 0.03


def test_who_stops_dead_is_below_60_in_14_days_and_below_40_in_35_and_stays():
    spec = WorldSpec(until=UNTIL, customers=190, days=240, seed=5, disengaged_share=0.2, churned_share=0.12)
    stopped = {
        name: day_of(parse_instant(fate["onset_at"]))
        for name, fate in simulate(spec).truth["customers"].items()
        if fate["kind"] == "sudden_churn" and parse_instant(fate["onset_at"]) < UNTIL - 36 * DAY_US
    }
    with house() as workspace:
        fill(workspace, spec, UNTIL)
        with workspace.database.read() as session:
            numbers = dict(session.run("SELECT external_id, id FROM customer"))
        last = day_of(UNTIL) - 1
        found = [(each.table.scope, each.scores.score) for each in score_days(workspace, last - 110, last)]
    customer, day, score = (
        np.concatenate([scope["customer"] for scope, _ in found]),
        np.concatenate([scope["d"] for scope, _ in found]),
        np.concatenate([scores for _, scores in found]),
    )

    assert len(stopped) >= 5
    for name, onset in stopped.items():
        own = customer == numbers[name]
        assert (score[own & (day >= onset + 14)] < 60).all(), name
        assert (score[own & (day >= onset + 35)] < 40).all(), name
