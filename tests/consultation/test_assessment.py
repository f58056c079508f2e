"""An assessment: what it says for each purpose, what each sentence rests on, and who may be told."""

import json
import re

import pytest

from keepwell.base.time import DAY_US
from keepwell.expert.case import Case, Kind, Seen
from keepwell.expert.consultation import TO_SEND, Told, Wish, consult
from keepwell.expert.consultation_record import Audience, Context, Fall, Health, Part, Purpose, Urgency, quoted
from keepwell.expert.consultation_text import escaped, markdown, plain
from keepwell.expert.diagnose import diagnose
from keepwell.expert.scope import Standing, Topic
from tests.consultation.scene import ALL, DECLINE, SHORT
from tests.expert import made

REFUSED = Seen(Kind.HTTP, code=429, count=40, last=made.NOW, reference="req-1")
FEATURES = {"rpc.requests": 100.0, "rpc.http_429_share": 0.4}
FELL = Health(made.NOW - 20 * DAY_US, 44.04, 71.26, (Fall("Active days", -6.24),), (made.NOW - 3 * DAY_US, -9.06))


SPAN = re.compile(r"(?<!`)(?P<fence>`+)(?!`)(?P<text>.*?)(?<!`)(?P=fence)(?!`)")
"""A span of code, as CommonMark finds it."""


def told(features=FEATURES, readings=(REFUSED,), *, crowd=None, events=40, health=None):
    case = Case(made.NOW, features, list(readings), crowd or {})
    return Told(diagnose(case, made.knowledge()), made.knowledge(), events, 12, health)


def golden():
    for name, given in made.golden():
        case = made.case(given)
        yield name, Told(diagnose(case, made.knowledge()), made.knowledge(), 9, 3, FELL)


def texts(assessment, *parts):
    return [each.text for each in assessment.statements(*parts)]


def parts(assessment):
    return [each.part for each in assessment.sections]


def test_every_statement_rests_on_something_and_has_its_own_id():
    for _, given in golden():
        for wish in (SHORT, ALL, DECLINE):
            found = list(consult(wish, given).statements())
            known = {each.id for each in given.diagnosis.findings} | set(given.knowledge.entries)
            ids = {each.id for each in found}

            assert len(ids) == len(found)
            for each in found:
                assert each.cites, each
                assert all(cite in ids or cite.partition(":")[0] in known for cite in each.cites), each
                assert each.text == each.text.strip()
                assert each.text.replace("\N{NO-BREAK SPACE}", " ").isprintable()


def test_a_short_answer_is_part_of_the_whole_one():
    for _, given in golden():
        short, whole = consult(DECLINE, given), consult(ALL, given)

        assert set(texts(short)) - set(texts(short, Part.SOURCES)) <= set(texts(whole))
        assert len(texts(short)) <= len(texts(whole))


def test_every_finding_is_in_the_whole_answer_with_its_evidence():
    for _, given in golden():
        found = " ".join(texts(consult(ALL, given)))
        for each in given.diagnosis.findings:
            assert each.diagnosis in found
            assert all(action in found for action in each.actions if each.scope != "meta" and each.domain != "meta")
            assert all(reference in found for reference in each.references)


def test_what_is_not_for_the_customer_is_never_marked_for_it():
    for _, given in golden():
        hidden = {each.id for each in given.diagnosis.findings if not each.may_tell_customer}
        for each in consult(ALL, given).statements():
            if each.audience is Audience.CUSTOMER:
                assert not hidden & {cite.partition(":")[0] for cite in each.cites}, each
                assert not each.id.startswith(("health", "aside"))
                assert "/action" not in each.id


def test_a_hint_and_a_likely_finding_say_so_wherever_they_are_said():
    for _, given in golden():
        for each in given.diagnosis.findings:
            opening = {"hint": "A hint, not established: ", "inferred": "Likely: ", "entailed": ""}[each.certainty]
            found = [one.text for one in consult(ALL, given).statements(Part.FINDINGS) if one.text.endswith(
                each.diagnosis)]  # fmt: skip
            assert all(text.startswith(opening) for text in found)


def test_causes_are_hypotheses():
    said = texts(consult(ALL, told()), Part.CAUSES)

    assert said
    assert all(each.startswith("Possible cause: ") for each in said)


def test_actions_have_somebody_who_does_them_and_come_first_in_an_emergency():
    found = consult(Wish(Purpose.ANALYSE, urgency=Urgency.EMERGENCY), told())

    assert parts(found)[:2] == [Part.SUMMARY, Part.ACTIONS]
    assert all(each.startswith("Customer success, with the customer: ") for each in texts(found, Part.ACTIONS))
    assert set(texts(found)) == set(texts(consult(ALL, told())))


