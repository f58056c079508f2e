"""The pages of runs, tasks, messages and playbooks over a real database: from a fall to what was sent."""

import html
import re
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from keepwell.base.time import SECOND_US
from keepwell.runtime.effects import StoredPlaybooks
from keepwell.runtime.tasks import StoredTasks
from tests.histories import house
from tests.runtime.acting_scene import Scene, never_held_out
from tests.web.conftest import BASE
from tests.web.fakes import TOKEN, FakeAccess, FakeBook, fake_desk
from tests.web.relay import dashboard
from tests.web.test_messages import digests, words
from tests.web.test_runs import listed, text


class NoDiagnosis:
    """An Expert that knows of nobody."""

    def diagnose(self, _customer, _as_of):
        return None


@pytest.fixture
def scene():
    with house() as workspace:
        made = Scene(workspace)
        made.playbooks = never_held_out(made.playbooks)
        made.restart()
        yield made


@pytest.fixture
def client(scene):
    def clock():
        return scene.now

    tasks = StoredTasks(scene.speaker, scene.office, NoDiagnosis(), clock, lambda: None)
    playbooks = StoredPlaybooks(scene.database, scene.playbooks, scene.workspace.folder, clock)
    desk = replace(
        fake_desk(FakeBook(3)), runs=scene.runs, tasks=tasks, messages=scene.messages, playbooks=playbooks, clock=clock
    )
    found = TestClient(dashboard(desk, FakeAccess()), base_url=BASE, follow_redirects=False)
    found.get("/login", params={"token": TOKEN})
    return found


@pytest.fixture
def fallen(scene):
    """A customer whose band fell: a draft waits for an approval."""
    scene.band("at_risk", "healthy")
    return scene.round()


def message(client):
    """The page of the only message that waits."""
    (number,) = listed(client.get("/messages").text, "messages")
    return number, client.get(f"/messages/{number}").text


def test_a_fall_is_a_run_whose_first_step_leads_to_a_draft(client, fallen):
    (run,) = listed(client.get("/runs").text)
    page = client.get(f"/runs/{run}").text

    assert "Immediate personal outreach waits for an approval" in text(page)
    number, letter = message(client)
    assert f'href="/messages/{number}">The message' in page
    assert "\n\n".join(words(letter)[1:]) + "\n" == fallen.messages.message(number).text
    assert re.search(r'<a class="bound" href="#fact-use_change"[^>]*>40', letter)
    assert 'id="fact-use_change"' in letter


def test_what_was_read_is_approved_and_goes_out(client, fallen):
    number, page = message(client)
    answer = client.post("/messages/approve", data={"one": "yes", "seen": digests(page)})
    assert "1 message approved." in client.get(answer.headers["location"]).text

    fallen.round()
    (letter,) = fallen.letters()
    assert letter.text == "\n\n".join(words(page)[1:]) + "\n"
    assert listed(client.get("/messages?state=sent").text, "messages") == [number]
    (run,) = listed(client.get("/runs").text)
    assert "Immediate personal outreach sent" in text(client.get(f"/runs/{run}").text)


def test_the_form_of_an_edit_holds_what_can_be_kept(client, fallen):
    number, page = message(client)
    subject = html.unescape(re.search(r'name="subject" value="([^"]*)"', page)[1])
    written = html.unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)[1])
    sent = {"subject": subject, "text": written.replace("\n", "\r\n") + "\r\n\r\nTell us how we can help."}
    answer = client.post(f"/messages/{number}/edit", data=sent)

    assert answer.status_code == 303, answer.text
    again = client.get(f"/messages/{number}").text
    assert [each for each in words(again) if each not in words(page)] == ["Tell us how we can help."]
    assert [each for each in words(page) if each not in words(again)] == []
    assert "edited" in text(again)
    assert digests(again) != digests(page)


