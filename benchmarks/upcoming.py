"""What comes next: features, answers, and the language of texts.

Mechanism: on retail the ranker that won on three closed windows before day 300 ranks first purchases of the 60 days
after it; on alpha a level and a probability, both from ratings of the first six tenths of the time, forecast each later
rating received. Control, on the same rows in the same run: random order, item-kNN and the candidates that lost; the
last value and the mean. The logs are public (`KEEPWELL_PUBLIC_LOGS` names their folder) and left out without it.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from keepwell.events.english import is_english
from keepwell.predictions import accuracy, adoption, logit, satisfaction
from keepwell.predictions.accuracy import Judged
from keepwell.predictions.adoption import Landmark
from keepwell.predictions.satisfaction import Answers, Scale

FOLDER = "KEEPWELL_PUBLIC_LOGS"
AHEAD, AT, LATELY, LEAST_USED = 60, 300, 30, 3
RATINGS = Scale(-10, 10, -1)
LEARNED = 0.6
SENTENCES = Path(__file__).parents[1] / "tests/events/sentences.toml"
Claim = tuple[str, str, str, str, bool]
Values = NDArray[Any]


def claims() -> Iterator[Claim]:
    yield language()
    folder = os.environ.get(FOLDER)
    if not folder:
        print(f"{FOLDER} names no folder: adoption on retail and satisfaction on alpha are left out")
        return
    yield from adoptions(Path(folder))
    yield from answers(Path(folder))


def language() -> Claim:
    """Sentences of many languages, written before the lists of words were looked at again."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    told = tomllib.loads(SENTENCES.read_text())
    ours = told.pop("english")
    others = [each for some in told.values() for each in some]
    missed = sum(not is_english(each) for each in ours)
    taken = sum(is_english(each) for each in others)
    polarity = SentimentIntensityAnalyzer().polarity_scores
    felt = sum(polarity(each)["neu"] < 1 for each in others)
    number = f"{taken} of {len(others)} foreign taken for English, {missed} of {len(ours)} English not"
    claim = "language of sentences: at most 1 of 10 foreign ones read, 1 of 20 English ones not"
    return claim, number, f"VADER alone reads {felt}", "", taken <= len(others) / 10 and missed <= len(ours) / 20


class Retail:
    """First purchases of products as first uses of features."""

    def __init__(self, folder: Path) -> None:
        uses = pd.read_parquet(folder / "online_retail.first_use.parquet")
        events = pd.read_parquet(folder / "online_retail.events.parquet", columns=["customer_id", "event", "timestamp"])
        events = events[events["event"] == "order_placed"]
        when = pd.to_datetime(events["timestamp"]).dt.tz_localize(None).dt.normalize()
        users, features = np.unique(events["customer_id"]), np.unique(uses["product"])
        place = np.searchsorted(users, uses["customer_id"]), np.searchsorted(features, uses["product"])
        self.first = np.full((len(users), len(features)), 10**6)
        self.first[place] = (pd.to_datetime(uses["first_date"]) - when.min()).dt.days
        orders = np.stack([np.searchsorted(users, events["customer_id"]), (when - when.min()).dt.days])
        self.who, self.day = np.unique(orders, axis=1)
        self.since = np.full(len(users), 10**6)
        np.minimum.at(self.since, self.who, self.day)

    def at(self, day: int) -> Landmark:
        """Active in the last 60 days, with three products or more."""
        lately = self.who[(self.day < day) & (self.day >= day - AHEAD)]
        activity = np.bincount(lately, minlength=len(self.first))
        used = self.first < day
        rows = np.flatnonzero((activity > 0) & (used.sum(axis=1) >= LEAST_USED))
        first, used = self.first[rows], used[rows]
        came = (first >= day) & (first < day + AHEAD)
        counted = activity[rows].astype(float), (day - self.since[rows]).astype(float)
        return Landmark(rows, np.zeros(len(rows), int), *counted, used, used & (first >= day - LATELY), ~used, came)


def neighbours(at: Landmark) -> Values:
    """Item-kNN: the mean cosine with what is in use."""
    used = at.used.astype(float)
    together = used.T @ used
    norm = np.sqrt(np.maximum(np.diag(together), 1))
    cosine = together / np.outer(norm, norm)
    np.fill_diagonal(cosine, 0)
    return np.asarray(used @ cosine / np.maximum(1, used.sum(axis=1, keepdims=True)))


