"""The page of an assessment: with and without a language model."""

import re

import pytest
from fastapi.testclient import TestClient
from markupsafe import escape

from keepwell.expert.consultation_check import Sentence
from keepwell.runtime.ports.access import Role
from keepwell.web.app import create_app
from tests.web.conftest import BASE
from tests.web.fake_expert import QUIET
from tests.web.fakes import NASTY_LABEL, TOKEN, FakeAccess, FakeBook, fake_desk
from tests.web.people import NASTY

PAGE = "/expert/consultation"
MODEL = re.compile(r"\bmodel\b", re.IGNORECASE)


class Parrot:
    """Says what comes first, and something of its own."""

    def phrase(self, first, rest):
        return [*(Sentence(each.text, (each.id,)) for each in first), Sentence("All is well.", (rest[0].id,))]

    def answer(self, question, tools):
        (fact, *_) = tools[0].run("")
        return [Sentence(f"In short, {fact.text}", (fact.id,)), Sentence(question, (fact.id,))]


@pytest.fixture
def asking():
    client = TestClient(create_app(fake_desk(FakeBook(), Parrot()), FakeAccess()), base_url=BASE)
    client.get("/login", params={"token": TOKEN})
    return client


def ask(client, **fields):
    return client.post(PAGE, data={"customer": "c001", **fields}, headers={"Sec-Fetch-Site": "same-origin"})


@pytest.mark.parametrize("purpose", ["technical_issue_identification", "comprehensive_issue_analysis"])
def test_the_page_says_what_was_found_and_what_it_rests_on(client, purpose):
    found = client.get(PAGE, params={"customer": "c001", "purpose": purpose}).text

    for title in ("In short", "Findings and evidence", "Possible causes", "What to do", "Sources", "staff only"):
        assert title in found
    assert NASTY_LABEL not in found
    assert str(escape(NASTY_LABEL)) in found


def test_without_telemetry_it_says_what_to_send(client):
    found = client.get(PAGE, params={"customer": QUIET}).text

    assert "nothing can be said about technical causes" in found
    assert "What to send" in found


def test_without_a_model_no_page_speaks_of_one_and_nothing_is_asked(client):
    found = client.get(PAGE, params={"customer": "c001"}).text

    assert not MODEL.search(re.sub(r"<[^>]*>", " ", found))
    assert ask(client).status_code in (404, 405)


@pytest.mark.parametrize("asked", [{"customer": "nobody"}, {"customer": "\x00"}, {"customer": "x" * 201}, {},
                                   {"customer": "c001", "purpose": "gossip"}])  # fmt: skip
def test_nobody_and_no_purpose_have_no_assessment(client, asked):
    for path in (PAGE, f"{PAGE}/markdown"):
        assert client.get(path, params=asked).status_code in (400, 404)


def test_any_id_has_its_page_and_its_file(client):
    for each in NASTY:
        assert client.get(PAGE, params={"customer": each}).status_code == 200
        found = client.get(f"{PAGE}/markdown", params={"customer": each})
        assert found.headers["content-type"] == "text/markdown; charset=utf-8"
        assert re.fullmatch(r'attachment; filename="assessment-[A-Za-z0-9_-]+\.md"',
                            found.headers["content-disposition"])  # fmt: skip
        assert found.text.startswith("# Technical assessment of `")


def test_the_diagnosis_leads_to_the_assessment(client):
    found = client.get("/expert", params={"customer": "c001"}).text

    assert 'href="/expert/consultation?customer=c001"' in found


def test_a_model_is_shown_beside_our_own_words(asking):
    assert "Ask the model" in asking.get(PAGE, params={"customer": "c001"}).text
    short = ask(asking).text
    answer = ask(asking, question="Why <b>now</b>?").text

    for found in (short, answer):
        assert "phrased by a model" in found
        assert "Our own words" in found
        assert "1 more of its sentences" in found
        assert "Findings and evidence" in found
    assert "All is well" not in short
    assert answer.count("Why &lt;b&gt;now&lt;/b&gt;?") == 2  # as it was asked, and in the field


def test_a_question_of_another_site_is_not_asked(asking):
    found = asking.post(PAGE, data={"customer": "c001"}, headers={"Sec-Fetch-Site": "cross-site"})

    assert found.status_code == 403


def test_a_question_that_is_too_long_is_not_asked(asking):
    assert ask(asking, question="x" * 2001).status_code == 400


def test_a_viewer_reads_and_does_not_ask(asking, monkeypatch):
    monkeypatch.setattr("tests.web.fakes.FakeAccess.visitor", _viewer(FakeAccess.visitor))

    assert "Ask the model" not in asking.get(PAGE, params={"customer": "c001"}).text
    assert ask(asking).status_code == 403


def _viewer(known):
    def visitor(self, secret):
        found = known(self, secret)
        return found and type(found)(**{**_fields(found), "role": Role.VIEWER})

    return visitor


def _fields(found):
    return {name: getattr(found, name) for name in found.__struct_fields__}
