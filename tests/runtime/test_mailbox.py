"""A mailbox that is asked for answers: nothing is lost or counted twice, nothing in it changes, no password is told."""

from __future__ import annotations

import pytest

from keepwell.config.settings import Settings
from keepwell.runtime import answers, mailbox
from keepwell.runtime.health import LiveHealth
from keepwell.runtime.mailbox import Mailbox, mailbox_of
from keepwell.runtime.ports.reception import LaterError
from keepwell.sources.mail import imap
from tests.runtime.letters_scene import reply_to, scene_of
from tests.sources.mail.server import Box, imap_server


class Crash(Exception):
    """The process has died here."""


@pytest.fixture
def box():
    with imap_server(Box()) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with scene_of(url) as made:
        yield made
        made.room.stop()


@pytest.fixture
def scene():
    with scene_of() as made:
        yield made
        made.room.stop()


def asking(scene, box: Box) -> Mailbox:
    """As after a start."""
    return Mailbox(scene.space.database, scene.room, scene.clock, imap.account(box.url))


def replies(scene, first: int, last: int) -> list[bytes]:
    return [reply_to(scene.mail, f"reply {number}") for number in range(first, last + 1)]


def texts(scene) -> list[str]:
    return [said["text"] for _, _, said in scene.events()]


def numbered(first: int, last: int) -> list[str]:
    return [f"reply {number}" for number in range(first, last + 1)]


def test_what_is_new_is_read_once(both, box):
    asked = asking(both, box)
    box.add(*replies(both, 1, 3))
    assert asked.turn() == mailbox.EVERY_S
    asked.turn()
    box.add(*replies(both, 4, 5))
    asked.turn()
    asking(both, box).turn()

    assert texts(both) == numbered(1, 5)
    assert sum("FETCH" in each for each in box.said) == 5


def test_nothing_in_the_mailbox_changes(scene, box):
    box.add(*replies(scene, 1, 2))
    asking(scene, box).turn()
    words = {each.split()[0].upper() if not each.startswith("UID") else each.split()[1] for each in box.said}
    assert words == {"CAPABILITY", "LOGIN", "EXAMINE", "SEARCH", "FETCH", "LOGOUT"}
    assert all("BODY.PEEK" in each for each in box.said if "FETCH" in each)


def test_more_than_a_turn_takes_is_taken_in_further_ones(scene, box, monkeypatch):
    monkeypatch.setattr(mailbox, "AT_ONCE", 4)
    box.add(*replies(scene, 1, 10))
    asked = asking(scene, box)
    assert [asked.turn() for _ in range(3)] == [0.0, 0.0, mailbox.EVERY_S]
    assert texts(scene) == numbered(1, 10)


def test_a_mailbox_of_years_is_not_read_from_its_beginning(scene, box):
    box.add(*replies(scene, 1, 6))
    box.old = set(range(1, 7))
    asked = asking(scene, box)
    asked.turn()
    box.add(*replies(scene, 7, 7))
    asked.turn()
    assert texts(scene) == numbered(7, 7)
    assert sum("FETCH" in each for each in box.said) == 1


@pytest.mark.parametrize("question", ["newest", "since"])
def test_what_comes_while_a_mailbox_is_first_looked_at_is_not_missed(scene, box, monkeypatch, question):
    box.add(*replies(scene, 1, 1))
    box.old = {1}
    asks = getattr(imap.Opened, question)

    def asked_late(*given):
        found = asks(*given)
        monkeypatch.setattr(imap.Opened, question, asks)
        box.add(*replies(scene, 2, 2))
        return found

    monkeypatch.setattr(imap.Opened, question, asked_late)
    asked = asking(scene, box)
    asked.turn()
    asked.turn()
    assert texts(scene) == numbered(2, 2)


def test_an_empty_mailbox_is_fine(scene, box):
    asked = asking(scene, box)
    asked.turn()
    assert asked.line().error == ""
    box.add(*replies(scene, 1, 1))
    asked.turn()
    assert texts(scene) == numbered(1, 1)


@pytest.mark.parametrize("mood", ["drop", "drop at fetch", "bad login", "no folder", "garbage"])
def test_whatever_goes_wrong_it_goes_on_afterwards(scene, box, mood):
    box.add(*replies(scene, 1, 3))
    box.moods = [mood] * 2
    asked = asking(scene, box)
    rests = [asked.turn() for _ in range(3)]
    line = asked.line()

    assert rests == [60.0, 240.0, mailbox.EVERY_S]
    assert texts(scene) == numbered(1, 3)
    assert line.error
    assert 'p"ss' not in line.error
    assert (line.mails, line.polled_at) == (3, scene.clock.now)


