"""Replies: kept with the run that they hold, and read by a person."""

import pytest

from keepwell.runtime.ports.expert import Expert
from keepwell.runtime.tasks import StoredTasks
from tests.histories import house
from tests.runtime.acting_scene import Scene, never_held_out


@pytest.fixture
def scene():
    with house() as workspace:
        made = Scene(workspace)
        made.playbooks = never_held_out(made.playbooks)
        made.restart()
        made.band("at_risk", "healthy")
        made.round()
        made.approve()
        made.round()
        yield made


def held(scene):
    return scene.runs.run(scene.run().id).line.waits


@pytest.mark.parametrize(
    ("text", "priority"), [("Thanks, all is well.\nAna", "normal"), ("We cancel our subscription.", "urgent")]
)
def test_a_reply_stands_in_the_history_and_is_a_task(scene, text, priority):
    scene.event("message_replied", text=text)
    scene.round()

    assert [each.because for each in scene.lines() if each.kind == "reply"] == [text]
    task = scene.tasks()["reply"]
    assert (task.objective, task.priority) == ("read the reply", priority)


def test_who_looked_has_done_the_task(scene):
    scene.event("message_replied", text="Thanks")
    scene.round()
    assert scene.runs.looked(scene.run().id, "ada")

    assert "reply" not in scene.tasks()
    assert held(scene) == ""
    assert not scene.runs.looked(scene.run().id, "ada")


def test_who_did_the_task_has_looked(scene):
    scene.event("message_replied", text="Thanks")
    scene.round()
    tasks = StoredTasks(scene.speaker, scene.office, Expert, lambda: scene.now, lambda: None)
    assert held(scene) == "a reply waits for a person to look at it"
    tasks.close(scene.tasks()["reply"].id, "ada", "answered by phone")

    assert held(scene) == ""
    assert scene.tasks("done")["reply"].note == "answered by phone"


def test_a_second_reply_asks_again(scene):
    scene.event("message_replied", text="Thanks")
    scene.round()
    scene.runs.looked(scene.run().id, "ada")
    scene.round(0.1)
    scene.event("message_replied", text="One more thing")
    scene.round()

    assert [each.because for each in scene.lines() if each.kind == "reply"] == ["Thanks", "One more thing"]
    assert "reply" in scene.tasks()
