"""From what happened to a letter and back: the round that acts, over a real database and a delivery."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from keepwell.alerts.rota import Person, Rota
from keepwell.base.time import DAY_US
from keepwell.channels.letter import Failed, Uncertain
from keepwell.interventions.playbook import BandEntered
from keepwell.runtime import courses
from keepwell.runtime.ports.messages import MessageRefusedError
from keepwell.scores.bands import Band
from tests.histories import house
from tests.runtime.acting_scene import Scene, name_in_arm, never_held_out

STAFF = {"eva": Person("eva", "Eva Lind", ("console",))}


@pytest.fixture
def scene():
    with house() as workspace:
        made = Scene(workspace)
        made.playbooks = never_held_out(made.playbooks)
        made.restart()
        yield made


def test_a_fall_becomes_a_draft_that_waits_and_goes_once_it_is_approved(scene):
    scene.band("at_risk", "healthy")
    scene.round()

    assert scene.run().playbook == "at_risk"
    (asked,) = scene.in_state("asked")
    assert asked.step == "immediate_personal_outreach"
    assert scene.letters() == []

    scene.approve()
    scene.round()

    (letter,) = scene.letters()
    assert letter.recipient == asked.recipient
    assert "40%" in letter.text or "40 %" in letter.text
    assert scene.ends()["immediate_personal_outreach"] == "sent"
    assert [each.id for each, _ in scene.told] == [asked.id]


def test_the_bytes_that_go_out_are_those_that_were_approved(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    page = scene.messages.message(scene.message().id)
    scene.approve()
    scene.round()

    (letter,) = scene.letters()
    assert letter.text == page.text
    assert "https://health.example/letters/" in letter.text
    assert (letter.personal.name, letter.personal.automated) == ("Jennifer Williams", False)


def test_a_text_that_changed_since_it_was_seen_is_not_approved(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    seen = scene.message().digest
    scene.messages.edit(scene.message().id, "Are you all right?", ["I wanted to ask how you are."], "ada")

    with pytest.raises(MessageRefusedError, match="changed since you saw it"):
        scene.messages.approve({scene.message().id: seen}, "ada")


def test_an_edit_that_types_a_figure_is_refused_with_its_place(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    before = scene.message()

    with pytest.raises(MessageRefusedError) as refused:
        scene.messages.edit(before.id, "Hello", ["Your use went down by 41%."], "ada")

    assert "".join(each.said for each in refused.value.blocked) == "41%"
    assert scene.message() == before


def test_an_edit_may_write_a_figure_as_its_place(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.messages.edit(scene.message().id, "Hello", ["Down by {use_change:down}, I see."], "ada")
    scene.approve()
    scene.round()

    (letter,) = scene.letters()
    assert "Down by 40%, I see." in letter.text


def test_a_figure_that_changed_after_the_approval_is_written_anew_and_asked_again(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.approve()
    scene.known.values["use_change"] = -0.5
    scene.round()

    assert scene.letters() == []
    (asked,) = scene.in_state("asked")
    assert asked.approved() == []
    scene.approve()
    scene.round()
    assert "50%" in scene.letters()[0].text


def test_nobody_approves_for_four_hours_and_it_is_a_task_that_an_approval_closes(scene):
    scene.band("at_risk", "healthy")
    scene.round().until(5)

    assert "immediate_personal_outreach" in scene.tasks()
    scene.approve()
    scene.round()
    assert "immediate_personal_outreach" not in scene.tasks()
    assert scene.ends()["immediate_personal_outreach"] == "sent"


def test_a_reply_holds_the_next_message_until_somebody_has_looked(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.approve()
    scene.round()
    scene.round(0.5)
    scene.event("message_replied", text="All fine, thank you")
    scene.round().until(4)

    assert scene.in_state("asked") == []
    assert scene.runs.run(scene.run().id).line.waits == "a reply waits for a person to look at it"
    assert scene.runs.looked(scene.run().id, "ada")
    scene.round()
    assert [each.step for each in scene.in_state("asked")] == ["value_demonstration"]


def test_what_waits_in_the_outbox_is_taken_back_when_a_reply_comes(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.approve()
    scene.round(deliver=False)
    assert scene.row(scene.message().key).state == "queued"
    scene.event("message_replied", text="thanks")
    scene.round()

    assert scene.row(scene.message().key) is None
    assert scene.letters() == []


def test_a_reply_of_leaving_does_not_spare_the_escalation(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.approve()
    scene.round()
    scene.event("message_replied", text="We want to cancel our subscription.")
    scene.round().until(25)

    assert scene.ends()["executive_escalation"] == "sent"


def test_a_score_that_cannot_be_opened_up_lets_the_step_go(scene):
    scene.book.explain = None
    scene.band("at_risk", "healthy")
    with capture_logs():
        scene.round().until(25)

    assert scene.ends()["executive_escalation"] == "sent"


@pytest.mark.parametrize(("points", "end"), [(5.0, "cancelled"), (1.0, "sent")])
def test_what_behaviour_brought_decides_the_escalation(scene, points, end):
    scene.book.behaviour = points
    scene.band("at_risk", "healthy")
    scene.round().until(25)

    assert scene.ends()["executive_escalation"] == end
    assert ("executive_escalation" in scene.tasks()) == (end == "sent")


def test_critical_takes_the_place_of_at_risk_and_asks_people_at_once(scene):
    scene.band("at_risk", "stable")
    scene.round(0.0)
    scene.round(0.1)
    scene.band("critical", "at_risk")
    scene.round()

    assert scene.run().playbook == "critical"
    assert scene.in_state("asked") == []
    assert "immediate_phone_call" in scene.tasks()
    scene.until(3)
    assert set(scene.tasks()) >= {"immediate_phone_call", "executive_involvement", "custom_solution_development"}
    assert scene.ends()["technical_assessment"] == "sent"
    assert scene.tasks("done")["technical_assessment"].note == "Nothing is wrong with acme."


def test_who_is_held_out_gets_no_message_and_colleagues_are_told_all_the_same(scene):
    from keepwell.runtime.playbooks import in_force

    scene.playbooks = in_force(scene.workspace)
    scene.restart()
    name = name_in_arm(scene.playbooks["at_risk"], scene.now, held_out=True)
    scene.band("at_risk", "healthy", name)
    scene.round().until(25)

    assert scene.run(name).held_out
    assert scene.in_state() == []
    assert scene.tasks()["executive_escalation"].held_out


@pytest.mark.parametrize(
    ("receipt", "end"),
    [(Failed("no such person", permanent=True), "failed"), (Uncertain("no answer"), "uncertain")],
)
def test_what_the_network_said_is_how_the_step_ends(scene, receipt, end):
    scene.mail.receipt = receipt
    scene.band("at_risk", "healthy")
    scene.round()
    scene.approve()
    scene.round()

    assert scene.ends()["immediate_personal_outreach"] == end
    assert len(scene.letters()) == 1


def walk(*, restarts):
    """A day and a quarter, a quarter of an hour at a time; what was written down, and how many letters arrived."""
    with house() as workspace:
        scene = Scene(workspace)
        scene.playbooks = never_held_out(scene.playbooks)
        scene.restart()
        scene.band("at_risk", "healthy")
        for quarter in range(120):
            if restarts:
                scene.restart()
            scene.round(0.25)
            if quarter in (7, 39):
                scene.approve()
        return [(each.kind, each.step, each.because) for each in scene.lines()], len(scene.letters())


def test_a_restart_between_all_that_happens_changes_nothing():
    assert walk(restarts=True) == walk(restarts=False)


def test_a_customer_who_cancels_is_left_alone(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.event("subscription_cancelled")
    scene.round()

    assert scene.run().outcome == "churned"
    assert scene.message().state == "cancelled"


def test_after_two_approved_unchanged_the_next_goes_by_itself(scene):
    from tests.runtime.acting_scene import replace_struct

    playbook = scene.playbooks["at_risk"]
    steps = (replace_struct(playbook.steps[0], approval="auto_after_2"), *playbook.steps[1:])
    scene.playbooks = {**scene.playbooks, "at_risk": replace_struct(playbook, steps=steps)}
    scene.restart()
    for name in ("a", "b"):
        scene.band("at_risk", "healthy", name)
        scene.round()
        scene.approve()
        scene.round()
    scene.band("at_risk", "healthy", "c")
    scene.round()

    assert len(scene.letters()) == 3
    assert scene.letters()[-1].personal.automated


def test_a_message_without_its_facts_ends_the_step_with_the_reason(scene):
    scene.known.values.clear()
    scene.alert("feature_adoption_stall")
    scene.round()

    assert scene.message("offer_help" if "offer_help" in scene.ends() else next(iter(scene.ends()))).state == "failed"


def test_a_brief_tells_executives_how_the_customer_stands_and_what_was_done(scene):
    scene.workspace.alarms = replace(scene.workspace.alarms, rota=Rota(STAFF, (), (), {"senior_leadership": ("eva",)}))
    scene.restart()
    scene.delivery._ways.channels["console"] = scene.mail
    scene.event("customer_updated", name="Acme Trading", mrr=1200)
    scene.band("at_risk", "healthy")
    scene.round().until(25)

    (brief,) = (each for each in scene.letters("staff") if "leadership" in each.subject)
    assert brief.recipient == "eva"
    assert "immediate personal outreach" in brief.text
    assert scene.tasks()["executive_escalation"].roles == "senior_leadership"
    assert any("given to senior leadership: Eva Lind" in each.because for each in scene.lines())


def test_a_fault_of_one_customer_keeps_nobody_else_waiting(scene, monkeypatch):
    """The course of one cannot be folded, the facts of another cannot be read: the others go on."""
    right = courses.decide

    def wrong(state, facts, now):
        if any(getattr(fact, "because", "") == "the band fell from stable to at risk" for fact in facts):
            raise ValueError
        return right(state, facts, now)

    monkeypatch.setattr(courses, "decide", wrong)
    scene.known.unreadable = "b"
    for name, start in (("a", "stable"), ("b", "healthy"), ("c", "healthy"), ("d", "healthy")):
        scene.band("at_risk", start, name)
    with capture_logs() as logs:
        scene.round()

    assert {each.customer for each in scene.in_state("asked")} == {scene.customer("c"), scene.customer("d")}
    assert {each["event"] for each in logs if each["log_level"] == "error"} == {
        "the runs of a customer cannot go on; they are set apart",
        "a message could not be written; it is tried again",
    }
    scene.known.unreadable = ""
    scene.round(0.2)
    assert len(scene.in_state("asked")) == 3


def test_a_reply_that_was_days_on_its_way_holds_all_the_same(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.event("message_replied", at=scene.now - 3 * DAY_US, text="thanks")
    scene.round()

    assert scene.runs.run(scene.run().id).line.waits == "a reply waits for a person to look at it"


def test_what_happened_days_ago_and_is_known_only_now_begins_nothing(scene):
    scene.happens(BandEntered(scene.now, Band.HEALTHY, Band.STABLE))
    scene.event("subscription_cancelled", at=scene.now - 3 * DAY_US)
    scene.round()
    scene.band("at_risk", "healthy")
    scene.round()

    assert scene.run().outcome is None


def test_a_message_that_arrived_is_never_asked_for_again(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.approve()
    scene.round()
    with scene.database.write() as session:  # the runs are lost, the message is not
        session.run("DELETE FROM course")
        session.run("DELETE FROM run")
    scene.band("at_risk", "healthy")
    scene.round()

    assert scene.run().number == 1
    assert scene.message().state == "sent"
    assert scene.in_state("wanted", "asked") == []
    assert len(scene.letters()) == 1


def test_an_expert_who_fails_ends_the_step_and_the_run_goes_on(scene):
    class Failing:
        def consult(self, *_):
            raise RuntimeError

    scene.tools = replace(scene.tools, consultant=Failing())
    scene.band("at_risk", "healthy")
    with capture_logs() as said:
        scene.round().until(30, 1)

    assert "the Expert could not be asked" in [each["event"] for each in said]
    assert scene.ends()["expert_consultation"] == "failed"
    assert scene.in_state("asked")


def test_what_is_being_sent_is_not_taken_back(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.approve()
    scene.round(deliver=False)
    message = scene.message()
    with scene.database.write() as session:
        session.run("UPDATE outbox SET state = 'sending' WHERE key = ?", (message.key,))
    with pytest.raises(MessageRefusedError, match="has left"):
        scene.messages.reject(message.id, "ada", "we spoke meanwhile")

    assert scene.message().state == "posted"
