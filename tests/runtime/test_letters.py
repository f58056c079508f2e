"""Letters as their receivers see them, over the store: looking changes nothing, a wish is kept, whatever happens."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.channels.in_app import InApp
from keepwell.channels.letter import Audience, Letter, Sent
from keepwell.config.settings import Settings
from keepwell.runtime.changes import Changes
from keepwell.runtime.letters import masked
from keepwell.runtime.outward import outward
from keepwell.runtime.ports.live import Live
from keepwell.runtime.ports.reception import LaterError
from keepwell.store.messages import State
from keepwell.web.app import create_app
from tests.histories import NOW
from tests.runtime.letters_scene import ADA, SENT_AT, scene_of
from tests.web.fakes import FakeAccess, FakeBook, FakeHealth, FakeReception, fake_desk

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
SCANS = 1000


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with scene_of(url) as made:
        yield made


@pytest.fixture
def scene():
    with scene_of() as made:
        yield made


@pytest.fixture
def browser(scene):
    """Somebody without a login, in front of the page."""
    changes = Changes()
    changes.close()
    live = Live(FakeReception(), changes, FakeHealth(), scene.letters)
    app = create_app(fake_desk(FakeBook(3)), FakeAccess(), live)
    return TestClient(app, base_url="http://127.0.0.1:8000", follow_redirects=False)


def test_a_page_says_what_the_letter_said_and_no_whole_address(both):
    both.space.settings = Settings(data=both.space.folder, mail_from="Keepwell <care@keepwell.example>")
    page = both.letters.page(both.mail.token)
    assert (page.sent_at, page.sender) == (SENT_AT, "Jennifer Williams <care@keepwell.example>")
    assert (page.subject, page.recipient, page.unwanted) == ("Can I help?", "A…@Example.org", False)


def test_a_thousand_looks_of_scanners_change_nothing(scene, browser):
    before = scene.everything()
    for number in range(SCANS):
        method = ("GET", "HEAD")[number % 2]
        query = ("", "?List-Unsubscribe=One-Click", "?unsubscribe")[number % 3]
        assert browser.request(method, f"/letters/{scene.mail.token}{query}").status_code == 200
    assert scene.everything() == before


def test_one_post_and_the_address_is_written_to_no_more(scene, browser):
    """Committed when the answer comes: what asks afterwards is told."""
    assert browser.post(f"/letters/{scene.mail.token}", data=ONE_CLICK).status_code == 200
    assert scene.unwanted() == {ADA.lower(): "the receiver wants no more letters"}
    assert scene.events() == [("ada", "unsubscribed", {"conversation": scene.mail.name, "contact": "a1", "by": "page"})]


def test_saying_it_again_says_nothing_new(both):
    for _ in range(3):
        assert both.letters.refuse(both.mail.token).unwanted
    both.clock.now += 2 * HOUR_US
    both.letters.refuse(both.mail.token)
    assert len(both.events()) == len(both.unwanted()) == 1


@pytest.mark.parametrize("trouble", [LaterError("The disk is full", 30), TimeoutError(), RuntimeError("broken")])
def test_a_wish_is_kept_when_the_log_takes_nothing(scene, browser, trouble):
    scene.worker.refuses = trouble
    assert browser.post(f"/letters/{scene.mail.token}", data=ONE_CLICK).status_code == 200
    assert list(scene.unwanted()) == [ADA.lower()]
    assert scene.events() == []


def test_a_wish_that_could_not_be_kept_is_not_confirmed(scene, browser, monkeypatch):
    def broken(*_):
        raise OSError("no disk")

    scene.worker.refuses = LaterError("The disk is full", 30)
    monkeypatch.setattr("keepwell.runtime.letters.messages.refuse", broken)
    browser = TestClient(browser.app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False)
    assert browser.post(f"/letters/{scene.mail.token}", data=ONE_CLICK).status_code == 500
    assert scene.unwanted() == {}


@pytest.mark.parametrize("state", State)
def test_only_what_may_have_left_is_ours(scene, state):
    message = scene.sent("bob", "new@example.org", "b1", state=state, ended_at=None)
    known = scene.letters.page(message.token) is not None
    assert known == (state in {State.POSTED, State.SENT, State.UNCERTAIN})
    assert (scene.letters.refuse(message.token) is not None) == known
    assert ("new@example.org" in scene.unwanted()) == known


@pytest.mark.parametrize("token", ["", "short", "no-such-token-0123456789", "x" * 200, "token\x00-1-0123456789", "%"])
def test_other_tokens_are_nothing(both, token):
    assert both.letters.page(token) is None
    assert both.letters.refuse(token) is None
    assert both.letters.letter(token) is None
    both.letters.read(token)
    both.letters.reply(token, "hello")
    assert (both.events(), both.unwanted()) == ([], {})


@pytest.mark.parametrize(
    ("address", "said"),
    [("ada@example.org", "a…@example.org"), ("a@b", "a…@b"), ("ada", "a…"), ("", "…"), ("@b", "@…"), ("a@", "a…")],
)
def test_an_address_is_masked(address, said):
    assert masked(address) == said


# ---------------------------------------------------------------------- inside of a product


def test_letters_inside_of_the_product_are_the_customers_own(both):
    later = both.sent("ada", "ada/a1", "a1", channel="in_app", ended_at=SENT_AT + 1)
    both.sent("ada", "ada/a1", "a1", channel="in_app", state=State.SUPPRESSED)
    both.sent("bob", "bob/b1", "b1", channel="in_app")
    found = both.letters.in_app("ada", 10)

    assert [each.token for each in found] == [later.token, both.inside.token]
    assert (found[1].text, found[1].html) == ("Dear Ada,\n\n<b>hello</b>\n", "<p>hello</p>")
    assert (found[1].contact, found[1].sent_at, found[1].read_at) == ("a1", SENT_AT, None)
    assert both.letters.in_app("nobody", 10) is None
    assert len(both.letters.in_app("ada", 1)) == 1


def test_the_first_reading_stands(both):
    both.letters.read(both.inside.token)
    both.clock.now += DAY_US
    both.letters.read(both.inside.token)
    assert both.letters.letter(both.inside.token).read_at == NOW
    assert both.letters.in_app("ada", 1)[0].read_at == NOW


def test_a_reply_inside_of_the_product_is_a_reply(both):
    for _ in range(2):
        both.letters.reply(both.inside.token, "We are looking at alternatives.")
    both.letters.reply(both.inside.token, "Never mind <3")
    said = {"conversation": both.inside.name, "contact": "a1"}
    assert both.events() == [
        ("ada", "message_replied", {**said, "text": "We are looking at alternatives.", "leaving": True}),
        ("ada", "message_replied", {**said, "text": "Never mind <3", "leaving": False}),
    ]


def test_a_letter_by_mail_is_not_shown_inside_of_the_product(scene):
    assert scene.letters.letter(scene.mail.token) is None
    scene.letters.reply(scene.mail.token, "hello")
    scene.letters.read(scene.mail.token)
    assert (scene.events(), scene.count("read_message")) == ([], 0)


def test_who_wants_no_letters_inside_of_the_product_still_gets_mail(scene):
    scene.letters.refuse(scene.inside.token)
    assert list(scene.unwanted()) == ["ada/a1"]
    assert scene.events()[0][2]["by"] == "product"


def test_a_reply_that_cannot_be_written_is_not_confirmed(scene):
    scene.worker.refuses = TimeoutError()
    with pytest.raises(LaterError):
        scene.letters.reply(scene.inside.token, "hello")


def test_the_channel_is_there_and_carries_nothing_anywhere():
    letter = Letter(
        key="k", audience=Audience.CUSTOMER, channel="in_app", recipient="ada", subject="s", text="t", because="b"
    )
    assert InApp().send(letter) == Sent(letter.name)
    ways = outward(Settings(send="all"), lambda: NOW)
    assert ways.refusal("customer", "in_app") is None
    assert outward(Settings(), lambda: NOW).refusal("customer", "in_app") is not None


def test_a_letter_that_is_in_no_outbox_any_more_is_still_ours(scene):
    with scene.space.database.write() as session:
        session.run("DELETE FROM outbox")
    assert scene.letters.page(scene.mail.token).subject == ""
    assert scene.letters.letter(scene.inside.token).text == ""
