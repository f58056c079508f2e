"""What is likely next of everybody, as a page and as a panel: who leaves, who outgrows its plan, features, answers."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from msgspec.structs import replace

from keepwell.base.time import DAY_US
from keepwell.predictions.forecast import Stage
from keepwell.runtime.ports.next import Expanding
from keepwell.web.views import chances, foresight, foresight_panel, links, words
from tests.web import test_runs
from tests.web.fake_foresight import BASE_RATES, CAPACITY, COMPARED_AT, LEARNED, NO_NUMBER, FakeForesight
from tests.web.fakes import FakeBook
from tests.web.people import NASTY_LABEL, NOW, SCRIPT

BOOK = FakeBook()
FOUND = FakeForesight(BOOK.lines).outlook()
SILENT = next(each for each in FOUND.leaving if each.outcome == "inactivity" and each.horizon == 30)
shares = st.floats(0, 1)
HERE = "/foresight"


def text(page):
    """What a page says, with plain spaces."""
    return " ".join(test_runs.text(page).split())


def plain(said):
    return said.replace("\N{NO-BREAK SPACE}", " ")


def section(page, name):
    return page.split(f'id="h-{name}"')[1].split("</section>")[0]


def percents(said):
    """Whole percents of a text, as the least and the most that each may stand for."""
    found = re.findall(r"([<>]?)(\d+)", said)
    return [int(number) + {"<": -0.5, ">": 0.5}.get(sign, 0) for sign, number in found]


# ---------------------------------------------------------------------- figures in words


@given(shares, shares, shares)
def test_a_chance_is_never_shown_outside_its_band(one, two, three):
    low, chance, high = sorted((one, two, three))
    (shown,), ends = percents(words.percent(chance)), percents(chances.between(low, high))
    assert ends[0] <= shown <= ends[-1]


@given(shares, shares)
def test_a_move_is_the_difference_of_what_is_shown(now, before):
    found = chances.moved(now, before)
    change = chances.whole(now) - chances.whole(before)
    said = int(found.text.replace(words.MINUS, "-").split()[0]) if change else 0
    assert (said, found.tone) == (change, "bad" if change > 0 else "good" if change < 0 else "flat")


def test_without_a_chance_before_there_is_no_move():
    assert chances.moved(0.4, None) is None


@given(st.floats(), st.floats(), st.floats(), st.none() | st.floats())
def test_whatever_the_numbers_a_range_stays_on_its_line(low, chance, high, usual):
    found = chances.spread(low, chance, high, usual)
    assert 0 <= found.low <= found.low + found.width <= 1.0000001
    assert 0 <= found.chance <= 1
    assert found.usual is None or 0 <= found.usual <= 1


@pytest.mark.parametrize(
    ("number", "said"),
    [(0.0, "0"), (0.2, "fewer than 1"), (0.6, "about 1"), (11.7, "about 12"), (1204.3, "about 1,204")],
)
def test_an_expected_number_is_of_whole_customers(number, said):
    assert chances.about(number) == said


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (NOW, NOW, "20 Nov 2026"), (NOW, NOW + 20 * DAY_US, "20 Nov to 10 Dec 2026"),
        (NOW, NOW + 60 * DAY_US, "20 Nov 2026 to 19 Jan 2027"),
    ],
)  # fmt: skip
def test_an_interval_of_days_says_the_year_once(low, high, said):
    assert chances.date_between(low, high) == said


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_has_a_name_and_those_that_speak_a_number(stage):
    assert re.search(r", stage \d of 3$", chances.stage_name(stage)) is not None or stage <= 0


# ---------------------------------------------------------------------- who is likely to leave


def test_the_likeliest_stand_first_with_band_move_and_revenue(client):
    found = section(client.get(HERE).text, "inactivity")
    rows = found.split("<tr data-line>")[1:]
    first = SILENT.lines[0]

    assert len(rows) == len(SILENT.lines) == 50
    assert "38 more" in found
    said = text(rows[0])
    assert said.startswith(first.name)
    assert plain(f"{words.percent(first.chance)} {chances.between(first.low, first.high)}") in said
    assert f"{words.money(first.at_risk_cents)} of {words.money(first.mrr_cents)} a month" in said
    assert f'href="{escape(links.customer(first.customer_id))}"' in rows[0]
    assert "Health" in found
    assert "+4 points" in found


def test_the_whole_is_said_beside_the_base_rate_and_the_stage_with_its_reason(client):
    said = text(section(client.get(HERE).text, "inactivity"))

    assert f"Expected {chances.about(SILENT.expected)} of {SILENT.customers} of those active" in said
    assert f"{chances.LOSS} {words.short_money(SILENT.at_risk_cents)} a month" in said
    assert "Base rate 8 % fell silent in windows that have closed" in said
    assert "Learned model stage 3 of 3" in said
    assert f"Why this stage: I{LEARNED[1:]}." in said
    assert "The 50 highest chances of" in said


def test_a_change_says_since_when_and_a_row_when_it_was_active_and_whether_it_has_cancelled(client):
    said = text(section(client.get(HERE).text, "inactivity"))
    first = foresight.leaver(SILENT.lines[0], SILENT)

    assert f"Chance Chance and range as a line Since {words.date_of(COMPARED_AT)} Last active" in said
    assert (first.active, first.ending) == ("today", f"cancelled, ends {words.date_of(SILENT.lines[0].ends_at)}")
    assert first.ending in said
    assert foresight.leaving(replace(SILENT, compared_at=None)).since == "Change"


def test_how_wide_a_chance_is_fitted_is_never_called_a_bound_of_what_is_true(client):
    pages = [client.get(each).text for each in (HERE, links.outlook("c012"), links.outlook("c012", panel=True))]
    for said in map(text, pages):
        assert chances.FIT_MEANS in said
        assert "90 % band" not in said


@pytest.mark.parametrize("days", ["30", "60", "90"])
def test_the_switch_shows_another_horizon(client, days):
    page = client.get(links.foresight(days=days)).text

    assert f"nothing of their own for {days} days" in page
    assert re.search(rf'aria-current="page">{days} days', page)
    assert f"next {days} days" in page
    assert words.percent(BASE_RATES[int(days)]) in page


def test_the_alert_is_named_where_there_is_one(client):
    said = f"An alert is raised from {words.percent(0.45)} up: so no more than {CAPACITY} a week are new."

    assert said in html.unescape(client.get(links.foresight(days="90")).text)
    assert "An alert is raised" not in client.get(links.foresight(days="30")).text


@pytest.mark.parametrize("days", ["31", "x", "-30", "030"])
def test_a_horizon_that_was_not_forecast_is_refused(client, days):
    answer = client.get(links.foresight(days=days))

    assert answer.status_code == 400
    assert "This list knows no days called" in answer.text


def test_that_nothing_can_be_said_is_a_calm_result_with_its_reason(client):
    found = section(client.get(HERE).text, "cancellation")

    assert f"Not enough is known yet. {NO_NUMBER.capitalize()}." in text(found)
    assert "<table" not in found


def test_a_refused_model_says_so_with_the_base_rate_and_no_number():
    why = "not predictable here: it ranks customers hardly better than chance"
    view = foresight.leaving(replace(SILENT, stage=-1, because=why, lines=[]))

    assert view.refusal.title == "Not predictable here"
    assert view.refusal.why == "It ranks customers hardly better than chance."
    assert f"{words.percent(0.08)} of the customers fell silent in windows of 30 days" in view.refusal.instead
    assert (list(view.rows), list(view.facts)) == ([], [])


@pytest.mark.parametrize("stage", [-1, 0])
def test_no_number_is_shown_where_no_model_may_speak(stage):
    """Even if chances were handed over."""
    view = foresight.leaving(replace(SILENT, stage=stage))

    assert view.refusal is not None
    assert (list(view.rows), list(view.rest), list(view.facts)) == ([], [], [])


def test_events_whose_absence_is_forecast_are_named(client, desk, monkeypatch):
    counted = replace(FOUND, leaving=[replace(SILENT, counts=["deposit", SCRIPT])])
    monkeypatch.setattr(desk.foresight, "outlook", lambda: counted)
    page = client.get(HERE).text

    assert f"Silence is the absence of these events: deposit, {escape(SCRIPT)}." in page


def test_what_is_not_known_is_said_so():
    line = replace(SILENT.lines[0], mrr_cents=None, at_risk_cents=None, before=None, segment=None, band=None, name="")
    line = replace(line, last_active=None, ends_at=None)
    row = foresight.leaver(line, replace(SILENT, base_rate=None))

    assert (row.loss, row.revenue, row.moved, row.range.usual) == ("not known", "", None, None)
    assert (row.active, row.ending) == ("not known", "")
    assert (row.name, row.band_label) == (line.customer_id, "No score yet")


# ---------------------------------------------------------------------- who outgrows its plan


def test_an_upgrade_has_its_limit_its_day_with_an_interval_and_why(client):
    found = section(client.get(HERE).text, "upgrades")
    said = text(found)

    assert "70 % of api_calls" in said
    assert "about 2 Dec 2026 27 Nov to 21 Dec 2026" in said
    assert f"api_calls grew by 3.1 % a week {NASTY_LABEL}" in said
    assert "Propose nothing now: A ticket is open since 4 days." in said
    assert "too few upgrades to learn from" in said
    assert NASTY_LABEL not in found


@pytest.mark.parametrize(
    ("expected", "first", "last", "reached", "between"),
    [
        (None, None, None, "", ""),
        (NOW - DAY_US, NOW - DAY_US, NOW, "now", ""),
        (NOW + 12 * DAY_US, None, NOW + 20 * DAY_US, "about 2 Dec 2026", "by 10 Dec 2026"),
        (NOW + 12 * DAY_US, NOW, None, "about 2 Dec 2026", "from 20 Nov 2026 on"),
    ],
)
def test_a_day_is_said_as_far_as_it_is_known(expected, first, last, reached, between):
    found = foresight.limit(Expanding("c", None, None, expected, first, last, None, "", ""), NOW)

    assert (found.reached, found.between, found.used, found.chance, found.held) == (reached, between, "", "", "")


# ---------------------------------------------------------------------- features and answers


def test_features_say_of_how_many_and_who_first(client):
    said = text(section(client.get(HERE).text, "wishes"))

    assert "limit-orders likeliest next of 14 customers about 9 expected in 30 days" in said
    assert f"{NASTY_LABEL} likeliest next of 6 customers" in said
    assert "Similar users ranked best of three" in said


def test_answers_say_what_is_expected_of_whom_and_who_answers(client):
    said = text(section(client.get(HERE).text, "moods"))

    assert f"NPS 0 to 10 7.4 expected, 7.9 last ( {words.MINUS}0.5 )" in said
    assert "Mean of 31 customers. Of 5 an unhappy answer is likely." in said
    assert "CSAT 1 to 5 Nothing is said. Only 3 answers: it needs 20." in said
    assert "31 of 120 active customers answered. Figures of answers say nothing of those who do not answer." in said


# ---------------------------------------------------------------------- the frame, and the panel


def test_before_the_first_round_it_says_so_and_nothing_else(empty):
    for path in (HERE, links.foresight(days="30"), links.foresight_panel()):
        page = empty.get(path)
        assert page.status_code == 200
        assert foresight.NEVER in page.text
        assert "<table" not in page.text


def test_the_page_is_in_the_navigation_live_and_marked_as_simulated(client):
    page = client.get(HERE).text

    assert '<a href="/foresight" aria-current="page">Foresight</a>' in page
    assert 'data-live="customers"' in page
    assert "simulated data" in page
    assert f'href="{links.foresight_report()}"' in page


def test_the_panel_has_the_five_likeliest_with_their_revenue(client):
    page = client.get(links.foresight_panel()).text
    said = text(page)

    assert "<html" not in page
    assert page.count('<tr><th scope="row">') == foresight_panel.SHOWN
    assert "Likely to leave in 30 days · nothing of their own for 30 days" in said
    assert f"of the {SILENT.customers} customers active in the last 90 days and not gone since are" in said
    assert "are expected to, against a base rate of 8 %; expected loss $51.4k a month." in said
    for line in SILENT.lines[:5]:
        assert plain(f"{words.percent(line.chance)} {chances.between(line.low, line.high)}") in said
        assert words.money(line.at_risk_cents) in said
    assert "Learned model, stage 3 of 3." in said
    assert "limit reached about 2 Dec 2026" in said
    assert "7.4 expected" in said
    assert "limit-orders likeliest next of 14 customers" in said
    assert "contract" not in said


def test_a_panel_of_which_nothing_can_be_said_says_why():
    nothing = [each for each in FOUND.leaving if each.outcome == "cancellation"]
    (part,) = foresight_panel.panel(replace(FOUND, leaving=nothing)).leaving

    assert part.refusal.title == "Not enough is known yet"
    assert part.headline == ""


def test_the_overview_fetches_the_panel_and_links_to_the_page(client):
    page = client.get("/").text

    assert f'hx-get="{links.foresight_panel()}" hx-trigger="load"' in page
    assert f'href="{links.foresight()}"' in section(page, "foresight")
    assert 'hx-select="unset" hx-select-oob="unset"' in page


def test_strangers_see_nothing(stranger):
    for path in (HERE, links.foresight_panel(), links.foresight_report(), links.outlook("c003")):
        assert stranger.get(path).status_code == 401


def test_long_lists_are_folded_and_nothing_is_lost(client, desk, monkeypatch):
    many = replace(FOUND, upgrades=FOUND.upgrades * 5, wishes=FOUND.wishes * 20)
    monkeypatch.setattr(desk.foresight, "outlook", lambda: many)
    page = client.get(HERE).text

    for part, number in (("upgrades", len(many.upgrades)), ("wishes", len(many.wishes))):
        found = section(page, part)
        assert f"<summary>{number - foresight.FIRST} more</summary>" in found
        assert found.count("Quanta Custody" if part == "upgrades" else "limit-orders") in (5, 20)


def test_of_a_model_that_abstains_nobody_is_said_to_be_happy():
    silent = replace(FOUND.moods[0], unhappy=0)

    assert foresight.mood(silent).unhappy == ""
    assert foresight.wish(replace(FOUND.wishes[0], likely=0)).of == ""


def test_what_is_not_worked_out_yet_is_not_called_nothing(client, desk):
    ready = desk.foresight.outlook()
    desk.foresight.outlook = lambda: replace(ready, upgrades=[], wishes=[], moods=[], unfinished=True)
    for path in ("/foresight", "/foresight/panel"):
        said = client.get(path).text
        assert said.count(foresight.UNFINISHED) == 3
        assert foresight.NO_UPGRADES not in said
    unrated = [replace(each, base_rate=None) for each in ready.leaving]
    desk.foresight.outlook = lambda: replace(ready, leaving=unrated, unfinished=True)
    assert f"Base rate {foresight.UNRATED}" in text(client.get(HERE).text)
    desk.foresight.outlook = lambda: replace(ready, leaving=unrated)
    assert f"Base rate {foresight.NOT_KNOWN}" in text(client.get(HERE).text)
    desk.foresight.outlook = lambda: replace(ready, upgrades=[], wishes=[], moods=[])
    assert foresight.NO_UPGRADES in client.get("/foresight").text
