"""A text that a person edited finds its bindings again, or stays unbound."""

import pytest

from keepwell.outreach.catalog import Reading, facts_of
from keepwell.outreach.check import Reason, check, rules_for
from keepwell.outreach.compose import CannotComposeError
from keepwell.outreach.rebind import rebind
from tests.outreach.letters import MESSAGES, NOW, certain, letters

VALUES = {"score_before": 72, "score_now": 85, "score_period": 14 * 86_400, "score_change": 13, "use_change": 0.45}
RULES = rules_for(MESSAGES.templates["celebration"])


def edited(change, *, places=True):
    """The celebration with an edited body, and why it is blocked."""
    draft, facts = certain("celebration", **VALUES)
    body = change([each.text for each in draft.paragraphs])
    again = rebind(draft, draft.subject.text, body, facts if places else None, NOW)
    return again, {each.reason for each in check(again, facts, NOW, RULES)}


def said(draft):
    return [
        (each.fact, passage.text[each.start : each.end])
        for passage in draft.paragraphs
        for each in passage.bindings
    ]  # fmt: skip


def test_an_unchanged_text_is_the_same_draft():
    for draft, template, facts in letters(200):
        again = rebind(draft, draft.subject.text, [each.text for each in draft.paragraphs])

        assert again == draft
        assert check(again, facts, NOW, rules_for(template)) == ()


def test_a_draft_written_with_places_is_the_same_draft():
    for draft, _, facts in letters(200, first=1000):
        again = rebind(draft, draft.subject.placed, [each.placed for each in draft.paragraphs], facts, NOW)

        assert again == draft


def test_words_elsewhere_may_change_and_sentences_move():
    again, reasons = edited(lambda body: ["What a month!", body[1], "And: well done.\r\n" + body[0], "Bye for now."])

    assert reasons == set()
    assert said(again) == [
        ("use_change", "45%"), ("score_before", "72"), ("score_now", "85"), ("score_period", "2\u00a0weeks"),
        ("score_change", "13\u00a0points"),
    ]  # fmt: skip


def test_a_space_may_have_become_an_ordinary_one():
    again, reasons = edited(lambda body: [each.replace("\u00a0", " ") for each in body])

    assert reasons == set()
    assert "2\u00a0weeks" in again.plain


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("from 72 to 85", "from 85 to 72"),
        lambda text: text.replace("improved", "hardly improved"),
        lambda text: text.replace("has improved", "has not improved"),
        lambda text: text.replace("72", "71"),
        lambda text: "We never lied: " + text.partition("! ")[2],
        lambda text: text.replace("13\u00a0points", "13\u00a0percent"),
        lambda text: text.replace("up by", "down by"),
    ],
)
def test_a_sentence_that_was_touched_has_no_bindings(change):
    again, reasons = edited(lambda body: [change(body[0]), *body[1:]])

    assert Reason.UNBOUND in reasons
    assert [fact for fact, _ in said(again)] == ["use_change"]


def test_an_item_may_become_a_sentence_and_a_sentence_an_item():
    draft, facts = certain(use_change=-0.4, sign_in_gap=4 * 86_400)
    first, item, other = draft.paragraphs[1].text.split("\n")
    again = rebind(draft, "x", [other.removeprefix("• ") + " " + item.removeprefix("• "), first + "\n• " + item[2:]])

    assert [fact for fact, _ in said(again)] == ["use_change", "sign_in_gap", "sign_in_gap"]
    assert check(again, facts, NOW, rules_for(MESSAGES.templates["jennifer_at_risk_concern"])) == ()


def test_a_sentence_may_begin_a_line():
    draft, facts = certain(use_change=-0.4)
    again = rebind(draft, "x", ["Look:\n" + draft.paragraphs[1].text.partition("• ")[2]])

    assert said(again) == [("use_change", "40%")]
    assert check(again, facts, NOW, rules_for(MESSAGES.templates["jennifer_at_risk_concern"])) == ()


def test_a_sentence_that_goes_on_is_another():
    again, reasons = edited(lambda body: [body[0], body[1] + "or so", body[2]])

    assert "use_change" not in dict(said(again))
    assert Reason.UNBOUND in reasons


def test_a_touched_sentence_is_written_with_places():
    again, reasons = edited(lambda body: ["You are at {score_now} now, {score_change:up} up.", *body[1:]])

    assert reasons == set()
    assert again.paragraphs[0].text == "You are at 85\u00a0points now, 13\u00a0points up."


@pytest.mark.parametrize("place", ["{weather}", "{score_change:down}", "{use_change:whole}", "{volume_change}"])
def test_a_place_that_cannot_be_filled_is_refused(place):
    with pytest.raises(CannotComposeError) as caught:
        edited(lambda body: [*body, f"It is {place} now."])

    assert caught.value.missing.fact in place


def test_a_model_fills_no_places():
    again, reasons = edited(lambda body: [*body, "It is {score_now} now."], places=False)

    assert Reason.MARKUP in reasons
    assert "{score_now}" in again.plain


def test_a_sentence_with_two_meanings_is_bound_to_neither():
    draft, facts = certain("celebration", **VALUES, features_adopted=3)
    one = "It is {score_now:bare} in all."
    other = "It is {features_adopted:bare} in all."
    low = facts_of({"score_now": Reading(3, NOW)})
    twice = rebind(draft, draft.subject.text, [one, other], {**facts, **low}, NOW)
    same = rebind(draft, draft.subject.text, [one, one.replace("score_now", "score_before")], facts, NOW)

    assert len(said(rebind(same, "x", ["It is 85 in all.", "It is 72 in all."]))) == 2
    assert twice.paragraphs[0].text == "It is 3 in all."
    assert said(rebind(twice, "x", ["It is 3 in all."])) == []


def test_an_empty_paragraph_is_none():
    again, reasons = edited(lambda body: [*body, "  \n"])

    assert reasons == set()
    assert len(again.paragraphs) == 3
