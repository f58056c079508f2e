"""Every fixture is read as it is meant, or left open as it says."""

import hashlib
import json
from pathlib import Path

import pytest

from keepwell.expert.reading.reading import Status
from tests.expert.reading.facts import FIXTURES, LITESVM, THIRD_PARTY, WRITTEN, facts, manifest_facts, read, reasons


@pytest.mark.parametrize("case", WRITTEN, ids=lambda case: case["case"])
def test_a_written_document_means_what_it_says(case):
    found = read(case["document"], case.get("chain"))

    assert len(found) == len(case["expected"])
    for reading, wanted in zip(found, case["expected"], strict=True):
        claims = {key: value for key, value in wanted.items() if key not in ("reason", "meaning", "truth")}
        assert facts(reading) == claims
        assert wanted.get("reason", "") in reasons(reading)
        assert wanted.get("meaning") in (None, reading.meaning)
        assert reasons(reading) or reading.name or reading.status is Status.SUCCEEDED  # what is open has its reason


def test_every_case_has_a_name_of_its_own():
    assert len({case["case"] for case in WRITTEN}) == len(WRITTEN) > 100


def test_the_transactions_of_the_runtime_are_read():
    wanted = json.loads((FIXTURES / "litesvm_expected.json").read_text())

    assert [manifest_facts(reading) for reading in read(LITESVM)] == wanted
    assert sum(each["err_class"] != "none" for each in wanted) == 15


@pytest.mark.skipif(THIRD_PARTY is None, reason="KEEPWELL_EXPERT_FIXTURES names no folder of third-party fixtures")
def test_third_party_fixtures_are_read_or_left_open_as_their_manifest_says():
    folder = Path(THIRD_PARTY)
    manifest = json.loads((folder / "MANIFEST.json").read_text())
    assert len(manifest) == 31
    wrong = {}
    for entry in manifest:
        text = (folder / entry["file"]).read_bytes()
        assert hashlib.sha256(text).hexdigest() == entry["sha256"]
        found = read(json.loads(text))
        if entry["expected"] is None:
            if [each.status for each in found] != [Status.UNKNOWN] or facts(found[0]) != {"status": "unknown"}:
                wrong[entry["file"]] = found
        elif [manifest_facts(each) for each in found] != entry["expected"]:
            wrong[entry["file"]] = found

    assert wrong == {}
