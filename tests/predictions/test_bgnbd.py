"""BG/NBD against published numbers, and against what its formula says."""

import importlib.util
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import check_grad

from keepwell.predictions import accuracy, bgnbd
from keepwell.predictions.accuracy import Judged, figure
from keepwell.predictions.bgnbd import Lives, Parameters
from keepwell.predictions.diary import Diary, arranged
from keepwell.predictions.features import features

LOGS = Path(importlib.util.find_spec("lifetimes").submodule_search_locations[0]) / "datasets"
KNOWN = Parameters(0.243, 4.414, 0.793, 2.426)


def bought(name, column):
    """Customer and day of each purchase; of a package that carries the log, and none of whose code is run."""
    rows = [line.split() for line in (LOGS / name).read_text().splitlines()]
    rows = [row for row in rows if row and row[0].isdigit()]
    days = [date.fromisoformat(f"{d[:4]}-{d[4:6]}-{d[6:]}").toordinal() for d in (row[column] for row in rows)]
    return np.array([int(row[0]) for row in rows]), np.array(days)


def diary_of(name, column):
    who, day = bought(name, column)
    numbers, owner = np.unique(who, return_inverse=True)
    return Diary(numbers, arranged(len(numbers), owner, day, day))


def test_the_published_estimates_are_found():
    """Fader, Hardie and Lee (2005), table 2: a tenth of CDNOW, 39 weeks, in weeks."""
    seen = features(diary_of("CDNOW_sample.txt", 2), date(1997, 9, 30).toordinal() + 1)
    days = bgnbd.lives(seen)
    rows = Lives(days.repeats, days.last / 7, (days.age - 1) / 7, days.weight)

    found = bgnbd.fit(rows)

    assert [found.r, found.alpha, found.a, found.b] == pytest.approx([0.243, 4.414, 0.793, 2.426], abs=2e-3)


def test_the_forecast_of_all_of_cdnow_is_as_good_as_is_known():
    log = diary_of("CDNOW_master.txt", 1)
    at = date(1998, 1, 1).toordinal()
    seen = features(log, at)
    rows = bgnbd.lives(seen)

    found = bgnbd.fit(rows)
    silent = log.own.at(at).next_from(at)[seen.place] >= at + 90
    judged = Judged(silent, bgnbd.nothing_within(found, rows, 90), seen.place)

    assert [found.r, found.alpha, found.a, found.b] == pytest.approx([0.2650, 37.98, 0.6133, 2.2750], rel=2e-3)
    assert figure(accuracy.auroc, judged) == pytest.approx(0.7929, abs=2e-4)
    assert figure(accuracy.brier, judged) == pytest.approx(0.1055, abs=2e-4)


def test_slopes_of_the_loss_are_its_slopes():
    rows = Lives(np.array([0.0, 3, 12]), np.array([0.0, 40, 90]), np.array([30.0, 50, 100]), np.array([2.0, 1, 1]))
    logs = np.log([0.3, 20, 0.7, 2.0])

    assert check_grad(lambda at: bgnbd._loss(at, rows)[0], lambda at: bgnbd._loss(at, rows)[1], logs) < 1e-5


def test_customers_who_are_alike_are_one_row():
    rows = Lives(np.array([1.0, 2, 1]), np.array([5.0, 7, 5]), np.array([9.0, 9, 9]), np.ones(3))

    alike = bgnbd.summed(rows)

    assert sorted(zip(alike.repeats, alike.weight, strict=True)) == [(1, 2), (2, 1)]


def test_silence_gets_less_likely_the_longer_it_has_to_last_and_never_overflows():
    rows = Lives(np.array([0.0, 3, 5000]), np.array([0.0, 40, 9000]), np.array([3000.0, 50, 99_999]), np.ones(3))
    chances = [bgnbd.nothing_within(KNOWN, rows, days) for days in (1, 30, 90, 10_000)]

    assert np.isfinite(chances).all()
    assert (np.diff(chances, axis=0) <= 0).all()
    assert bgnbd.alive(KNOWN, rows)[0] == 1
