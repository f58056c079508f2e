"""Histories made by hand. Ages count back in days from the last day, which has age 0."""

from itertools import chain

from keepwell.base.time import DAY_US
from keepwell.events.catalog import BY_KEY, CATALOG, SEVERITIES
from keepwell.events.event import Event
from keepwell.metrics.aggregates import PROFILE_COLUMNS
from keepwell.metrics.history import History
from keepwell.metrics.references import Reference
from keepwell.metrics.rollups import area_label, kind_label

LAST = 20_000
NOTHING = dict.fromkeys(PROFILE_COLUMNS, 0)
EVERYTHING = frozenset(
    (*(kind_label(spec.key) for spec in CATALOG), *(area_label(area) for area in ("app", "docs", "forum")))
)
LOW, NORMAL, HIGH, URGENT = range(len(SEVERITIES))


def happened(key, age, *, at=DAY_US // 2, serial=0, **slots):
    """An event as it is accepted, some whole days ago."""
    spec = BY_KEY[key]
    given = {"n": 1, **dict.fromkeys(("v1", "v2", "part", "part2", "code", "code2", "ref", "day2")), **slots}
    moment = (LAST - age) * DAY_US + at
    return Event(
        customer_id="c", kind=spec.number, name=None,
        own=int(spec.own and (spec.own_needs is None or bool(given[spec.own_needs]))),
        occurred_at=moment, known_at=moment, recorded_at=moment, sent_at=None, flags=0, hour=0, key=serial,
        message_id=None, user_id=None, properties="{}", **given,
    )  # fmt: skip


def each(key, *ages, **slots):
    return [happened(key, age, **slots) for age in ages]


def history(*events, tenure=200, elapsed_us=DAY_US, profile=None, **given):
    """A customer of 200 days, entitled to four features, two of them advanced; every source is connected."""
    usual = {
        "own_ever": True, "entitled": dict.fromkeys("abcd", 0), "advanced": frozenset("cd"), "limits": {},
        "releases": {}, "first_uses": {}, "connected": EVERYTHING, "reference": Reference(LAST + 1),
    }  # fmt: skip
    return History(
        t=LAST * DAY_US + elapsed_us,
        events=events,
        first_day=LAST - tenure,
        profile=NOTHING | (profile or {}),
        **(usual | given),
    )


def sold(*ages, code2=0, **slots):
    return each("transaction", *ages, code2=code2, **slots)


def used(feature, *ages, **slots):
    return each("feature_used", *ages, part=feature, **slots)


def called(endpoint, *ages, **slots):
    return each("api_called", *ages, part=endpoint, **slots)


def ticket(name, *ages, code=LOW, **slots):
    return each("ticket_opened", *ages, ref=name, code=code, **slots)


def case(measure, expected, *events, **given):
    """A measure, what to expect of it, and the customer it is read from."""
    return measure, expected, history(*chain(*events), **given)
