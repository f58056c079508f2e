"""A sentence of a model passes when it is a statement of ours, and never otherwise."""

import re

import pytest

from keepwell.expert import consultation_check as checking
from keepwell.expert.consultation import Told, consult
from keepwell.expert.consultation_check import Dropped, Pool, Sentence, check
from keepwell.expert.consultation_record import Quoted, Statement
from keepwell.expert.diagnose import diagnose
from tests.consultation import slow
from tests.consultation.injections import CLAIMS, ORDERS, twisted
from tests.consultation.scene import ALL
from tests.expert import made

ONE = Statement("TX-04", ("Likely: the swaps of ", Quoted("5iG\x01"), " failed 12 times."), ("TX-04",))
TWO = Statement("TX-05", ("The key is not public.",), ("TX-05",))


@pytest.fixture
def pool():
    return Pool([ONE, TWO])


def one(pool, text, *cites):
    """What becomes of a sentence."""
    found = check([Sentence(text, cites or ("TX-04",))], pool)
    return found.kept[0].text if found.kept else found.dropped[0][1]


def statements():
    """Every statement about every third golden case."""
    for _, given in made.golden()[::3]:
        case = made.case(given)
        yield list(consult(ALL, Told(diagnose(case, made.knowledge()), made.knowledge(), 9, 3)).statements())


@pytest.mark.parametrize(
    "text",
    [
        "Likely: the swaps of ref-1 failed 12 times.",
        "likely: swaps of ref-1 failed 12 times",
        "Also, likely: the swaps of ref-1 failed 12 times.",
        "In short, Likely: the  swaps of ref-1 failed 12 times.",
    ],
)
def test_a_statement_passes_with_its_articles_and_a_lead_in(pool, text):
    said = one(pool, text)

    assert "5iG" in said
    assert "ref-1" not in said


def test_a_model_never_sees_what_a_stranger_wrote(pool):
    assert pool.masked(ONE) == "Likely: the swaps of ref-1 failed 12 times."


@pytest.mark.parametrize(
    ("text", "cites", "why"),
    [
        ("The key is not public.", (), Dropped.UNCITED),
        ("The key is not public.", ("TX-99",), Dropped.UNCITED),
        ("The key is not public.", ("TX-04",), Dropped.FOREIGN),
        ("The key is public.", ("TX-05",), Dropped.FOREIGN),
        ("Then, the key is not public. It leaked.", ("TX-05",), Dropped.FOREIGN),
        ("The key is not public\N{FULL STOP}\u200b", ("TX-05",), Dropped.LETTERS),
        ("The key is\nnot public.", ("TX-05",), Dropped.LETTERS),
        ("The key is not public." + " " * 2000, ("TX-05",), Dropped.LONG),
        ("", ("TX-05",), Dropped.FOREIGN),
    ],
)
def test_everything_else_is_dropped_with_its_reason(pool, text, cites, why):
    found = check([Sentence(text, cites)], pool)

    assert [each for _, each in found.dropped] == [why]
    assert found.kept == ()


def test_nothing_is_said_twice_nor_endlessly(pool):
    again = check([Sentence("The key is not public.", ("TX-05",))] * 50, pool)

    assert len(again.kept) == 1
    assert {why for _, why in again.dropped} == {Dropped.AGAIN, Dropped.BEYOND}


def test_a_citation_that_is_one_of_several_is_the_one_that_stays(pool):
    (kept,) = check([Sentence("The key is not public.", ("TX-04", "TX-05"))], pool).kept

    assert kept.statement is TWO


def test_what_stands_for_a_stranger_is_put_back_once():
    tricky = Statement("A", (Quoted("ref-2"), " and ", Quoted("x"), " differ."), ("A",))

    assert one(Pool([tricky]), "ref-1 and ref-2 differ.", "A") == "ref-2 and x differ."


def test_no_twist_of_any_statement_passes_and_every_statement_does():
    tried = passed = 0
    for some in statements():
        pool = Pool(some)
        everybody = tuple(each.id for each in some)
        for each in some[:12]:
            text = pool.masked(each)
            if not text.isascii():
                continue
            passed += len(check([Sentence(text, (each.id,))], pool).kept)
            twists = [Sentence(said, (each.id, *everybody[:9])) for said in twisted(text).values()]
            tried += len(twists)
            found = [kept for twist in twists for kept in check([twist], pool).kept]
            assert all(slow.says(kept.text, kept.statement) for kept in found), text
            assert found == []

    assert passed > 500
    assert tried > 20_000


def test_no_order_of_an_attacker_is_a_statement():
    (some,) = [next(statements())]
    pool = Pool(some)
    for each in some:
        for order in ORDERS:
            for claim in CLAIMS:
                text = order.format(claim=claim, id=each.id)
                assert check([Sentence(text, (each.id,))], pool).kept == ()


def test_a_bag_of_words_would_let_twists_through():
    """Why the rule is as strict as it is: allowing all words of a statement in any order and number is not enough."""
    glue = {"is", "was", "and", "it", "so", "that", "of", "to", "every", "always", "not", "no"}
    through = tried = 0
    for some in list(statements())[:20]:
        pool = Pool(some)
        for each in some[:12]:
            text = pool.masked(each)
            known = set(re.findall(r"\w+", text.lower()))
            for said in twisted(text).values():
                tried += 1
                through += set(re.findall(r"\w+", said.lower())) <= known | (glue - {"not", "no"})

    assert through > tried / 10


def test_lead_ins_deny_doubt_blame_and_compare_nothing():
    words = {word.strip(",") for lead in checking.LEAD_INS for word in lead}

    assert words == {"first", "second", "third", "next", "then", "finally", "also", "besides", "in", "addition",
                     "short", "here"}  # fmt: skip
