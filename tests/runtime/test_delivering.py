"""The delivery over a real database, turn by turn: what leaves, what does not and why."""

import pytest
from structlog.testing import capture_logs

from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.channels.letter import Audience, Failed, Letter, Sent, Uncertain
from keepwell.runtime.delivering import Delivery, post, retry_s
from keepwell.runtime.outward import Outward
from keepwell.store import outbox
from keepwell.store.outbox import State
from tests.histories import NOW, house
from tests.runtime.outbox_scene import Memory, Scene


@pytest.fixture
def database():
    with house() as workspace:
        yield workspace.database


@pytest.fixture
def scene(database):
    with capture_logs():
        yield Scene(database)


# ---------------------------------------------------------------------- what leaves


def test_what_is_due_is_sent_once_and_written_down(scene):
    assert scene.post()
    assert not scene.post()
    scene.turn()
    scene.turn(HOUR_US)

    assert scene.sent() == ["k"]
    assert (scene.state(), scene.row().reference, scene.row().attempts) == (State.SENT, "ok", 1)
    assert b'keepwell_letters_total{channel="email",outcome="sent"} 1.0' in scene.telemetry.text()


def test_the_claim_is_committed_before_the_channel_is_asked(scene):
    seen = []
    scene.mail.send = lambda _: seen.append(scene.row().state) or Sent("ok")
    scene.post()
    scene.turn()

    assert seen == [State.SENDING]


def test_what_is_due_later_is_sent_then(scene):
    scene.post(due_at=NOW + 60 * SECOND_US)
    scene.turn(59)
    assert scene.sent() == []
    scene.turn(1)
    assert scene.sent() == ["k"]


def test_what_is_late_expires(scene):
    scene.post(expires_at=NOW + SECOND_US)
    scene.turn(1)

    assert scene.sent() == []
    assert scene.state() is State.EXPIRED


@pytest.mark.parametrize(
    ("how", "audience", "reason"),
    [
        ({"send": "nothing"}, Audience.STAFF, "sending is switched off: KEEPWELL_SEND is `nothing`"),
        ({"send": "nothing"}, Audience.CUSTOMER, "sending is switched off: KEEPWELL_SEND is `nothing`"),
        ({"send": "staff"}, Audience.CUSTOMER, "only staff are sent to: KEEPWELL_SEND is `staff`"),
        ({"channels": {}}, Audience.STAFF, "the channel email is not set up: KEEPWELL_SMTP_URL is not set"),
    ],
)
def test_what_may_not_leave_says_why(database, how, audience, reason):
    scene = Scene(database, **how)
    scene.post(audience=audience, urgent=True)
    scene.turn()

    assert scene.sent() == []
    assert (scene.state(), scene.row().error) == (State.SUPPRESSED, reason)


def test_the_rules_are_those_of_the_minute_it_leaves(database):
    scene = Scene(database)
    scene.post(due_at=NOW + SECOND_US)
    scene.ways = Outward(scene.ways.channels, "nothing")
    scene.restart()
    scene.turn(1)

    assert scene.state() is State.SUPPRESSED


# ---------------------------------------------------------------------- what does not work


def test_a_failure_is_tried_again_later_and_later_and_then_given_up(scene):
    scene.mail.receipt = Failed("busy")
    scene.post()
    waited = []
    for _ in range(20):
        scene.turn()
        if scene.state() is State.FAILED:
            break
        waited.append((scene.row().due_at - scene.now) / SECOND_US)
        scene.now = scene.row().due_at

    assert (len(scene.sent()), scene.row().error) == (8, "busy")
    assert waited == pytest.approx([retry_s("k", n) for n in range(1, 8)], abs=1e-5)
    assert waited == sorted(waited)
    assert not any(letter.repeat for letter in scene.mail.letters)


def test_retries_are_spread_by_their_key_and_the_same_each_time():
    first = [retry_s(f"k{n}", 1) for n in range(200)]

    assert first == [retry_s(f"k{n}", 1) for n in range(200)]
    assert min(first) >= 3.75
    assert max(first) <= 6.25
    assert len(set(first)) > 100
    assert retry_s("k", 99) <= 3 * 3600 * 1.25


def test_a_refusal_for_good_is_not_tried_again(scene):
    scene.mail.receipt = Failed("no such person", permanent=True)
    scene.post()
    scene.turn()
    scene.turn(HOUR_US)

    assert (len(scene.sent()), scene.state()) == (1, State.FAILED)


def test_who_asks_to_be_left_alone_is(scene):
    scene.mail.receipt = Failed("429", again_in_s=3600)
    scene.post()
    scene.turn()

    assert scene.row().due_at == NOW + HOUR_US


