"""The page of a letter: who looks changes nothing, who posts is heard, and strangers learn nothing."""

import re

import pytest
from fastapi.testclient import TestClient

from keepwell.web import letters as door
from keepwell.web.access import COOKIE
from keepwell.web.app import create_app
from keepwell.web.views.letters import ENGLISH, GERMAN, LANGUAGES
from tests.web.conftest import BASE
from tests.web.fake_letters import MAIL, NASTY
from tests.web.fakes import FakeAccess, FakeBook, fake_desk, fake_live

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
HERE = f"/letters/{MAIL}"


@pytest.fixture
def live():
    return fake_live()


@pytest.fixture
def anybody(live):
    """Somebody whom nobody knows."""
    app = create_app(fake_desk(FakeBook(3)), FakeAccess(), live)
    return TestClient(app, base_url=BASE, follow_redirects=False)


def test_it_says_that_a_letter_is_genuine_and_nothing_else_of_the_customer(anybody):
    page = anybody.get(HERE)
    assert page.status_code == 200
    for said in ("Yes, we sent this letter", "Jennifer Williams", "care@keepwell.example", "a…@example.org",
                 "Help with &lt;b&gt;5 &amp; more&lt;/b&gt;", ENGLISH["never"], ENGLISH["phrase"], "UTC"):  # fmt: skip
        assert said in page.text
    assert NASTY not in page.text
    assert not re.search(r"c00\d|score|band", page.text)


def test_it_is_kept_by_nobody_and_found_by_nobody(anybody):
    page = anybody.get(HERE)
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert '<meta name="robots" content="noindex, nofollow">' in page.text


def test_it_needs_no_script_and_nothing_from_elsewhere(anybody):
    text = anybody.get(HERE).text
    assert "<script" not in text
    assert " style=" not in text
    assert not re.search(r'(src|href|action)="(https?:)?//', text)
    assert 'name="viewport"' in text
    assert 'content="light dark"' in text


def test_looking_changes_nothing(anybody, live):
    for method in ("GET", "HEAD"):
        for query in ("", "?List-Unsubscribe=One-Click", "?unsubscribe=1"):
            assert anybody.request(method, HERE + query).status_code == 200
    assert live.letters.calls == []
    assert ENGLISH["stop"] in anybody.get(HERE).text


@pytest.mark.parametrize(
    "how",
    [
        {"data": ONE_CLICK},
        {"data": {**ONE_CLICK, "more": "x"}},
        {"content": "List-Unsubscribe=One-Click\r\n", "headers": {"content-type": "text/plain"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"data": ONE_CLICK, "headers": {"sec-fetch-site": "cross-site", "origin": "https://mail.example"}},
        {"data": ONE_CLICK, "headers": {"cookie": f"{COOKIE}=guess"}},
    ],
)
def test_one_post_is_enough_from_anywhere(anybody, live, how):
    answer = anybody.post(HERE, **how)
    assert answer.status_code == 200
    assert live.letters.calls == [("refuse", MAIL)]
    assert ENGLISH["stopped"] in answer.text
    assert "<form" not in answer.text
    assert ENGLISH["stopped"] in anybody.get(HERE).text


@pytest.mark.parametrize("body", ["", "List-Unsubscribe=no", "x=List-Unsubscribe=One-Click", "List-Unsubscribe", "{}"])
def test_a_post_that_is_no_wish_changes_nothing(anybody, live, body):
    answer = anybody.post(HERE, content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 400
    assert ENGLISH["unchanged"] in answer.text
    assert live.letters.calls == []


def test_the_button_posts_what_a_mail_provider_posts(anybody, live):
    text = anybody.get(HERE).text
    name, value = re.search(r'<button[^>]* name="([^"]+)" value="([^"]+)"', text).groups()
    assert '<form method="post">' in text
    assert anybody.post(HERE, data={name: value}).status_code == 200
    assert live.letters.calls


@pytest.mark.parametrize("token", ["unknown-letter-0123456789", "x", "%00", "'%20OR%201=1", "a" * 5000])
def test_a_letter_of_somebody_else_is_calmly_disowned(anybody, live, token):
    for answer in (anybody.get(f"/letters/{token}"), anybody.post(f"/letters/{token}", data=ONE_CLICK)):
        assert answer.status_code == 404
        assert ENGLISH["foreign"] in answer.text
        assert ENGLISH["never"] in answer.text
        assert "<form" not in answer.text
    assert live.letters.calls == []


def test_all_that_is_not_ours_looks_alike(anybody):
    pages = {anybody.get(f"/letters/{token}").text for token in ("unknown-letter-0123456789", "x", "y" * 90)}
    assert len(pages) == 1


def test_guessing_is_slowed_down_and_a_letter_is_never_refused(anybody, live, monkeypatch):
    monkeypatch.setattr(door, "MISSES", "5/minute")
    answers = [anybody.get(f"/letters/guess-{number}-0123456789") for number in range(8)]
    assert [each.status_code for each in answers] == [404] * 5 + [429] * 3
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert anybody.get(HERE).status_code == 200
    assert anybody.post(HERE, data=ONE_CLICK).status_code == 200
    assert live.letters.calls == [("refuse", MAIL)]


def test_a_huge_body_is_refused(anybody, live):
    assert anybody.post(HERE, content=b"x" * 100_000).status_code == 413
    assert live.letters.calls == []


def test_a_german_letter_has_a_german_page(anybody, live):
    live.letters.pages[MAIL] = type(live.letters.pages[MAIL])(
        sent_at=None, sender="Jennifer", subject="Hilfe", recipient="a…@example.org", language="de", unwanted=False
    )
    page = anybody.get(HERE).text
    assert '<html lang="de">' in page
    for said in ("genuine", "way", "stop", "never", "phrase"):
        assert GERMAN[said] in page
    assert set(LANGUAGES["de"]) == set(ENGLISH)


def test_a_session_does_not_open_more_here(anybody):
    anybody.get("/login", params={"token": "let-me-in"})
    assert anybody.get(HERE).text.count("<nav") == 0
