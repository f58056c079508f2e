"""Facts, and how they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.base.time import DAY_US
from keepwell.outreach.catalog import CATALOG, Reading, facts_of
from keepwell.outreach.fact import Fact, Kind, Surface, UnusableFactError
from keepwell.outreach.locales import LANGUAGES, UNITS, locale_of
from keepwell.outreach.render import FORMS, Style, UnsayableError, render
from tests.outreach.letters import MESSAGES, NOW


def said(name, value, form="", tag="en", zone="UTC", currency="EUR"):
    return render(facts_of({name: Reading(value, NOW, currency)})[name], form, Style(locale_of(tag), zone))


@pytest.mark.parametrize(
    ("name", "value", "form", "tag", "text"),
    [
        ("score_now", 85, "", "en", "85\u00a0points"),
        ("score_now", 84.5, "bare", "en", "85"),
        ("score_change", 1, "up", "de", "1\u00a0Punkt"),
        ("transactions", 1_234_567, "", "de", "1.234.567\u00a0Transaktionen"),
        ("transactions", 1_234_567, "bare", "en-US", "1,234,567"),
        ("use_change", -0.305, "down", "en", "31%"),
        ("use_change", -0.3, "", "de", "-30\u00a0%"),
        ("failure_share", 0.999, "", "en", "99%"),
        ("failure_share", 0.001, "", "de", "1\u00a0%"),
        ("failure_share", 1, "", "en", "100%"),
        ("failure_share", 0, "", "en", "0%"),
        ("amount_due", 123_456, "", "en", "€1,234.56"),
        ("amount_due", 123_456, "", "de", "1.234,56\u00a0EUR"),
        ("amount_due", -123_456, "whole", "en", "-€1,235"),
        ("sign_in_gap", 3 * 86_400 - 1, "", "de", "2\u00a0Tage"),
        ("hours_saved", 3600, "", "en", "1\u00a0hour"),
        ("payment_failed_on", 20_780, "", "en-US", "November 23, 2026"),
        ("payment_failed_on", 20_780, "", "en-GB", "23 November 2026"),
        ("payment_failed_on", 20_780, "", "de-AT", "23. November 2026"),
        ("feature_suggested", "Cafe\N{COMBINING ACUTE ACCENT}", "", "en", "Caf\u00e9"),
        ("feature_suggested", " Limit\n Orders ", "", "de", "Limit Orders"),
    ],
)
def test_a_fact_in_words(name, value, form, tag, text):
    assert said(name, value, form, tag) == text


def test_a_moment_is_the_date_on_the_wall_of_the_recipient():
    moment = Fact(id="met", kind=Kind.DATE, unit="moment", value=20_780 * DAY_US + 1, as_of=NOW, source="x")

    assert render(moment, "", Style(locale_of("en"), "Asia/Tokyo")) == "23 November 2026"
    assert render(moment, "", Style(locale_of("en"), "America/New_York")) == "22 November 2026"


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [
        ("use_change", 0.4, "down"),
        ("use_change", -0.4, "up"),
        ("use_change", 0.0, "up"),
        ("use_change", 0.004, "up"),
        ("use_change", 0.004, ""),
        ("score_change", 0.4, "up"),
        ("failure_share", 0.4, "up"),
        ("sign_in_gap", 5, "whole"),
        ("feature_suggested", "free coins at evil.example", ""),
        ("feature_suggested", "<b>Bridge</b>", ""),
        ("feature_suggested", "connect your wallet", ""),
        ("feature_suggested", "\N{RIGHT-TO-LEFT OVERRIDE}egdirB", ""),
        ("feature_suggested", "x" * 61, ""),
    ],
)
def test_what_cannot_be_said_so(name, value, form):
    with pytest.raises(UnsayableError) as caught:
        said(name, value, form)

    assert caught.value.fact == name
    assert caught.value.problem in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "currency"),
    [
        ("score_now", "85", ""),
        ("score_now", float("nan"), ""),
        ("failure_share", 1.01, ""),
        ("failure_share", -0.1, ""),
        ("sign_in_gap", -1, ""),
        ("sign_in_gap", 1.5, ""),
        ("amount_due", 100, ""),
        ("amount_due", 100, "usd"),
        ("amount_due", 1.5, "USD"),
        ("feature_suggested", " \n", ""),
        ("feature_suggested", 7, ""),
        ("weather", 7, ""),
    ],
)
def test_what_is_no_fact(name, value, currency):
    with pytest.raises(UnusableFactError) as caught:
        facts_of({name: Reading(value, NOW, currency)})

    assert caught.value.fact == name


@pytest.mark.parametrize("unit", ["year", "moment"])
def test_a_date_and_a_duration_have_their_units(unit):
    for kind in (Kind.DATE, Kind.DURATION):
        if (kind, unit) != (Kind.DATE, "moment"):
            with pytest.raises(UnusableFactError):
                Fact(id="x", kind=kind, unit=unit, value=1, as_of=0, source="x")


def test_a_count_of_something_without_words_is_not_said():
    goats = Fact(id="goats", kind=Kind.COUNT, unit="goat", value=1, as_of=0, source="x")

    with pytest.raises(UnsayableError, match="no words"):
        render(goats, "", Style(locale_of("en"), "UTC"))


def test_a_fact_ages_and_does_not_come_from_the_future():
    fact = facts_of({"score_now": Reading(85, NOW)})["score_now"]

    assert not fact.is_stale(NOW)
    assert not fact.is_stale(NOW + fact.fresh_for)
    assert fact.is_stale(NOW + fact.fresh_for + 1)
    assert fact.is_stale(NOW - 1)


def test_an_installation_may_hold_what_it_keeps_from_customers():
    facts = facts_of({"score_now": Reading(85, NOW), "use_change": Reading(0.1, NOW)}, frozenset({"score_now"}))

    assert [facts[name].surface for name in ("score_now", "use_change")] == [Surface.HOLD, Surface.SAY]


@given(st.integers(-(10**12), 10**12), st.sampled_from(LANGUAGES))
def test_a_number_reads_back(value, language):
    text = said("score_now", value, "bare", language)

    assert int(text.replace(",", "").replace(".", "")) == value


def test_every_declared_count_has_words_in_every_language():
    counted = {each.unit for each in CATALOG.values() if each.kind in (Kind.COUNT, Kind.DURATION)}

    assert counted <= UNITS.keys()
    assert all(words.keys() == set(LANGUAGES) for words in UNITS.values())
    assert FORMS.keys() == set(Kind)


def test_every_fact_that_may_be_said_is_said_by_a_message():
    told = "".join(str(text) for each in MESSAGES.templates.values() for text in each.texts()) + str(MESSAGES.frame)
    unsaid = {name for name, each in CATALOG.items() if each.surface is Surface.SAY and f"{{{name}" not in told}

    assert unsaid == {"payments_failed", "persona_title"}
