"""Runs, tasks, messages and playbooks over the API: what is listed, what is done, and what is said of it."""

import pytest

from keepwell.base.time import to_rfc3339
from tests.web.api.test_routes import ask, problem
from tests.web.fake_messages import BLOCKED
from tests.web.fake_playbooks import NOBODY, NOTHING

REASON = {"reason": "they asked us to"}


def listed(client, noun, **asked):
    """All that match, part by part."""
    found, cursor = [], None
    while True:
        query = "&".join(
            f"{name}={value}" for name, value in {**asked, "cursor": cursor, "limit": 7}.items() if value is not None
        )
        answer = ask(client, "GET", f"/{noun}?{query}").json()
        found += answer[noun]
        cursor = answer["next"]
        if cursor is None:
            assert answer["total"] == len(found)
            return found


@pytest.mark.parametrize(("noun", "asked"), [("runs", {}), ("tasks", {"state": ""}), ("messages", {})])
def test_the_parts_of_a_list_are_the_whole_of_it(client, desk, noun, asked):
    found = listed(client, noun, **asked)

    assert sorted(each["id"] for each in found) == sorted(getattr(desk, noun).kept)
    assert len({each["state"] if noun != "runs" else each["outcome"] for each in found}) > 2


@pytest.mark.parametrize(
    ("noun", "asked", "true"),
    [
        ("runs", {"active": "false"}, lambda each: each["outcome"] is not None),
        ("runs", {"playbook": "critical"}, lambda each: each["playbook"] == "critical"),
        ("runs", {"held_out": "true"}, lambda each: each["held_out"]),
        ("runs", {"outcome": "recovered"}, lambda each: each["outcome"] == "recovered"),
        ("runs", {"customer_id": "c005"}, lambda each: each["customer_id"] == "c005"),
        ("tasks", {}, lambda each: each["state"] == "open"),
        ("tasks", {"action": "phone_call"}, lambda each: each["action"] == "phone_call"),
        ("tasks", {"role": "cto"}, lambda each: "cto" in each["roles"]),
        ("messages", {"state": "uncertain"}, lambda each: each["state"] == "uncertain"),
        ("messages", {"customer_id": "c005"}, lambda each: each["customer_id"] == "c005"),
    ],
)
def test_a_list_is_narrowed(client, noun, asked, true):
    found = listed(client, noun, **asked)

    assert found
    assert all(true(each) for each in found)


@pytest.mark.parametrize("noun", ["runs", "tasks", "messages"])
def test_a_cursor_is_good_for_its_own_list_only(client, noun):
    cursor = ask(client, "GET", f"/{noun}?limit=2").json()["next"]

    assert problem(ask(client, "GET", f"/{noun}?limit=2&customer_id=c005&cursor={cursor}")).status == 422


def test_a_run_tells_its_moments_its_steps_and_its_history(client, desk):
    line = desk.runs.kept[1]
    found = ask(client, "GET", "/runs/1").json()

    assert found["run"]["started_at"] == to_rfc3339(line.started_at)
    assert found["run"]["reply_at"] == to_rfc3339(line.reply_at)
    assert [each["end"] for each in found["steps"]] == ["sent", "cancelled", None, None]
    assert found["steps"][2]["message"] == 1
    assert [each["kind"] for each in found["history"]] == ["sent", "prepare", "opened"]


def test_the_list_of_runs_counts_all_of_them(client, desk):
    counts = desk.runs.counts()

    found = ask(client, "GET", "/runs?limit=1").json()["counts"]
    assert found["active"] == counts.active
    assert found["closed"] == dict(counts.closed)


def test_a_run_is_stopped_once_by_whom_asked(client, desk):
    first = ask(client, "POST", "/runs/1/stop", REASON, x_test_visitor="csm").json()
    again = ask(client, "POST", "/runs/1/stop", REASON).json()

    assert (first["changed"], first["run"]["outcome"], again["changed"]) == (True, "stopped", False)
    assert desk.runs.deeds == [("stop", 1, "carl", REASON["reason"])]


def test_a_reply_is_looked_at_once(client):
    assert [ask(client, "POST", "/runs/1/looked").json()["changed"] for _ in range(2)] == [True, False]


def test_a_task_tells_what_it_needs_and_is_closed_once(client, desk):
    found = ask(client, "GET", "/tasks/5").json()
    assert found["script"]
    assert found["reach"][1] == {"label": "Phone", "value": "+49 30 1234567"}
    assert found["facts"][0]["as_of"].endswith("Z")

    done = [ask(client, "POST", "/tasks/5/done", {"note": "we spoke"}).json() for _ in range(2)]
    assert [each["changed"] for each in done] == [True, False]
    assert done[1]["task"]["note"] == "we spoke"
    assert ask(client, "POST", "/tasks/1/drop", REASON).json()["task"]["state"] == "dropped"
    ask(client, "POST", "/tasks/9/called", {"held": False})
    assert [each[0] for each in desk.tasks.deeds] == ["done", "dropped", "booked"]


