"""The pages of messages: the queue, one message with its facts, and what people do with them."""

import html
import re

import pytest
from msgspec.structs import replace

from keepwell.outreach.gate import Reason
from keepwell.runtime.ports.access import Role
from keepwell.web.messages import TOGETHER
from keepwell.web.views.messages import TABS
from tests.web.fake_messages import BLOCKED, PASSAGES, REST
from tests.web.test_runs import first, listed, seen_as, text

__all__ = ["seen_as"]

READY = 1  # the number of a message that can be approved as it is


@pytest.fixture
def kept(desk):
    return desk.messages.kept


def asked(kept):
    return [number for number, line in kept.items() if line.state == "asked"]


def digests(page):
    return re.findall(r'name="seen" value="([^"]+)"', page)


def words(page):
    """The message as the page shows it."""
    found = re.search(r'<div class="sheet">(.*?)</div>', page, re.DOTALL)[1]
    return [html.unescape(re.sub(r"<[^>]+>", "", each)) for each in re.findall(r"<bdi>(.*?)</bdi>", found, re.DOTALL)]


def test_what_waits_for_an_approval_is_the_first_tab(client, kept):
    page = client.get("/messages").text

    assert sorted(listed(page, "messages")) == asked(kept)
    assert listed(page, "messages") == listed(client.get("/messages?state=asked").text, "messages")


def test_the_tabs_hold_every_message_once_and_count_what_they_list(client, kept):
    found = []
    for state, (label, _) in TABS.items():
        page = client.get(f"/messages?state={state}").text
        assert int(re.search(rf"{label} <small>(\d+)</small>", page)[1]) == len(listed(page, "messages")), state
        found += listed(page, "messages")

    assert sorted(found) == sorted(kept)


def test_what_expires_first_comes_first(client, kept):
    found = [kept[number].expires_at for number in listed(client.get("/messages").text, "messages")]

    assert found == sorted(found)


@pytest.mark.parametrize("query", ["state=lost", "state=uncertain", "customer=a%00b", "page=0", "number=x"])
def test_an_unknown_filter_is_refused(client, query):
    assert client.get(f"/messages?{query}").status_code == 400


@pytest.mark.parametrize("state", TABS)
def test_an_empty_tab_says_what_would_fill_it(empty, state):
    page = empty.get(f"/messages?state={state}").text

    assert "0 messages" in text(page)
    assert 'class="none"' in page
    assert 'id="act"' not in page


def test_one_customer_only(client, kept):
    page = client.get("/messages?customer=c015").text

    assert {kept[number].customer_id for number in listed(page, "messages")} <= {"c015"}
    assert '<a href="/messages">All customers</a>' in page


@pytest.mark.parametrize(
    "path", ["/messages", "/messages?state=sent", "/messages/1", "/messages/2", "/messages/read?ids=1&ids=2"]
)
def test_what_others_wrote_stays_text(client, path):
    page = client.get(path).text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_that_nothing_can_leave_is_said_and_why(client, desk):
    for path in ("/messages", "/messages/1", "/messages/read?ids=1"):
        assert "Nothing leaves for customers This is a dry run: nothing leaves." in text(client.get(path).text), path
    desk.messages.off = ""
    for path in ("/messages", "/messages/1", "/messages/read?ids=1"):
        assert "Nothing leaves" not in client.get(path).text, path


def test_everything_is_stopped_with_a_reason_and_goes_on(client, desk):
    desk.messages.off = ""
    answer = client.post("/messages/stop", data={"reason": "an outage of ours"})
    page = client.get(answer.headers["location"]).text

    assert "Everything to customers is stopped." in page
    assert "Everything was stopped by Jennifer: an outage of ours. since 20 Nov 2026, 09:30 UTC" in text(page)
    assert 'action="/messages/stop"' not in page
    assert 'action="/messages/go"' in page
    page = client.get(client.post("/messages/go").headers["location"]).text
    assert "The stop is over" in page
    assert "Nothing leaves" not in page
    assert desk.messages.deeds == [("stop", "Jennifer", "an outage of ours"), ("go_on", "Jennifer")]


def test_a_stop_without_a_reason_is_refused(client, desk):
    answer = client.post("/messages/stop", data={"reason": " "})

    assert answer.status_code == 422
    assert "a stop needs a reason" in answer.text
    assert desk.messages.deeds == []


