"""The delivery over a real database: what leaves, what does not and why, and how soon."""

import threading
import time

import pytest
from structlog.testing import capture_logs

from keepwell.base.errors import KeepwellError
from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.channels.email import Email, Server
from keepwell.channels.guarded import Door
from keepwell.channels.letter import Audience, Failed, Letter, Sent, Uncertain
from keepwell.channels.webhook import Webhook
from keepwell.config.settings import SettingRefusedError, Settings, load_settings
from keepwell.runtime.delivering import Delivery, post, retry_s
from keepwell.runtime.lanes import AT_ONCE, Lanes
from keepwell.runtime.outward import Outward, outward
from keepwell.runtime.telemetry import Telemetry
from keepwell.store import outbox
from keepwell.store.outbox import State
from tests.channels.servers import Post, always, mail_server, web_server
from tests.histories import NOW, house

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Memory:
    """A channel that remembers, and answers what it is told to."""

    def __init__(self, receipt=None):
        self.receipt = receipt or Sent("ok")
        self.letters = []

    def send(self, letter):
        self.letters.append(letter)
        return self.receipt


class Scene:
    """A delivery that tests drive by hand."""

    def __init__(self, database, **how):
        self.database, self.now = database, NOW
        self.mail = Memory()
        self.telemetry = Telemetry()
        self.ways = Outward(**{"channels": {"email": self.mail}, "send": "all", "per_hour": 3, **how})
        self.restart()

    def restart(self):
        self.delivery = Delivery(self.database, self.ways, lambda: self.now, self.telemetry, lambda work: work())

    def post(self, key="k", due_at=None, **how):
        given = {"key": key, "audience": Audience.STAFF, "channel": "email", "recipient": "ada", "subject": f"s {key}"}
        with self.database.write() as session:
            return post(session, Letter(**{**given, "text": f"t {key}", "because": "b", **how}), self.now, due_at)

    def turn(self, after_s=0):
        self.now += int(after_s * SECOND_US)
        while self.delivery.turn(self.now):
            pass

    def row(self, key="k"):
        with self.database.read() as session:
            return outbox.find(session, key)

    def state(self, key="k"):
        return self.row(key).state

    def sent(self):
        return [letter.key for letter in self.mail.letters]


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
            with scene.database.write() as session:
                for number in range(100):
                    given = {"audience": Audience.STAFF, "channel": "email", "recipient": "ada", "subject": "s"}
                    post(session, Letter(key=f"{hour} {number}", text="t", because="b", **given), scene.now)
            scene.turn(3600)

    assert len(scene.sent()) <= 7
    with scene.database.read() as session:
        counted = outbox.counts(session)
    assert counted[State.QUEUED] + counted[State.SUPPRESSED] + counted[State.SENT] >= 600


def test_what_expires_while_it_waits_is_not_in_the_group(scene):
    for number in range(6):
        scene.post(str(number), expires_at=NOW + HOUR_US if number == 5 else None)
    scene.turn()
    scene.turn(3600)

    assert scene.mail.letters[-1].subject == "2 messages"
    assert scene.state("5") is State.EXPIRED


# ---------------------------------------------------------------------- the thread


@pytest.fixture
def running(database):
    started = []

    def start(**channels):
        ways = Outward(channels, "all", 1000)
        delivery = Delivery(database, ways, _real_now)
        delivery.start()
        started.append(delivery)
        return delivery

    with capture_logs():
        yield start
        for delivery in started:
            delivery.stop()


def _real_now():
    return time.time_ns() // 1000  # noqa: TID251 - the thread sleeps in real time


def _letter(key, **how):
    given = {"audience": Audience.STAFF, "channel": "email", "recipient": "ada@example.org", "subject": "s"}
    return Letter(**{**given, "key": key, "text": "t", "because": "b", **how})


class Timed(Memory):
    """Says when something came."""

    def __init__(self):
        super().__init__()
        self.came = threading.Event()
        self.at = 0.0

    def send(self, letter):
        self.at = time.monotonic()
        self.came.set()
        return super().send(letter)


