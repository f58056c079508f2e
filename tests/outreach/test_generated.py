"""Messages by the thousand: no figure is unbound, and no digit can be changed."""

import datetime as dt
import re
import unicodedata
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.outreach.catalog import CATALOG, Reading, facts_of
from keepwell.outreach.check import check, rules_for
from keepwell.outreach.compose import Recipient, compose, profile_facts
from keepwell.outreach.fact import LASTING, Kind
from keepwell.outreach.locales import LANGUAGES
from keepwell.outreach.rebind import rebind
from tests.outreach.letters import BY, MESSAGES, NOW, THINGS, certain, letters

MONTHS = re.compile(
    r"(?i)january|february|april|june|july|august|september|october|november|december|januar|februar|märz|oktober"
)


def cut(passage):
    """What a passage says of facts, and what is left of it."""
    said, left, behind = [], [], 0
    for each in passage.bindings:
        left.append(passage.text[behind : each.start])
        said.append((each, passage.text[each.start : each.end]))
        behind = each.end
    return said, [*left, passage.text[behind:]]


def is_figure(letter):
    return unicodedata.category(letter).startswith("N") or letter in "%‰$€£"


def reads_as(fact, form, said):
    """Whether a text says the value of a fact, read back without the code that wrote it."""
    if fact.kind in (Kind.NAME, Kind.TEXT):
        return said == " ".join(fact.value.split())
    if fact.kind is Kind.DATE:
        day, year = (int(each) for each in re.findall(r"\d+", said))
        date = dt.date(1970, 1, 1) + dt.timedelta(days=fact.value)
        return {day, year} == {date.day, date.year}
    value, digits = abs(fact.value), int("".join(filter(str.isdigit, said)))
    if fact.kind is Kind.DURATION:
        return digits == value // LASTING[fact.unit]
    if fact.kind is Kind.MONEY and form == "whole":
        value /= 100
    if fact.kind in (Kind.SHARE, Kind.CHANGE):
        value *= 100
    return abs(digits - value) < (1 if fact.kind is Kind.SHARE else 0.500001)


def prove(count, first):
    """Counts of messages by language and of figures in so many messages, none of them unbound or untrue."""
    tally = dict.fromkeys((*LANGUAGES, "figures", "templates"), 0)
    seen = set()
    for draft, template, facts in letters(count, first):
        assert check(draft, facts, NOW, rules_for(template, THINGS)) == ()
        for _, passage, _ in draft.passages():
            said, left = cut(passage)
            assert not any(is_figure(letter) for each in left for letter in each), left
            assert not any(MONTHS.search(each) or thing in each for each in left for thing in THINGS), left
            assert all(reads_as(facts[each.fact], each.form, text) for each, text in said), said
            tally["figures"] += sum(any(map(is_figure, text)) for _, text in said)
        tally[draft.language] += 1
        seen.add(template.name)
    tally["templates"] = len(seen)
    return tally


def test_a_thousand_messages_have_no_unbound_figure():
    tally = prove(1_000, 0)

    assert tally["templates"] == len(MESSAGES.templates)
    assert min(tally[each] for each in LANGUAGES) > 15
    assert tally["figures"] > 2_500


@pytest.mark.proof
@pytest.mark.timeout(1200)
def test_a_hundred_thousand_messages_have_no_unbound_figure():
    assert prove(100_000, 10**6)["figures"] > 300_000


def with_text(draft, place, text):
    """The stored draft with the letters of one passage changed, and everything else as it was."""
    passages = [passage for _, passage, _ in draft.passages()]
    passages[place] = msgspec.structs.replace(passages[place], text=text)
    opens, closes = 1 + len(draft.opening), 1 + len(draft.opening) + len(draft.paragraphs)
    return msgspec.structs.replace(
        draft,
        subject=passages[0],
        opening=tuple(passages[1:opens]),
        paragraphs=tuple(passages[opens:closes]),
        ending=tuple(passages[closes:]),
    )


def digits(draft):
    """Where a draft has a digit: passage, its text, whether a person may edit it, and the spot."""
    for place, passage, is_open in draft.passages():
        for spot, letter in enumerate(passage.text):
            if letter.isdigit():
                yield place, passage.text, is_open, spot


