"""What a reading says, in the words of the fixtures, and the fixtures themselves."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keepwell.config.expert_tables import load_tables
from keepwell.expert.reading.read import read as read_document

FIXTURES = Path(__file__).parents[1] / "fixtures"
TABLES = load_tables()

WRITTEN = json.loads((FIXTURES / "written.json").read_text())
"""Documents written by hand: for every shape and every rule one, with what it means."""

LITESVM = json.loads((FIXTURES / "litesvm_generated.json").read_text())
"""Transactions that the real runtime executed (solders.litesvm 0.29.0, fixed seeds)."""

THIRD_PARTY = os.environ.get("KEEPWELL_EXPERT_FIXTURES")
"""A folder of other people's fixtures with a MANIFEST.json, which may not be carried along."""

SAID = ("program", "code", "name", "certainty", "depth", "instruction_index", "account_index", "rpc_code")


def read(document, chain=None):
    return read_document(document, TABLES, chain)


def facts(reading):
    """All that a reading claims; what it leaves open is absent."""
    found = {"status": reading.status.value, "error_class": reading.error_class, "candidates": [*reading.candidates]}
    found |= {field: getattr(reading, field) for field in SAID}
    return {field: value for field, value in found.items() if value not in (None, [])}


def manifest_facts(reading):
    """The same in the words of the manifest, whose JSON-RPC errors have their number as `rpc_code` only."""
    theirs = {"error_class": "err_class", "program": "origin_program"}
    found = facts(reading)
    dropped = {"status", "certainty"} | ({"code"} if reading.error_class == "rpc_error" else set())
    return {theirs.get(field, field): value for field, value in found.items() if field not in dropped}


def reasons(reading):
    return " / ".join(clue.text for clue in reading.evidence if clue.source == "reason")
