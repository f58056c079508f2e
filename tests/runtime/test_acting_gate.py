"""What the gate does to letters that were approved: whether they leave, wait, or end."""

import pytest

from keepwell.channels.letter import Audience, Letter
from keepwell.runtime import acting
from keepwell.runtime.ports.messages import MessageRefusedError
from keepwell.store import messages
from tests.histories import house
from tests.runtime.acting_scene import Scene, never_held_out


@pytest.fixture
def scene():
    with house() as workspace:
        made = Scene(workspace)
        made.playbooks = never_held_out(made.playbooks)
        made.restart()
        yield made


@pytest.mark.parametrize(
    ("settings", "state"),
    [
        ({"send": "nothing"}, "suppressed"),
        ({"send": "staff"}, "suppressed"),
        ({"dry_run": True}, "suppressed"),
        ({"send_to": "@elsewhere.example"}, "suppressed"),
    ],
)
def test_nothing_leaves_as_long_as_it_is_not_switched_on(settings, state):
    with house() as workspace:
        scene = Scene(workspace, **settings)
        scene.playbooks = never_held_out(scene.playbooks)
        scene.restart()
        scene.band("at_risk", "healthy")
        scene.round()
        scene.approve()
        scene.until(6)

        assert scene.mail.letters == []
        assert scene.message().state == state


