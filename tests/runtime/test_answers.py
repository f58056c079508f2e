"""What comes back by mail becomes events of whose letter it was, and nothing that was said in it is believed."""

from __future__ import annotations

import pytest

from keepwell.base.time import DAY_US, to_datetime
from keepwell.runtime.ports.reception import Delivered, LaterError
from keepwell.runtime.reception import Hands, LiveReception
from tests.histories import NOW
from tests.runtime.letters_scene import (
    ADA,
    BOB,
    SENT_AT,
    bounce_of,
    complaint_about,
    name_of,
    reply_to,
    scene_of,
)

HTML = "<script>alert(1)</script> <b>thanks</b>"


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


def counted(received):
    return received.accepted, received.duplicates, received.rejected


def test_a_reply_belongs_to_the_letter_and_its_customer(both):
    both.room.take([reply_to(both.mail, f"{HTML}\n\nOn Monday, Jennifer wrote:\n> Can I help?\n")])

    assert both.events() == [
        ("ada", "message_replied", {"conversation": both.mail.name, "contact": "a1", "text": HTML, "leaving": False,
                                    "from_recipient": True}),
    ]  # fmt: skip
    assert both.unwanted() == {}


def test_the_same_mail_counts_once_by_whichever_way_it_comes(both):
    mail = reply_to(both.mail, "Yes please")
    assert counted(both.room.take([mail, mail])) == (1, 1, 0)
    both.clock.now += DAY_US
    assert counted(both.room.deliver(mail).result(30)) == (0, 1, 0)
    assert len(both.events()) == 1


def test_a_mail_that_a_provider_words_otherwise_is_the_same_mail(scene):
    """Providers that deliver JSON decode and encode it on the way: the id decides."""
    mail = reply_to(scene.mail, "caf\u00e9")
    assert counted(scene.room.take([mail, mail.replace(b"=C3=A9", b"=E9").replace(b"utf-8", b"latin-1")])) == (1, 1, 0)
    assert counted(scene.room.take([mail.replace(b"=C3=A9", b"??")])) == (0, 1, 0)
    assert scene.count("reject") == 0


def test_a_mail_without_a_date_counts_once_too(scene):
    mail = reply_to(scene.mail, "Yes please", Date="", **{"Message-ID": ""})
    scene.room.take([mail])
    scene.clock.now += 3 * DAY_US
    assert counted(scene.room.take([mail])) == (0, 1, 0)


def test_a_reply_that_speaks_of_leaving_says_so(scene):
    scene.room.take([reply_to(scene.mail, "Honestly, we want to cancel our subscription.")])
    assert scene.events()[0][2]["leaving"] is True


def test_a_reply_from_elsewhere_is_marked_and_stays_the_customers(scene):
    scene.room.take([reply_to(scene.mail, "I am a colleague", sender="eve@elsewhere.example")])
    ((customer, event, said),) = scene.events()
    assert (customer, event, said["from_recipient"]) == ("ada", "message_replied", False)


@pytest.mark.parametrize("days", [-3650, -1, 3, 20_000])
def test_a_reply_happens_after_its_letter_and_not_in_the_future(scene, days):
    date = to_datetime(NOW + days * DAY_US).strftime("%a, %d %b %Y %H:%M:%S +0000")
    scene.room.take([reply_to(scene.mail, "hello", Date=date)])
    with scene.space.database.read() as session:
        at = session.one("SELECT MAX(occurred_at) FROM event WHERE kind = 16")
    assert SENT_AT <= at <= NOW


def test_an_out_of_office_reply_is_no_reply(scene):
    for headers in ({"Auto-Submitted": "auto-replied"}, {"X-Autoreply": "yes"}, {"Subject": "Automatic reply: Can I"}):
        scene.room.take([reply_to(scene.mail, f"I am away {headers}", **headers)])
    assert scene.events() == []
    assert (scene.room.counts.taken, scene.room.counts.ignored) == (0, 3)


def test_a_bounce_for_good_stops_letters_to_the_address_it_went_to(both):
    both.room.take([bounce_of(both.mail)])
    assert both.events() == [
        ("ada", "email_bounced", {"conversation": both.mail.name, "contact": "a1", "permanent": True})
    ]
    assert list(both.unwanted()) == [ADA.lower()]


def test_a_bounce_for_now_stops_nothing_and_a_delay_is_none(scene):
    scene.room.take([bounce_of(scene.mail, status="4.2.2"), bounce_of(scene.other, action="delayed", status="4.4.1")])
    assert [(customer, event, said["permanent"]) for customer, event, said in scene.events()] == [
        ("ada", "email_bounced", False)
    ]
    assert scene.unwanted() == {}


def test_a_report_about_another_address_stops_the_letters_own_only(scene):
    """What a report says of addresses is said by whoever wrote it."""
    forged = bounce_of(scene.mail).replace(ADA.encode(), BOB.encode())
    scene.room.take([forged])
    assert list(scene.unwanted()) == [ADA.lower()]


@pytest.mark.parametrize(("kind", "event"), [("abuse", "email_complained"), ("opt-out", "unsubscribed")])
def test_a_complaint_stops_letters(scene, kind, event):
    scene.room.take([complaint_about(scene.mail, kind)])
    assert [each[:2] for each in scene.events()] == [("ada", event)]
    assert list(scene.unwanted()) == [ADA.lower()]


