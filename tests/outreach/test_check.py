"""The checker, reason by reason."""

import msgspec
import pytest

from keepwell.base.time import DAY_US
from keepwell.outreach.catalog import Reading, facts_of
from keepwell.outreach.check import BODY, PARAGRAPH, SUBJECT, Reason, Rules, check, rules_for
from keepwell.outreach.draft import Binding, Passage
from tests.outreach.letters import MESSAGES, NOW, certain

RULES = Rules(frozenset({"https://status.example.com/now"}), frozenset({"Limit Orders", "zkPoW", "SOL"}))
VALUES = {"sign_in_gap": 4 * 86_400, "use_change": -0.4, "satisfaction_drop": -0.3}


def reasons(draft, facts, rules=RULES, now=NOW):
    return {each.reason for each in check(draft, facts, now, rules)}


def saying(text, language=""):
    """A sound draft with a paragraph more."""
    draft, facts = certain(**VALUES)
    draft = msgspec.structs.replace(draft, paragraphs=(*draft.paragraphs, Passage(text)))
    return (msgspec.structs.replace(draft, language=language) if language else draft), facts


def test_what_was_composed_passes():
    assert reasons(*certain(**VALUES)) == set()


@pytest.mark.parametrize(
    "text",
    [
        "We met 7 times.",
        "We met \N{FULLWIDTH DIGIT SEVEN} times.",
        "We met \N{ARABIC-INDIC DIGIT SEVEN} times.",
        "We met \N{CIRCLED DIGIT SEVEN} times.",
        "We met \N{SUPERSCRIPT TWO} times.",
        "We met seven times.",
        "We met Seventy-Five times.",
        "We met s\N{COMBINING DIAERESIS}even times.",
        "Half of it failed.",
        "It doubled.",
        "It grew tenfold.",
        "This is the first time.",
        "Chapter XIV says so.",
        "It was in MMXXVI.",
        "A lot of percent.",
        "All of it, \N{HUNDRED POINTS SYMBOL}.",
        "A share of %.",
        "It cost $.",
        "It cost \N{BITCOIN SIGN}.",
        "It was on Tuesday.",
        "It was yesterday.",
        "It was in early May.",
        "It was in October.",
        "Try limit orders.",
        "Try LIMIT ORDERS.",
        "Your zkpow is slow.",
        "You hold SOL.",
    ],
)
def test_a_figure_date_unit_or_name_in_the_words_is_unbound(text):
    assert Reason.UNBOUND in reasons(*saying(text))


@pytest.mark.parametrize(
    "text",
    ["Wir trafen uns sieben Mal.", "Es war die Hälfte.", "Am Dienstag war es.", "Es waren siebenundzwanzig.",
     "Es hat sich verdoppelt.", "Es war im März.", "Zwölf von ihnen.", "Two of them."],
)  # fmt: skip
def test_german_figures_in_a_german_letter(text):
    assert Reason.UNBOUND in reasons(*saying(text, "de"))


@pytest.mark.parametrize(
    "text",
    [
        "Someone of your team can often help; nobody is alone with it.",
        "May I call you? I would be glad to.",
        "That's naïve, my façade of an answer: “so be it” — and more…",
        "Look at https://status.example.com/now. It is up to date.",
        "You can solve it in a minute, everyone of us did.",
        "Your ID is safe, and so is the CLI.",
        "Weight, height and attention often matter.",
    ],
)
def test_ordinary_words_pass(text):
    assert reasons(*saying(text)) == set()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("See https://evil.example/x.", Reason.LINK),
        ("See https://status.example.com/now/more.", Reason.LINK),
        ("See evil.example for it.", Reason.LINK),
        ("Write to help@evil.example now.", Reason.LINK),
        ("Open javascript:alert now.", Reason.LINK),
        ("It is <b>bold</b>.", Reason.MARKUP),
        ("It is **bold**.", Reason.MARKUP),
        ("It is &lt;b.", Reason.MARKUP),
        ("It is {score_now}.", Reason.MARKUP),
        ("It is \N{CYRILLIC SMALL LETTER A}lright.", Reason.LETTER),
        ("It is \N{ZERO WIDTH SPACE}alright.", Reason.LETTER),
        ("It is \N{MATHEMATICAL BOLD SMALL A}lright.", Reason.LETTER),
        ("It is \N{RIGHT-TO-LEFT OVERRIDE}alright.", Reason.LETTER),
        ("Please connect your wallet.", Reason.WALLET),
        ("Please tell me the Seed Phrase.", Reason.WALLET),
        ("Just sign this transaction.", Reason.WALLET),
        ("Bitte verbinden Sie Ihre Wallet.", Reason.WALLET),
        ("", Reason.LINES),
        ("x " * PARAGRAPH, Reason.LONG),
    ],
)
def test_what_no_letter_holds(text, reason):
    assert reason in reasons(*saying(text))


def test_what_is_far_too_long_is_not_read():
    assert reasons(*saying("7 x@" * 50_000)) == {Reason.LONG}


