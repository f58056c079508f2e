"""The pages of the knowledge base, and verdicts on findings through the forms."""

import html
import re

import pytest

from keepwell.base.time import DAY_US, day_of
from keepwell.config.expert import load_knowledge, shipped_knowledge, shipped_names
from keepwell.config.expert_checks import DOMAINS as CHECKED
from keepwell.config.expert_tables import load_tables
from keepwell.expert.finding import CERTAINTIES
from keepwell.expert.judging import ENOUGH, Accuracies, Accuracy
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Topic
from keepwell.expert.search import index
from keepwell.expert.signal import LISTS
from keepwell.runtime.ports.access import Role
from keepwell.runtime.ports.knowledge import Library
from keepwell.web.access import COOKIE
from keepwell.web.views import knowledge, links, observed, verdicts
from tests.web.people import NASTY, NOW, SCRIPT

KNOWLEDGE = shipped_knowledge(shipped_names())
ENTRIES = KNOWLEDGE.entries
SAID = {"customer": "c001", "entry": "RPC-01", "verdict": "right", "as_of": str(NOW)}
PART = {"HX-Request": "true"}


def text(page):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def listed(page):
    return re.findall(r'class="subject" href="/expert/knowledge/([^"?]+)', page)


def as_role(client, access, role):
    access.roles["theirs"] = role
    client.cookies.clear()
    client.cookies.set(COOKIE, "theirs", domain="127.0.0.1")


# ------------------------------------------------------------------ the list


def test_all_entries_are_listed_in_their_order(client):
    page = client.get("/expert/knowledge").text

    assert listed(page) == list(ENTRIES)
    assert "139 entries." in text(page)


@pytest.mark.parametrize("query", ["0x1771", "6001", "SlippageToleranceExceeded"])
def test_an_error_is_found_in_the_entries_and_in_the_tables(client, query):
    page = client.get(links.knowledge(q=query)).text

    assert "DEX-01" in listed(page)
    assert "Errors of programs" in page
    assert "6001 (0x1771)" in page
    assert f'href="{html.escape(links.entry("DEX-01", q=query))}"' in page
    assert f'value="{query}"' in page


def test_a_code_without_an_entry_is_told_all_the_same(client):
    lonely = next(code for _, code in reversed(client_index()) if code.number and not code.entries)
    page = text(client.get(links.knowledge(q=f"{lonely.program} {lonely.number}")).text)

    assert lonely.names[0] in page
    assert lonely.meaning[0] in page
    assert "no entry" in page


def client_index():
    return index(KNOWLEDGE, load_tables()).codes


@pytest.mark.parametrize(
    ("name", "value"), [("domain", "bridge"), ("severity", "critical"), ("certainty", "hint"), ("domain", "meta")]
)
def test_a_list_is_narrowed(client, name, value):
    page = client.get(links.knowledge(**{name: value})).text
    right = [each.id for each in ENTRIES.values() if getattr(each, name) == value]

    assert listed(page) == right
    assert f'<option value="{value}" selected>' in page
    assert "Clear the filters" in page


TYPED = (SCRIPT, "\x00", "%", "a" * 5000, "../..", "{{7*7}}", "\u202e\U0001f980", "[[[", *NASTY)


@pytest.mark.parametrize("name", ["q", "domain", "severity", "certainty"])
def test_nothing_that_is_typed_fails(client, name):
    for typed in TYPED:
        answer = client.get("/expert/knowledge", params={name: typed})

        assert answer.status_code == (200 if name == "q" else 400), typed
        assert "<script>alert" not in answer.text
        if name != "q":
            assert f"The Expert knows no {name} called" in text(answer.text), typed


@pytest.mark.parametrize("query", ["zzyzx", "<script>alert(1)</script>"])
def test_what_is_not_found_is_said_so(client, query):
    page = client.get("/expert/knowledge", params={"q": query}).text

    assert f"Nothing was found for \u201c{query}\u201d." in html.unescape(page)
    assert listed(page) == []


def test_what_is_typed_is_shown_again_as_text(client):
    assert f'value="{html.escape(SCRIPT).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")}"' in (
        client.get("/expert/knowledge", params={"q": SCRIPT}).text
    )


# ------------------------------------------------------------------ one entry


def test_an_entry_tells_everything_that_is_known(client):
    for entry in ENTRIES.values():
        answer = client.get(links.entry(entry.id))
        page = text(answer.text)

        assert answer.status_code == 200
        assert [each for each in told(entry) if " ".join(each.split()) not in page] == [], entry.id
        urls = [url for ref in entry.refs if (url := KNOWLEDGE.sources[ref].url)]
        for url in urls:
            assert f'<a href="{html.escape(url)}" rel="noopener noreferrer">' in answer.text, entry.id
        assert ("never said to the customer" in page) is entry.confidential, entry.id


