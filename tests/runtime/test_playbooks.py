"""Playbooks of an installation, and what they would have done."""

from __future__ import annotations

from itertools import pairwise

import pytest

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.config.refusal import FileRefusedError
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.interventions.holdout import assign
from keepwell.runtime.playbooks import in_force, preview
from keepwell.scores.bands import Band, BandChanged
from keepwell.store import scores
from tests.histories import NOW, house, put

SINCE = NOW - 90 * DAY_US


def event_of(kind, at, customer):
    return accept(Raw(customer, kind, at, {}, f"{customer}-{kind}-{at}"), Receipt(NOW))


def moved(space, customer, *moves):
    """Bands of a customer: how long ago, and which."""
    with space.database.write() as session:
        number = session.one("SELECT id FROM customer WHERE external_id = ?", (customer,))
        changes = [
            BandChanged(at=NOW - ago, start=start, end=end, score=50.0, because="it moved")
            for (_, start), (ago, end) in pairwise(moves)
        ]
        scores.save_changes(session, [(int(number), each) for each in changes])


@pytest.fixture
def space():
    with house() as made:
        put(made, [event_of("signed_in", NOW - 80 * DAY_US, customer) for customer in ("ada", "bob", "cyd")])
        yield made


def of(found, name):
    return next(each for each in found.playbooks if each.playbook == name)


def free(name, playbook, at):
    """Whether somebody is not held out."""
    return not assign(name, playbook, at).held_out


def test_who_would_have_entered_and_been_written_to(space):
    plays = in_force(space)
    moved(space, "ada", (0, Band.STABLE), (50 * DAY_US, Band.AT_RISK))
    found = preview(space, plays, (SINCE, NOW))
    line = of(found, "at_risk")

    assert free("ada", plays["at_risk"], NOW - 50 * DAY_US)
    assert (line.customers, line.entered, line.held_out, line.who) == (1, 1, 0, ["ada"])
    assert line.messages == {"jennifer_at_risk_concern": 1, "jennifer_value_reinforcement": 1}
    assert of(found, "critical").customers == 0


def test_critical_takes_the_place_of_at_risk(space):
    moved(space, "bob", (0, Band.STABLE), (50 * DAY_US, Band.AT_RISK), (50 * DAY_US - HOUR_US, Band.CRITICAL))
    found = preview(space, in_force(space), (SINCE, NOW))

    assert of(found, "critical").entered == 1
    assert "jennifer_value_reinforcement" not in of(found, "at_risk").messages
    assert of(found, "critical").tasks >= 3


def test_what_lies_outside_of_the_span_is_not_told(space):
    moved(space, "ada", (0, Band.STABLE), (50 * DAY_US, Band.AT_RISK))

    assert of(preview(space, in_force(space), (NOW - 40 * DAY_US, NOW)), "at_risk").customers == 0


def test_who_left_is_not_written_to(space):
    put(space, [event_of("subscription_cancelled", NOW - 51 * DAY_US, "ada")])
    moved(space, "ada", (0, Band.STABLE), (50 * DAY_US, Band.AT_RISK))
    found = of(preview(space, in_force(space), (SINCE, NOW)), "at_risk")

    assert found.messages == {}


def test_a_draft_folder_is_previewed_and_a_malformed_one_refused(space, tmp_path):
    (tmp_path / "at_risk.toml").write_text("enabled = false\n")
    moved(space, "ada", (0, Band.STABLE), (50 * DAY_US, Band.AT_RISK))
    assert of(preview(space, in_force(space, tmp_path), (SINCE, NOW)), "at_risk").customers == 0

    (tmp_path / "own.toml").write_text('title = "x"\npurpose = "y"\ntrigger = { rule = "nothing" }\n')
    with pytest.raises(FileRefusedError):
        in_force(space, tmp_path)