def mutate(count, first):
    """How many digits of so many drafts were changed, in the store and by typing; each was blocked."""
    rng, tried = Random(first), 0
    for draft, template, facts in letters(count, first):
        rules = rules_for(template, THINGS)
        for place, text, is_open, spot in digits(draft):
            other = text[:spot] + rng.choice("0123456789".replace(text[spot], "")) + text[spot + 1 :]
            assert check(with_text(draft, place, other), facts, NOW, rules), other
            if is_open:
                typed = [each.text for each in (draft.subject, *draft.paragraphs)]
                typed[0 if place == 0 else place - len(draft.opening)] = other
                assert check(rebind(draft, typed[0], typed[1:], facts, NOW), facts, NOW, rules), other
            tried += 1
    return tried


def test_any_digit_changed_is_blocked():
    assert mutate(150, 5_000) > 700


@pytest.mark.proof
@pytest.mark.timeout(1200)
def test_any_digit_changed_in_four_thousand_drafts_is_blocked():
    assert mutate(4_000, 50_000) > 20_000


def test_a_digit_put_in_anywhere_is_blocked():
    rng, tried = Random(1), 0
    for draft, template, facts in letters(100, 9_000):
        rules = rules_for(template)
        for place, passage, _ in list(draft.passages()):
            for spot in rng.sample(range(len(passage.text) + 1), min(5, len(passage.text))):
                text = passage.text[:spot] + rng.choice("0123456789٣३七½²") + passage.text[spot:]
                assert check(with_text(draft, place, text), facts, NOW, rules), text
                tried += 1
    assert tried > 2_000


@pytest.mark.parametrize("template", sorted(MESSAGES.templates))
def test_every_fact_that_moves_blocks_what_says_it(template):
    checked = 0
    for draft, its, facts in letters(400, 20_000):
        if its.name != template:
            continue
        said = {each.fact for _, passage, _ in draft.passages() for each in passage.bindings}
        for name in said | set(draft.needs):
            without = {key: each for key, each in facts.items() if key != name}
            assert check(draft, without, NOW, rules_for(its)), name
            checked += 1
    assert checked > 30


STRANGE = (
    "{score_now}",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "[click](https://evil.example)",
    "https://evil.example",
    "evil.example",
    "ana@evil.example",
    "\N{RIGHT-TO-LEFT OVERRIDE}anA",
    "A\N{ZERO WIDTH SPACE}na",
    "A\x00na",
    "\N{BYTE ORDER MARK}Ana",
    "connect your wallet, Ana",
    "Ana\r\nBcc: everybody@evil.example",
    "=cmd|' /C calc'!A0",
    "x" * 100_000,
    "Z\N{COMBINING ACUTE ACCENT}" * 200,
)
HOSTILE = (
    *STRANGE,
    "Robert'); DROP TABLE drafts;--",
    "Ana\n\nSend your keys to us",
    "$7",
    "%s%n",
    "Your score is 99 %",
    "\N{BOMB}",
    "Ana\N{LINE SEPARATOR}Silva",
)


def assert_harmless(name):
    """A letter to anybody is written, passes, and is one letter; a name that is none is not in it."""
    template, to = MESSAGES.templates["billing_recovery"], Recipient(name)
    facts = facts_of({"payment_failed_on": Reading(20_780, NOW)})
    draft = compose(template, facts, to, BY, NOW)
    everything = {**facts, **profile_facts(to, BY, NOW)}

    assert check(draft, everything, NOW, rules_for(template)) == ()
    assert len(draft.subject.text.splitlines()) == 1
    assert len(draft.opening[0].text.splitlines()) == 1
    assert not re.search(r"[<>{}\x00\u202e\u200b]|://|evil\.example", draft.opening[0].text)
    return draft


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_does_no_harm(name):
    assert_harmless(name)


@given(st.text(max_size=80))
@settings(max_examples=500)
def test_any_name_does_no_harm(name):
    assert_harmless(name)


@pytest.mark.parametrize("name", ["Ana Silva", "Борис", "王小明", "O'Neill", "Ngũgĩ wa Thiong'o", "user_4711"])
def test_a_name_is_written_as_it_is(name):
    assert assert_harmless(name).opening[0].text == f"Hi {name},"


def test_a_strange_name_is_not_said():
    assert {assert_harmless(name).opening[0].text for name in STRANGE} == {"Hello,"}


def test_a_feature_that_is_named_by_an_attacker_is_left_out():
    for name in STRANGE:
        draft, facts = certain("success_check_in", features_used=3, feature_favourite=name, active_days=4)

        assert "most of all" not in draft.plain
        assert "4\u00a0days" in draft.plain
        assert check(draft, facts, NOW, rules_for(MESSAGES.templates["success_check_in"])) == ()


def test_the_facts_that_are_generated_are_all_there_are():
    known = {name for _, _, facts in letters(300) for name in facts}

    assert known == set(CATALOG)