def test_an_id_may_be_written_in_small_letters(client):
    small = client.get("/expert/knowledge/tx-01").text

    assert small.replace("tx-01", "TX-01") == client.get("/expert/knowledge/TX-01").text


def told(entry):
    """All that the page of an entry has to say."""
    yield from (entry.title, entry.diagnosis, entry.threshold.why, *entry.causes, *entry.actions)
    for asked in entry.signal.when.comparisons:
        yield from (asked.feature, observed.meaning(asked.feature, KNOWLEDGE))
    for ref in entry.refs:
        source = KNOWLEDGE.sources[ref]
        yield source.repo or source.url or source.where[0]
    yield from (f"{code}, {hex(code)}" for errors in entry.signal.errors for code in errors.codes)
    yield from (*entry.signal.messages, *entry.signal.states, *entry.signal.outcomes, *entry.signal.codes)


@pytest.mark.parametrize("name", ["no such", "TX-011", "../../etc/passwd", "%00", SCRIPT])
def test_what_is_no_entry_is_said_so(client, name):
    answer = client.get(links.entry(name))

    assert answer.status_code == 404
    assert "<script>alert" not in answer.text


def test_an_entry_leads_back_to_what_was_found(client):
    page = client.get(links.entry("DEX-01", q="0x1771")).text

    assert 'href="/expert/knowledge?q=0x1771"' in page


def changed_library(tmp_path):
    own = tmp_path / "knowledge.toml"
    own.write_text('[LP-01]\nwhy = "wide pools"\n[LP-01.when]\n"lp.in_range_share <" = 0.33\n')
    used = load_knowledge(own, shipped_names())
    return Library(used, KNOWLEDGE, index(used, load_tables()))


def test_a_number_that_was_changed_here_says_what_ships(tmp_path):
    library = changed_library(tmp_path)
    shipped = ENTRIES["LP-01"].signal.when.comparisons[0].value
    view = knowledge.entry(library, library.knowledge.entries["LP-01"], nobody(), [], "")
    (condition,) = [each for each in (*view.every, *view.some) if each.name == "lp.in_range_share"]

    assert condition.text.endswith("below 33\N{NO-BREAK SPACE}%")
    assert condition.was == f"{shipped * 100:g}\N{NO-BREAK SPACE}%"
    assert (view.changed, view.why) == (True, "wide pools")
    other = knowledge.entry(library, library.knowledge.entries["LP-02"], nobody(), [], "")
    assert not other.changed


def nobody():
    return Accuracies(Accuracy(), {each: Accuracy() for each in Certainty}, {})


def test_everything_that_is_asked_for_has_words():
    assert set(observed.DOMAINS) == set(CHECKED)
    assert set(observed.SEVERITIES) == set(Severity)
    assert set(CERTAINTIES) == set(Certainty)
    assert set(observed.NEEDS) == set(LISTS)
    assert set(observed.TOPICS) == set(Topic)


def test_only_http_addresses_become_links():
    said = "read (https://a.example/x?y=1), ftp://b.example, javascript:alert(1), http://c.example/d."
    parts = observed.linked(said)

    assert [each.href for each in parts if each.href] == ["https://a.example/x?y=1", "http://c.example/d"]
    assert "".join(each.text for each in parts) == said
    assert observed.linked("") == []


# ------------------------------------------------------------------ verdicts


def test_a_verdict_is_kept_and_leads_back_to_its_finding(client, desk):
    answer = client.post("/expert/verdicts", data={**SAID, "note": "They confirmed it."})
    ((judged, line),) = [(each[0], line) for each, line in desk.knowledge.kept.items()]

    assert answer.status_code == 303
    assert answer.headers["location"] == "/expert?customer=c001#f-RPC-01"
    assert (judged.person, line.verdict, line.note) == ("Jennifer", "right", "They confirmed it.")
    page = client.get("/expert?customer=c001").text
    assert "You said right today, with this note." in text(page)
    assert page.count("They confirmed it.") == 1
    assert 'value="They confirmed it." maxlength="500"' in page
    assert "Note, at most 500 letters" in text(page)
    assert re.search(r'id="right-RPC-01"[^>]*aria-pressed="true"', page)


def test_the_part_alone_comes_when_only_it_is_asked_for(client, desk):
    answer = client.post("/expert/verdicts", data={**SAID, "verdict": "wrong"}, headers=PART)

    assert answer.status_code == 200
    assert answer.text.strip().startswith('<div class="verdict" id="v-RPC-01">')
    assert "<html" not in answer.text
    assert "You said wrong today" in text(answer.text)
    day = day_of(NOW)
    gone = client.post("/expert/verdicts/withdraw", data={**SAID, "day": day}, headers=PART)
    assert "You said" not in gone.text
    assert desk.knowledge.kept == {}


