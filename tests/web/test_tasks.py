"""The pages of tasks: what they show, to whom, and what their forms do."""

import html
import re

import pytest
from msgspec.structs import replace

from keepwell.base.time import from_datetime
from keepwell.events.catalog import BY_KEY
from keepwell.runtime.ports.access import Role
from tests.web.test_runs import first, listed, seen_as, text

__all__ = ["seen_as"]


@pytest.fixture
def kept(desk):
    return desk.tasks.kept


def number_of(kept, **wanted):
    return first(kept, lambda line: all(getattr(line, name) == value for name, value in wanted.items()))


@pytest.mark.parametrize("state", ["open", "done", "dropped"])
def test_the_tabs_hold_every_task_once(client, kept, state):
    found = [each for page in (1, 2) for each in listed(client.get(f"/tasks?state={state}&page={page}").text, "tasks")]

    assert sorted(set(found)) == [number for number, line in kept.items() if line.state == state]


def test_the_most_urgent_come_first_and_say_so_in_words(client, kept):
    page = client.get("/tasks").text
    found = [kept[number].priority for number in listed(page, "tasks")]

    assert found == sorted(found, key=["emergency", "urgent", "normal"].index)
    assert "Emergency" in page
    assert "overdue by" in page


@pytest.mark.parametrize(
    ("query", "true"),
    [
        ("action=phone_call", lambda line: line.action == "phone_call"),
        ("role=cto", lambda line: "cto" in line.roles),
        ("customer=c015", lambda line: line.customer_id == "c015"),
    ],
)
@pytest.mark.parametrize("state", ["open", "done", "dropped"])
def test_a_filter_narrows_the_list(client, kept, query, true, state):
    found = listed(client.get(f"/tasks?state={state}&{query}").text, "tasks")

    assert sorted(found) == [number for number, line in kept.items() if line.state == state and true(line)]


@pytest.mark.parametrize("query", ["state=late", "action=dance", "role=nobody", "customer=a%00b", "page=0"])
def test_an_unknown_filter_is_refused(client, query):
    assert client.get(f"/tasks?{query}").status_code == 400


def test_an_empty_list_says_what_would_fill_it(empty):
    assert "Runs make tasks of calls" in text(empty.get("/tasks").text)
    assert "No task was done yet" in empty.get("/tasks?state=done").text
    assert "No task matches" in empty.get("/tasks?action=task").text


@pytest.mark.parametrize("path", ["/tasks", "/tasks?state=done", "/tasks/5", "/tasks/3", "/tasks/8"])
def test_what_others_wrote_stays_text(client, path):
    page = client.get(path).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_call_has_its_script_its_facts_and_whom_to_reach(client, kept):
    page = client.get(f"/tasks/{number_of(kept, action='phone_call', state='open')}").text
    said = text(page)

    assert "I saw that 62 % of your swaps failed." in said
    assert "Phone +49 30 1234567" in said
    assert "Slippage is set too low" in said
    assert "{swaps_failed} · from usage" in said
    assert 'id="fact-swaps_failed"' in page
    assert "28 days" in said


def test_a_task_without_a_script_says_its_aim_and_one_about_a_message_leads_there(client, kept):
    assert "There is no script for this task" in client.get(f"/tasks/{number_of(kept, action='custom_solution')}").text
    page = client.get(f"/tasks/{number_of(kept, action='outreach')}").text
    assert "Message that has not gone out" in page
    assert '<a href="/messages/1">The message</a>' in page


def test_a_reply_that_is_to_be_read_leads_to_where_it_stands(client, desk, kept):
    number = number_of(kept, action="task")
    kept[number] = replace(kept[number], step="reply", objective="read the reply", message=None)
    page = client.get(f"/tasks/{number}").text

    assert "<h1" in page
    assert "Reply to be read: <a" in page
    assert f'stands in the history of <a href="/runs/{number}">' in page
    assert "Reply to be read" in client.get("/tasks").text


def test_without_a_contact_it_is_said_what_brings_one(client, desk, kept):
    found = desk.tasks.task(1)
    desk.tasks.task = lambda _: replace(found, reach=())
    said = client.get("/tasks/1").text.split("No contact is known.")[1].split("</p>")[0]
    named = re.findall("<code>([a-z_]+)</code>", said)

    assert named == ["contact_updated", "email", "name", "consent"]
    assert named[0] in BY_KEY


def test_a_task_about_somebody_held_out_warns(client, kept):
    held, free = number_of(kept, held_out=True), number_of(kept, held_out=False)

    assert "do not contact them" in client.get(f"/tasks/{held}").text
    assert "do not contact them" not in client.get(f"/tasks/{free}").text