def test_without_telemetry_nothing_is_claimed_and_it_says_what_to_send():
    found = consult(SHORT, told({}, (), events=0))

    assert parts(found) == [Part.SUMMARY, Part.UNKNOWN]
    assert "nothing can be said" in texts(found, Part.SUMMARY)[0]
    assert len([each for each in texts(found, Part.UNKNOWN) if each.startswith("Send `")]) == len(TO_SEND)


def test_what_everybody_has_is_said_to_be_everybodys():
    crowd = {Topic.TRANSACTIONS: Standing(p_own=1e-9, p_peer=0.5, p_net=1e-9, n=30)}
    found = consult(ALL, told({}, (), crowd=crowd))

    assert "Of transactions: everybody has the same trouble." in texts(found, Part.SUMMARY)
    assert any("It is everybody's trouble" in each for each in texts(found, Part.SUMMARY))


def test_the_way_of_the_score_says_what_fell_when_and_what_was_there_before():
    name = told().diagnosis.heads[0].id
    for held, said in ((frozenset({name}), "was there before"), (frozenset(), "was not there"), (None, "cannot be")):
        health = Health(FELL.since, FELL.score, FELL.before, FELL.falls, FELL.steepest, held)
        found = texts(consult(DECLINE, told(health=health)), Part.HEALTH)

        assert found[0].endswith("a fall of 27.2 points.")
        assert "was 71.2 on" in found[0]
        assert "is 44.0 on" in found[0]
        assert "Active days: -6.2 points." in found
        assert any(each.endswith("by 9.1 points in a day.") for each in found)
        assert any(f"({name}) {said}" in each for each in found)
        assert "thereby" in found[-1]


@pytest.mark.parametrize(
    ("health", "said"),
    [
        (Health(0, None, None), "no health score yet"),
        (Health(DAY_US, 50.0, None), "none on 1970-01-01"),
        (Health(DAY_US, 50.0, 50.0), "has not fallen"),
        (Health(DAY_US, 60.0, 50.0), "has not fallen"),
    ],
)
def test_a_score_that_did_not_fall_is_said_to_be_so(health, said):
    (found,) = texts(consult(DECLINE, told(health=health)), Part.HEALTH)

    assert said in found


def test_a_fall_beside_which_nothing_stands_is_not_explained():
    found = consult(DECLINE, told({"rpc.requests": 1.0}, (), health=FELL))

    assert any("nothing technical explains it" in each for each in texts(found, Part.HEALTH))


def test_health_is_told_for_a_decline_and_in_a_whole_answer_only():
    given = told(health=FELL)

    assert Part.HEALTH not in parts(consult(SHORT, given))
    assert Part.HEALTH in parts(consult(Wish(Purpose.IDENTIFY, Context.DECLINE), given))
    assert Part.HEALTH in parts(consult(ALL, given))


def test_as_data_it_is_json_and_says_the_same():
    found = plain(consult(ALL, told()))
    again = json.loads(json.dumps(found))
    said = [each["text"] for part in again["sections"] for group in part["groups"] for each in group["statements"]]

    assert again["purpose"] == "comprehensive_issue_analysis"
    assert said == texts(consult(ALL, told()))


@pytest.mark.parametrize(
    "hostile",
    ["`x`", "``", "a`b``c", "# h", "[x](https://e.example)", "![x](y)", "<b>", "a\nb", "\x1b[31m", "\u202e", "*", " ",
     "&lt;", "x" * 999, "https://e.example", "\u2028# h", "|"],
)  # fmt: skip
def test_a_strangers_text_stands_in_one_span_of_code(hostile):
    seen = Seen(Kind.HTTP, code=429, count=40, last=made.NOW, reference=hostile)
    text = markdown(consult(ALL, told(readings=[seen])), hostile)
    shown = quoted(hostile).text

    assert len(text.splitlines()) == len(markdown(consult(ALL, told()), "x").splitlines())
    for line in (each for each in text.splitlines() if "Observed" in each or each.startswith("# ")):
        (span,) = SPAN.finditer(line)
        assert span["text"].strip() == shown.strip()
        assert span["text"].strip() == "" or shown.strip("`") == "" or shown not in SPAN.sub("", line)


def test_our_own_words_are_no_markup():
    assert escaped("a_b [x](y) <b> *c* # `d`\n e") == r"a\_b \[x\](y) \<b\> \*c\* \# \`d\` e"
