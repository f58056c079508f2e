"""The page of a diagnosis: what is a finding, what could not be judged, and what is not known."""

from pathlib import Path

from keepwell.config.expert import shipped_knowledge, shipped_names
from keepwell.expert.case import Case, Kind, Seen
from keepwell.expert.diagnose import diagnose
from keepwell.expert.features import UNCOUNTED
from keepwell.expert.finding import CERTAINTIES, SEVERITIES
from keepwell.expert.scope import Standing, Topic
from keepwell.runtime.ports.expert import Diagnosed
from keepwell.web.views import diagnosis, observed
from tests.web.people import NOW

KNOWLEDGE = shipped_knowledge(shipped_names())


def found_of(crowd, features=None):
    case = Case(NOW, features or {}, [Seen(Kind.HTTP, code=429, count=40, reference="5Uf3" * 22)], crowd)
    return Diagnosed("c", diagnose(case, KNOWLEDGE), KNOWLEDGE, 40, 12)


MANY = {"rpc.requests": 100.0, "rpc.http_429_share": 0.4}
FEW = {Topic.TRANSACTIONS: Standing(n=2.0), Topic.CALLS: Standing(n=1.0)}


def test_what_could_not_be_judged_is_no_finding_and_stands_once():
    view = diagnosis.view(found_of(FEW, MANY), "C")

    assert [each.id for each in view.findings] == ["RPC-01"]
    assert [(each.title, each.about) for each in view.reserved] == [
        ("Too few events to judge", "failed calls, failed transactions")
    ]
    assert not view.reserved_open
    assert (view.more, [each.id for each in view.few]) == (0, ["RPC-01"])


def test_a_feed_that_hides_failures_is_shown_open():
    features = {"src.feed": "enhanced_webhook", "tx.failed": 0, "tx.landed": 9}
    view = diagnosis.view(found_of({}, features), "C")

    assert "META-04" in [each.href.rpartition("/")[2] for each in view.reserved]
    assert view.reserved_open


def test_what_is_not_known_is_told_in_words_and_each_thing_once():
    told = found_of({Topic.CALLS: Standing(n=30.0, p_own=0.5), Topic.TRANSACTIONS: Standing(n=30.0, p_own=0.5)}, MANY)
    groups = diagnosis.view(told, "C").undecided

    assert UNCOUNTED in [what for each in groups for what in each.what]
    for group in groups:
        assert not [what for what in group.what if what in KNOWLEDGE.features]
        assert len(set(group.titles)) == len(group.titles)
    assert len({group.what for group in groups}) == len(groups)


def test_a_reference_stands_by_itself_to_be_copied():
    (row,) = diagnosis.view(found_of({}, MANY), "C").findings

    assert [each.reference for each in row.evidence] == ["5Uf3" * 22, "", ""]
    assert row.evidence[0].text == "HTTP 429, 40 times"
    assert row.evidence[1].name == "rpc.requests"
    assert row.evidence[1].text.startswith(KNOWLEDGE.features["rpc.requests"].meaning)


def test_a_finding_leads_to_its_entry_and_its_sources_are_links(client):
    (row,) = diagnosis.view(found_of({}, {"hw.xid": 79.0}), "C").findings
    urls = [each.href for parts in row.references for each in parts if each.href]

    assert 'href="/expert/knowledge/RPC-01"' in client.get("/expert?customer=c001").text
    assert (row.id, row.href) == ("HW-03", "/expert/knowledge/HW-03")
    assert urls
    assert all(each.startswith(("https://docs.nvidia.com/", "https://raw.githubusercontent.com/")) for each in urls)


def test_two_topics_of_one_entry_have_places_of_their_own():
    worse = Standing(n=50.0, p_own=1e-9, p_peer=1e-9, p_net=0.5)
    view = diagnosis.view(found_of({Topic.TRANSACTIONS: worse, Topic.CALLS: worse}, MANY), "C")
    keys = [each.key for each in view.findings]

    assert len(set(keys)) == len(keys)
    assert {"META-01-transactions", "META-01-calls"} <= set(keys)


def test_the_guide_explains_every_word_with_its_code():
    guide = (Path(__file__).parents[2] / "docs" / "expert.md").read_text().casefold()
    words = {**SEVERITIES, **CERTAINTIES, **observed.DOMAINS, **diagnosis.WHOSE}

    assert [code for code, said in words.items() if f"{said.replace(',', '').casefold()} `{code}`" not in guide] == []
