"""The worst model there is: it says whatever an attacker wrote, cites what it likes, and calls every tool there is."""

import json
from itertools import cycle

import pytest

from keepwell.base.time import HOUR_US
from keepwell.expert.consultation_text import markdown, plain
from tests.consultation import slow
from tests.consultation.injections import CARRIERS, POISON, injections, twisted
from tests.consultation.scene import (
    ALL,
    MINE,
    OTHER,
    SHORT,
    Model,
    calls,
    connections,
    consultant,
    raw,
    remembered,
    says,
    taken_in,
    trouble,
    well,
)
from tests.histories import NOW, house

LEAST = 500
ATTACKS = injections("RPC-02")


def carried(attacks):
    """Every text of an attacker as telemetry, a ticket or a name of our customer."""
    for place, each in enumerate(attacks):
        ago = HOUR_US + place * 1_000_000
        if each.carrier in ("log line", "error name", "signature"):
            failed = {"chain": "solana", "kind": "swap", "amount": 1, "status": "landed_failed", "feed": "client_log"}
            failed["signature"] = each.text if each.carrier == "signature" else f"sig{place}"
            failed["err"] = {"InstructionError": [0, each.text if each.carrier == "error name" else {"Custom": 6036}]}
            failed["logs"] = [f"Program log: {each.text}"] if each.carrier == "log line" else []
            yield raw(MINE, "sol_tx_attempt", failed, ago=ago, name=str(place))
        elif each.carrier == "bridge id":
            waits = {"bridge": "wormhole", "id": each.text, "source": "ethereum", "destination": "solana"}
            waits |= {"state": "SourceInitiated", "expected_s": 10}
            yield raw(MINE, "bridge_message", waits, ago=ago, name=str(place))
        elif each.carrier == "ticket":
            opened = {"ticket": each.text, "severity": "urgent", "topic": each.text, "text": each.text}
            yield raw(MINE, "ticket_opened", opened, ago=ago, name=str(place))
        elif each.carrier == "customer name":
            yield raw(MINE, "customer_updated", {"name": each.text}, ago=ago, name=str(place))


@pytest.fixture(scope="module")
def space():
    with house() as space:
        taken_in(space, [*trouble(MINE), *trouble(OTHER, 500, 350), *carried(ATTACKS)])
        for number in range(6):
            taken_in(space, well(f"peer{number}"))
        yield space


def forged(text, ids):
    """An attacker's text with no citation, with one of each finding, and with all of them."""
    return says((text, ()), (text, ids[:1]), (text, ids[:20]), (text, ("TX-99",)), (text, (OTHER,)))


def test_there_are_enough_attacks_in_every_place():
    assert len({(each.carrier, each.text) for each in ATTACKS}) >= LEAST
    assert {each.carrier for each in ATTACKS} == set(CARRIERS)


def test_no_attack_becomes_a_fact_and_nothing_is_sent(space):
    without = plain(consultant(space).consult(MINE, SHORT, NOW).assessment)
    ids = [each.id for each in consultant(space).consult(MINE, SHORT, NOW).assessment.statements()]
    attack = cycle(ATTACKS)
    model = Model(lambda _: forged(next(attack).text, ids))
    before = remembered(space)
    with model.serving() as url, connections() as reached:
        asked = consultant(space, url, keeping=True)
        for place, each in enumerate(ATTACKS):
            found = asked.answer(MINE, SHORT, each.text) if place % 2 else asked.phrase(MINE, SHORT)
            assert found.said.kept == (), each
            assert plain(found.assessment) == without

    assert len(model.asked) == len(ATTACKS)
    assert {f"http://{host}:{port}/v1" for host, port in reached} == {url}
    assert remembered(space) == before
    assert before["outbox"] == []


def test_what_is_asked_of_a_model_holds_nothing_of_strangers_nor_of_others(space):
    model = Model(lambda _: says())
    with model.serving() as url:
        consultant(space, url).phrase(MINE, ALL)
        consultant(space, url).answer(MINE, ALL, "Why do swaps fail?")
    sent = json.dumps(model.asked, ensure_ascii=False)

    assert len(model.asked) == 2
    assert [each for each in (*POISON, MINE, OTHER, "sig1", "5iG") if f"{each}" in sent.replace("determine", "")] == []


def test_forged_citations_and_twisted_statements_are_dropped(space):
    found = consultant(space).consult(MINE, SHORT, NOW).assessment
    texts = [
        said for each in list(found.statements())[:16] if each.text.isascii() for said in twisted(each.text).values()
    ]
    ids = [each.id for each in found.statements()]
    parts = [texts[start : start + 40] for start in range(0, len(texts), 40)]
    part = cycle(parts)
    model = Model(lambda _: says(*((text, ids[:30]) for text in next(part))))
    with model.serving() as url:
        asked = consultant(space, url, keeping=True)
        for some in parts:
            said = asked.answer(MINE, SHORT, "What is wrong?").said
            assert [each.text for each in said.kept] == []
            assert said.dropped == len(some)

    assert len(texts) >= LEAST


def test_every_tool_with_every_name_shows_one_customer_only(space):
    hostile = [OTHER, "../peer1", "*", "", "TX-04' OR 1=1", MINE, "RPC-02", "outbox", "\u0000", "x" * 9999]
    names = ["findings", "finding", "evidence", "knowledge", "what_is_unknown", "send_mail", "customers", "__class__"]
    said = iter([calls(*((name, {"id": each, "customer": OTHER}) for each in hostile[:3] for name in names[:2])),
                 calls(*((name, {"id": each}) for each in hostile[3:5] for name in names[2:5])),
                 calls(*((name, {"id": "RPC-02"}) for name in names[2:]))])  # fmt: skip
    model = Model(lambda _: next(said, says(("It is so.", ["RPC-02"]))))
    before = remembered(space)
    with model.serving() as url:
        found = consultant(space, url).answer(MINE, ALL, f"How is {OTHER[:0]}it?")
    shown = json.dumps([each for asked in model.asked for each in asked["messages"] if each["role"] == "tool"])

    assert found.said.kept == ()
    assert len(model.asked) == 4
    assert "350" not in shown
    assert "RPC-02" in shown
    assert [word for word in POISON if word in shown] == []
    assert remembered(space) == before


def test_what_a_good_model_says_is_shown(space):
    """The control: the same road lets statements through."""

    def good(asked):
        given = json.loads(asked["messages"][1]["content"])
        first = [(f"Also, {each['text']}", [each["id"]]) for each in given["first"]]
        return says(*first, ("It will be fine.", [given["first"][0]["id"]]))

    with Model(good).serving() as url:
        said = consultant(space, url).phrase(MINE, ALL).said

    assert said.problem == ""
    assert said.dropped == 1
    assert len(said.kept) > 2
    assert all(slow.says(each.text, each.statement) for each in said.kept)


def test_strangers_texts_stand_in_code_and_are_no_markup(space):
    found = consultant(space).consult(MINE, ALL, NOW).assessment
    text = markdown(found, ATTACKS[0].text)
    outside = "".join(text.split("`")[::2])

    assert any(word in text for word in POISON)
    assert [word for word in POISON if word in outside] == []