@pytest.mark.parametrize(
    ("deed", "note", "said"),
    [("done", "", "The task is done."), ("done", "we spoke", "is done"), ("dropped", "solved", "not wanted any more")],
)
def test_a_task_is_closed_and_that_is_said(client, desk, kept, deed, note, said):
    number = number_of(kept, state="open")
    answer = client.post(f"/tasks/{number}/close", data={"deed": deed, "note": note})

    assert (answer.status_code, answer.headers["location"]) == (303, f"/tasks/{number}?done={deed}")
    assert desk.tasks.deeds == [(deed, number, "Jennifer", note)]
    page = client.get(answer.headers["location"]).text
    assert said in page
    assert f"/tasks/{number}/close" not in page


@pytest.mark.parametrize(
    ("deed", "note"), [("dropped", " "), ("done", "x" * 501), ("done", "a\x00b"), ("dance", "why not")]
)
def test_a_refusal_keeps_what_was_typed(client, desk, kept, deed, note):
    answer = client.post(f"/tasks/{number_of(kept, state='open')}/close", data={"deed": deed, "note": note})

    assert answer.status_code == 422
    assert "Not done: " in answer.text
    assert f'name="note" value="{html.escape(note)}"' in answer.text
    assert desk.tasks.deeds == []


def test_what_is_closed_is_not_closed_again(client, desk, kept):
    number = number_of(kept, state="done")
    answer = client.post(f"/tasks/{number}/close", data={"deed": "done"})

    assert "it is closed already" in client.get(answer.headers["location"]).text
    assert desk.tasks.deeds == []


@pytest.mark.parametrize("deed", ["booked", "held"])
def test_a_call_is_booked_or_held(client, desk, kept, deed):
    number = number_of(kept, action="phone_call", state="open")
    assert f'action="/tasks/{number}/called"' in client.get(f"/tasks/{number}").text
    answer = client.post(f"/tasks/{number}/called", data={"deed": deed})

    assert "for 24 hours nothing else goes to the customer" in client.get(answer.headers["location"]).text
    assert desk.tasks.deeds == [(deed, number, "Jennifer")]


def test_a_call_is_nothing_else(client, desk):
    assert client.post("/tasks/5/called", data={"deed": "dreamt"}).status_code == 422
    assert desk.tasks.deeds == []


def test_what_is_no_call_has_no_form_for_one(client, kept):
    page = client.get(f"/tasks/{number_of(kept, action='custom_solution', state='open')}").text

    assert "/called" not in page
    assert "call.ics" not in page


@pytest.mark.parametrize(
    ("at", "year", "hour"),
    [("2026-11-23T14:30", 2026, 14), ("2026-11-23T14:30:00Z", 2026, 14), ("2026-11-23T14:30+02:00", 2026, 12)],
)
def test_a_call_is_a_file_for_calendars(client, at, year, hour):
    import datetime as dt

    answer = client.get("/tasks/5/call.ics", params={"at": at})

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="call-5.ics"'
    assert f"X-AT:{from_datetime(dt.datetime(year, 11, 23, hour, 30, tzinfo=dt.UTC))}" in answer.text


@pytest.mark.parametrize("at", ["", "soon", "9999-12-31T10:00", "0001-01-01T00:00+14:00", "1969-12-31T23:59"])
def test_a_moment_that_is_none_is_refused(client, at):
    assert client.get("/tasks/5/call.ics", params={"at": at}).status_code == 400


def test_a_task_that_does_not_exist_is_not_found(client):
    assert client.get("/tasks/999").status_code == 404
    assert client.get("/tasks/999/call.ics?at=2026-11-23T14:30").status_code == 404
    assert client.post("/tasks/999/close", data={"deed": "done"}).status_code == 404
    assert client.post("/tasks/999/called", data={"deed": "held"}).status_code == 404


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, False), (Role.CSM, True), (Role.ADMIN, True)])
def test_who_may_not_act_sees_no_form(seen_as, desk, kept, role, may):
    number, client = number_of(kept, action="phone_call", state="open"), seen_as(role)
    page = client.get(f"/tasks/{number}").text

    assert ("/close" in page, "/called" in page) == (may, may)
    assert "call.ics" in page
    assert client.post(f"/tasks/{number}/called", data={"deed": "held"}).status_code == (303 if may else 403)
    assert client.post(f"/tasks/{number}/close", data={"deed": "done"}).status_code == (303 if may else 403)
    assert bool(desk.tasks.deeds) is may
