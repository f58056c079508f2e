"""Composing: what a draft says, and what it leaves out."""

import msgspec
import pytest

from keepwell.base.time import DAY_US
from keepwell.outreach.catalog import Reading, facts_of
from keepwell.outreach.compose import CannotComposeError, Recipient, Sender, compose
from keepwell.outreach.draft import Draft, Passage, digest_of, joined
from keepwell.outreach.template import Persona
from tests.outreach.letters import ANA, BY, MESSAGES, NOW, certain, letters

CONCERN = MESSAGES.templates["jennifer_at_risk_concern"]


def texts(passages):
    return [each.text for each in passages]


def test_a_letter_says_what_is_known_and_leaves_out_the_rest():
    draft, _ = certain(sign_in_gap=4 * 86_400, open_tickets=2, satisfaction_drop=-0.4)

    assert texts(draft.opening) == ["Hi Ana Silva,"]
    assert draft.paragraphs[1].text == "This is what I see of your use:\n• Your last sign-in was 4\u00a0days ago."
    assert draft.paragraphs[2].text.endswith("\n• You still wait for us: 2\u00a0support requests.")
    assert "not been at our best" in draft.paragraphs[3].text
    assert texts(draft.ending)[:2] == [
        "Warm regards,\nJennifer Williams\nCustomer Success",
        "By this you know that it is from us: blue heron",
    ]
    assert draft.needs == ("satisfaction_drop",)
    assert ("usage_patterns, item 2", "use_change", "is not known") in [
        (each.part, each.fact, each.because) for each in draft.left_out
    ]


def test_a_paragraph_without_any_item_is_left_out():
    draft, _ = certain()

    assert len(draft.paragraphs) == 2
    assert {each.part for each in draft.left_out} >= {"usage_patterns", "specific_concerns"}


def test_german_where_the_message_has_it():
    draft, _ = certain(use_change=-0.4, to=Recipient("Jörg", "de-CH"))
    english, _ = certain("billing_recovery", payment_failed_on=20_780, to=Recipient("Jörg", "de-CH"))

    assert (draft.language, draft.opening[0].text) == ("de", "Hallo Jörg,")
    assert "um 40\u00a0% zurück" in draft.paragraphs[1].text
    assert (english.language, english.region) == ("en", "en")
    assert "23 November 2026" in english.paragraphs[0].text


def test_parts_that_the_playbook_does_not_ask_for_are_not_there():
    facts = facts_of({"use_change": Reading(-0.4, NOW), "open_tickets": Reading(2, NOW)})
    draft = compose(CONCERN, facts, ANA, BY, NOW, parts=["usage_patterns"])

    assert "40%" in draft.plain
    assert "support" not in draft.plain
    assert "support" in compose(CONCERN, facts, ANA, BY, NOW).plain


@pytest.mark.parametrize(
    ("known", "held", "because"),
    [
        ({}, (), "is not known"),
        ({"payment_failed_on": Reading(20_780, NOW - 3 * DAY_US)}, (), "is out of date"),
        ({"payment_failed_on": Reading(20_780, NOW)}, ("payment_failed_on",), "may not be said"),
    ],
)
def test_a_message_with_an_empty_place_is_refused(known, held, because):
    facts = facts_of(known, frozenset(held))
    with pytest.raises(CannotComposeError) as caught:
        compose(MESSAGES.templates["billing_recovery"], facts, ANA, BY, NOW)

    assert caught.value.template == "billing_recovery"
    assert (caught.value.missing.fact, caught.value.missing.because) == ("payment_failed_on", because)


def test_a_list_that_must_be_there_needs_an_item():
    with pytest.raises(CannotComposeError, match="roi_metrics"):
        certain("roi_report")


def test_what_is_held_decides_nothing():
    values = {"satisfaction_drop": Reading(-0.4, NOW)}
    warm = compose(CONCERN, facts_of(values), ANA, BY, NOW)
    held = compose(CONCERN, facts_of(values, frozenset(values)), ANA, BY, NOW)

    assert len(held.paragraphs) == len(warm.paragraphs) - 1
    assert held.left_out[-1].because == "may not be alluded to"


def test_a_paragraph_for_when_something_is_not_known():
    known = {"volume_done": 10**6, "feature_suggested": "Alerts", "peer_feature": "Bridge v2"}
    both, _ = certain("jennifer_value_reinforcement", **known)
    del known["peer_feature"]
    draft, _ = certain("jennifer_value_reinforcement", **known)

    assert "Alerts" in draft.plain
    assert draft.needs_not == ("peer_feature",)
    assert "Alerts" not in both.plain


def test_a_person_without_a_name_is_greeted_without_it():
    for name in ("", "   ", "https://evil.example", "<b>", "a\N{RIGHT-TO-LEFT OVERRIDE}b"):
        assert certain(to=Recipient(name))[0].opening[0].text == "Hello,"


def test_who_signs_has_a_title_or_none_and_a_person_needs_no_disclosure():
    written = compose(CONCERN, {}, ANA, Sender(Persona("Kim Lee", ""), MESSAGES.frame, automated=False), NOW)

    assert written.ending[0].text == "Warm regards,\nKim Lee"
    assert "automatically" not in written.plain
    assert "automatically" in certain()[0].plain
    assert "We never ask for access to a wallet" in written.plain


def test_a_call_is_a_script_without_a_letter_around_it():
    draft, _ = certain("jennifer_critical_intervention", finding="A retry loop sends 40 requests.", leaving=20_779)

    assert draft.opening == ()
    assert "This is Jennifer Williams." in draft.paragraphs[0].text
    assert "What the Expert established: A retry loop sends 40 requests." in texts(draft.paragraphs)
    assert len(draft.ending) == 1


def test_a_draft_survives_json_and_can_be_written_with_places_again():
    for draft, _, _ in letters(50):
        assert msgspec.json.decode(msgspec.json.encode(draft), type=Draft) == draft
    draft, _ = certain(use_change=-0.4)
    assert draft.paragraphs[1].placed.endswith("went down by {use_change:down} against the weeks before.")
    assert draft.ending[0].placed == "Warm regards,\n{persona_name}\n{persona_title}"


def test_a_digest_tells_everything_apart():
    one = digest_of("a@b.c", "x", "y")

    assert len({one, digest_of("a@b.c", "xy", ""), digest_of("a@b.c", "", "xy"), digest_of("a@b.cx", "", "y")}) == 4
    assert one == digest_of("a@b.c", "x", "y")


def test_joined_passages_keep_their_bindings():
    draft, _ = certain("celebration", score_before=72, score_now=85, score_period=14 * 86_400, score_change=13)
    parts = draft.paragraphs[0], Passage(" and "), draft.subject
    whole = joined(*parts)

    said = [whole.text[each.start : each.end] for each in whole.bindings]
    assert said == ["72", "85", "2\u00a0weeks", "13\u00a0points", "85"]