def test_addresses_that_are_not_written_to_are_listed(client, desk):
    said = text(client.get("/messages/unwanted").text)
    assert said.index("no0@example.org") < said.index("no2@example.org")
    desk.messages.addresses.clear()
    assert "Unsubscribing, a bounce or a complaint puts one there" in client.get("/messages/unwanted").text


def test_the_text_is_shown_as_it_goes_out_and_each_figure_leads_to_its_fact(client):
    page = client.get(f"/messages/{READY}").text

    assert words(page) == [*(each[1] for each in PASSAGES), REST]
    for anchor, said in (("fact-use_change", "38 %"), ("fact-last_sign_in", "20 November")):
        assert re.search(rf'<a class="bound" href="#{anchor}" title="[^"]*">{said}</a>', page)
        assert f'<tr id="{anchor}">' in page
    assert "now 41 %" in text(page)
    assert "What else is known and may be said" in page
    assert 'id="fact-swaps_failed"' in page
    assert "not known any more" in text(page)


def test_what_was_left_out_and_what_the_gate_says_stand_beside_it(client):
    said = text(client.get(f"/messages/{READY}").text)

    assert "Success examples: " in said
    assert "May it be sent? Yes, once it is approved. Nobody has approved it." in said
    assert "Approved 20 Nov 2026, 09:30 UTC · Bob & Sons" in said


def test_a_message_that_is_over_asks_no_gate_and_has_no_form(client, kept):
    number = first(kept, lambda line: line.state == "sent")
    page = client.get(f"/messages/{number}").text

    assert "May it be sent?" not in page
    assert f"/messages/{number}/" not in page
    assert "/messages/approve" not in page


def test_a_message_that_is_not_written_yet_says_so(client, kept):
    page = client.get(f"/messages/{first(kept, lambda line: line.state == 'wanted')}").text

    assert "It is not written yet" in page
    assert "It says no figure" in page


def test_what_blocks_is_marked_where_it_stands_with_its_reason_and_cannot_be_approved(client):
    page = client.get(f"/messages/{BLOCKED}").text

    mark = re.search(r'<mark class="wrong" title="([^"]+)">(.*?)</mark>', page)
    assert mark[1] == "Its fact is now another."
    assert re.sub(r"<span.*", "", re.sub(r"</?a[^>]*>", "", mark[2])) == "38 %"
    assert "Why it is blocked 38 % : Its fact is now another." in text(page)
    assert "/messages/approve" not in page
    assert "Blocked: edit it, or write it anew." in page


def test_the_text_that_was_seen_is_approved(client, desk, kept):
    page = client.get(f"/messages/{READY}").text
    answer = client.post("/messages/approve", data={"one": "yes", "seen": digests(page)})

    assert answer.headers["location"] == "/messages?done=approved&number=1"
    assert desk.messages.deeds == [("approve", {READY: "digest-1-0"}, "Jennifer")]
    assert kept[READY].state == "posted"
    assert "1 message approved." in client.get(answer.headers["location"]).text


def test_a_text_that_changed_meanwhile_is_not_approved_and_is_shown_as_it_is_now(client, desk):
    page = client.get(f"/messages/{READY}").text
    desk.messages.edit(READY, "Another subject", ["Another text"], "bob")
    desk.messages.deeds.clear()
    answer = client.post("/messages/approve", data={"one": "yes", "seen": digests(page)})

    assert answer.status_code == 422
    assert "is another text by now" in answer.text
    assert words(answer.text) == ["Another subject", "Another text", REST]
    assert desk.messages.deeds == []


def test_a_second_person_is_asked_only_where_one_is_needed(client, desk, kept):
    number = first(kept, lambda line: line.state == "posted")
    assert "second person" not in client.get(f"/messages/{number}").text
    page = replace(desk.messages.message(number), verdict=Reason.ALONE.value)
    desk.messages.message = lambda _: page

    assert digests(client.get(f"/messages/{number}").text) == [f"{number}:{page.digest}"]
    assert "Approve as a second person" in client.get(f"/messages/{number}").text
    page = replace(page, line=replace(page.line, state="sent"))
    assert "second person" not in client.get(f"/messages/{number}").text.split("May it be sent?")[0]


