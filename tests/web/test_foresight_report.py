"""What forecasts were worth, as a page: figures with intervals and sentences, drift, decisions, failures."""

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from keepwell.predictions.accuracy import FIGURES as PLAIN
from keepwell.runtime.ports.forecasts import FigureLine
from keepwell.web.views import chances, foresight, foresight_figures, foresight_report, links, words
from tests.web.fake_foresight import CAPACITY, FIGURES, FakeForesight
from tests.web.fakes import FakeBook
from tests.web.people import SCRIPT
from tests.web.test_foresight import plain, text

FOUND = FakeForesight(FakeBook().lines).report()
SILENCE = chances.OUTCOMES["inactivity"]
REPORT = links.foresight_report()


def rows_of(figures):
    lines = {name: FigureLine(*found) for name, found in figures.items()}
    return {row.key: row for topic in foresight_figures.topics(lines, CAPACITY, SILENCE) for row in topic.rows}


def test_every_figure_of_the_domain_is_shown_and_none_besides():
    beside = {"precision_at_budget", "recall_at_budget", "lift_at_budget", "false_alerts_per_healthy_customer_30d"}
    beside |= {"looked_at_at_budget", "precision_when_new"}
    sure = {"median_lead_days", "share_with_30_days", "coverage_at_95", "accuracy_when_covered"}
    assert {key for of in foresight_figures.TOPICS.values() for key in of} == {*PLAIN, *beside, *sure} == set(FIGURES)


def test_each_figure_has_its_interval_and_a_sentence(client):
    said = text(client.get(REPORT).text)

    for sentence in (
        "19.0 % 17.0 to 21.0 %",
        "Of all these forecasts, 19.0 % were of customers who fell silent.",
        "81.0 % 78.0 to 84.0 %",
        "the former had the higher chance in 81.0 % of the cases; 50 % is tossing a coin.",
        "What can be found at 12 a week",
        "At 12 a week, 38.0 % of all customers can be looked at before the next publication",
        "known from the publication before, 61.0 % fell silent; without forecasts it would be the base rate.",
        "Of customers newly above the operating point of the alert, 52.0 % fell silent.",
        "2.1 points 1.4 to 4.0 points",
        "34 days 26 to 41 days",
        "Of those, 93.1 % came as said; telling everybody the likelier outcome is right for 81.0 % of all.",
    ):
        assert sentence in said, sentence


def test_the_word_accuracy_never_stands_without_the_base_rate(client):
    page = plain(html.unescape(client.get(REPORT).text)).lower()

    assert "accuracy" not in re.sub(r"<[^>]+>", " ", page)
    for row in page.split("right when sure")[1:]:
        assert "telling everybody the likelier outcome is right for 81.0 %" in row.split("</tr>")[0]


def test_the_short_table_has_every_group_beside_its_base_rate(client):
    said = text(client.get(REPORT).text.split('id="h-all"')[1].split("</section>")[0])

    assert said.count("19.0 % (17.0 to 21.0 %)") == 2  # two groups, for narrow screens
    assert said.count("19.0 % 17.0 to 21.0 %") == 2  # and for broad ones
    assert "104.0 % (92.0 to 115.0 %)" in said
    assert said.count("34 days (26 to 41 days)") == said.count("34 days 26 to 41 days") == 2
    assert "Nothing of their own for 90 days Learned model, stage 3 of 3 Too few to judge: 2 of 9 forecasts" in said
    assert "A skill of 0 % or less is no better than telling everybody the base rate" in said


def test_what_swings_between_publications_is_marked_and_shown(client):
    said = text(client.get(REPORT).text)
    rows = rows_of(FIGURES)

    assert "104.0 % 92.0 to 115.0 % each 75.0 to 129.0 %" in said
    assert {key for key, row in rows.items() if row.mark == foresight_figures.UNSTEADY} == {"observed_over_expected"}
    assert said.count(f"{foresight_report.UNSTEADY} Observed over expected.") == 4  # two groups, in short and in long


@pytest.mark.parametrize(("value", "marked"), [(0.931, True), (0.9494, True), (0.9496, False), (0.97, False)])
def test_who_is_sure_and_right_less_often_than_that_is_marked(value, marked):
    row = rows_of({**FIGURES, "accuracy_when_covered": (value, None, None)})["accuracy_when_covered"]

    assert (row.mark == "below 95 %") == marked


def test_no_table_mixes_shares_with_bare_decimals():
    for topic in foresight_report.view(FOUND).groups[0].topics:
        bare = {re.fullmatch(r"[\d.]+", row.value) is not None for row in topic.rows}
        assert len(bare) == 1, topic.title


def test_where_a_figure_is_not_defined_there_is_a_sentence_of_its_own():
    nothing = dict.fromkeys(FIGURES, (None, None, None))
    for row in rows_of(nothing).values():
        assert row.value == foresight_figures.NONE
        assert foresight_figures.NONE not in row.means
        assert re.fullmatch(r"[A-Z][^{}]+\.", row.means), row.means


