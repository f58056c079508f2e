"""The pages of runs: what they show, to whom, and what their forms do."""

import html
import re
from typing import get_args

import pytest
from markupsafe import escape
from msgspec.structs import replace

from keepwell.interventions.intents import Intent
from keepwell.runtime.ports.access import Role
from keepwell.runtime.ports.runs import RunPage
from keepwell.web.access import COOKIE
from keepwell.web.views.acting import KINDS
from keepwell.web.views.acting import REPLY as REPLY_KIND
from tests.web.fake_runs import OUTCOMES, PLAYBOOKS, REPLY
from tests.web.people import NOW, SCRIPT

PAGES = ("/runs", "/runs?state=closed", "/runs/1", "/runs/3", "/customers/c005")


def text(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def listed(page, noun="runs"):
    """The numbers of what a page lists, in their order."""
    return [int(each) for each in re.findall(rf'class="subject" href="/{noun}/(\d+)"', page)]


@pytest.fixture
def kept(desk):
    return desk.runs.kept


@pytest.fixture
def seen_as(stranger, access):
    """The same client as somebody of a role."""

    def enter(role):
        access.roles["s"] = role
        stranger.cookies.set(COOKIE, "s")
        return stranger

    return enter


def first(kept, true):
    return next(number for number, line in kept.items() if true(line))


@pytest.mark.parametrize(("state", "active"), [("active", True), ("closed", False)])
def test_the_tabs_hold_every_run_once(client, kept, state, active):
    found = [number for page in (1, 2) for number in listed(client.get(f"/runs?state={state}&page={page}").text)]

    assert sorted(set(found)) == [number for number, line in kept.items() if (line.closed_at is None) is active]


def test_what_happens_next_comes_first(client, kept):
    found = [kept[number].next_at or 2**62 for number in listed(client.get("/runs").text)]

    assert found == sorted(found)


def test_the_board_counts_what_is_held_and_overdue(client, desk):
    counts, said = desk.runs.counts(), text(client.get("/runs").text)

    assert f"Active {counts.active} {counts.held_out} of them held out" in said
    assert f"Held {counts.held} by a reply" in said
    assert f"Overdue {counts.overdue} steps" in said
    assert f"Closed in 30 days {sum(counts.closed.values())} {counts.closed['recovered']} recovered" in said


@pytest.mark.parametrize(
    ("query", "true"),
    [
        ("playbook=critical", lambda line: line.playbook == "critical"),
        ("held_out=yes", lambda line: line.held_out),
        ("held_out=no", lambda line: not line.held_out),
        ("customer=c015", lambda line: line.customer_id == "c015"),
    ],
)
@pytest.mark.parametrize("state", ["active", "closed"])
def test_a_filter_narrows_the_board(client, kept, query, true, state):
    found = [
        number for page in (1, 2) for number in listed(client.get(f"/runs?state={state}&{query}&page={page}").text)
    ]

    assert sorted(set(found)) == [
        number for number, line in kept.items() if (line.closed_at is None) is (state == "active") and true(line)
    ]


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_closed_runs_are_told_apart_by_their_outcome(client, kept, outcome):
    found = listed(client.get("/runs", params={"state": "closed", "outcome": outcome}).text)

    assert sorted(found) == [number for number, line in kept.items() if line.outcome == outcome]


@pytest.mark.parametrize(
    "query", ["state=pending", "playbook=nothing", "held_out=maybe", "outcome=fine", "customer=a%00b", "page=0"]
)
def test_an_unknown_filter_is_refused(client, query):
    assert client.get(f"/runs?{query}").status_code == 400


def test_a_page_past_the_last_is_the_last(client):
    last = client.get("/runs?page=2").text

    assert listed(client.get("/runs?page=99").text) == listed(last) != []
    assert 'rel="prev" href="/runs?page=1"' in last


def test_a_board_without_runs_says_what_would_bring_one(empty):
    assert "One begins when the trigger of a playbook happens" in text(empty.get("/runs").text)
    assert "One ends when the customer recovers or leaves" in text(empty.get("/runs?state=closed").text)
    assert "No run matches" in empty.get("/runs?customer=c001").text


@pytest.mark.parametrize("path", PAGES)
def test_what_others_wrote_stays_text(client, path):
    page = client.get(path).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_the_page_of_a_run_says_where_each_step_stands_and_leads_to_what_was_made_of_it(client, kept):
    number = first(kept, lambda line: line.closed_at is None)
    page = client.get(f"/runs/{number}").text
    said = text(page)

    assert "Immediate personal outreach sent" in said
    assert "approved by Jennifer Wu" in said
    assert "Expert consultation cancelled" in said
    assert "Value demonstration waits for an approval" in said
    assert "Executive escalation waits planned for 20 Nov 2026, 14:30 UTC, in 5 hours" in said
    assert "to senior leadership, CTO · only without improvement · urgent" in said
    assert 'href="/messages/1">The message' in page
    assert 'href="/tasks/2">The task' in page
    assert "History" in said
    assert said.index("Sent: Immediate personal outreach") < said.index("Approval asked: ") < said.index("Began 20 Nov")


def test_a_run_of_somebody_held_out_says_so_and_with_which_share(client, kept):
    number = first(kept, lambda line: line.held_out and line.propensity)

    assert "Held out yes: 10 % of customers are" in text(client.get(f"/runs/{number}").text)


def test_a_run_is_stopped_with_a_reason_and_that_is_said(client, desk, kept):
    number = first(kept, lambda line: line.closed_at is None)
    answer = client.post(f"/runs/{number}/stop", data={"reason": " they asked us to "})

    assert (answer.status_code, answer.headers["location"]) == (303, f"/runs/{number}?done=stopped")
    assert desk.runs.deeds == [("stop", number, "Jennifer", "they asked us to")]
    page = client.get(answer.headers["location"]).text
    assert "The run was stopped." in page
    assert "/stop" not in page


@pytest.mark.parametrize("reason", ["", " ", "x" * 501, "a\x00b"])
def test_a_refused_stop_keeps_what_was_typed(client, desk, kept, reason):
    number = first(kept, lambda line: line.closed_at is None)
    answer = client.post(f"/runs/{number}/stop", data={"reason": reason})

    assert answer.status_code == 422
    assert "Not done: " in answer.text
    assert f'name="reason" value="{html.escape(reason)}"' in answer.text
    assert 'id="stop" open' in answer.text
    assert desk.runs.deeds == []


def test_a_reply_is_looked_at_only_where_one_holds_the_run(client, desk, kept):
    held = first(kept, lambda line: line.reply_at is not None)
    free = first(kept, lambda line: line.closed_at is None and line.reply_at is None)

    assert f'action="/runs/{held}/looked"' in client.get(f"/runs/{held}").text
    assert "/looked" not in client.get(f"/runs/{free}").text
    assert REPLY in text(client.get(f"/runs/{held}").text)
    answer = client.post(f"/runs/{held}/looked")
    assert "the run goes on" in client.get(answer.headers["location"]).text
    assert desk.runs.deeds == [("looked", held, "Jennifer")]
    again = client.post(f"/runs/{held}/looked")
    assert "Nothing was changed" in client.get(again.headers["location"]).text


def test_what_is_over_has_no_form_and_stopping_it_changes_nothing(client, desk, kept):
    over = first(kept, lambda line: line.closed_at is not None)

    assert f"/runs/{over}/" not in client.get(f"/runs/{over}").text
    answer = client.post(f"/runs/{over}/stop", data={"reason": "late"})
    assert "it is over already" in client.get(answer.headers["location"]).text
    assert desk.runs.deeds == []


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, False), (Role.CSM, True), (Role.ADMIN, True)])
def test_who_may_not_act_sees_no_form(seen_as, desk, kept, role, may):
    number, client = first(kept, lambda line: line.reply_at is not None), seen_as(role)

    for deed in ("stop", "looked"):
        assert (f'action="/runs/{number}/{deed}"' in client.get(f"/runs/{number}").text) is may
    assert client.post(f"/runs/{number}/looked").status_code == (303 if may else 403)
    assert client.post(f"/runs/{number}/stop", data={"reason": "r"}).status_code == (303 if may else 403)
    assert bool(desk.runs.deeds) is may