def test_several_are_read_on_one_page_and_approved_together(client, desk, kept):
    numbers = [number for number in asked(kept) if number != BLOCKED][:3]
    page = client.get("/messages/read", params={"ids": [*numbers, BLOCKED, numbers[0]]}).text

    assert digests(page) == [f"{number}:digest-{number}-0" for number in numbers]
    assert "Approve these 3 texts" in page
    assert "3 of 4 can be approved as they are" in page
    assert f'href="/messages/{BLOCKED}"' in page.split("Not among them")[1]
    answer = client.post("/messages/approve", data={"seen": digests(page)})
    assert "3 messages approved." in client.get(answer.headers["location"]).text
    assert [kept[number].state for number in numbers] == ["posted"] * 3


def test_one_of_several_that_changed_stops_all_of_them(client, desk, kept):
    numbers = [number for number in asked(kept) if number != BLOCKED][:3]
    page = client.get("/messages/read", params={"ids": numbers}).text
    desk.messages.edit(numbers[1], "Another subject", ["Another text"], "bob")
    desk.messages.deeds.clear()
    answer = client.post("/messages/approve", data={"seen": digests(page)})

    assert answer.status_code == 422
    assert f"message {numbers[1]} is another text by now" in answer.text
    assert "Another text" in answer.text
    assert digests(answer.text) != digests(page)
    assert desk.messages.deeds == []


def test_no_more_are_read_together_than_one_can_read(client, kept):
    numbers = [number for number in asked(kept) if number != BLOCKED]
    page = client.get("/messages/read", params={"ids": numbers}).text

    assert len(numbers) > TOGETHER
    assert len(digests(page)) == TOGETHER
    assert f"{TOGETHER} of {len(numbers)} can be approved" in page


@pytest.mark.parametrize("seen", [[], ["1"], ["x:y"], ["1:"], [":digest"], ["\u0661:digest"], ["9" * 30 + ":d"]])
def test_an_approval_that_names_no_text_is_refused(client, desk, seen):
    answer = client.post("/messages/approve", data={"seen": seen})

    assert answer.status_code == 422
    assert "Not done: " in answer.text
    assert desk.messages.deeds == []


def test_an_approval_of_what_does_not_exist_is_refused(client, desk):
    assert "there is no such message" in client.post("/messages/approve", data={"seen": ["999:d"]}).text
    assert desk.messages.deeds == []


def test_nothing_selected_is_said(client):
    answer = client.get("/messages/read")

    assert answer.status_code == 422
    assert "nothing is selected" in answer.text


def test_the_words_are_edited_with_places_for_figures(client, desk):
    page = client.get(f"/messages/{READY}").text
    written = html.unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", page, re.DOTALL)[1])

    assert written.startswith("since {last_sign_in}")
    assert "Hello Anna" not in written
    sent = {"subject": "You trade less ", "text": f"{written}\r\n\r\n  \r\nNew one\r\nof two lines \r\n\r\n"}
    answer = client.post(f"/messages/{READY}/edit", data=sent)
    ((kind, number, by, subject, paragraphs),) = desk.messages.deeds
    assert (kind, number, by, subject) == ("edit", READY, "Jennifer", "You trade less")
    assert paragraphs == [PASSAGES[2][0], PASSAGES[3][0], "New one\nof two lines"]
    assert "Read it again before you approve it" in client.get(answer.headers["location"]).text


def test_an_edit_that_would_be_blocked_comes_back_with_what_was_typed_and_why(client, desk):
    sent = {"subject": "You <lost> 99 trades", "text": "All well?\n\n{use_change} less"}
    answer = client.post(f"/messages/{READY}/edit", data=sent)

    assert answer.status_code == 422
    assert "99 : It says a figure, date, unit or name that is bound to no fact." in text(answer.text)
    assert f'name="subject" value="{html.escape(sent["subject"])}"' in answer.text
    assert re.search(r"<textarea[^>]*>(.*?)</textarea>", answer.text, re.DOTALL)[1] == sent["text"]
    assert 'id="edit" open' in answer.text
    assert desk.messages.deeds == []


def test_a_character_that_cannot_be_stored_is_refused(client, desk):
    assert client.post(f"/messages/{READY}/edit", data={"subject": "a\x00b", "text": "c"}).status_code == 422
    assert desk.messages.deeds == []


