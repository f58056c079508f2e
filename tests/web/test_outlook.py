"""What is likely next of one customer, as a page and as a panel: chances, reasons, what came of earlier ones."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape
from msgspec.structs import replace

from keepwell.base.time import DAY_US
from keepwell.runtime.ports.forecasts import ForecastLine, HorizonLine
from keepwell.runtime.ports.foresight import Part
from keepwell.web.charts.horizons import TOPS, horizons
from keepwell.web.charts.path import TALL
from keepwell.web.views import chances, foresight, links, outlook, words
from tests.web.fake_foresight import FakeForesight, chance
from tests.web.fakes import FakeBook
from tests.web.people import NASTY, NASTY_LABEL, NOW, SCRIPT
from tests.web.test_foresight import plain, text

BOOK = FakeBook()
FORESIGHT = FakeForesight(BOOK.lines)
EVERYBODY = FORESIGHT.outlook()
LOST, KEPT, SILENT = "c012", "c009", "c001"
PLACE = 19  # of whom it happened to
"""One to whom it happened, one to whom it did not, one without a forecast."""
FOUND = FORESIGHT.customer(LOST)
points = st.floats(-20, 20)


def shown(found=FOUND, everybody=EVERYBODY, lifecycle="active"):
    return outlook.view(found, everybody, lifecycle)


def said_of(client, customer, *, panel=True):
    return text(client.get(links.outlook(customer, panel=panel)).text)


# ---------------------------------------------------------------------- the chances


@pytest.mark.parametrize("panel", [False, True], ids=["page", "panel"])
def test_each_horizon_has_its_chance_its_band_its_end_and_its_revenue(client, panel):
    said = said_of(client, LOST, panel=panel)
    line = BOOK.line(LOST)

    assert "The chance that it does nothing of its own in the next 30, 60 or 90 days." in said
    assert "Base rate: 19 % of the customers fell silent in windows of 90 days." in said
    for days in (30, 60, 90):
        found = chance(PLACE, days)
        assert plain(f"{days} days {words.percent(found)}") in said
        assert f"{words.money(round(found * line.mrr_cents))} a month expected loss" in said
    assert f"{chances.FIT} until 20 Dec 2026" in said
    assert "Learned model, stage 3 of 3: checked here on windows that have closed." in said


@given(st.lists(st.floats(0, 1), min_size=1, max_size=3))
def test_chances_that_are_nearly_the_same_are_explained_and_no_others(found):
    days = (30, 60, 90)[: len(found)]
    said = chances.alike(days, found, chances.OUTCOMES["inactivity"])
    assert bool(said) == (len(found) > 1 and max(found) - min(found) < chances.ALIKE)


def test_a_customer_whose_chances_are_nearly_the_same_is_told_why(client, desk, monkeypatch):
    near = [replace(each, chance=0.98 + place / 1000) for place, each in enumerate(FOUND.newest.horizons)]
    monkeypatch.setattr(
        desk.foresight, "customer", lambda _: replace(FOUND, newest=replace(FOUND.newest, horizons=near))
    )

    assert "They differ by less than a percentage point." in said_of(client, LOST)
    assert "silent for 30 days stays silent for 90" in said_of(client, LOST)
    monkeypatch.undo()
    assert "They differ by less than" not in said_of(client, LOST)


def test_the_curve_can_be_read_without_seeing_it(client):
    page = client.get(links.outlook(LOST, panel=True)).text
    label = re.search(r'role="img" aria-label="Chance by horizon: ([^"]+)"', page).group(1)
    rows = shown().chance.rows

    assert label == "; ".join(f"{row.days}: {row.chance} ({row.between})" for row in rows)
    assert len(rows) == 3


@given(
    st.lists(
        st.tuples(st.integers(1, 400), st.tuples(*[st.floats(0, 1)] * 3).map(sorted)),
        max_size=6,
        unique_by=lambda x: x[0],
    )
)
def test_the_line_lies_in_the_band_and_the_band_in_the_drawing(drawn):
    made = [(days, middle, low, high) for days, (low, middle, high) in sorted(drawn)]
    found = horizons(made, [str(days) for days, *_ in made])
    if not made:
        assert found is None
        return
    band, line = ([tuple(map(int, each.split())) for each in path.strip("Mz").split("L")] for path in _paths(found))
    upper, lower = band[: len(made)], band[len(made) :][::-1]
    for top, middle, bottom in zip(upper, line, lower, strict=True):
        assert top[0] == middle[0] == bottom[0]
        assert 0 <= top[1] <= middle[1] <= bottom[1] <= TALL
    assert [x for x, _ in line] == sorted(x for x, _ in line)
    assert all(0 < each.share < 1 for each in found.stops)
    assert float(found.levels[-1].label) / 100 in TOPS


def _paths(found):
    return found.band, found.line


def test_the_axis_ends_above_the_band():
    found = horizons([(30, 0.2, 0.1, 0.26), (90, 0.1, 0.05, 0.2)], ["a", "b"])

    assert [each.label for each in found.levels] == ["0", "25", "50"]
    assert found.line == "M90 600L910 800"


def test_a_single_horizon_stands_in_the_middle():
    assert horizons([(30, 0.5, 0.5, 0.5)], ["30 days"]).stops[0].share == 0.5


# ---------------------------------------------------------------------- reasons


@pytest.mark.parametrize("panel", [False, True], ids=["page", "panel"])
def test_reasons_have_a_direction_and_a_share_in_words(client, panel):
    said = said_of(client, LOST, panel=panel)

    assert "Silent for 22 days recency: raises the chance 47 %" in said
    assert f"{SCRIPT} opened 2 tickets tickets: lowers the chance 10 %" in said
    assert "Shares are of everything that raises or lowers it." in said
    assert plain(f"One active day more, yesterday: {words.percent(chance(PLACE) * 0.6)} instead of") in said


@given(st.lists(points, min_size=1, max_size=8))
def test_bars_begin_at_zero_and_stay_in_their_room(some):
    found = shown(replace(FOUND, parts=[Part("a", "b", each) for each in some])).chance
    for each, row in zip(some, found.reasons, strict=True):
        assert -1e-9 <= row.left <= row.left + row.width <= 1 + 1e-9
        edge = row.left if each >= 0 else row.left + row.width
        assert math.isclose(edge, found.zero, abs_tol=1e-9)
        assert (row.direction, row.tone) == (
            ("raises the chance", "bad") if each > 0 else ("lowers the chance", "good") if each else ("neutral", "flat")
        )


def test_without_reasons_it_says_so(client, desk, monkeypatch):
    monkeypatch.setattr(desk.foresight, "customer", lambda _: replace(FOUND, parts=[], would_change=[]))
    said = said_of(client, LOST)

    assert "Its reasons are not at hand; the next round makes them." in said
    assert "What would change it" not in said


# ---------------------------------------------------------------------- what came of earlier ones


def test_past_forecasts_say_what_came_of_them_beside_what_was_expected(client):
    said = said_of(client, LOST)
    closed = [each for line in FOUND.past for each in line.horizons if each.came == "happened"]
    expected = math.fsum(each.chance for each in closed)

    assert f"{len(closed)} chances of earlier forecasts closed: it fell silent in {len(closed)} of them;" in said
    assert f"{expected:,.1f} were expected." in said
    assert f"{words.percent(chance(PLACE, 30))} fell silent" in said.replace(" %", words.PERCENT)
    assert "open until" in said
    assert "it fell silent in 0 of them" in said_of(client, KEPT)


def test_a_past_forecast_that_cannot_be_told_is_not_counted():
    past = [replace(FOUND.past[0], relived=True, horizons=[HorizonLine(
        days=30, ends_at=NOW - DAY_US, chance=0.4, low=0.3, high=0.5, came="cannot_be_told", scored_at=NOW,
    )])]  # fmt: skip
    found = shown(replace(FOUND, past=past))

    assert found.past_said == "1 earlier forecast; of none is it known yet what came."
    assert (found.past[0].cells[0].came, found.past[0].relived) == ("cannot be told", True)


def test_contracts_are_spoken_of_as_contracts():
    ended = HorizonLine(days=30, ends_at=NOW, chance=0.25, low=0.2, high=0.3, came="happened", scored_at=NOW)
    line = replace(FOUND.past[-1], outcome="cancellation", horizons=[ended])
    found = shown(replace(FOUND, newest=line, past=[line]))

    assert found.chance.what == "The chance that its contract ends within the next 30 days."
    assert found.past[0].cells[0].came == "cancelled"
    assert "it cancelled in 1 of them; 0.2 were expected." in found.past_said


def test_a_departure_has_the_date_of_the_last_activity_and_the_one_by_which_it_is_known():
    gone = replace(FOUND.newest.horizons[0], days=30, ends_at=NOW + 60 * DAY_US)
    row = shown(
        replace(FOUND, newest=replace(FOUND.newest, outcome="departure", quiet_days=30, horizons=[gone]))
    ).chance.rows[0]

    assert f"before {words.date_of(NOW + 30 * DAY_US)}" in row.until
    assert f"by {words.date_of(NOW + 60 * DAY_US)}" in row.until


# ---------------------------------------------------------------------- nothing to say


def test_whoever_has_no_forecast_is_told_why(client):
    said = said_of(client, SILENT)

    assert "No forecast. Nothing of its own was known when forecasts were last made; they are made once a day." in said
    assert "There is no earlier forecast." in said
    assert "The chance that" not in said


@pytest.mark.parametrize(
    ("newest", "everybody", "lifecycle", "title", "why"),
    [
        (None, EVERYBODY, "churned", "No forecast", outlook.HAS_LEFT),
        (None, FakeForesight().outlook(), "active", "No forecast yet", foresight.NEVER),
        (
            None,
            replace(EVERYBODY, leaving=[replace(EVERYBODY.leaving[0], stage=0, because="not enough history: 9 days")]),
            "active", "Not enough is known yet", "Not enough history: 9 days.",
        ),
        (
            replace(FOUND.newest, stage=-1, because="not predictable here: chance", horizons=[
                replace(each, chance=None, low=None, high=None) for each in FOUND.newest.horizons
            ]),
            EVERYBODY, "active", "Not predictable here", "Chance.",
        ),
    ],
    ids=["left", "before the first round", "too little", "refused"],
)  # fmt: skip
def test_the_reason_for_no_forecast_is_the_true_one(newest, everybody, lifecycle, title, why):
    found = shown(replace(FOUND, newest=newest), everybody, lifecycle)

    assert (found.chance, found.none_title, found.why_none) == (None, title, why)


def test_what_is_next_besides_is_said_too(client):
    said = said_of(client, LOST)

    assert "100 % of api_calls ." in said
    assert "limit-orders 31 % 8 of 20 customers like it began it." in said
    assert f"{NASTY_LABEL} no chance told Many begin it." in said
    assert "NPS 7.4 expected 90 % interval 5.1 to 9.2, on a scale of 0 to 10; from 4 answers; 22 % that it" in said
    assert "CSAT 3.2 expected 90 % interval 1.6 to 4.7, on a scale of 1 to 5; from 1 answer." in said


def test_who_is_in_trouble_is_sold_nothing(client):
    said = said_of(client, "c003")

    assert "Propose nothing now: A ticket is open since 4 days." in said
    assert "90 % of api_calls . Reached about 12 Dec 2026 (90 % interval 7 Dec to 31 Dec 2026)." in said


# ---------------------------------------------------------------------- the frame


def test_any_id_leads_to_its_outlook_and_back(client):
    for each in NASTY:
        for panel in (False, True):
            found = client.get(links.outlook(each, panel=panel))
            assert found.status_code == 200
            assert "<b>site</b>" not in found.text
            assert "<script>alert" not in found.text
        assert str(escape(links.customer(each))) in client.get(links.outlook(each)).text


@pytest.mark.parametrize("customer", ["nobody", "\x00", "x" * 201, ""])
def test_nobody_has_no_outlook(client, customer):
    for panel in (False, True):
        assert client.get(links.outlook(customer, panel=panel)).status_code in (400, 404)


def test_the_page_of_a_customer_fetches_the_panel(client):
    found = client.get(links.customer(LOST)).text

    assert f'hx-get="{escape(links.outlook(LOST, panel=True))}" hx-trigger="load"' in found
    assert f'href="{escape(links.outlook(LOST))}"' in found


def test_the_page_follows_its_customer(client):
    assert f'data-live="customer {LOST}"' in client.get(links.outlook(LOST)).text
    assert "data-live" not in client.get(links.outlook(LOST, panel=True)).text


def test_every_answer_that_is_not_known_is_open():
    assert isinstance(FOUND.newest, ForecastLine)
    cells = [cell for row in shown().past for cell in row.cells]
    assert {each.came.split(" until ")[0] for each in cells} == {"open", "fell silent"}
