"""The thread of the delivery, over real sockets too: how soon letters leave, and what holds up what."""

import threading
import time
from itertools import product

import pytest
from structlog.testing import capture_logs

from keepwell.base.errors import KeepwellError
from keepwell.channels.email import Email, Server
from keepwell.channels.guarded import Door
from keepwell.channels.letter import Audience, Letter
from keepwell.channels.webhook import Webhook
from keepwell.config.settings import SettingRefusedError, Settings, load_settings
from keepwell.runtime.delivering import LONGEST_REST_S, Delivery, post
from keepwell.runtime.lanes import AT_ONCE, Lanes
from keepwell.runtime.outward import Outward, outward
from keepwell.store import outbox
from keepwell.store.outbox import State
from tests.channels.servers import Post, always, mail_server, web_server
from tests.histories import NOW, house
from tests.runtime.outbox_scene import Memory, Scene

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def database():
    with house() as workspace:
        yield workspace.database


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

    def send(self, letter):
        self.came.set()
        return super().send(letter)


def test_a_commit_wakes_the_thread(database, running):
    mail = Timed()
    delivery = running(email=mail)
    time.sleep(0.1)  # it sleeps by now
    for number in range(20):
        mail.came.clear()
        with database.write() as session:
            delivery.post(session, _letter(str(number), urgent=True))
        assert mail.came.wait(LONGEST_REST_S / 2)


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
        delivery.post(session, _letter("k"), _real_now() + 1_000_000)

    assert not mail.came.wait(0.2)
    assert mail.came.wait(LONGEST_REST_S / 2)


def test_a_channel_that_hangs_holds_up_no_other_and_no_urgent_letter(database, running):
    go = threading.Event()

    class Hanging(Timed):
        def send(self, letter):
            if not letter.urgent:
                go.wait(LONGEST_REST_S)
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
        assert mail.came.wait(LONGEST_REST_S / 2)
        assert slack.came.wait(LONGEST_REST_S / 2)
        assert [letter.key for letter in mail.letters] == ["urgent"]
    finally:
        go.set()
    _until(lambda: len(mail.letters) == 11)


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
    assert mail.came.wait(LONGEST_REST_S / 2)
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
            assert mail.came.wait(LONGEST_REST_S / 2)
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
        _post_everywhere(delivery, database)
        _until(lambda: _waiting(database) == 0)
        delivery.stop()

    assert (handler.connections, handler.taken, web.requests) == (0, [], [])
    with database.read() as session:
        assert outbox.counts(session)[State.SUPPRESSED] == 8


def _post_everywhere(delivery, database):
    with database.write() as session:
        for channel, audience in product(("email", "slack", "webhook", "console"), Audience):
            letter = _letter(f"{channel} {audience}", channel=channel, audience=audience, urgent=True)
            delivery.post(session, letter)


def _until(done):
    deadline = time.monotonic() + LONGEST_REST_S
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
    assert set(outward(Settings(), _real_now).channels) == {"console", "in_app"}
    assert outward(Settings(), _real_now).send == "nothing"
    whole = Settings(
        send="staff", smtp_url="smtp://mail", mail_from="k@example.org", slack_token="xoxb", webhook_url="https://h",
        webhook_secret=SECRET, send_per_hour=4,
    )  # fmt: skip
    found = outward(whole, _real_now)
    assert set(found.channels) == {"console", "in_app", "email", "slack", "webhook"}
    assert (found.send, found.per_hour) == ("staff", 4)


def test_an_audience_that_is_none_is_refused():
    with pytest.raises(SettingRefusedError):
        Settings(send="everything")


@pytest.mark.parametrize(
    "wrong",
    [
        {"smtp_url": "smtp://mail"},
        {"webhook_url": "https://h"},
        {"slack_url": "https://s", "slack_token": "x"},
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
