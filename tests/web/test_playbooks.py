"""The pages of playbooks: what each does, what became of it, and what may be said of its effect."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from keepwell.web.charts.interval import WIDE, interval
from keepwell.web.views import playbooks
from tests.web.fake_playbooks import NOBODY, NOTHING, SUCCESS, UNEVEN, effect
from tests.web.test_runs import text

shares = st.floats(-1, 1, allow_nan=False)


def effect_of(client, name):
    page = client.get(f"/playbooks/{name}").text
    return text(page.split('id="effect"')[1].split("</section>")[0])


def test_every_playbook_is_listed_with_what_became_of_it(client, desk):
    page = client.get("/playbooks").text

    assert re.findall(r'class="subject" href="/playbooks/(\w+)"', page) == [each.id for each in desk.playbooks.all()]
    said = text(page)
    assert "switched off" in said
    assert "your own" in said
    assert "71 recovered · 40 not recovered · 3 stopped" in said
    assert 'href="/runs?playbook=critical"' in page


def test_the_steps_say_when_who_approves_and_what_became_of_them(client):
    said = text(client.get(f"/playbooks/{NOTHING}").text)

    assert "Immediate personal outreach Message, to the customer jennifer_at_risk_concern" in said
    assert "at once a person approves each 180 90 sent · 30 cancelled" in said
    assert "20 open" in said
    assert "after 24 hours, only without improvement by itself 60 60 cancelled" in said


@pytest.mark.parametrize(
    ("level", "said"),
    [
        ("ask", "a person approves each"),
        ("auto", "by itself"),
        ("auto_after_20", "by itself after 20 approved unchanged"),
    ],
)
def test_levels_of_approval_are_said_in_words(desk, level, said):
    page = desk.playbooks.playbook(NOTHING)
    view = playbooks.view(replace(page, steps=[replace(page.steps[0], level=level)]))

    assert view.steps[0].level == said


def test_no_effect_is_said_with_its_interval_its_size_and_why_the_naive_rate_proves_nothing(client):
    said = effect_of(client, NOTHING)

    assert "No effect shown" in said
    assert "Difference: +4.0 points, 95 % interval \N{MINUS SIGN}21.0 to +27.0." in said
    assert "It takes 1,500 customers held out to see 36 % become 41 %; there are 14." in said
    assert "The groups are as large as they should be (p = 0.62)." in said
    assert "Naive rate: 40 %" in said
    assert "This proves nothing by itself" in said
    assert "Of those held out, 36 % recovered." in said


@pytest.mark.parametrize(("name", "may"), [(NOTHING, False), (SUCCESS, True), (NOBODY, False), (UNEVEN, False)])
def test_success_is_said_only_where_it_may_be(client, name, may):
    assert ("success" in effect_of(client, name).lower()) is may


def test_without_a_group_held_out_nothing_is_said_of_an_effect(client):
    said = effect_of(client, NOBODY)

    assert "Nobody was held out: what contact brought is not known" in said
    assert "Difference" not in said
    assert "It takes" not in said
    assert "This proves nothing by itself" in said


def test_where_nearly_everybody_recovers_by_themselves_the_other_direction_is_told():
    line = effect(NOTHING)
    view = playbooks.effect(replace(line, held_out=replace(line.held_out, share=0.98)))

    assert "to see 98\N{NO-BREAK SPACE}% become 93\N{NO-BREAK SPACE}%" in view.needs


def test_uneven_groups_are_warned_of(client):
    said = effect_of(client, UNEVEN)

    assert "Do not read the difference" in said
    assert "as large as they should be (p" not in said


def test_a_playbook_that_never_ran_says_so(empty):
    said = text(empty.get(f"/playbooks/{NOTHING}").text)

    assert "No run has ended yet." in said
    assert "Naive rate" not in said
    assert "Held out nobody" in said


def test_what_others_wrote_stays_text(client):
    for path in ("/playbooks", f"/playbooks/{NOTHING}"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert html.escape("<script>alert") in page


def test_a_playbook_that_does_not_exist_is_not_found(client):
    assert client.get("/playbooks/nothing").status_code == 404


@given(shares, shares, shares)
def test_an_interval_is_drawn_inside_and_on_the_right_side_of_zero(first, second, third):
    low, difference, high = sorted((first, second, third))
    found = interval(difference, low, high)

    assert 0 <= found.low <= found.difference <= found.high <= WIDE
    for value, place in ((low, found.low), (difference, found.difference), (high, found.high)):
        assert (place - WIDE / 2) * value >= 0
        assert abs(place - WIDE / 2 - value / found.reach * WIDE / 2) <= 0.5


def test_the_chance_of_uneven_groups_is_judged_at_its_limit():
    fair = playbooks.effect(replace(effect(NOTHING), mismatch=0.001))
    unfair = playbooks.effect(replace(effect(NOTHING), mismatch=0.000999))

    assert (bool(fair.uneven), bool(unfair.uneven)) == (False, True)
