"""Buttons under messages in Slack: only staff, only what they saw."""

import pytest

from keepwell.alerts.rota import Person, Rota
from keepwell.runtime.pressing import Buttons
from keepwell.sources.slack.interaction import Action, Interaction
from tests.histories import house
from tests.runtime.acting_scene import Scene, never_held_out

ADA = Rota({"ada": Person("ada", "Ada Berg", ("slack",), slack="U1")}, (), ())


@pytest.fixture
def scene():
    with house() as workspace:
        workspace.alarms = workspace.alarms.__class__(workspace.alarms.rules, ADA)
        made = Scene(workspace)
        made.playbooks = never_held_out(made.playbooks)
        made.restart()
        made.band("at_risk", "healthy")
        made.round()
        yield made


def press(scene, action, value, user="U1"):
    buttons = Buttons(None, scene.messages, ADA, lambda: scene.now)
    pressed = Interaction("block_actions", user, actions=(Action(action, "message", value),))
    try:
        return buttons.press(pressed).result(30).accepted
    finally:
        buttons.stop()


def test_a_message_that_waits_is_told_in_slack_with_its_text_and_buttons(scene):
    message = scene.message()
    with scene.database.read() as session:
        (payload,) = (str(each) for (each,) in session.run("SELECT payload FROM outbox WHERE channel = 'slack'"))

    assert f'"value":"{message.id}:{message.digest}"' in payload
    assert "I wanted to check in with you" in payload


def test_approve_lets_exactly_this_text_go(scene):
    message = scene.message()

    assert press(scene, "approve", f"{message.id}:{message.digest}") == 1
    scene.round()
    assert [each.by for each in scene.message().approved()] == ["Ada Berg"]
    assert len(scene.letters()) == 1


@pytest.mark.parametrize(
    ("value", "user"),
    [("{id}:{digest}", "U666"), ("{id}:another", "U1"), ("{id}", "U1"), ("x:{digest}", "U1"), ("", "U1")],
)
def test_others_and_other_texts_approve_nothing(scene, value, user):
    message = scene.message()

    assert press(scene, "approve", value.format(id=message.id, digest=message.digest), user) == 0
    assert scene.message() == message


def test_reject_ends_it(scene):
    message = scene.message()

    assert press(scene, "reject", f"{message.id}:{message.digest}") == 1
    assert scene.message().state == "cancelled"
    assert scene.ends()["immediate_personal_outreach"] == "cancelled"
