"""Who is on duty, who stands in, and what is wrong with a rota."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.alerts.hours import Calendar, Span
from keepwell.alerts.rota import (
    DUTY,
    OWNER,
    Away,
    Level,
    NoChannel,
    Person,
    Rota,
    Shift,
    StandInLoop,
    Uncovered,
    Unknown,
    chain,
    lint,
    on_duty,
    present,
)
from keepwell.base.time import DAY_US, HOUR_US, SECOND_US, parse_instant

MONDAY = parse_instant("2026-03-23T00:00:00Z")
DAYS = tuple((Span(540, 1020),) for _ in range(7))
KEYS = ("ada", "bob", "eve")


WEEKLY = Shift(KEYS, dt.date(2026, 3, 23))
LEVELS = (Level(DUTY, 600), Level("eve", 0))


def rota_of(*people, shifts=(WEEKLY,), levels=LEVELS):
    found = {key: Person(key, key.title(), ("inbox",)) for key in KEYS}
    return Rota(found | {person.key: person for person in people}, shifts, levels)


def away(key, *absences):
    return Person(key, key.title(), ("inbox",), away=tuple(absences))


def keys(people):
    return [person.key for person in people]


def at(text):
    return parse_instant(text)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-03-23T07:59:59Z", "eve"),
        ("2026-03-23T08:00:00Z", "ada"),
        ("2026-03-30T06:59:59Z", "ada"),
        ("2026-03-30T07:00:00Z", "bob"),
        ("2026-04-06T07:00:00Z", "eve"),
        ("2026-04-13T07:00:00Z", "ada"),
    ],
    ids=["before the first turn", "first turn", "to the last second", "an hour earlier in summer", "third", "again"],
)
def test_turns_change_weekly_by_the_wall_clock(moment, expected):
    rota = rota_of(shifts=(Shift(KEYS, dt.date(2026, 3, 23), "Europe/Berlin", 540),))

    assert on_duty(rota, at(moment)).key == expected


def test_turns_may_change_daily():
    rota = rota_of(shifts=(Shift(KEYS, dt.date(2026, 3, 23), days=1),))

    assert [on_duty(rota, MONDAY + day * DAY_US).key for day in range(4)] == ["ada", "bob", "eve", "ada"]


def test_the_first_shift_with_hours_counts():
    day = Shift(("ada",), dt.date(2026, 3, 23), hours=Calendar("UTC", DAYS))
    rota = rota_of(shifts=(day, Shift(("bob",), dt.date(2026, 3, 23))))

    assert [on_duty(rota, MONDAY + hour * HOUR_US).key for hour in (8, 9, 16, 17)] == ["bob", "ada", "ada", "bob"]


def test_who_is_away_has_a_stand_in_until_the_end():
    rota = rota_of(
        away("ada", Away(MONDAY, MONDAY + DAY_US, "bob")), away("bob", Away(MONDAY, MONDAY + HOUR_US, "eve"))
    )

    assert present(rota, "ada", MONDAY - 1).key == "ada"
    assert present(rota, "ada", MONDAY).key == "eve"
    assert present(rota, "ada", MONDAY + HOUR_US).key == "bob"
    assert present(rota, "ada", MONDAY + DAY_US).key == "ada"


def test_of_two_absences_the_one_that_ends_last_names_the_stand_in():
    rota = rota_of(away("ada", Away(MONDAY, MONDAY + DAY_US, "bob"), Away(MONDAY, MONDAY + 2 * DAY_US, "eve")))

    assert present(rota, "ada", MONDAY).key == "eve"


def test_nobody_stands_in_for_nobody():
    rota = rota_of(away("ada", Away(MONDAY, MONDAY + DAY_US)))

    assert present(rota, "ada", MONDAY) is None
    assert present(rota, "zoe", MONDAY) is None


def test_an_alert_goes_from_the_owner_level_by_level():
    assert keys(chain(rota_of(), "bob", MONDAY)) == ["bob", "ada", "eve"]


def test_who_cannot_answer_is_replaced_by_who_is_on_duty():
    rota = rota_of(away("bob", Away(MONDAY, MONDAY + DAY_US)), levels=(Level(OWNER, 60), Level("zoe", 0)))

    assert keys(chain(rota, "bob", MONDAY)) == ["ada", "ada", "ada"]
    assert keys(chain(rota, "", MONDAY)) == ["ada", "ada", "ada"]


def test_a_sound_rota_has_no_problem():
    assert lint(rota_of(), MONDAY, MONDAY + 100 * DAY_US) == []


def test_an_uncovered_minute_is_found():
    gap = away("bob", Away(MONDAY + 8 * DAY_US, MONDAY + 8 * DAY_US + 60 * SECOND_US))
    (found,) = lint(rota_of(gap), MONDAY, MONDAY + 30 * DAY_US)

    assert found == Uncovered(MONDAY + 8 * DAY_US, MONDAY + 8 * DAY_US + 60 * SECOND_US, "bob")


def test_hours_without_a_shift_are_found():
    rota = rota_of(shifts=(Shift(KEYS, dt.date(2026, 3, 23), hours=Calendar("UTC", DAYS)),))
    found = lint(rota, MONDAY, MONDAY + DAY_US)

    assert [((p.start - MONDAY) // HOUR_US, (p.end - MONDAY) // HOUR_US) for p in found] == [(0, 9), (17, 24)]
    assert {problem.because for problem in found} == {"no shift has hours then"}


def test_a_person_without_a_channel_is_found():
    assert lint(rota_of(Person("bob", "Bob")), MONDAY, MONDAY + DAY_US) == [NoChannel("bob")]


def test_a_loop_of_stand_ins_is_found_once():
    rota = rota_of(
        away("bob", Away(MONDAY, MONDAY + DAY_US, "eve")), away("eve", Away(MONDAY - 1, MONDAY + DAY_US, "bob"))
    )

    assert lint(rota, MONDAY, MONDAY + DAY_US) == [StandInLoop(("bob", "eve"), MONDAY)]


def test_a_loop_that_is_over_is_no_problem():
    rota = rota_of(away("bob", Away(MONDAY, MONDAY + DAY_US, "eve")), away("eve", Away(MONDAY, MONDAY + DAY_US, "bob")))

    assert lint(rota, MONDAY + DAY_US - 1, MONDAY + 2 * DAY_US)[0] == StandInLoop(("bob", "eve"), MONDAY + DAY_US - 1)
    assert lint(rota, MONDAY + DAY_US, MONDAY + 2 * DAY_US) == []


def test_standing_in_for_each_other_at_different_times_is_no_loop():
    rota = rota_of(
        away("bob", Away(MONDAY, MONDAY + DAY_US, "eve")),
        away("eve", Away(MONDAY + DAY_US, MONDAY + 2 * DAY_US, "bob")),
    )

    assert lint(rota, MONDAY, MONDAY + DAY_US) == []


def test_names_of_nobody_are_found():
    rota = rota_of(
        away("bob", Away(MONDAY, MONDAY + DAY_US, "zoe")),
        shifts=(Shift(("ada", "max"), dt.date(2026, 3, 23)),),
        levels=(Level("kim", 60),),
    )

    assert lint(rota, MONDAY, MONDAY + DAY_US) == [
        Unknown("zoe", "bob"),
        Unknown("max", "rota"),
        Unknown("kim", "escalation"),
    ]


quarters = st.integers(0, 4 * 24 * 4)


@st.composite
def rotas(draw):
    spans = st.tuples(quarters, st.integers(1, 200), st.sampled_from(("", *KEYS)))
    people = [
        away(
            key, *(Away(MONDAY + s * 900 * SECOND_US, MONDAY + (s + n) * 900 * SECOND_US, by) for s, n, by in spans_of)
        )
        for key in KEYS
        for spans_of in [draw(st.lists(spans, max_size=3))]
    ]
    zone = draw(st.sampled_from(("UTC", "Europe/Berlin", "America/St_Johns")))
    hours = draw(st.none() | st.just(Calendar(zone, DAYS)))
    starts = dt.date(2026, 3, 20)
    first = Shift(KEYS, starts, zone, 15 * draw(st.integers(0, 95)), draw(st.sampled_from((1, 7))), hours)
    return rota_of(*people, shifts=(first, *draw(st.just(()) | st.just((Shift(("eve",), starts, hours=hours),)))))


@given(rotas())
def test_the_lint_finds_every_uncovered_minute_and_no_other(rota):
    """Everything here changes at whole quarters of an hour, so looking at each of them is looking everywhere."""
    end = MONDAY + 5 * DAY_US
    gaps = [problem for problem in lint(rota, MONDAY, end) if isinstance(problem, Uncovered)]
    for moment in range(MONDAY, end, 900 * SECOND_US):
        assert (on_duty(rota, moment) is None) == any(gap.start <= moment < gap.end for gap in gaps)
    assert [edge for gap in gaps for edge in (gap.start, gap.end)] == sorted(
        {edge for gap in gaps for edge in (gap.start, gap.end)}
    )


@given(rotas(), st.sampled_from(KEYS), quarters)
def test_a_chain_never_names_who_is_away(rota, owner, place):
    moment = MONDAY + place * 900 * SECOND_US
    for person in chain(rota, owner, moment):
        assert not any(absence.start <= moment < absence.end for absence in person.away)


@given(rotas(), quarters)
def test_the_chain_is_whole_whenever_somebody_is_on_duty(rota, place):
    moment = MONDAY + place * 900 * SECOND_US

    assert on_duty(rota, moment) is None or len(chain(rota, "bob", moment)) == 1 + len(rota.levels)
