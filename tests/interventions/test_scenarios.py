"""Playbooks walked in test time, with a restart between every two minutes."""

import pytest

from tests.config.test_playbooks import SHIPPED
from tests.interventions.walk import SCENARIOS, walk


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_decided_is_as_written_down(name):
    assert walk(SCENARIOS[name]) == SCENARIOS[name]["said"]


def test_every_step_of_both_playbooks_is_walked_and_every_way_to_end():
    said = [line.split(": ")[0] for each in SCENARIOS.values() for line in each["said"]]

    for name in ("at_risk", "critical"):
        for step in SHIPPED[name].steps:
            assert any(step.id in line for line in said), step.id
    for end in ("sent", "uncertain", "expired", "cancelled", "done by a person"):
        assert any(" StepEnded " in line and end in line for line in said), end
    for outcome in ("recovered", "churned", "stopped", "not recovered", "superseded"):
        assert any(" Closed " in line and outcome in line for line in said), outcome
