import math
from decimal import Decimal

import pytest
from msgspec.structs import replace

from keepwell.web.views.makeup import makeup


def explanations(book):
    found = [book.explain(line.id, None, None) for line in book.lines]
    return [explanation for explanation in found if explanation.score is not None]


def test_contributions_add_up_to_the_uncapped_score(book):
    for explanation in explanations(book):
        made = makeup(explanation)
        metrics = [metric for group in made.groups for metric in group.metrics]
        assert made.adds_up
        assert math.isclose(math.fsum(metric.exact for metric in metrics), explanation.uncapped_score, abs_tol=1e-9)
        assert sum(Decimal(metric.contribution) for metric in metrics) == Decimal(made.uncapped)
        assert sum(Decimal(group.contribution) for group in made.groups) == Decimal(made.uncapped)
        assert sum(Decimal(group.weight) for group in made.groups) == 100


def test_indicators_add_up_to_their_metric(book):
    for explanation in explanations(book):
        for metric in (metric for group in makeup(explanation).groups for metric in group.metrics):
            assert sum(Decimal(line.contribution) for line in metric.indicators) == Decimal(metric.contribution)
            assert math.isclose(math.fsum(line.exact for line in metric.indicators), metric.exact, abs_tol=1e-9)


def test_the_cap_is_a_line_of_its_own(book):
    capped = next(found for found in explanations(book) if found.cap)
    made = makeup(capped)
    points = Decimal(made.cap_points.replace("\N{MINUS SIGN}", "-"))
    assert made.cap_label == "Open urgent ticket, at most 59"
    assert Decimal(made.uncapped) + points == Decimal(made.score) == 59


def test_figures_that_contradict_each_other_are_not_smoothed_over(book):
    wrong = replace(explanations(book)[0], uncapped_score=40.0, score=40.0)
    made = makeup(wrong)
    shown = sum(Decimal(group.contribution) for group in made.groups)
    assert not made.adds_up
    assert shown != 40


def test_metrics_keep_the_groups_of_the_specification(book):
    full = next(found for found in explanations(book) if all(metric.points is not None for metric in found.metrics))
    made = makeup(full)
    assert [(group.label, group.weight) for group in made.groups] == [
        ("Core usage", "40"),
        ("Engagement", "25"),
        ("Support and satisfaction", "20"),
        ("Financial", "15"),
    ]
    assert not made.rescaled


def test_a_metric_of_an_own_scorecard_has_a_place(book):
    explanation = explanations(book)[0]
    metrics = [replace(explanation.metrics[0], metric="stargazing"), *explanation.metrics[1:]]
    made = makeup(replace(explanation, metrics=metrics))
    assert made.groups[-1].label == "Other"
    assert made.adds_up


@pytest.mark.parametrize("gap", ["score", "uncapped_score"])
def test_without_a_score_there_is_nothing_to_open(book, gap):
    assert makeup(replace(explanations(book)[0], **{gap: None})) is None