def test_a_subject_is_short_and_on_one_line_and_a_letter_has_an_end():
    draft, facts = certain(**VALUES)
    long = "word " * (PARAGRAPH // 5 - 1)

    assert reasons(msgspec.structs.replace(draft, subject=Passage("a\nBcc: b")), facts) == {Reason.LINES}
    assert reasons(msgspec.structs.replace(draft, subject=Passage("a" * (SUBJECT + 1))), facts) == {Reason.LONG}
    assert reasons(msgspec.structs.replace(draft, paragraphs=()), facts) == {Reason.LINES}
    many = (Passage(long),) * (BODY // len(long) + 1)
    assert reasons(msgspec.structs.replace(draft, paragraphs=many), facts) == {Reason.LONG}


def changed(facts, **fields):
    return facts | {"use_change": msgspec.structs.replace(facts["use_change"], **fields)}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda facts: {name: each for name, each in facts.items() if name != "use_change"}, Reason.GONE),
        (lambda facts: changed(facts, value=-0.41), Reason.CHANGED),
        (lambda facts: changed(facts, value=0.4), Reason.CHANGED),
        (lambda facts: changed(facts, as_of=NOW - 3 * DAY_US), Reason.STALE),
        (lambda facts: changed(facts, as_of=NOW + 1), Reason.STALE),
        (lambda facts: changed(facts, window_days=7), Reason.OTHER),
        (lambda facts: changed(facts, source="metrics:volume_change"), Reason.OTHER),
        (lambda facts: changed(facts, surface="allude"), Reason.HELD),
        (lambda facts: changed(facts, surface="hold"), Reason.HELD),
        (lambda facts: {name: each for name, each in facts.items() if name != "satisfaction_drop"}, Reason.GONE),
        (lambda facts: facts | facts_of({"satisfaction_drop": Reading(-0.3, NOW - 3 * DAY_US)}), Reason.STALE),
        (
            lambda facts: facts | facts_of({"satisfaction_drop": Reading(-0.3, NOW)}, frozenset({"satisfaction_drop"})),
            Reason.HELD,
        ),
        (lambda facts: {name: each for name, each in facts.items() if name != "recipient_name"}, Reason.GONE),
    ],
)
def test_every_fact_is_looked_at_again(change, reason):
    draft, facts = certain(**VALUES)

    assert reasons(draft, change(facts)) == {reason}


def test_the_same_figure_of_a_slightly_other_value_is_still_true():
    draft, facts = certain(**VALUES)

    assert reasons(draft, changed(facts, value=-0.399)) == set()


def test_what_was_written_for_want_of_a_fact_is_blocked_once_it_is_there():
    draft, facts = certain("jennifer_value_reinforcement", volume_done=10**6, feature_suggested="Alerts")

    assert reasons(draft, facts) == set()
    assert reasons(draft, facts | facts_of({"peer_feature": Reading("Bridge", NOW)})) == {Reason.KNOWN}


def test_rules_of_today_hold_for_the_draft_of_yesterday():
    draft, facts = certain(**VALUES)

    assert reasons(draft, facts, now=NOW + 3 * DAY_US) >= {Reason.STALE}


@pytest.mark.parametrize(
    ("before", "after"),
    [("-", ""), ("$", ""), ("~", ""), ("x", ""), ("+", ""), ("", "x"), ("", "-fold"), ("", "/day"), ("", ".x"),
     ("", "k"), ("", "\u2013"), (".", ""), ("", "'x")],
)  # fmt: skip
def test_nothing_stands_close_to_a_figure(before, after):
    draft, facts = certain(**VALUES)
    passage = draft.paragraphs[1]
    bound = passage.bindings[-1]
    text = (
        passage.text[: bound.start] + before + passage.text[bound.start : bound.end] + after + passage.text[bound.end :]
    )
    moved = msgspec.structs.replace(bound, start=bound.start + len(before), end=bound.end + len(before))
    edited = msgspec.structs.replace(
        draft, paragraphs=(draft.paragraphs[0], Passage(text, (*passage.bindings[:-1], moved)))
    )

    assert Reason.GLUED in reasons(edited, facts)


@pytest.mark.parametrize("spans", [[(-1, 3)], [(0, 0)], [(5, 3)], [(0, 9_999)], [(0, 4), (2, 6)]])
def test_a_binding_that_lies_nowhere_is_broken(spans):
    draft, facts = certain(**VALUES)
    bindings = tuple(Binding(*span, "use_change", "down", facts["use_change"].meaning, -0.4) for span in spans)
    broken = msgspec.structs.replace(draft, paragraphs=(Passage("Some words of it.", bindings),))

    assert Reason.BROKEN in reasons(broken, facts)


def test_where_it_stands_is_told():
    draft, facts = saying("We met seven times.")
    (found,) = check(draft, facts, NOW, RULES)

    assert (found.passage, found.start, found.end, found.said) == (
        len(draft.opening) + len(draft.paragraphs),
        7,
        12,
        "seven",
    )


def test_a_name_that_a_template_uses_as_a_word_is_none_in_it():
    template = MESSAGES.templates["jennifer_at_risk_concern"]
    rules = rules_for(template, ["Account", "Limit Orders", "", "-", "use"])

    assert rules.names == {"Limit Orders", "", "-"}
    assert reasons(*certain(**VALUES), rules) == set()


def test_a_name_in_the_lines_around_a_letter_is_a_word_of_ours():
    assert reasons(*certain(**VALUES), rules_for(MESSAGES.templates["milestone"], ["data", "person"])) == set()


def test_a_name_is_a_whole_word():
    assert reasons(*saying("This is a solid plan."), RULES) == set()