def test_withdrawing_twice_is_no_error_and_takes_nothing_else(client, desk):
    client.post("/expert/verdicts", data=SAID)
    for _ in range(2):
        answer = client.post("/expert/verdicts/withdraw", data={**SAID, "day": day_of(NOW) - 1})
        assert answer.status_code == 303
    assert len(desk.knowledge.kept) == 1


@pytest.mark.parametrize("wrong", [{"entry": "TX-01"}, {"topic": "calls"}, {"note": "x" * 501}, {"as_of": NOW + 1}])
def test_a_refusal_is_said_and_keeps_what_was_typed(client, desk, wrong):
    sent = {**SAID, "note": "a note", **wrong}
    whole, part = client.post("/expert/verdicts", data=sent), client.post("/expert/verdicts", data=sent, headers=PART)

    assert (whole.status_code, part.status_code) == (422, 200)
    for answer in (whole, part):
        assert "Not kept: " in answer.text
        assert f'value="{sent["note"]}"' in answer.text
    assert desk.knowledge.kept == {}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({**SAID, "customer": "nobody"}, 404),
        ({**SAID, "customer": "\x00"}, 404),
        ({**SAID, "verdict": "maybe"}, 400),
        ({**SAID, "verdict": ""}, 400),
        ({**SAID, "as_of": "soon"}, 400),
        ({}, 400),
    ],
)
def test_what_the_form_never_sends_is_refused(client, desk, sent, status):
    assert client.post("/expert/verdicts", data=sent).status_code == status
    assert desk.knowledge.kept == {}


def test_only_those_who_work_with_customers_judge(client, access, desk):
    as_role(client, access, Role.VIEWER)

    assert client.post("/expert/verdicts", data=SAID).status_code == 403
    assert client.post("/expert/verdicts/withdraw", data={**SAID, "day": 1}).status_code == 403
    assert "/expert/verdicts" not in client.get("/expert?customer=c001").text
    assert desk.knowledge.kept == {}
    as_role(client, access, Role.CSM)
    assert client.post("/expert/verdicts", data=SAID).status_code == 303


def test_a_page_of_another_site_judges_nothing(client, desk):
    answer = client.post("/expert/verdicts", data=SAID, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403
    assert desk.knowledge.kept == {}


def test_what_others_said_is_counted_beneath_the_finding(client, access):
    client.post("/expert/verdicts", data={**SAID, "verdict": "wrong"})
    as_role(client, access, Role.CSM)
    client.post("/expert/verdicts", data=SAID)

    assert "Also said: 1 wrong." in text(client.get("/expert?customer=c001").text)


def test_verdicts_stand_on_the_entry_and_in_the_figure(client):
    ids = [f"c{place:03}" for place in range(20, 20 + ENOUGH)]
    for place, customer in enumerate(ids):
        entry = text(client.get("/expert/knowledge/RPC-01").text)
        assert ("too few to say" in entry.lower()) is (place > 0)
        verdict = "wrong" if place == 0 else "right"
        client.post("/expert/verdicts", data={**SAID, "customer": customer, "verdict": verdict, "note": SCRIPT})

    for address in ("/expert/knowledge", "/expert/knowledge/RPC-01"):
        page = client.get(address)
        assert (
            "90\N{NO-BREAK SPACE}% right of 10 verdicts, 95 % interval 60\N{NO-BREAK SPACE}% to 98\N{NO-BREAK SPACE}%"
            in (html.unescape(page.text))
        )
        assert "<script>alert" not in page.text
    entry = client.get("/expert/knowledge/RPC-01").text
    assert entry.count(html.escape(links.expert(ids[0]))) == 1
    assert "What was told" in entry


def test_an_entry_that_was_changed_since_is_marked(client, desk):
    line = desk.knowledge.judge(*judged_by("jen"))
    found = ENTRIES["RPC-01"]
    now = knowledge.entry(desk.knowledge.library(), found, nobody(), [line], "")
    then = knowledge.entry(desk.knowledge.library(), found, nobody(), [replaced(line, digest="0" * 16)], "")

    assert [each.changed for each in (*now.said, *then.said)] == [False, True]


def judged_by(person):
    from keepwell.expert.judging import Verdict
    from keepwell.runtime.ports.knowledge import Judged

    return Judged("c001", "RPC-01", "", person), Verdict.RIGHT, "", None


def replaced(line, **changes):
    from dataclasses import replace

    return replace(line, **changes)


def test_a_verdict_of_yesterday_is_told_and_may_be_said_again(desk):
    line = desk.knowledge.judge(*judged_by("jen"))
    about = ("c001", "RPC-01", "")
    today = verdicts.form(about, [line], verdicts.Asking("jen", may=True, now=NOW, as_of=NOW))
    tomorrow = verdicts.form(about, [line], verdicts.Asking("jen", may=True, now=NOW + DAY_US, as_of=NOW))

    assert (today.said, today.others) == ("right", "")
    assert (tomorrow.said, tomorrow.others) == ("", "Also said: 1 right.")