def test_a_group_without_figures_says_why_and_shows_none():
    view = foresight_report.view(FOUND)
    few = view.groups[-1]

    assert list(few.topics) == []
    assert few.too_few.startswith("Too few to judge: 2 of 9 forecasts came true: it needs 20")
    assert few.base_rate == few.ranking == few.skill == foresight_report.Brief(foresight_report.TOO_FEW)


def test_it_says_what_groups_rest_on_and_that_a_level_is_off(client):
    said = text(client.get(REPORT).text)

    assert "1,080 forecasts of 120 customers, published in 9 weeks, 21 Aug to 18 Oct 2026; 198 fell silent." in said
    assert "Of 3 forecasts it cannot be told." in said
    assert said.count(foresight_report.LEVEL_OFF) == 1


def test_drift_decisions_and_the_last_failure_are_told(client):
    page = client.get(REPORT).text
    said = text(page)

    assert "The round of 19 Nov 2026, 09:30 UTC failed." in said
    assert f"OSError: {SCRIPT}" in said
    assert SCRIPT not in page
    assert "stability index 0.27; from 0.25 on it counts as moved" in said
    assert "14 Nov 2026: bbbbbbbb took its place of aaaaaaaa" in said
    assert f"{words.MINUS}0.021 of log loss ({words.MINUS}0.034 to {words.MINUS}0.008), on 240 customers." in said


def test_who_did_not_win_did_not_take_its_place():
    lost = replace(FOUND.decisions[0], promoted=False, difference=None, low=None, high=None)
    (row,) = foresight_report.view(replace(FOUND, decisions=[lost])).decisions

    assert (row.what, row.difference) == ("did not take its place", "not compared")


def test_a_sample_and_what_was_made_afterwards_are_named(client, desk, monkeypatch):
    monkeypatch.setattr(desk.foresight, "report", lambda: replace(FOUND, share=0.25, relived=True))
    said = text(client.get(REPORT).text)

    assert "Figures are of a fixed sample, 25 % of the customers." in said
    assert foresight_report.RELIVED in said


def test_before_anything_closed_it_says_when_that_will_be(empty):
    said = text(empty.get(REPORT).text)

    assert foresight_report.NOTHING in said
    assert foresight_report.NO_DRIFT in said
    assert foresight_report.NO_DECISIONS in said
    assert "failed" not in said


def test_the_page_leads_back_and_each_group_has_an_address(client):
    page = client.get(REPORT).text
    wanted = re.findall(r'class="subject" href="#([^"]+)"', page)

    assert len(wanted) == len(set(wanted)) == 3
    assert all(f'id="{each}"' in page for each in wanted)
    assert '<a href="/foresight" aria-current="page">Foresight</a>' in page


# ---------------------------------------------------------------------- figures as text


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_an_interval_names_its_unit_once_and_never_breaks(value, low, high):
    for meant in (each for of in foresight_figures.TOPICS.values() for each in of.values()):
        found = foresight_figures.interval(meant.shown, FigureLine(value, min(low, high), max(low, high)))
        assert " to " in found
        for unit in foresight_figures.UNITS:
            assert found.count(unit) <= 1 or meant.shown is foresight_figures.days


@given(st.floats(0, 1))
@example(0.0005)
@example(0.9995)
def test_nothing_is_called_none_or_all_that_is_not(value):
    said = foresight_figures.share(value)
    assert (said == f"0.0{words.PERCENT}") == (value == 0)
    assert (said == f"100.0{words.PERCENT}") == (value == 1)


@pytest.mark.parametrize(("value", "said"), [(-0.0004, "0.000"), (-0.0213, f"{words.MINUS}0.021"), (1.5, "1.500")])
def test_what_rounds_to_nothing_has_no_sign(value, said):
    assert foresight_figures.decimals(value) == said


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_not_defined_is_no_number(value):
    rows = rows_of({**FIGURES, "lift_at_budget": (value, None, None)})

    assert (rows["lift_at_budget"].value, rows["lift_at_budget"].interval) == (foresight_figures.NONE, "")


def test_what_is_not_worked_out_yet_is_not_called_nothing():
    early = foresight_report.view(replace(FOUND, groups=[], moved=[], unfinished=True))
    nothing = foresight_report.view(replace(FOUND, groups=[], moved=[]))

    assert early.nothing == early.no_drift == foresight.UNFINISHED
    assert (nothing.nothing, nothing.no_drift) == (foresight_report.NOTHING, foresight_report.NO_DRIFT)


def test_one_was_gone_and_several_were():
    departed = chances.OUTCOMES["departure"]
    assert [departed.came(number) for number in (0, 1, 22)] == ["were gone", "was gone", "were gone"]