def test_a_message_tells_all_that_an_approval_needs(client, desk):
    found = ask(client, "GET", f"/messages/{BLOCKED}").json()
    page = desk.messages.message(BLOCKED)

    assert found["text"] == page.text
    assert found["digest"] == page.digest
    for passage in found["passages"]:
        for bound in passage["bound"]:
            assert passage["text"][bound["start"] : bound["end"]] in {"38 %", "20 November"}
    assert found["blocked"][0]["reason"] == "its fact is now another"
    assert found["left_out"][0]["part"] == "success_examples"
    assert found["history"][0]["by"] == "Bob & Sons"


def test_the_text_with_the_digest_is_approved_and_no_other(client, desk):
    assert problem(ask(client, "POST", "/messages/1/approve", {"digest": "other"})).status == 422
    assert desk.messages.deeds == []
    found = ask(client, "POST", "/messages/1/approve", {"digest": "digest-1-0"}, x_test_visitor="csm").json()
    assert found["message"]["state"] == "posted"
    assert desk.messages.deeds == [("approve", {1: "digest-1-0"}, "carl")]


def test_an_edit_that_would_be_blocked_says_where_and_why(client, desk):
    refused = problem(ask(client, "PUT", "/messages/1", {"subject": "Hello", "paragraphs": ["fine", "99 trades"]}))

    assert refused.status == 422
    (fault,) = refused.errors
    assert fault.place == "passage 2"
    assert "bound to no fact" in fault.message
    assert desk.messages.deeds == []
    found = ask(client, "PUT", "/messages/1", {"subject": "Hello", "paragraphs": ["All well?"]}).json()
    assert [each["text"] for each in found["passages"]] == ["Hello", "All well?"]


def test_a_message_is_rejected_or_written_anew(client, desk):
    ask(client, "POST", "/messages/1/renew")
    found = ask(client, "POST", "/messages/1/reject", REASON).json()

    assert found["message"]["state"] == "cancelled"
    assert [each[0] for each in desk.messages.deeds] == ["renew", "reject"]
    assert problem(ask(client, "POST", "/messages/1/renew")).status == 422


def test_everything_is_stopped_and_goes_on(client):
    assert ask(client, "GET", "/sending").json() == {
        "can_send": False, "because": "this is a dry run: nothing leaves", "stop": None,
    }  # fmt: skip
    stopped = ask(client, "POST", "/sending/stop", REASON).json()
    assert stopped["stop"]["because"] == REASON["reason"]
    assert ask(client, "POST", "/sending/go").json()["stop"] is None


def test_unwanted_addresses_are_listed_the_newest_first(client):
    found = ask(client, "GET", "/unwanted?limit=2").json()["addresses"]

    assert [each["address"] for each in found] == ["no0@example.org", "no1@example.org"]


def test_a_playbook_tells_its_effect(client):
    assert len(ask(client, "GET", "/playbooks").json()["playbooks"]) == 4
    found = ask(client, "GET", f"/playbooks/{NOTHING}").json()
    assert (found["effect"]["finding"], found["effect"]["is_success"]) == ("no effect shown", False)
    assert found["effect"]["held_out"]["customers"] == 14
    assert ask(client, "GET", f"/playbooks/{NOBODY}").json()["effect"]["held_out"] is None


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/runs/1/stop", {"reason": " "}),
        ("POST", "/runs/1/stop", {"reason": "a\x00b"}),
        ("POST", "/runs/1/stop", {"reason": "x" * 501}),
        ("POST", "/tasks/5/drop", {}),
        ("POST", "/tasks/5/done", {"note": "x" * 501}),
        ("POST", "/tasks/5/called", {"held": "maybe"}),
        ("POST", "/messages/1/approve", {"digest": ""}),
        ("POST", "/messages/1/reject", {"reason": ""}),
        ("PUT", "/messages/1", {"subject": "s", "paragraphs": []}),
        ("PUT", "/messages/1", {"subject": " ", "paragraphs": ["p"]}),
        ("POST", "/sending/stop", {"reason": "r", "SECRET": 1}),
    ],
)
def test_a_refused_body_changes_nothing(client, desk, method, path, body):
    answer = ask(client, method, path, body)

    assert problem(answer).status == 422
    assert "SECRET" not in answer.text
    assert desk.runs.deeds + desk.tasks.deeds + desk.messages.deeds == []
