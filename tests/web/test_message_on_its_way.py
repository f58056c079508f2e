"""The page of one message: it stays as it was read, what was approved is taken back, and what the gate would say."""

import pytest
from msgspec.structs import replace

from keepwell.outreach.gate import Reason
from keepwell.web.views.acting import sentence
from tests.web.test_messages import READY, kept
from tests.web.test_runs import first

__all__ = ["kept"]


@pytest.mark.parametrize("path", [f"/messages/{READY}", f"/messages/read?ids={READY}"])
def test_a_text_that_is_read_does_not_change_under_the_eyes_of_the_reader(client, path):
    assert "data-live" not in client.get(path).text


def test_what_is_on_its_way_is_taken_back_with_a_reason(client, desk, kept):
    number = first(kept, lambda line: line.state == "posted")
    page = client.get(f"/messages/{number}").text
    assert f'action="/messages/{number}/reject" aria-label="Take back"' in page
    assert 'aria-label="Take back"' not in client.get(f"/messages/{READY}").text
    assert client.post(f"/messages/{number}/reject", data={"reason": " "}).status_code == 422
    answer = client.post(f"/messages/{number}/reject", data={"reason": "we spoke meanwhile"})

    assert desk.messages.deeds == [("reject", number, "Jennifer", "we spoke meanwhile")]
    assert kept[number].state == "cancelled"
    assert "It was taken back and is not sent." in client.get(answer.headers["location"]).text


def test_what_has_left_meanwhile_is_not_taken_back_and_that_is_said(client, desk, kept):
    number = first(kept, lambda line: line.state == "posted")
    desk.messages.left.add(number)
    answer = client.post(f"/messages/{number}/reject", data={"reason": "we spoke meanwhile"})

    assert answer.status_code == 422
    assert f"Not done: message {number} has left already" in answer.text
    assert 'value="we spoke meanwhile"' in answer.text
    assert desk.messages.deeds == []


@pytest.mark.parametrize(
    ("state", "allowed", "reason", "said"),
    [("asked", True, Reason.ALLOWED, "Yes, once it is approved."), ("asked", False, Reason.DRY_RUN, "No."),
     ("posted", True, Reason.QUIET, "Yes."), ("posted", True, Reason.ALONE, "Yes, once a second person agrees."),
     ("posted", False, Reason.STOPPED, "No.")],
)  # fmt: skip
def test_what_the_gate_says_supposes_an_approval(client, desk, state, allowed, reason, said):
    found = desk.messages.message(READY)
    page = replace(found, line=replace(found.line, state=state), allowed=allowed, verdict=reason.value)
    desk.messages.message = lambda _: page

    assert f'<p>{said} <span class="mute">{sentence(reason.value)}</span></p>' in client.get(f"/messages/{READY}").text
