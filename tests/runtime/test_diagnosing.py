"""A customer's telemetry in the log becomes a diagnosis, beside what the others did."""

from __future__ import annotations

import pytest

from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.config.refusal import FileRefusedError
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.expert.finding import Observed
from keepwell.expert.scope import Topic, Whose
from keepwell.runtime.diagnosing import StoredExpert, crowd, diagnosed
from tests.histories import NOW, house, put

OTHERS = [f"peer{number}" for number in range(40)]
SIXTY = {"chain": "solana", "kind": "swap", "asset": "SOL", "amount": 1}


def attempts(customer: str, days: range, *, failing: int, of: int):
    """So many attempts on each of some days before now, of which so many fail."""
    for day in days:
        for place in range(of):
            status = "landed_failed" if place < failing else "landed_ok"
            at = NOW - day * DAY_US - HOUR_US - place
            yield raw(customer, "sol_tx_attempt", at, {**SIXTY, "status": status, "feed": "client_log"})


def raw(customer: str, event: str, at: int, properties):
    return Raw(customer, event, at, properties, message_id=f"{customer} {event} {at}")


def given(space, *rows):
    put(space, [accept(each, Receipt(NOW)) for several in rows for each in several])


@pytest.fixture
def space():
    with house() as space:
        yield space


def scope(space, customer, topic=Topic.TRANSACTIONS):
    return dict(diagnosed(space, customer, NOW).diagnosis.scopes).get(topic)


def test_whose_trouble_it_is_depends_on_the_others(space):
    given(
        space,
        attempts("mine", range(1, 20), failing=1, of=12), attempts("mine", range(1), failing=20, of=25),
        attempts("calm", range(20), failing=1, of=12),
        *(attempts(each, range(20), failing=1, of=12) for each in OTHERS),
    )  # fmt: skip

    assert scope(space, "mine") is Whose.CUSTOMER
    assert scope(space, "calm") is Whose.NORMAL
    found = diagnosed(space, "mine", NOW)
    assert found.others == 41
    assert found.events == 19 * 12 + 25
    assert "META-01" in [each.id for each in found.diagnosis.findings]


def test_what_happens_to_everybody_is_nobodys(space):
    several = [
        rows for each in ("mine", *OTHERS)
        for rows in (attempts(each, range(1, 20), failing=1, of=12), attempts(each, range(1), failing=14, of=25))
    ]  # fmt: skip
    given(space, *several)

    assert scope(space, "mine") is Whose.NETWORK
    assert not any(each.blames_customer for each in diagnosed(space, "mine", NOW).diagnosis.findings)


def test_an_earlier_moment_knows_less(space):
    given(space, attempts("mine", range(1, 20), failing=1, of=12), attempts("mine", range(1), failing=20, of=25))
    before = diagnosed(space, "mine", NOW - 12 * HOUR_US)

    assert before.events == 19 * 12
    assert "META-01" not in [each.id for each in before.diagnosis.findings]


def test_a_raw_failure_is_read_and_named(space):
    program = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"
    logs = [f"Program {program} invoke [1]", f"Program {program} failed: custom program error: 0x1794"]
    failed = {**SIXTY, "status": "landed_failed", "err": {"InstructionError": [0, {"Custom": 6036}]}, "logs": logs}
    given(space, [raw("mine", "sol_tx_attempt", NOW - HOUR_US, {**failed, "signature": "5iG"})])
    told = diagnosed(space, "mine", NOW).diagnosis
    seen = [event for each in told.explained for event in each.events]
    seen += [event for each in told.findings for event in each.evidence if isinstance(event, Observed)]

    assert {(each.program, each.count) for each in seen} == {("orca_whirlpool", 1)}


def test_a_crowd_that_was_looked_at_before_knows_nothing_later(space):
    start = NOW // HOUR_US * HOUR_US
    several = [
        Raw(each, "sol_tx_attempt", start + 60 * SECOND_US, {**SIXTY, "status": "landed_failed"}, message_id=each)
        for each in ("mine", *OTHERS)
    ]
    put(space, [accept(each, Receipt(start + DAY_US)) for each in several])
    expert = StoredExpert(space, lambda: start + 2 * HOUR_US)

    assert expert.diagnose("mine", start + HOUR_US - 1).others == 0
    assert expert.diagnose("mine", start + HOUR_US).others == len(OTHERS)


def test_nobody_is_unknown_and_somebody_without_telemetry_has_nothing(space):
    given(space, [raw("mine", "page_viewed", NOW - HOUR_US, {})])

    assert diagnosed(space, "nobody", NOW) is None
    found = diagnosed(space, "mine", NOW)
    assert (found.events, found.diagnosis.findings) == (0, ())


def test_the_crowd_is_some_of_those_who_sent_and_the_same_all_day(space, monkeypatch):
    monkeypatch.setattr("keepwell.runtime.diagnosing.PEERS", 5)
    given(space, *(attempts(each, range(3), failing=0, of=2) for each in OTHERS))
    first = crowd(space, NOW)

    assert len(first.members) == 5
    assert crowd(space, NOW + 1).members.keys() == first.members.keys()
    assert crowd(space, NOW + 3 * DAY_US).members.keys() != first.members.keys()


def test_numbers_of_the_installation_count(space):
    own = space.folder / "knowledge.toml"
    given(space, [raw("mine", "page_viewed", NOW - HOUR_US, {})])
    own.write_text("[entries.NOPE]\nwhen = { x = 1 }\n")

    with pytest.raises(FileRefusedError):
        diagnosed(space, "mine", NOW)