def ranking(at: Landmark, score: Values) -> tuple[float, float, float]:
    """hit@1, NDCG@5, AUROC over cells."""
    came = np.zeros_like(at.open) if at.came is None else at.came
    some = came.any(axis=1)
    first = np.take_along_axis(came, adoption.ranked(at, score)[:, :1], 1)[some]
    cells = accuracy.auroc(came[at.open], score[at.open], np.ones(int(at.open.sum())))
    return float(first.mean()), float(adoption.gains(at, score).mean()), cells


def adoptions(folder: Path) -> Iterator[Claim]:
    retail = Retail(folder)
    now, closed = retail.at(AT), [retail.at(AT - AHEAD * each) for each in (1, 2, 3)]
    found = adoption.foresee(now, closed)
    assert not isinstance(found, str)
    print(found.because)
    scores = {name: ranker(now) for name, ranker in adoption.RANKERS.items()}
    scores |= {"random": np.random.default_rng(0).random(now.open.shape), "kNN": neighbours(now)}
    figures = {name: ranking(now, score) for name, score in scores.items()}
    ours = figures.pop(found.ranker)
    for place, (name, goal) in enumerate((("hit@1", 0.179), ("NDCG@5", 0.211), ("cell AUROC", 0.668))):
        control = ", ".join(f"{each} {values[place]:.3f}" for each, values in figures.items())
        number = f"{ours[place]:.3f} ({found.ranker}, elected)"
        yield f"adoption on retail: {name} >= {goal:.3f}", number, control, "", ours[place] >= goal
    yield calibration(now, closed)


def calibration(now: Landmark, closed: list[Landmark]) -> Claim:
    """Of the probabilities the model would give, whether or not its own check lets it say them."""
    chance = logit.sigmoid(adoption.columns(now) @ adoption.fitted(closed))
    came = np.zeros_like(now.open) if now.came is None else now.came
    who = np.broadcast_to(now.customer[:, None], now.open.shape)[now.open]
    rows = Judged(came[now.open], chance, who)
    base = Judged(rows.happened, np.full(len(rows), closed[0].came[closed[0].open].mean()), who)  # type: ignore[index]
    found, plain = (accuracy.figure(accuracy.calibration_error, each) for each in (rows, base))
    _, refused = adoption.chances(now, closed)
    told = f"{found:.4f}, {'not shown' if refused else 'shown'}"
    control = f"{plain:.4f} saying the last base rate"
    return "adoption on retail: calibration error <= .005", told, control, "", found <= 0.005


def ratings(folder: Path) -> Answers:
    """Ratings received, by member and time."""
    rows = pd.read_parquet(folder / "bitcoin_alpha.events.parquet")
    rows = rows[rows["event"] == "rating_received"]
    value = rows["properties"].map(lambda each: json.loads(each)["rating"]).to_numpy(float)
    at = pd.to_datetime(rows["timestamp"]).astype("int64").to_numpy()
    _, who = np.unique(rows["customer_id"], return_inverse=True)
    order = np.lexsort((np.arange(len(at)), at, who))
    return Answers(who[order], at[order], value[order])


def answers(folder: Path) -> Iterator[Claim]:
    rows = ratings(folder)
    old = rows.at < np.quantile(rows.at, LEARNED)
    before, _ = satisfaction.followed(rows, RATINGS)
    later = ~old & (before.number > 0)
    to = satisfaction.shrinking(rows.among(old))
    bad = rows.value <= RATINGS.unhappy
    model = satisfaction.Model(RATINGS, to).fitted(before, bad, np.flatnonzero(old & (before.number > 0)))
    level, truth = satisfaction.levels(before, to)[later], rows.value[later]
    last = np.append(0.0, rows.value[:-1])[later]
    mean = np.full(len(truth), rows.value[old].mean())
    errors = [each - truth for each in (level, last, mean)]
    mae = [float(np.abs(each).mean()) for each in errors]
    rmse = [float(np.sqrt((each**2).mean())) for each in errors]
    ranks = [
        accuracy.auroc(bad[later], each, np.ones(len(truth))) for each in (model.chance(before)[later], -last, -mean)
    ]
    rows_of = (("MAE <= 1.80", mae, mae[0] <= 1.80), ("RMSE <= 3.05", rmse, rmse[0] <= 3.05))
    for name, each, met in (*rows_of, ("AUROC of the next negative >= .772", ranks, ranks[0] >= 0.772)):
        control = f"last value {each[1]:.3f}, mean {each[2]:.3f}"
        yield f"satisfaction on alpha, {len(truth):,} ratings: {name}", f"{each[0]:.3f}", control, "", met
