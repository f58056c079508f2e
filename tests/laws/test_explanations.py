"""No number without its origin: contributions add up to the score, parts add up to the change."""

from __future__ import annotations

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.base.time import DAY_US
from keepwell.runtime.explain import explain
from keepwell.runtime.scoring import score_at
from tests.conftest import QUICK
from tests.histories import CUSTOMERS, NOW, histories, house, put


@given(history=histories(), days=st.integers(1, 100))
@settings(max_examples=6, phases=QUICK)
def test_everything_adds_up(history, days):
    since = NOW - days * DAY_US
    with house() as workspace:
        put(workspace, [each.event for each in history])
        published = {name: _published(workspace, name) for name in CUSTOMERS}
        for name, score in published.items():
            found = explain(workspace, name, NOW, since)
            if found is None or found.score is None:
                assert score is None
                continue
            assert found.score == score
            total = sum(line.contribution for line in found.metrics)
            assert math.isclose(total, found.uncapped_score, abs_tol=1e-9)
            for line in found.metrics:
                parts = sum(each.contribution for each in line.indicators)
                assert not line.indicators or math.isclose(parts, line.contribution, abs_tol=1e-9)
            change = found.change
            if change.score_from is not None:
                assert math.isclose(sum(part.points for part in change.parts), change.total, abs_tol=1e-9)
                assert math.isclose(change.score_to - change.score_from, change.total, abs_tol=1e-9)
                assert change.score_to == found.score


def _published(workspace, name: str) -> float | None:
    scored = score_at(workspace, NOW, workspace.deck)
    with workspace.database.read() as session:
        number = session.one("SELECT id FROM customer WHERE external_id = ?", (name,))
    if number not in scored.customers:
        return None
    return float(scored.scores.score[scored.customers.index(number)])
