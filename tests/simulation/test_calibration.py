"""What healthy customers do lies where the curves of the scorecard expect it, coarsely."""

import statistics as st
from collections import Counter, defaultdict

import pytest

from keepwell.base.time import DAY_US
from keepwell.events.catalog import BY_KEY
from tests.simulation import worlds

DEFI = {"swap", "lp", "lend", "borrow", "stake", "farm"}


class Look:
    """Healthy, settled customers, and what they did in windows before the end."""

    def __init__(self, made, rows):
        self.made = made
        stories = made.truth["customers"]
        settled = worlds.UNTIL - 100 * DAY_US
        self.records = {
            each["customer_id"]: each
            for each in made.customers
            if stories[each["customer_id"]]["kind"] == "steady" and worlds.instant(each["created_at"]) < settled
        }
        self.recent = defaultdict(list)
        for row in worlds.once(rows):
            if row.customer_id in self.records:
                self.recent[row.customer_id, row.event].append(row)

    def of(self, *segments):
        return [name for name, each in self.records.items() if each["segment"] in segments]

    def rows(self, name, event, days):
        since = worlds.UNTIL - days * DAY_US
        return [row for row in self.recent[name, event] if row.timestamp >= since]

    def read(self, name, event, days):
        return [worlds.properties(row) for row in self.rows(name, event, days)]

    def days(self, name, event, days):
        return {row.timestamp // DAY_US for row in self.rows(name, event, days)}

    def entitled(self, name):
        """How many features count: those of 60 days ago."""
        then = worlds.UNTIL - 60 * DAY_US
        told = [worlds.properties(row) for row in self.recent[name, "customer_updated"] if row.timestamp < then]
        known = [each for each in (self.records[name], *told) if "entitled_features" in each]
        return len(known[-1]["entitled_features"])

    def active(self, name):
        return len(set().union(*(self.days(name, key, 28) for key, spec in BY_KEY.items() if spec.own)))


@pytest.fixture(scope="module")
def look(base, base_rows):
    return Look(base, base_rows)


def test_traders_are_active_on_most_days(look):
    assert 19 <= st.mean(look.active(name) for name in look.of("trader")) <= 23


def test_machines_never_sleep(look):
    assert st.mean(look.active(name) for name in look.of("miner", "protocol")) > 26


@pytest.mark.parametrize(("at_least", "low", "high"), [(1, 0.27, 0.42), (3, 0.16, 0.27)])
def test_a_third_of_the_features_is_used_and_a_fifth_regularly(look, at_least, low, high):
    shares = []
    for name in look.of("trader", "institution"):
        days = defaultdict(set)
        for row in look.rows(name, "feature_used", 28):
            days[worlds.properties(row)["feature"]].add(row.timestamp // DAY_US)
        entitled = look.entitled(name)
        shares.append(sum(len(each) >= at_least for each in days.values()) / entitled)
    assert low < st.mean(shares) < high


def test_transactions_use_about_two_chains_and_some_defi(look):
    chains, defi = [], []
    for name in look.of("trader"):
        done = look.read(name, "transaction", 28)
        number = Counter(each["chain"] for each in done)
        chains.append(sum(number.values()) ** 2 / sum(n * n for n in number.values()))
        days = {
            row.timestamp // DAY_US
            for row in look.rows(name, "transaction", 28)
            if worlds.properties(row)["kind"] in DEFI
        }
        defi.append(len(days) / look.active(name))
    assert 1.5 < st.mean(chains) < 2.2
    assert 0.14 < st.mean(defi) < 0.30


def test_transactions_are_stationary(look):
    ratios = []
    for name in look.of("trader", "institution", "protocol"):
        now = len(look.rows(name, "transaction", 28))
        ratios.append((now + 5) / (len(look.rows(name, "transaction", 56)) - now + 5))
    assert 0.85 < st.median(ratios) < 1.2
    assert st.quantiles(ratios, n=10)[0] > 0.55


def test_half_of_our_letters_are_answered(look):
    sent = sum(each["answerable"] for name in look.records for each in look.read(name, "message_sent", 90))
    replied = sum(len(look.rows(name, "message_replied", 90)) for name in look.records)
    assert 0.38 < replied / sent < 0.58


def test_tickets_are_about_one_a_month_and_mostly_mild(look):
    opened = [each for name in look.records for each in look.read(name, "ticket_opened", 84)]
    assert 0.5 < len(opened) / len(look.records) / 3 < 1.3
    severity = Counter(each["severity"] for each in opened)
    assert (severity["low"] + severity["normal"]) / len(opened) > 0.9


def test_ratings_and_surveys_are_good(look):
    rated = [(each["score"] - 1) / 4 for name in look.records for each in look.read(name, "ticket_rated", 180)]
    asked = [each for name in look.records for each in look.read(name, "survey_answered", 180)]
    nps = [each["score"] for each in asked if each["kind"] == "nps"]
    assert 0.75 < st.mean(rated) < 0.92
    assert 7.4 < st.mean(nps) < 9


def test_invoices_are_paid_in_time(look):
    paid = {each["invoice"]: row.timestamp for name in look.records for row in look.rows(name, "invoice_paid", 200)
            for each in [worlds.properties(row)]}  # fmt: skip
    issued = [each for name in look.records for each in look.read(name, "invoice_issued", 180)]
    due = [each for each in issued if worlds.instant(each["due_at"]) < worlds.UNTIL - 4 * DAY_US]
    in_time = [paid.get(each["invoice"], worlds.UNTIL) <= worlds.instant(each["due_at"]) + 3 * DAY_US for each in due]
    assert st.mean(in_time) > 0.93


def test_plans_fit(look):
    fits = []
    for name in look.records:
        (limit,) = look.records[name]["plan_limits"].values()
        reports = [each["value"] for each in look.read(name, "usage_reported", 28)]
        if not look.rows(name, "plan_changed", 365):
            fits.append(max(reports) / limit)
    assert 0.5 < st.median(fits) < 0.8


def test_a_quarter_of_the_addons_is_active(look):
    active = sum(len(look.rows(name, "addon_added", 365)) for name in look.records)
    assert 0.18 < active / sum(len(each["offered_addons"]) for each in look.records.values()) < 0.36


def test_rates_per_seat_agree_within_a_segment(look):
    names = look.of("institution")
    rate = {name: len(look.rows(name, "signed_in", 28)) / look.records[name]["seats"] for name in names}
    small = [rate[name] for name in names if look.records[name]["seats"] <= 5]
    large = [rate[name] for name in names if look.records[name]["seats"] > 5]
    assert st.median(large) == pytest.approx(st.median(small), rel=0.4)