def test_a_typed_figure_is_refused_with_its_letters(client, fallen):
    number, page = message(client)
    answer = client.post(f"/messages/{number}/edit", data={"subject": "Hello", "text": "Your use fell by 41%."})

    assert answer.status_code == 422
    assert "41%" in text(answer.text.split("This text would be blocked")[1].split("</ul>")[0])
    assert digests(client.get(f"/messages/{number}").text) == digests(page)


def test_a_figure_that_is_not_so_any_more_is_marked_and_can_be_written_anew(client, fallen):
    number, page = message(client)
    fallen.known.values["use_change"] = -0.5
    page = client.get(f"/messages/{number}").text

    assert re.search(r'<mark class="wrong" title="Its fact is now another."', page)
    assert digests(page) == []
    assert client.post(f"/messages/{number}/renew").status_code == 303
    page = client.get(f"/messages/{number}").text
    assert "50" in "".join(words(page))
    assert digests(page)


def test_a_rejected_message_is_not_sent(client, fallen):
    number, _ = message(client)
    assert client.post(f"/messages/{number}/reject", data={"reason": ""}).status_code == 422
    assert client.post(f"/messages/{number}/reject", data={"reason": "not now"}).status_code == 303

    fallen.round()
    assert fallen.letters() == []
    assert listed(client.get("/messages?state=unsent").text, "messages") == [number]


def test_what_nobody_approves_becomes_a_task_that_is_done(client, fallen):
    fallen.until(5)
    found = {number: client.get(f"/tasks/{number}").text for number in listed(client.get("/tasks").text, "tasks")}
    number, page = next((each, page) for each, page in found.items() if "Message that has not gone out" in page)

    assert ">The message</a>" in page
    assert client.post(f"/tasks/{number}/close", data={"deed": "done", "note": "I called them"}).status_code == 303
    assert "I called them" in client.get(f"/tasks/{number}").text
    assert "DTSTART:20261125T143000Z" in client.get(f"/tasks/{number}/call.ics?at=2026-11-25T14:30").text


def test_a_reply_holds_the_run_until_somebody_looked(client, fallen):
    fallen.approve()
    fallen.round()
    fallen.round(0.5)
    fallen.event("message_replied", text="All fine, thank you")
    fallen.round()
    (run,) = listed(client.get("/runs").text)

    assert "I looked at the reply" in client.get(f"/runs/{run}").text
    fallen.now += SECOND_US
    assert client.post(f"/runs/{run}/looked").headers["location"] == f"/runs/{run}?done=looked"
    assert "I looked at the reply" not in client.get(f"/runs/{run}").text


def test_a_run_is_stopped_and_takes_its_draft_back(client, fallen):
    (run,) = listed(client.get("/runs").text)
    assert client.post(f"/runs/{run}/stop", data={"reason": "they asked us to"}).status_code == 303

    assert listed(client.get("/runs").text) == []
    assert listed(client.get("/runs?state=closed&outcome=stopped").text) == [run]
    assert listed(client.get("/messages").text, "messages") == []
    assert "they asked us to" in text(client.get(f"/runs/{run}").text)


def test_everything_is_stopped_and_goes_on(client, fallen):
    assert "Nothing leaves" not in client.get("/messages").text
    client.post("/messages/stop", data={"reason": "an outage of ours"})
    assert "Everything was stopped by Jennifer: an outage of ours." in text(client.get("/messages").text)
    client.post("/messages/go")
    assert "Nothing leaves" not in client.get("/messages").text


def test_every_playbook_has_its_page_before_anything_ripened(client, fallen):
    names = re.findall(r'class="subject" href="/playbooks/(\w+)"', client.get("/playbooks").text)

    assert "at_risk" in names
    for name in names:
        said = text(client.get(f"/playbooks/{name}").text)
        assert "Nobody was held out: what contact brought is not known" in said
        assert "success" not in said.split("What contact brings")[1].split("How runs ended")[0].lower()