def test_a_message_is_written_anew(client, desk):
    answer = client.post(f"/messages/{READY}/renew")

    assert desk.messages.deeds == [("renew", READY)]
    assert "written anew" in client.get(answer.headers["location"]).text


def test_a_message_is_rejected_with_a_reason(client, desk, kept):
    assert client.post(f"/messages/{READY}/reject", data={"reason": " "}).status_code == 422
    assert client.post(f"/messages/{READY}/reject", data={"reason": "x" * 501}).status_code == 422
    answer = client.post(f"/messages/{READY}/reject", data={"reason": "not our tone"})

    assert desk.messages.deeds == [("reject", READY, "Jennifer", "not our tone")]
    assert kept[READY].state == "cancelled"
    assert "It was rejected and is not sent." in client.get(answer.headers["location"]).text


@pytest.mark.parametrize("deed", ["edit", "renew", "reject"])
def test_what_does_not_wait_is_left_as_it_is(client, desk, kept, deed):
    number = first(kept, lambda line: line.state == "sent")
    answer = client.post(f"/messages/{number}/{deed}", data={"reason": "r", "subject": "s", "text": "t"})

    assert answer.status_code == 422
    assert "does not wait for an approval" in answer.text
    assert desk.messages.deeds == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/messages/999"), ("GET", "/messages/read?ids=999"), ("POST", "/messages/999/edit"),
        ("POST", "/messages/999/renew"), ("POST", "/messages/999/reject"),
    ],
)  # fmt: skip
def test_a_message_that_does_not_exist_is_not_found(client, method, path):
    assert client.request(method, path).status_code == 404


@pytest.mark.parametrize("path", ["/messages/x", "/messages/99999999999999999999", "/messages/read?ids=x"])
def test_what_is_no_number_is_refused(client, path):
    assert client.get(path).status_code == 400


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, False), (Role.CSM, True), (Role.ADMIN, True)])
def test_who_may_not_act_sees_no_form(seen_as, desk, role, may):
    client = seen_as(role)
    page = client.get(f"/messages/{READY}").text

    assert ("/messages/approve" in page, "/edit" in page, "/reject" in page, "/renew" in page) == (may,) * 4
    assert ('name="ids"' in client.get("/messages").text) is may
    assert client.get(f"/messages/read?ids={READY}").status_code == (200 if may else 403)
    for path in ("edit", "renew", "reject"):
        answer = client.post(f"/messages/{READY}/{path}", data={"reason": "r", "subject": "s", "text": "t"})
        assert answer.status_code == (303 if may else 403)
    assert client.post("/messages/approve", data={"seen": [f"{READY}:d"]}).status_code == (422 if may else 403)
    assert bool(desk.messages.deeds) is may


@pytest.mark.parametrize(("role", "may"), [(Role.VIEWER, False), (Role.CSM, False), (Role.ADMIN, True)])
def test_only_administrators_stop_everything(seen_as, desk, role, may):
    client = seen_as(role)

    page = client.get("/messages").text
    assert ('action="/messages/stop"' in page) is may
    assert 'action="/messages/stop"' not in page.split('aria-label="List of messages"')[1]
    assert client.post("/messages/stop", data={"reason": "r"}).status_code == (303 if may else 403)
    assert client.post("/messages/go").status_code == (303 if may else 403)
    assert bool(desk.messages.deeds) is may


def test_another_site_changes_nothing(client, desk):
    crossing = {"sec-fetch-site": "cross-site"}
    for path in ("/messages/approve", "/messages/1/edit", "/messages/stop"):
        assert client.post(path, data={"seen": ["1:digest-1-0"], "reason": "r"}, headers=crossing).status_code == 403
    assert desk.messages.deeds == []


@pytest.mark.parametrize("query", ["done=dance", "done=approved", "number=3", "done=approved&number=-1"])
def test_an_address_cannot_make_up_what_was_done(client, query):
    assert 'class="card said"' not in client.get(f"/messages?{query}").text


def test_a_text_that_is_more_than_its_passages_is_shown_as_it_is(client, desk):
    page = replace(desk.messages.message(READY), text="Something else goes out")
    desk.messages.message = lambda _: page

    assert '<pre class="exact">Something else goes out</pre>' in client.get(f"/messages/{READY}").text
