"""The knowledge base and verdicts over the API."""

import pytest

from keepwell.base.time import to_rfc3339
from tests.web.api.test_routes import ask, problem
from tests.web.people import NOW

RIGHT = {"entry": "RPC-01", "verdict": "right"}


def judge(client, body, **headers):
    return ask(client, "POST", "/customers/c001/verdicts", body, **headers)


def test_a_query_finds_entries_and_codes(client):
    found = ask(client, "GET", "/knowledge?query=custom%20program%20error%3A%200x1771").json()
    code = next(each for each in found["codes"] if each["program"] == "Jupiter aggregator v6")

    assert "DEX-01" in [each["id"] for each in found["entries"]]
    assert (code["number"], code["hexadecimal"], code["names"]) == (6001, "0x1771", ["SlippageToleranceExceeded"])
    assert code["entries"] == ["DEX-01", "DEX-02"]


def test_without_a_query_all_entries_are_there(client):
    found = ask(client, "GET", "/knowledge").json()

    assert len(found["entries"]) == 139
    assert found["codes"] == []
    assert all(each["reference"] for each in found["entries"])


def test_a_verdict_says_what_was_judged(client, desk):
    wish = {**RIGHT, "note": "seen", "as_of": to_rfc3339(NOW)}
    told = judge(client, wish, x_test_visitor="csm").json()
    (line,) = desk.knowledge.kept.values()

    assert told == {
        "customer_id": "c001", "entry": "RPC-01", "topic": None, "verdict": "right", "person": "carl", "note": "seen",
        "told": line.told,
    }  # fmt: skip
    assert "40 times" in told["told"]


def test_a_program_is_not_taken_for_a_person_of_its_name(client, desk):
    for who in ("csm", "write", "admin key"):
        judge(client, RIGHT, x_test_visitor=who)

    people = {line.person for line in desk.knowledge.kept.values()}
    assert people == {"carl", "write key (key 3)", "admin key (key 4)"}


def test_a_verdict_is_replaced_and_withdrawn_on_its_day(client, desk):
    judge(client, RIGHT)
    judge(client, {**RIGHT, "verdict": "wrong"})
    assert [line.verdict for line in desk.knowledge.kept.values()] == ["wrong"]
    told = judge(client, {**RIGHT, "verdict": "withdrawn"}).json()

    assert (told["verdict"], told["told"]) == ("withdrawn", None)
    assert desk.knowledge.kept == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"entry": "TX-01"},
        {"entry": ""},
        {"topic": "calls"},
        {"verdict": "maybe"},
        {"note": "x" * 501},
        {"note": "a\x00"},
        {"as_of": "2999-01-01T00:00:00Z"},
        {"as_of": "0001-01-01T00:00:00Z"},
        {"as_of": "soon"},
        {"told": "something else"},
    ],
)
def test_what_cannot_be_judged_is_refused(client, desk, wrong):
    assert problem(judge(client, {**RIGHT, **wrong})).status == 422
    assert desk.knowledge.kept == {}


@pytest.mark.parametrize("verdict", ["right", "withdrawn"])
@pytest.mark.parametrize("customer", ["nobody", "a%00b"])
def test_nobody_has_findings(client, customer, verdict):
    answer = ask(client, "POST", f"/customers/{customer}/verdicts", {**RIGHT, "verdict": verdict})

    assert problem(answer).status == 404


def test_a_verdict_is_given_once_with_a_key(platform):
    from tests.web.api.fakes import client_of

    client = client_of(platform.desk)
    answers = [
        ask(client, "POST", "/customers/ada/verdicts", {**RIGHT, "verdict": "withdrawn"}, idempotency_key="one")
        for _ in range(2)
    ]

    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotent-replayed"] == "true"