def test_rests_grow_and_end_somewhere(scene, box):
    box.moods = ["bad login"] * 12
    asked = asking(scene, box)
    assert [asked.turn() for _ in range(12)][-1] == mailbox.LONGEST_REST_S


def test_the_cursor_waits_until_events_are_durable(scene, box):
    box.add(*replies(scene, 1, 2))
    scene.worker.refuses = LaterError("The disk is full", 30)
    asked = asking(scene, box)
    asked.turn()
    assert "disk is full" in asked.line().error
    scene.worker.refuses = None
    asked.turn()
    assert texts(scene) == numbered(1, 2)


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_crash_around_the_cursor_is_made_good(scene, box, monkeypatch, place):
    box.add(*replies(scene, 1, 3))
    with monkeypatch.context() as patched:
        target = "keepwell.runtime.mailbox.set_mark" if place == "before" else "keepwell.runtime.mailbox.Mailbox._move"
        patched.setattr(target, lambda *_: (_ for _ in ()).throw(Crash()))
        asking(scene, box).turn()
    asking(scene, box).turn()
    assert texts(scene) == numbered(1, 3)
    (line,) = [each for each in LiveHealth(scene.worker, scene.clock).sources() if each.name == "answers"]
    assert (line.accepted_day, line.duplicates_day, line.rejected_day) == (3, 3, 0)


def test_a_new_validity_reads_the_last_days_again_and_counts_nothing_twice(scene, box):
    box.add(*replies(scene, 1, 3))
    asked = asking(scene, box)
    asked.turn()
    box.validity, box.mails = 8, {}
    box.add(*replies(scene, 1, 4))
    asked.turn()
    assert texts(scene) == numbered(1, 4)


def test_a_mail_that_vanishes_meanwhile_is_passed_over(scene, box, monkeypatch):
    box.add(*replies(scene, 1, 3))
    seen = imap.Opened.since
    monkeypatch.setattr(imap.Opened, "since", lambda self, day: [*seen(self, day), 99])
    asking(scene, box).turn()
    assert texts(scene) == numbered(1, 3)


def test_garbage_in_the_mailbox_stops_nothing(scene, box):
    box.add(b"\x00\xff" * 50, b"no mail at all", *replies(scene, 1, 1))
    asked = asking(scene, box)
    asked.turn()
    assert texts(scene) == numbered(1, 1)
    assert asked.line().mails == 3


def test_a_mail_that_breaks_something_here_is_passed_over_and_the_others_are_not(scene, box, monkeypatch):
    of_mail = answers.of_mail

    def breaking(session, mail, now):
        if mail.text == "reply 2":
            raise ZeroDivisionError
        return of_mail(session, mail, now)

    monkeypatch.setattr(answers, "of_mail", breaking)
    box.add(*replies(scene, 1, 4))
    asked = asking(scene, box)
    for _ in range(2 * mailbox.PATIENCE + 3):
        asked.turn()
    assert texts(scene) == [*numbered(1, 1), *numbered(3, 4)]
    assert "ZeroDivisionError" in asked.line().error


def test_it_runs_in_a_thread_and_stops(scene, box):
    asked = asking(scene, box)
    asked.start()
    asked.stop()
    assert not asked._thread.is_alive()


def test_there_is_none_without_a_setting(scene, box):
    assert mailbox_of(scene.space, scene.room, scene.clock) is None
    scene.space.settings = Settings(data=scene.space.folder, imap_url=box.url)
    assert mailbox_of(scene.space, scene.room, scene.clock).line().host == "127.0.0.1"


@pytest.mark.parametrize(
    "url",
    ["", "imaps://host", "imaps://user@host", "imaps://user:p@:993", "https://u:p@host", "imaps://u:p@host:nine",
     "imap://u:p@mail.example.org", "imaps://u:p@host/A%0d%0aB", "imaps://u%0a:p@host"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_its_password(url):
    with pytest.raises(imap.MailboxRefusedError) as refused:
        imap.account(url)
    assert "p@" not in str(refused.value)


def test_an_address_is_read_whole():
    found = imap.account("imaps://a%40b.example:p%2Fw@mail.example.org/Inbox%2FKeepwell")
    assert (found.host, found.port, found.user, found.password) == ("mail.example.org", 993, "a@b.example", "p/w")
    assert (found.folder, found.secure) == ("Inbox/Keepwell", True)
    assert "p/w" not in repr(found)
    assert imap.account("imaps://u:p@host:1993/").folder == "INBOX"
