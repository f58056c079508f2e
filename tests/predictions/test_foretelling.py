"""Forecasts of whole logs: what they say, when they say nothing, and why they are what they are."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwell.predictions import accuracy, logit
from keepwell.predictions.accuracy import Judged, figure
from keepwell.predictions.boosting import BoostingMissingError
from keepwell.predictions.diary import Diary
from keepwell.predictions.explaining import explain
from keepwell.predictions.forecast import Outcome, Stage
from keepwell.predictions.foretelling import foretell
from keepwell.predictions.landmarks import Question
from keepwell.predictions.wording import TOPICS
from tests.predictions.worlds import START, diary, leaving

ASKED = Question((30, 60, 90))
EMPTY = diary([], 40).own
SPEAKS = {Stage.ASSUMED, Stage.SMALL, Stage.LEARNED}


def forecast(log, day, question=ASKED):
    return foretell(log.known_before(START + day), START, START + day, question)


@pytest.fixture(scope="module")
def few():
    return leaving(150, 460, seed=4)


@pytest.fixture(scope="module")
def many():
    return leaving(1600, 520, seed=5)


@pytest.fixture(scope="module")
def small(few):
    return forecast(few, 360)


@pytest.fixture(scope="module")
def grown(many):
    return forecast(many, 420, Question((30, 90)))


def judged(log, foresight):
    day, place = foresight.seen.day, foresight.seen.place
    silent = log.own.at(day).next_from(day)[place] >= day + 90
    near = foresight.seen.column("recency") <= 90
    return Judged(silent[near], foresight.forecasts.chance[near, -1], place[near])


def test_few_customers_are_forecast_by_the_logit(few, small):
    assert small.forecasts.stage is Stage.SMALL
    assert figure(accuracy.auroc, judged(few, small)) > 0.65
    assert "AUROC" in small.forecasts.because


def test_many_customers_are_forecast_by_trees_where_they_are_better(many, grown):
    assert grown.forecasts.stage in (Stage.SMALL, Stage.LEARNED)
    assert figure(accuracy.auroc, judged(many, grown)) > 0.7
    assert 0.85 < figure(accuracy.observed_over_expected, judged(many, grown)) < 1.15


@pytest.mark.parametrize("name", ["small", "grown"])
def test_horizons_agree_and_bands_hold_their_forecast(name, request):
    found = request.getfixturevalue(name).forecasts

    assert (np.diff(found.chance, axis=1) <= 0).all()
    assert (found.low <= found.chance).all()
    assert (found.chance <= found.high).all()
    assert (found.low < found.high).any()
    assert ((found.chance > 0) & (found.chance < 1)).all()


@pytest.mark.parametrize("stage", [Stage.ASSUMED, Stage.SMALL, Stage.LEARNED])
def test_models_agree_with_themselves_before_any_guard(stage, request, few):
    from keepwell.predictions.candidates import assumed, house, lessons, mixed

    log = few.known_before(START + 360)
    question = Question((7, 20, 45, 46, 90))
    taught = lessons(log, START, START + 360, question, 1).at(START + 360)
    seen = forecast(log, 360).seen
    models = {Stage.ASSUMED: lambda: assumed(seen, question), Stage.SMALL: lambda: house(taught),
              Stage.LEARNED: lambda: mixed(taught)}  # fmt: skip

    assert (np.diff(models[stage]().log_odds(seen), axis=1) <= 1e-9).all()


def test_the_same_log_gives_the_same_forecast_to_the_last_bit(few, small):
    again = forecast(few, 360).forecasts

    assert again.chance.tobytes() == small.forecasts.chance.tobytes()
    assert again.model == small.forecasts.model


def test_what_comes_later_changes_nothing(few, small):
    own = few.own
    cut = Diary(few.customer, own.among(own.day < START + 360))

    assert forecast(cut, 360).forecasts.chance.tobytes() == small.forecasts.chance.tobytes()


@pytest.mark.parametrize("name", ["small", "grown"])
def test_reasons_add_up(name, request):
    foresight = request.getfixturevalue(name)
    log = request.getfixturevalue({"small": "few", "grown": "many"}[name]).known_before(foresight.seen.day)
    customers = foresight.forecasts.customer[:40].tolist()
    for column, horizon in enumerate(foresight.question.horizons):
        found = explain(foresight, log, customers, horizon)
        assert np.ptp([told.base for told in found.values()]) < 1e-9
        for who, told in found.items():
            row = int(np.searchsorted(foresight.forecasts.customer, who))
            total = told.base + sum(reason.points for reason in told.reasons)
            odds = float(logit.log_odds(foresight.forecasts.chance[row, column]))
            assert total == pytest.approx(odds, abs=1e-9)
            assert float(logit.sigmoid(total)) == pytest.approx(foresight.forecasts.chance[row, column], abs=1e-12)
            assert told.chance == pytest.approx(foresight.forecasts.chance[row, column], abs=1e-12)
            assert all(reason.feature in TOPICS and reason.says for reason in told.reasons)
            assert 0 < told.changes[0].chance < 1


@pytest.mark.parametrize("name", ["small", "grown"])
def test_reasons_point_the_way_that_people_expect(name, request):
    """Among active customers a longer pause speaks for silence, and more active days against it."""
    foresight = request.getfixturevalue(name)
    log = request.getfixturevalue({"small": "few", "grown": "many"}[name]).known_before(foresight.seen.day)
    near = np.flatnonzero(foresight.seen.column("recency") <= 90)[:150]
    told = explain(foresight, log, foresight.forecasts.customer[near].tolist(), 90).values()
    for topic, feature, way in (("last activity", "recency", 1), ("frequency", "active_90", -1)):
        points = [sum(each.points for each in one.reasons if each.feature == topic) for one in told]
        order = [np.argsort(np.argsort(each)) for each in (points, foresight.seen.column(feature)[near])]
        assert way * np.corrcoef(order)[0, 1] > 0.4, topic


def test_of_somebody_without_a_forecast_nothing_is_told(few, small):
    assert explain(small, few, [10**9], 30) == {}


def test_a_new_active_day_makes_silence_less_likely_for_almost_everybody(few, small):
    told = explain(small, few.known_before(START + 360), small.forecasts.customer.tolist(), 90)
    lower = [each.changes[0].chance <= each.chance for each in told.values()]

    assert np.mean(lower) > 0.9


def test_a_log_without_a_signal_is_refused():
    found = forecast(leaving(400, 420, seed=6, signal=False), 380)

    assert found.forecasts.stage is Stage.REFUSED
    assert np.isnan(found.forecasts.chance).all()
    assert "not predictable here" in found.forecasts.because
    assert found.base_rate > 0


def test_numbers_that_leak_the_outcome_are_of_no_use():
    """Whoever has the higher number comes more often later; a model that looked at it would see that."""
    log = leaving(400, 420, seed=6, signal=False)
    later = np.bincount(log.own.owner[log.own.day >= START + 200], minlength=400)
    ranked = np.argsort(np.argsort(later, kind="stable"), kind="stable")
    own = log.own
    renumbered = diary(np.column_stack((ranked[own.owner], own.day, own.known, own.count, own.cents)).tolist(), 400)

    assert forecast(renumbered, 380).forecasts.stage is Stage.REFUSED


def everybody(days, customers=60):
    return diary([(who, START + day, START + day) for who in range(customers) for day in days])


@pytest.mark.parametrize(("log", "day", "said"), [
    (everybody(range(0, 300, 7), 1), 300, "not enough customers: 1 "),
    (everybody(range(0, 300, 7)), 300, "it happened to none of 60"),
    (everybody([0, 1, 2, 150]), 152, "it happened to all of 60"),
    (everybody(range(0, 40, 7)), 40, "not enough history: 40 days"),
])  # fmt: skip
def test_what_cannot_be_learned_is_not_said(log, day, said):
    found = forecast(log, day).forecasts

    assert found.stage in (Stage.FACTS, Stage.REFUSED)
    assert np.isnan(found.chance).all()
    assert said in found.because


def test_of_a_log_without_contracts_no_end_of_one_is_said():
    log = leaving(40, 400, seed=4)
    none = Diary(log.customer, log.own, {}, dict.fromkeys(("contracts", "cancellations", "renewals"), EMPTY))
    found = forecast(none, 360, Question((30, 90), 0, Outcome.CANCELLATION)).forecasts

    assert found.stage is Stage.FACTS
    assert "not enough customers: 0 customers under contract" in found.because


def test_customers_who_are_all_alike_are_refused():
    """Half of them leave, and nothing tells which: every feature is the same for all."""
    rows = [(who, START + day, START + day) for who in range(80) for day in range(0, 200 if who % 2 else 420, 5)]
    found = forecast(diary(rows), 200).forecasts

    assert found.stage not in SPEAKS
    assert np.isnan(found.chance).all()


def test_a_young_log_is_forecast_by_an_assumption_that_says_so():
    found = forecast(leaving(200, 80, seed=8), 75).forecasts

    assert found.stage is Stage.ASSUMED
    assert "not yet checked" in found.because
    assert (found.low <= found.chance).all()
    assert (found.chance <= found.high).all()


def test_reasons_of_the_assumption_add_up():
    log = leaving(200, 80, seed=8)
    foresight = forecast(log, 75)
    for who, told in explain(
        foresight, log.known_before(START + 75), foresight.forecasts.customer.tolist(), 60
    ).items():
        row = int(np.searchsorted(foresight.forecasts.customer, who))
        assert told.base + sum(reason.points for reason in told.reasons) == pytest.approx(
            float(logit.log_odds(foresight.forecasts.chance[row, 1])), abs=1e-9
        )


def test_without_the_library_trees_are_left_out_and_that_is_said(many, monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    found = forecast(many, 420).forecasts

    assert found.stage in (Stage.SMALL, Stage.ASSUMED)
    assert "LightGBM cannot be loaded here" in found.because
    assert issubclass(BoostingMissingError, Exception)


@given(st.integers(0, 60), st.sampled_from([(7,), (10, 35), (30, 60, 90)]))
@settings(max_examples=5)
def test_leads_and_horizons_are_free(few, lead, horizons):
    found = forecast(few, 400, Question(horizons, lead)).forecasts

    assert found.chance.shape == (len(found.customer), len(horizons))
    assert found.lead_days == lead
    assert np.isnan(found.chance).all() or (np.diff(found.chance, axis=1) <= 0).all()


def contracts(customers=300, seed=2):
    """Customers who renew every 30 days; with failed payments two in three cancel at the next renewal."""
    rng = np.random.default_rng(seed)
    own, renewals, cancelled, failed = [], [], [], []
    for who in range(customers):
        day = int(rng.integers(0, 60))
        while day < 500:
            own += [(who, START + each, START + each) for each in range(day, min(day + 30, 500), 6)]
            renewals.append((who, START + day, START + day))
            trouble = rng.random() < 0.06
            if trouble:
                failed.append((who, START + day + 10, START + day + 10))
            day += 30
            if rng.random() < (0.67 if trouble else 0.005):
                cancelled.append((who, START + day, START + day))
                break
    return diary(own, customers, {"failed_payments": failed},
                 {"renewals": renewals, "contracts": renewals, "cancellations": cancelled})  # fmt: skip


def test_ends_of_contracts_are_forecast_from_failed_payments():
    log = contracts()
    found = foretell(log.known_before(START + 400), START, START + 400, Question((30, 60), 0, Outcome.CANCELLATION))
    chance = found.forecasts.chance

    assert found.forecasts.stage is Stage.SMALL
    assert (np.diff(chance, axis=1) >= 0).all()
    trouble = found.seen.column("failed_payments_ago") <= 20
    assert trouble.any()
    assert chance[trouble, 0].mean() > 3 * chance[~trouble, 0].mean()
    told = explain(found, log.known_before(START + 400), found.forecasts.customer[trouble].tolist(), 30)
    assert any(
        reason.feature == "failed payments" and reason.points > 0 for each in told.values() for reason in each.reasons
    )
    gone = log.ended["cancellations"].owner[log.ended["cancellations"].day < START + 400]
    assert not set(gone.tolist()) & set(found.forecasts.customer.tolist())


def test_the_hazard_of_contracts_rises_with_the_horizon_and_its_reasons_add_up():
    from keepwell.predictions.boosting import fit_hazard
    from keepwell.predictions.candidates import lessons

    log, asked = contracts(), Question((30, 60, 90), 0, Outcome.CANCELLATION)
    model = fit_hazard(lessons(log, START, START + 400, asked, 1).at(START + 400))
    seen = forecast(log, 400, asked).seen
    odds = model.log_odds(seen)

    assert (np.diff(odds, axis=1) >= 0).all()
    for column, horizon in enumerate(asked.horizons):
        np.testing.assert_allclose(model.parts(seen, horizon).sum(1), odds[:, column], atol=1e-9)


def test_a_contract_without_cancellations_is_not_forecast():
    log = contracts(40)
    log.ended["cancellations"] = diary([], 40).own

    found = foretell(log, START, START + 500, Question((30,), 0, Outcome.CANCELLATION)).forecasts

    assert found.stage is Stage.FACTS
    assert "to none of" in found.because
