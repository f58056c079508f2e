"""The staff of an installation: what is read, and what is refused by line."""

import datetime as dt
import re

import pytest

from keepwell.alerts.hours import NINE_TO_FIVE, Span
from keepwell.alerts.rota import Level, chain, lint, on_duty
from keepwell.base.time import DAY_US, parse_instant
from keepwell.config.refusal import FileRefusedError
from keepwell.config.staff import DEFAULT, HORIZON_US, UNCHANGED, alone, load_staff

NOW = parse_instant("2026-11-23T09:00:00Z")
ADA = '[people.ada]\nname = "Ada"\n'
BOB = '[people.bob]\nname = "Bob"\n'


@pytest.fixture
def read(tmp_path):
    def load(text):
        path = tmp_path / "staff.toml"
        path.write_text(text)
        return load_staff(path, "Jennifer Williams", NOW)

    return load


def uncommented():
    """The example, as somebody would use it."""
    return re.sub(r"^#(?! )", "", DEFAULT.read_text(), flags=re.MULTILINE)


def test_without_a_file_the_persona_is_alone_and_always_on_duty(tmp_path):
    rota = load_staff(tmp_path / "staff.toml", "Jennifer Williams", NOW)

    assert rota == alone("Jennifer Williams")
    assert lint(rota, NOW, NOW + HORIZON_US) == []
    assert [(person.name, person.channels) for person in chain(rota, "", NOW)] == [
        ("Jennifer Williams", ("inbox",)),
        ("Jennifer Williams", ("inbox",)),
    ]
    assert on_duty(rota, parse_instant("2026-11-22T03:00:00Z")).key == "jennifer_williams"


def test_a_persona_without_letters_is_somebody_too():
    assert list(alone("!").people) == ["owner"]


def test_the_example_says_nothing(read):
    assert read(DEFAULT.read_text()) == alone("Jennifer Williams")


def test_the_example_is_sound_once_it_is_used(read):
    rota = read(uncommented())
    ada, bob = rota.people["ada"], rota.people["bob"]

    assert (ada.name, ada.channels, ada.email) == ("Ada Berg", ("inbox", "email", "slack"), "ada@example.com")
    assert ada.hours.zone == "Europe/Berlin"
    assert ada.hours.week[3:6] == ((Span(540, 1050),), (Span(540, 900),), ())
    assert (bob.hours.zone, bob.hours.week, bob.capacity) == ("America/New_York", NINE_TO_FIVE, 12)
    assert dt.date(2026, 11, 26) in bob.hours.holidays
    assert dt.date(2026, 12, 25) in bob.hours.holidays & ada.hours.holidays
    assert rota.levels == (Level("duty", 900), Level("bob", 900))
    assert [on_duty(rota, NOW + days * DAY_US).key for days in (-7, 0, 7, 35)] == ["ada", "bob", "ada", "bob"]


def test_an_absence_is_in_the_zone_of_the_person_and_ends_on_the_first_day_back(read):
    rota = read(
        f'zone = "Europe/Berlin"\n{ADA}away = [{{ from = 2026-12-21, until = 2026-12-24, stand_in = "bob" }}]\n{BOB}'
    )
    (absence,) = rota.people["ada"].away

    assert (absence.start, absence.end) == (
        parse_instant("2026-12-20T23:00:00Z"),
        parse_instant("2026-12-23T23:00:00Z"),
    )
    assert absence.stand_in == "bob"


def test_hours_over_the_end_of_a_week_and_without_a_rota(read):
    rota = read(f'{ADA}hours = ["sat-mon 10:00-12:00", "sun 13:00-24:00"]\n')

    assert rota.people["ada"].hours.week == (
        (Span(600, 720),),
        *((),) * 4,
        (Span(600, 720),),
        (Span(600, 720), Span(780, 1440)),
    )
    assert on_duty(rota, NOW).key == "ada"


