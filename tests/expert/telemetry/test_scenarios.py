"""Every entry of the knowledge base is reached from events alone, and nothing is found besides what is written down."""

from __future__ import annotations

import pytest

from keepwell.expert.reading.tables import Tables
from keepwell.expert.telemetry.observe import observe
from tests.expert import made as expert
from tests.expert.telemetry import made

SCENARIOS = made.scenarios()
NAMES = [scenario["entry"] for _, scenario in SCENARIOS]
ENTRIES = expert.knowledge().entries


@pytest.mark.parametrize(("stem", "scenario"), SCENARIOS, ids=NAMES)
def test_the_findings_are_those_written_down(stem, scenario):
    found = sorted({each.id for each in made.diagnosed(scenario).findings})

    assert found == scenario["expected"], scenario["why"]
    assert scenario["entry"] in found
    assert ENTRIES[scenario["entry"]].domain == stem


def test_every_entry_is_reached():
    assert sorted(NAMES) == sorted(ENTRIES)


@pytest.mark.parametrize(("stem", "scenario"), SCENARIOS, ids=NAMES)
def test_what_is_not_sent_is_not_found(stem, scenario):
    silent = {**scenario, "events": []}

    assert made.diagnosed(silent).findings == ()


MARGINS = [
    (program, code, names[0])
    for entry in ENTRIES.values()
    for errors in entry.signal.errors
    for program in [errors.program]
    for code, names in errors.meaning.items()
    if program != "anchor"
]
ADDRESSES = {table.key: address for address, table in made.TABLES.programs.items()}


@pytest.mark.parametrize(("program", "code", "name"), MARGINS)
def test_every_number_of_the_knowledge_base_is_seen_by_its_name(program, code, name):
    """By the table alone, where the log proves the program."""
    address = ADDRESSES[program]
    logs = [f"Program {address} invoke [1]", f"Program {address} failed: custom program error: {hex(code)}"]
    row = made.happened("transaction", err={"InstructionError": [0, {"Custom": code}]}, logs=logs)

    (seen,) = made.look(row).readings

    assert (seen.program, seen.code, seen.name) == (program, code, name)
    assert seen.decoded


def test_without_tables_a_number_has_no_name():
    empty = Tables({}, made.TABLES.anchor, made.TABLES.transaction, made.TABLES.instruction, {})
    address = ADDRESSES["jupiter_v6"]
    logs = [f"Program {address} invoke [1]", f"Program {address} failed: custom program error: 0x1771"]
    row = made.happened("transaction", err={"InstructionError": [0, {"Custom": 6001}]}, logs=logs)

    (seen,) = observe([row], made.SPAN, empty).readings

    assert (seen.program, seen.name, seen.decoded) == (address, "", False)