def test_an_urgent_letter_leaves_within_50_ms_of_its_commit(database, running):
    mail = Timed()
    delivery = running(email=mail)
    time.sleep(0.1)  # it sleeps by now
    delays = []
    for number in range(20):
        mail.came.clear()
        with database.write() as session:
            delivery.post(session, _letter(str(number), urgent=True))
        committed = time.monotonic()
        assert mail.came.wait(5)
        delays.append(mail.at - committed)

    assert sorted(delays)[len(delays) // 2] < 0.05


def test_what_is_rolled_back_never_leaves(database, running):
    mail = Memory()
    delivery = running(email=mail)
    with pytest.raises(ZeroDivisionError):
        _post_and_fail(delivery, database)
    time.sleep(0.1)

    assert mail.letters == []


def _post_and_fail(delivery, database):
    with database.write() as session:
        delivery.post(session, _letter("k"))
        raise ZeroDivisionError


def test_a_thread_with_nothing_to_do_asks_nothing(database, running, monkeypatch):
    delivery = running(email=Memory())
    time.sleep(0.1)
    turns = []
    monkeypatch.setattr(delivery, "turn", lambda now: turns.append(now) or False)
    time.sleep(0.5)

    assert turns == []


def test_a_letter_that_is_due_later_wakes_the_thread(database, running):
    mail = Timed()
    delivery = running(email=mail)
    with database.write() as session:
        delivery.post(session, _letter("k"), _real_now() + 300_000)

    assert not mail.came.wait(0.2)
    assert mail.came.wait(2)


def test_a_channel_that_hangs_holds_up_no_other_and_no_urgent_letter(database, running):
    go = threading.Event()

    class Hanging(Timed):
        def send(self, letter):
            if not letter.urgent:
                go.wait(10)
            return super().send(letter)

    mail, slack = Hanging(), Timed()
    delivery = running(email=mail, slack=slack)
    try:
        with database.write() as session:
            for number in range(10):
                delivery.post(session, _letter(str(number)))
        time.sleep(0.1)
        with database.write() as session:
            delivery.post(session, _letter("urgent", urgent=True))
            delivery.post(session, _letter("slack", channel="slack"))
        assert mail.came.wait(2)
        assert slack.came.wait(2)
        assert [letter.key for letter in mail.letters] == ["urgent"]
    finally:
        go.set()
    deadline = time.monotonic() + 5
    while len(mail.letters) < 11 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(mail.letters) == 11


def test_stopping_waits_for_what_is_on_its_way_and_begins_nothing_more(database):
    class Slow(Timed):
        def send(self, letter):
            found = super().send(letter)
            time.sleep(0.3)
            return found

    mail = Slow()
    delivery = Delivery(database, Outward({"email": mail}, "all"), _real_now)
    delivery.start()
    with database.write() as session:
        delivery.post(session, _letter("k"))
    assert mail.came.wait(2)
    delivery.stop()
    with database.write() as session:
        delivery.post(session, _letter("later"))
    time.sleep(0.1)

    with database.read() as session:
        assert outbox.find(session, "k").state is State.SENT
        assert outbox.find(session, "later").state is State.QUEUED


def test_a_database_that_fails_does_not_end_the_thread(database, monkeypatch):
    mail = Timed()
    delivery = Delivery(database, Outward({"email": mail}, "all"), _real_now)
    failures = []

    def failing(now):
        failures.append(now)
        if len(failures) == 1:
            raise OSError
        return Delivery.turn(delivery, now)

    monkeypatch.setattr(delivery, "turn", failing)
    with database.write() as session:
        post(session, _letter("k"), _real_now())
    with capture_logs() as said:
        delivery.start()
        try:
            assert mail.came.wait(5)
        finally:
            delivery.stop()
    assert said[0]["event"] == "a turn of the delivery failed"


def test_lanes_leave_room_for_what_is_urgent():
    lanes = Lanes()
    assert [lanes.enter("email", urgent=False) for _ in range(3)] == [True, True, False]
    assert (lanes.busy(), lanes.full()) == (["email"], [])
    assert [lanes.enter("email", urgent=True) for _ in range(3)] == [True, True, False]
    assert lanes.full() == ["email"]
    assert lanes.copy().full() == ["email"]
    assert not lanes.wait_until_empty(0)
    for _ in range(AT_ONCE):
        lanes.leave("email")
    assert lanes.wait_until_empty(0)


# ---------------------------------------------------------------------- over real sockets


def test_from_the_commit_to_the_mail_server_and_the_webhook(database, running):
    handler = Post()
    with mail_server(handler) as port, web_server(always()) as web:
        delivery = running(
            email=Email(Server("smtp", "127.0.0.1", port), "Keepwell <k@example.org>", _real_now),
            webhook=Webhook(web.url, (SECRET,), _real_now, Door(private=True)),
        )
        with database.write() as session:
            delivery.post(session, _letter("mail"))
            delivery.post(session, _letter("hook", channel="webhook"))
        _until(lambda: _all_sent(database, "mail", "hook"))

    assert (len(handler.taken), len(web.requests)) == (1, 1)


def test_a_mail_server_that_drops_the_answer_has_each_message_id_once_for_customers(database):
    handler = Post("drop")
    with mail_server(handler) as port, capture_logs():
        scene = Scene(database)
        scene.ways.channels["email"] = Email(Server("smtp", "127.0.0.1", port), "k@example.org", lambda: NOW, 5.0)
        scene.post("c", audience=Audience.CUSTOMER, recipient="c@example.org")
        scene.post("s", recipient="s@example.org")
        scene.turn()
        handler.mood = "accept"
        scene.turn(60)

    assert sorted(each.rcpt_tos[0] for each in handler.taken) == ["c@example.org", "s@example.org", "s@example.org"]
    assert (scene.state("c"), scene.state("s")) == (State.UNCERTAIN, State.SENT)


def test_a_fresh_installation_connects_to_nobody(database):
    """Even with every channel set up, as long as nobody has switched sending on."""
    handler = Post()
    with mail_server(handler) as port, web_server(always()) as web, capture_logs():
        given = {"smtp_url": f"smtp://127.0.0.1:{port}", "mail_from": "k@example.org", "private_targets": True}
        settings = Settings(slack_url=web.url, webhook_url=web.url, webhook_secret=SECRET, **given)
        delivery = Delivery(database, outward(settings, _real_now), _real_now)
        delivery.start()
        with database.write() as session:
            for channel in ("email", "slack", "webhook", "console"):
                for audience in Audience:
                    letter = _letter(f"{channel} {audience}", channel=channel, audience=audience, urgent=True)
                    delivery.post(session, letter)
        _until(lambda: _waiting(database) == 0)
        delivery.stop()

    assert (handler.connections, handler.taken, web.requests) == (0, [], [])
    with database.read() as session:
        assert outbox.counts(session)[State.SUPPRESSED] == 8


def _until(done):
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _waiting(database):
    with database.read() as session:
        return outbox.waiting_count(session)


def _all_sent(database, *keys):
    with database.read() as session:
        return all(outbox.find(session, key).state is State.SENT for key in keys)


# ---------------------------------------------------------------------- the settings


def test_the_settings_say_which_channels_there_are():
    assert set(outward(Settings(), _real_now).channels) == {"console"}
    assert outward(Settings(), _real_now).send == "nothing"
    whole = Settings(
        send="staff", smtp_url="smtp://mail", mail_from="k@example.org", slack_token="xoxb", webhook_url="https://h",
        webhook_secret=SECRET, send_per_hour=4,
    )  # fmt: skip
    found = outward(whole, _real_now)
    assert set(found.channels) == {"console", "email", "slack", "webhook"}
    assert (found.send, found.per_hour) == ("staff", 4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"send": "everything"},
        {"smtp_url": "smtp://mail"},
        {"webhook_url": "https://h"},
        {"slack_url": "https://s", "slack_token": "x"},
    ],
)
def test_half_a_channel_is_refused(wrong):
    with pytest.raises(SettingRefusedError):
        Settings(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_url": "mail", "mail_from": "k@example.org"},
        {"smtp_url": "smtp://mail", "mail_from": "nobody"},
        {"webhook_url": "https://h", "webhook_secret": "short"},
    ],
)
def test_a_channel_that_makes_no_sense_is_refused_before_anything_starts(wrong):
    with pytest.raises(KeepwellError):
        outward(Settings(**wrong), _real_now)


def test_a_number_that_is_none_is_refused_in_words(monkeypatch):
    monkeypatch.setenv("KEEPWELL_SEND_PER_HOUR", "many")
    with pytest.raises(SettingRefusedError, match="KEEPWELL_SEND_PER_HOUR"):
        load_settings()


def test_a_letter_survives_the_outbox(scene):
    scene.post(html="<p>", data={"blocks": [{"type": "divider"}]}, urgent=True, expires_at=NOW + HOUR_US)
    scene.turn()

    (letter,) = scene.mail.letters
    assert (letter.html, letter.data, letter.urgent) == ("<p>", {"blocks": [{"type": "divider"}]}, True)