def test_a_stop_holds_everything_and_what_is_late_by_its_end_is_not_sent(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.messages.stop("ada", "wrong prices")
    scene.approve()
    scene.until(5)
    scene.messages.go_on("ada")
    scene.round(1)

    assert scene.letters() == []
    assert scene.message().state == "expired"


def test_after_three_days_without_power_nothing_that_is_late_goes_out(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.approve()
    scene.round(deliver=False)
    scene.now += 72 * 3_600_000_000
    scene.restart()
    scene.round()

    assert scene.letters() == []
    assert scene.ends()["immediate_personal_outreach"] == "expired"


@pytest.mark.parametrize(
    ("change", "state"),
    [({"consents": False}, "suppressed"), ({"nobody": True}, "suppressed")],
)
def test_who_has_not_agreed_or_cannot_be_reached_is_not_written_to(scene, change, state):
    for name, value in change.items():
        setattr(scene.known, name, value)
    scene.band("at_risk", "healthy")
    scene.round().round(0.01)

    assert scene.letters() == []
    assert scene.message().state == state
    assert scene.ends()["immediate_personal_outreach"] == "suppressed"


def test_an_address_that_unsubscribed_is_not_written_to(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.approve()
    with scene.database.write() as session:
        messages.refuse(session, messages.Unwanted(scene.message().recipient, scene.now, "one click", "customer"))
    scene.round()

    assert scene.letters() == []
    assert scene.message().state == "suppressed"


def test_two_playbooks_do_not_write_on_one_day(scene):
    scene.band("at_risk", "healthy")
    scene.alert("usage_decline_30")
    scene.round()
    scene.approve()
    scene.round()
    assert len(scene.letters()) == 1
    scene.until(26)
    assert len(scene.letters()) == 2


def test_a_second_person_is_needed_for_many_at_once(scene):
    for number in range(26):
        scene.band("at_risk", "healthy", f"c{number}")
    scene.round()
    assert scene.approve() == 26
    scene.round()
    assert scene.letters() == []

    posted = scene.in_state("posted")
    scene.messages.approve({each.id: each.digest for each in posted}, "bob")
    scene.round(0.1)
    assert len(scene.letters()) == 26


def test_a_message_that_waits_is_told_what_the_gate_would_say_once_it_is_approved(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    page = scene.messages.message(scene.message().id)
    assert (page.allowed, page.verdict) == (True, "everything allows it")

    scene.messages.stop("ada", "prices are wrong")
    page = scene.messages.message(scene.message().id)
    assert (page.allowed, page.verdict) == (False, "everything is stopped")


@pytest.mark.parametrize("properties", [{}, {"email": "Ana@elsewhere.example"}])
def test_who_unsubscribed_elsewhere_is_not_written_to(scene, properties):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.event("unsubscribed", **properties)
    scene.round()
    scene.approve()
    scene.round()

    assert len(scene.letters()) == len(properties)
    with scene.database.read() as session:
        listed = {each.address for each in messages.unwanted(session, 10)}
    assert listed == {properties.get("email", scene.message().recipient).lower()}


def test_letters_to_staff_do_not_wait_for_what_is_computed_for_customers(scene):
    for name in "abcdefgh":
        scene.band("at_risk", "healthy", name)
    scene.round()
    scene.approve()
    acting.go_round(scene.tools, scene.now)
    scene.known.asked = 0
    scene.delivery.turn(scene.now)

    assert scene.known.asked <= 5
    scene.round(0.1)
    assert len(scene.letters()) == 8


def test_what_is_urgent_for_staff_leaves_before_anything_is_computed(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.approve()
    acting.go_round(scene.tools, scene.now)
    scene.known.asked = 0
    urgent = Letter(
        key="a", audience=Audience.STAFF, channel="email", recipient="ada@example.org", subject="s", text="t",
        because="b", urgent=True,
    )  # fmt: skip
    with scene.database.write() as session:
        scene.delivery.post(session, urgent)
    scene.delivery.turn(scene.now)

    assert scene.known.asked == 0
    assert len(scene.letters("staff")) == 1
    scene.round(0.1)
    assert len(scene.letters()) == 1


def test_what_was_approved_while_sending_was_off_does_not_leave_once_it_is_on():
    with house() as workspace:
        scene = Scene(workspace, send="nothing")
        scene.playbooks = never_held_out(scene.playbooks)
        scene.restart()
        scene.band("at_risk", "healthy")
        scene.round()
        scene.approve()
        scene.round(0.1)
        scene.settings = scene.settings.model_copy(update={"send": "all"})
        scene.restart()
        scene.until(6)

        assert scene.letters() == []
        assert scene.ends()["immediate_personal_outreach"] == "suppressed"


def test_what_is_on_its_way_is_taken_back_until_it_has_left(scene):
    scene.band("at_risk", "healthy")
    scene.round()
    scene.approve()
    scene.messages.reject(scene.message().id, "ada", "wrong customer")
    scene.round()

    assert scene.letters() == []
    assert (scene.message().state, scene.ends()["immediate_personal_outreach"]) == ("cancelled", "cancelled")

    scene.band("at_risk", "healthy", "other")
    scene.round()
    scene.approve()
    scene.round()
    sent = next(each for each in scene.in_state("sent"))
    with pytest.raises(MessageRefusedError, match="it is sent"):
        scene.messages.reject(sent.id, "ada", "too late")


def test_a_dry_run_says_on_the_page_that_nothing_leaves():
    with house() as workspace:
        scene = Scene(workspace, dry_run=True)
        scene.playbooks = never_held_out(scene.playbooks)
        scene.restart()
        scene.band("at_risk", "healthy")
        scene.round()
        page = scene.messages.message(scene.message().id)

        assert (page.allowed, page.verdict) == (False, "this is a dry run: nothing leaves")


@pytest.mark.parametrize("change", [{"consents": False}, {"nobody": True}])
def test_what_cannot_be_written_is_a_task_for_a_person(scene, change):
    for name, value in change.items():
        setattr(scene.known, name, value)
    scene.band("at_risk", "healthy")
    scene.round()
    assert scene.tasks() == {}
    scene.round(0.01)

    task = scene.tasks()["immediate_personal_outreach"]
    assert task.objective == "reach the customer by hand"
    assert scene.in_state("asked") == []


def test_a_contact_that_is_known_a_moment_later_is_written_to(scene):
    scene.known.nobody = True
    scene.band("at_risk", "healthy")
    scene.round()
    scene.known.nobody = False
    scene.round(0.003)

    assert scene.message().state == "asked"