def test_another_site_and_a_stranger_change_nothing(client, stranger, desk):
    crossing = {"sec-fetch-site": "cross-site"}
    assert client.post("/runs/1/stop", data={"reason": "r"}, headers=crossing).status_code == 403
    stranger.cookies.clear()
    assert stranger.post("/runs/1/stop", data={"reason": "r"}).status_code == 401
    assert desk.runs.deeds == []


@pytest.mark.parametrize("path", ["/runs/999", "/runs/0"])
def test_a_run_that_does_not_exist_is_not_found(client, path):
    assert client.get(path).status_code == 404
    assert client.post(f"{path}/stop", data={"reason": "r"}).status_code == 404
    assert client.post(f"{path}/looked").status_code == 404


@pytest.mark.parametrize("path", ["/runs/x", "/runs/99999999999999999999", "/runs/-1"])
def test_what_is_no_number_is_refused(client, path):
    assert client.get(path).status_code == 400


@pytest.mark.parametrize("done", ["dance", "", "stopped<b>"])
def test_an_address_cannot_make_up_what_was_done(client, done):
    assert 'class="card said"' not in client.get("/runs/1", params={"done": done}).text


@pytest.mark.parametrize("path", ["/messages", "/tasks", "/runs", "/playbooks", "/runs/1", "/playbooks/at_risk"])
def test_all_pages_of_interventions_stand_under_one_entry_of_the_navigation(client, path):
    found = re.search(r'<nav aria-label="Main">.*?</nav>', client.get(path).text, re.DOTALL)[0]

    assert re.findall(r'href="([^"]+)" aria-current="page"', found) == ["/messages"]