@pytest.mark.parametrize("breaks", [False, True])
def test_what_is_uncertain_is_repeated_to_staff_and_left_to_a_person_for_customers(scene, breaks):
    scene.mail.receipt = Uncertain("no answer")
    if breaks:
        scene.mail.send = _breaking(scene.mail)
    scene.post("staff")
    scene.post("customer", audience=Audience.CUSTOMER)
    scene.turn()
    scene.mail.send = Memory.send.__get__(scene.mail)
    scene.mail.receipt = Sent("ok")
    scene.turn(60)

    assert sorted(scene.sent()) == ["customer", "staff", "staff"]
    assert [letter.repeat for letter in scene.mail.letters if letter.key == "staff"] == [False, True]
    assert (scene.state("staff"), scene.state("customer")) == (State.SENT, State.UNCERTAIN)


def _breaking(mail):
    def send(letter):
        mail.letters.append(letter)
        raise RuntimeError

    return send


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("arrives", [False, True])
@pytest.mark.parametrize("audience", list(Audience))
def test_killed_while_sending_staff_hear_again_and_customers_do_not(scene, arrives, audience):
    def dying(letter):
        scene.mail.letters += [letter] if arrives else []
        raise Killed

    scene.post(audience=audience)
    scene.mail.send = dying
    with pytest.raises(Killed):
        scene.turn()
    scene.mail.send = Memory.send.__get__(scene.mail)
    scene.restart()
    scene.delivery.recover(scene.now)
    scene.turn()

    if audience is Audience.STAFF:
        assert [letter.repeat for letter in scene.mail.letters] == [False] * arrives + [True]
        assert scene.state() is State.SENT
    else:
        assert len(scene.mail.letters) == arrives
        assert (scene.state(), scene.row().error) == (State.UNCERTAIN, "the server stopped while it was being sent")


def test_a_claim_that_ended_before_its_turn_is_not_used(scene):
    """A thread that begins minutes late must not send what others may have sent by then."""
    waiting = []
    delivery = Delivery(scene.database, scene.ways, lambda: scene.now, scene.telemetry, waiting.append)
    scene.post()
    delivery.turn(scene.now)
    scene.turn(scene.ways.lease_s + 1)
    waiting[0]()

    assert scene.sent() == ["k"]
    assert scene.mail.letters[0].repeat
    assert scene.state() is State.SENT


# ---------------------------------------------------------------------- no storms


def test_above_the_hour_messages_wait_and_come_as_one(scene):
    for number in range(8):
        scene.post(str(number))
        scene.now += SECOND_US
        scene.turn()
    assert scene.sent() == ["0", "1", "2"]
    assert scene.row("5").held

    scene.turn(3600)
    assert len(scene.sent()) == 4
    group = scene.mail.letters[-1]
    assert group.subject == "5 messages"
    assert all(f"t {number}" in group.text for number in range(3, 8))
    assert scene.state("5") is State.SUPPRESSED
    assert scene.row("5").reference == group.key
    assert scene.state(group.key) is State.SENT

    scene.turn(3600 * 24)
    assert len(scene.sent()) == 4


def test_urgent_ones_customers_programs_and_other_people_do_not_wait(database):
    hook = Memory()
    scene = Scene(database, per_hour=1)
    scene.ways.channels["webhook"] = hook
    for number in range(3):
        scene.post(f"urgent {number}", urgent=True)
        scene.post(f"customer {number}", audience=Audience.CUSTOMER)
        scene.post(f"hook {number}", channel="webhook")
        scene.post(f"other {number}", recipient=str(number))
        scene.post(f"capped {number}")
    scene.turn()

    assert len(hook.letters) == 3
    assert sum(not key.startswith("capped") for key in scene.sent()) == 9
    assert sum(key.startswith("capped") for key in scene.sent()) == 1


def test_an_outage_of_six_hours_is_few_messages(database):
    """Hundreds of ordinary alerts for one person: what the hour allows, and then one an hour."""
    scene = Scene(database, per_hour=1)
    with capture_logs():
        for hour in range(6):
            _alerts(scene, hour)
            scene.turn(3600)

    assert len(scene.sent()) <= 7
    with scene.database.read() as session:
        counted = outbox.counts(session)
    assert counted[State.QUEUED] + counted[State.SUPPRESSED] + counted[State.SENT] >= 600


def _alerts(scene, hour):
    with scene.database.write() as session:
        for number in range(100):
            given = {"audience": Audience.STAFF, "channel": "email", "recipient": "ada", "subject": "s"}
            post(session, Letter(key=f"{hour} {number}", text="t", because="b", **given), scene.now)


def test_what_expires_while_it_waits_is_not_in_the_group(scene):
    for number in range(6):
        scene.post(str(number), expires_at=NOW + HOUR_US if number == 5 else None)
    scene.turn()
    scene.turn(3600)

    assert scene.mail.letters[-1].subject == "2 messages"
    assert scene.state("5") is State.EXPIRED


def test_a_letter_survives_the_outbox(scene):
    scene.post(html="<p>", data={"blocks": [{"type": "divider"}]}, urgent=True, expires_at=NOW + HOUR_US)
    scene.turn()

    (letter,) = scene.mail.letters
    assert (letter.html, letter.data, letter.urgent) == ("<p>", {"blocks": [{"type": "divider"}]}, True)
