"""The worst language model there is rewords a draft: it says whatever an attacker wrote. Nothing foreign passes."""

import re
from itertools import product

import msgspec
import pytest

from keepwell.outreach.check import Reason, check, rules_for
from keepwell.outreach.draft import Passage
from keepwell.outreach.rebind import rebind
from tests.consultation.injections import POISON, injections
from tests.outreach.letters import MESSAGES, NOW, certain

ATTACKS = [each.text for each in injections("RPC-02")]
TEMPLATE = MESSAGES.templates["celebration"]
RULES = rules_for(TEMPLATE, ["Borealis Holdings Ltd"], of_model=True)
VALUES = {"score_before": 72, "score_now": 85, "score_period": 14 * 86_400, "score_change": 13, "use_change": 0.45}


def reworded(subject=None, body=None):
    """A celebration in a model's words, and why it is blocked."""
    draft, facts = certain("celebration", **VALUES)
    ours = [passage.text for passage in draft.paragraphs]
    again = rebind(draft, draft.subject.text if subject is None else subject, body(ours) if body else ours)
    return again, {each.reason for each in check(again, facts, NOW, RULES)}


def test_there_are_enough_attacks_and_they_carry_poison():
    assert len(ATTACKS) >= 500
    assert all(any(word in each for each in ATTACKS) for word in POISON)


@pytest.mark.parametrize(
    "obey",
    [
        lambda attack, _: [attack],
        lambda attack, body: [*body, attack],
        lambda attack, body: [body[0] + " " + attack, *body[1:]],
        lambda attack, body: [attack + " " + body[0], *body[1:]],
        lambda attack, body: [*body[:1], body[1] + "\n• " + attack, *body[2:]],
        lambda attack, _: attack.split(),
    ],
)
def test_no_attack_passes_in_the_body(obey):
    passed = [
        attack for attack in ATTACKS if not reworded(body=lambda body, attack=attack: obey(attack, body))[1]
    ]  # fmt: skip

    assert passed == []


def test_no_attack_passes_in_the_subject():
    assert [attack for attack in ATTACKS if not reworded(subject=attack)[1]] == []
    assert [attack for attack in ATTACKS if not reworded(subject=attack[:100])[1]] == []


def test_no_fact_of_another_kind_is_had_by_its_place():
    for name in ("churn_risk", "holdings", "score_now", "recipient_name"):
        again, reasons = reworded(body=lambda body, name=name: [*body, f"You are at {{{name}}}."])

        assert Reason.MARKUP in reasons
        assert f"{{{name}}}" in again.plain


def test_what_stands_around_the_letter_is_not_the_models():
    draft, _ = certain("celebration", **VALUES)
    again, _ = reworded(body=lambda _: ["Hi."])

    assert (again.opening, again.ending) == (draft.opening, draft.ending)


@pytest.mark.parametrize(
    "body",
    [
        lambda body: body[:1],
        lambda body: [body[2], body[0], body[1]],
        lambda body: ["This is some fantastic news, and you can be proud of it.", *body],
        lambda body: [body[0], "I would love to share with you what could come next.", body[1]],
    ],
)
def test_a_rewording_in_our_words_passes(body):
    _, reasons = reworded(body=body)

    assert reasons == set()


def test_words_of_ours_can_say_what_is_not_so():
    """Why a person approves what a model worded: nothing in this is foreign, and nothing of it was ever found out."""
    _, reasons = reworded(body=lambda body: [*body, "You are on brief success, and our platform is here to share you."])

    assert reasons == set()


def test_no_word_of_a_sentence_with_a_figure_can_be_changed():
    draft, facts = certain("celebration", **VALUES)
    texts = [passage.text for passage in (draft.subject, *draft.paragraphs)]
    sentences = [each for text in texts for each in re.split(r"(?<=!) |\n• ", text) if re.search(r"\d", each)]
    for sentence in sentences:
        words = sentence.split(" ")
        for place, others in product(range(len(words)), ([], ["not"], ["you", words[0]], ["72"], ["points"])):
            twisted = " ".join([*words[:place], *others, *words[place + 1 :]])
            again = rebind(draft, draft.subject.text, [twisted])

            assert twisted == sentence or not again.paragraphs[0].bindings
            assert twisted == sentence or not re.search(r"\d", twisted) or check(again, facts, NOW, RULES), twisted
    assert len(sentences) == 3


def test_a_bound_stretch_cannot_be_claimed():
    """A stored draft whose bindings were forged onto an attacker's text."""
    draft, facts = certain("celebration", **VALUES)
    bound = draft.subject.bindings[0]
    for attack in ATTACKS:
        forged = msgspec.structs.replace(bound, start=0, end=len(attack))
        again = msgspec.structs.replace(draft, paragraphs=(Passage(attack, (forged,)),))

        assert check(again, facts, NOW, RULES)