def test_pages_follow_what_happens(client):
    for path in ("/runs", "/runs/1", "/tasks", "/tasks/5", "/messages", "/playbooks"):
        assert 'data-live="acts"' in client.get(path).text, path


def test_the_page_of_a_customer_shows_their_runs_tasks_messages_and_what_happened(client, desk):
    line = desk.book.line("c005")
    page = client.get(f"/customers/{line.id}").text
    section = text(page.split('id="h-acting"')[1].split("</section>")[0])
    number = first(desk.runs.kept, lambda each: each.customer_id == line.id)

    assert listed(page) == [number]
    assert f"{PLAYBOOKS[number % 3][1]}" in section
    assert f'href="/tasks/{number}"' in page
    assert f'href="/messages/{number}"' in page
    assert "At risk, did not begin" in section
    assert SCRIPT in section


def test_a_reply_is_text_with_its_lines_and_the_newest_stands_beside_what_is_to_do(client, desk, kept):
    held = first(kept, lambda line: line.reply_at is not None)
    found = desk.runs.run(held)
    line = replace(found.history[0], kind=REPLY_KIND, step="", at=NOW)
    told = [
        replace(line, because=f"Dear all,\nwe leave. {SCRIPT}"),
        replace(line, because="An earlier one", at=NOW - 1),
    ]
    desk.runs.run = lambda _: RunPage(found.line, found.steps, [*told, *found.history])
    page = client.get(f"/runs/{held}").text
    acts, rest = page.split('id="h-steps"')

    written = f"Dear all,\nwe leave. {escape(SCRIPT)}"
    assert f'<blockquote class="sheet passage"><bdi>{written}</bdi></blockquote>' in acts
    assert "An earlier one" not in acts
    assert "<b>Reply</b>" in rest
    assert f'<span class="under as-written"><bdi>{written}</bdi></span>' in rest
    assert "An earlier one" in rest
    assert SCRIPT not in page


def test_without_a_reply_to_look_at_no_words_of_one_stand_on_top(client, kept):
    held = first(kept, lambda line: line.reply_at is not None)

    assert "<blockquote" not in client.get(f"/runs/{held}").text


def test_every_line_of_a_history_has_words():
    assert {each.__name__.lower() for each in get_args(Intent)} - {"stepended"} == set(KINDS) - {REPLY_KIND}


def test_a_customer_without_runs_is_told_what_would_begin_one(client, desk):
    desk.runs.kept.clear()
    desk.tasks.kept.clear()
    desk.messages.kept.clear()

    assert "No run of a playbook yet. One begins when its trigger happens." in client.get("/customers/c005").text


def test_a_customer_with_many_messages_leads_to_all_of_them(client, desk):
    from msgspec.structs import replace

    for number, line in desk.messages.kept.items():
        desk.messages.kept[number] = replace(line, customer_id="c005")

    assert '<a href="/messages?customer=c005">all 120 messages</a>' in client.get("/customers/c005").text
