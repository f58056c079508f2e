"""Planted causes: what is planted is named, who is well is left alone, and nobody is blamed for everybody's trouble."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks import causes as measured
from keepwell.expert.finding import Finding
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.simulation.causes import (
    CAUSES,
    COMMON,
    FEE_LOW,
    POOL_TROUBLE,
    POOR_FILLS,
    RPC_OUTAGE,
    UPGRADE,
    Trade,
    told,
)
from keepwell.simulation.technical import TechnicalSpec, technical
from tests.expert import made

SIZE = measured.Size(seeds=2, incidents=1, well=60, each=2, drifting=0)
DEMANDING = (POOR_FILLS, FEE_LOW)
"""Their entries ask for 30 and for 20 transactions a day, which few customers send."""
ENTRIES = made.knowledge().entries


@pytest.fixture(scope="module")
def confusion():
    return measured.confusion(SIZE)


def everybody(common="", seed=1, well=60):
    spec = TechnicalSpec(until=measured.UNTIL, seed=seed, well=well, each=0, common=common)
    ((_, found),) = measured.looked(spec)
    return found


def test_the_list_of_causes_is_whole():
    assert len(CAUSES) >= 12
    assert len(COMMON) >= 4
    assert {name for cause in (*CAUSES, *COMMON) for name in cause.named} <= set(ENTRIES)
    assert len({cause.name for cause in (*CAUSES, *COMMON)}) == len(CAUSES) + len(COMMON)
    assert {cause.trade for cause in CAUSES} == set(Trade)
    assert all(cause.among is not None for cause in COMMON)


def test_most_of_what_is_planted_is_named(confusion):
    assert sum(each.of for each in confusion.values()) == len(CAUSES) * SIZE.seeds * SIZE.each
    assert sum(each.named for each in confusion.values()) >= 0.8 * sum(each.of for each in confusion.values())


@pytest.mark.parametrize("cause", [each.name for each in CAUSES if each.name not in DEMANDING])
def test_each_cause_is_named_where_there_is_enough_to_see(cause, confusion):
    assert confusion[cause].named >= 1


def test_a_cause_that_lasts_is_named_always(confusion):
    for cause in (each for each in CAUSES if each.holds):
        assert confusion[cause.name].named == confusion[cause.name].of, cause.name


@pytest.mark.parametrize("cause", COMMON, ids=[each.name for each in COMMON])
def test_nobody_is_blamed_for_what_befalls_everybody(cause):
    found = [diagnosis for one, diagnosis in everybody(cause.name) if one.trade is cause.among]

    assert [each.id for diagnosis in found for each in diagnosis.findings if measured.blames(each)] == []
    assert any(each.id == "META-02" for diagnosis in found for each in diagnosis.findings)


@pytest.mark.parametrize(
    ("cause", "incident"),
    [
        (UPGRADE, measured.Incident(4.0, 1.0, 80)),
        (RPC_OUTAGE, measured.Incident(4.0, 1.0, 80)),
        (UPGRADE, measured.Incident(24.0, 1.0, 80)),
        (POOL_TROUBLE, measured.Incident(24.0, 0.33, 80)),
        (RPC_OUTAGE, measured.Incident(14.0, 0.33, 160)),
    ],
    ids=["all 4 h, upgrade", "all 4 h, provider", "all 24 h, upgrade", "one pool 24 h", "one endpoint 14 h"],
)
def test_nobody_is_blamed_for_what_is_short_or_shared_by_the_users_of_one_thing(cause, incident):
    (common,) = (each for each in COMMON if each.name == cause)

    found = measured.met(incident, common, [1])

    assert found.people >= 5
    assert found.told > 0
    assert (found.wrong, found.row) == (0, {})


def test_who_is_well_is_left_alone():
    found = everybody(well=100)
    ids = Counter(each.id for _, diagnosis in found for each in diagnosis.findings if likely(each))

    assert sum(ids.values()) <= 2, ids
    assert not any(each.id == "META-02" for _, diagnosis in found for each in diagnosis.findings)


def likely(finding: Finding) -> bool:
    return finding.certainty is not Certainty.ENTAILED and finding.severity in (Severity.WARN, Severity.CRITICAL)


def test_the_same_spec_gives_the_same_world_and_the_truth_is_in_no_event():
    one, other = (technical(TechnicalSpec(until=measured.UNTIL, well=4, each=1, days=3)) for _ in range(2))
    sent = [one.sent(place) for place in range(len(one.customers))]

    assert sent == [other.sent(place) for place in range(len(other.customers))]
    assert one.truth == other.truth
    assert one.truth["causes"] == told(each for customer in one.customers for each in customer.planted)
    assert all(row.at < measured.UNTIL for rows in sent for row in rows)
    said = repr([row.properties for rows in sent[:4] for row in rows])
    assert not any(cause.name in said for cause in (*CAUSES, *COMMON))


def test_what_befalls_one_customer_changes_nothing_of_another():
    quiet, loud = (technical(TechnicalSpec(until=measured.UNTIL, well=7, each=0, common=each, days=3)) for each in
                   ("", COMMON[1].name))  # fmt: skip
    calls = [place for place, one in enumerate(quiet.customers) if one.trade is Trade.CALLS]

    assert quiet.sent(calls[0]) != loud.sent(calls[0])
    for place in set(range(7)) - set(calls):
        assert quiet.sent(place) == loud.sent(place)