AWAY = ADA + "away = [{{ from = 2026-12-01, until = {}, stand_in = {!r} }}]\n"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("zone = 3", 1, "`zone` must be a text"),
        ('zone = "Europe/Atlantis"', 1, "there is no time zone `Europe/Atlantis`"),
        ('\ncolour = "red"', 2, "`colour` is not one of"),
        ("holidays = 2026-12-25\n" + ADA, 1, "`holidays` must be a list of dates"),
        ("holidays = [2026-12-25T00:00:00Z]\n" + ADA, 1, "`holidays` must be a list of dates"),
        ("people = 3", 1, "`people` must hold tables"),
        ("[people.ada]\n", 1, "`ada` needs a name"),
        ('[people.duty]\nname = "Ada"\n', 1, "is a role"),
        (ADA + "capacity = -1", 3, "`capacity` must be a whole number"),
        (ADA + "capacity = true", 3, "`capacity` must be a whole number"),
        (ADA + 'channels = "email"', 3, "`channels` must be a list of texts"),
        (ADA + 'channels = ["pigeon"]', 3, "`pigeon` is not one of inbox, email, slack"),
        (ADA + 'channels = ["email"]', 3, "the channel `email` needs `email`"),
        (ADA + "channels = []", 3, "nothing reaches `ada`"),
        (ADA + 'zone = "Mars"', 3, "there is no time zone `Mars`"),
        (ADA + 'hours = ["mon 9-17"]', 3, "`mon 9-17` is no hours"),
        (ADA + 'hours = ["moo 09:00-17:00"]', 3, "`moo 09:00-17:00` is no hours"),
        (ADA + 'hours = ["mon 09:00-24:30"]', 3, "`mon 09:00-24:30` is no hours"),
        (ADA + 'hours = ["mon 09:00-12:00", "mon 11:00-17:00"]', 3, "the hours of monday overlap"),
        (ADA + 'hours = ["mon 17:00-09:00"]', 3, "the hours of monday"),
        (ADA + "hours = []", 3, "hours that never open"),
        (ADA + "away = [{ from = 2026-12-01 }]", 3, "`until` must be a date"),
        (ADA + "away = [{ from = 2026-12-01, until = 2026-12-01 }]", 3, "`until` is the first day back"),
        (ADA + 'away = "always"', 3, "`away` must be a list of tables"),
        (AWAY.format("2026-12-05", "zoe"), 3, "`zoe` is nobody among the people"),
        (AWAY.format("2026-12-05", "ada"), 3, "ada stand in for each other from 2026-12-01"),
        (
            f'{ADA}[[rota]]\npeople = ["ada"]\nhours = ["mon-fri 00:00-24:00"]',
            3,
            "nobody is on duty from 2026-11-28T00:00:00Z to 2026-11-30T00:00:00Z: no shift has hours then",
        ),
        (f"{ADA}[[rota]]\npeople = []", 3, "a rota needs people"),
        (f'{ADA}[[rota]]\npeople = ["ada"]\n\n[[rota]]\npeople = ["ada"]\nevery = "hour"', 6, "`every` must be day or"),
        (f'{ADA}[[rota]]\npeople = ["ada"]\nat = "9"', 3, "`at` must be a time of the day"),
        (f'{ADA}[[rota]]\npeople = ["ada"]\nat = "24:00"', 3, "`at` must be a time of the day"),
        (f'{ADA}[[rota]]\npeople = ["bob"]', 3, "`bob` is nobody among the people"),
        (f"{ADA}[[escalation]]\nwait_minutes = 5", 3, "an escalation needs `to`"),
        (f'{ADA}\n[[escalation]]\nto = "bob"', 4, "`bob` is nobody among the people"),
        ('[[escalation]]\nto = "duty"', 1, "`escalation` without people"),
        ("people = [", 1, "not valid TOML"),
    ],
)
def test_what_makes_no_sense_is_refused_by_line(read, text, line, problem):
    with pytest.raises(FileRefusedError) as refused:
        read(text)

    assert problem in refused.value.problem
    assert (refused.value.line, refused.value.unchanged) == (line, UNCHANGED)


def test_an_absence_nobody_covers_is_refused_only_while_it_matters(read):
    with pytest.raises(FileRefusedError, match="ada is away and nobody stands in") as refused:
        read(AWAY.format("2026-12-05", ""))

    assert refused.value.line == 3
    read(ADA + "away = [{ from = 2025-12-01, until = 2025-12-05 }]")