def test_a_report_that_says_nothing_of_the_receivers_will_means_nothing(scene):
    scene.room.take([complaint_about(scene.mail, "auth-failure"), complaint_about(scene.mail, "not-spam")])
    assert (scene.events(), scene.unwanted()) == ([], {})


def test_who_answers_unsubscribe_is_written_to_no_more(scene):
    scene.room.take([reply_to(scene.mail, "Please unsubscribe me, thanks")])
    assert [each[:2] for each in scene.events()] == [("ada", "unsubscribed")]
    assert list(scene.unwanted()) == [ADA.lower()]


def test_a_contact_who_writes_of_their_own_accord_began_a_conversation(both):
    both.room.take([reply_to(None, "We are looking at alternatives.", sender="ADA@example.ORG")])
    ((customer, event, said),) = both.events()
    assert (customer, event) == ("ada", "message_received")
    assert (said["started_by"], said["contact"], said["leaving"]) == ("customer", "a1", True)


def test_a_contact_who_wants_no_letters_and_answers_none_is_heard(scene):
    scene.room.take([reply_to(None, "unsubscribe")])
    assert [each[:2] for each in scene.events()] == [("ada", "unsubscribed")]
    assert list(scene.unwanted()) == [ADA.lower()]


@pytest.mark.parametrize("sender", ["eve@example.org", "ada@example.org.evil.example", "%@example.org", "_@_.__"])
def test_a_stranger_who_answers_nothing_is_nobody(scene, sender):
    scene.room.take([reply_to(None, "Hello, we are looking at alternatives.", sender=sender)])
    assert scene.events() == []
    assert scene.room.counts.ignored == 1
    assert scene.count("reject") == 0


def test_an_address_of_two_customers_or_of_the_past_is_nobodys(scene):
    scene.contact("bob", "b2", ADA)
    scene.contact("bob", "b1", "bob@new.example")
    scene.room.take([reply_to(None, "Which of us?", sender=ADA), reply_to(None, "An old address", sender=BOB)])
    assert scene.events() == []


def test_a_stranger_who_names_a_letter_that_is_none_is_nobody(scene):
    invented = {"In-Reply-To": f"<{'0' * 32}@keepwell.example>"}
    scene.room.take([reply_to(None, "hello", sender="eve@example.org", **invented)])
    assert scene.events() == []


def test_of_several_letters_the_nearest_counts(scene):
    mail = reply_to(
        scene.mail, "yes", References=f"{name_of(scene.other)} {name_of(scene.mail)}", **{"In-Reply-To": ""}
    )
    scene.room.take([mail])
    assert scene.events()[0][2]["conversation"] == scene.mail.name


def test_what_cannot_be_written_now_is_not_counted_as_read(scene):
    scene.worker.refuses = LaterError("The disk is full", 30)
    with pytest.raises(LaterError):
        scene.room.take([bounce_of(scene.mail)])
    assert (scene.events(), scene.unwanted(), scene.room.counts.taken) == ([], {}, 0)
    scene.worker.refuses = TimeoutError()
    with pytest.raises(LaterError):
        scene.room.take([bounce_of(scene.mail)])
    scene.worker.refuses = None
    scene.room.take([bounce_of(scene.mail)])
    assert len(scene.events()) == len(scene.unwanted()) == 1


def test_the_event_and_the_list_are_written_together_or_not_at_all(scene, monkeypatch):
    def broken(*_):
        raise RuntimeError("half-way")

    with monkeypatch.context() as patched:
        patched.setattr("keepwell.runtime.receive.messages.refuse", broken)
        with pytest.raises(RuntimeError):
            scene.room.take([bounce_of(scene.mail)])
    assert (scene.events(), scene.unwanted()) == ([], {})


def test_a_mail_of_garbage_stops_nothing(scene):
    scene.room.take([b"", b"\x00" * 1000, b"garbage", reply_to(scene.mail, "yes")])
    assert len(scene.events()) == 1
    assert scene.room.counts.unreadable == 3


def test_a_webhook_brings_what_the_mailbox_brings(scene, monkeypatch):
    monkeypatch.setenv("KEEPWELL_HOOK_MAIL", "relay:long-secret")
    reception = LiveReception(scene.worker, None, scene.clock, Hands(mailroom=scene.room))
    mail = reply_to(scene.mail, "Yes please")
    headers = {"authorization": "Basic cmVsYXk6bG9uZy1zZWNyZXQ=", "content-type": "message/rfc822"}
    delivered = Delivered("POST", "https://keepwell.example/hooks/mail", headers, mail)
    assert counted(reception.deliver("mail", delivered).result(30)) == (1, 0, 0)
    assert counted(scene.room.take([mail])) == (0, 1, 0)
    assert [each[:2] for each in scene.events()] == [("ada", "message_replied")]


def test_who_unsubscribes_and_complains_is_heard_in_both(scene):
    text = "Please unsubscribe me. Our withdrawals have been stuck for 3 days!"
    mail = reply_to(scene.mail, text)
    scene.room.take([mail])
    scene.room.take([mail])

    events = {event: said for _, event, said in scene.events()}
    assert sorted(events) == ["message_replied", "unsubscribed"]
    assert events["message_replied"]["text"] == text
    assert list(scene.unwanted()) == [ADA.lower()]
