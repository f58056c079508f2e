"""Map files: read as written, and refused with file, line, problem and what was not changed."""

import pytest

from keepwell.config.mappings import load_map
from keepwell.config.refusal import FileRefusedError
from keepwell.events.mapping import EventMap, EventRule

GOOD = """
[columns]
customer_id = "Account"
timestamp = "When"

[events."order.placed"]
event = "transaction"
rename = { value_usd = "total" }
set = { kind = "swap" }

[events."Heart Beat"]
event = "-"
drop = true
"""


@pytest.fixture
def load(tmp_path):
    def write_and_load(text):
        path = tmp_path / "map.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_map(path)

    return write_and_load


def test_a_map_is_read(load):
    assert load(GOOD) == EventMap(
        {"customer_id": "Account", "timestamp": "When"},
        {
            "order.placed": EventRule("transaction", {"value_usd": "total"}, {"kind": "swap"}),
            "Heart Beat": EventRule("-", drop=True),
        },
    )


def test_an_empty_map_changes_nothing(load):
    assert load("") == EventMap()


MALFORMED = [
    (2, "", '\n[columns\ncustomer_id = "a"'),
    (3, "", '[columns]\n\ncustomer_id = "a'),
    (2, "", "[columns]\nevent = [\n\n"),
    (None, "", b"[columns]\nevent = '\xff'"),
    (2, "colums", '# ours\n[colums]\nevent = "e"'),
    (1, "columns", "columns = 5"),
    (2, "events", '[columns]\n[[events]]\nevent = "login"'),
    (3, "customer", '[columns]\nevent = "e"\ncustomer = "c"'),
    (2, "event", "[columns]\nevent = 5"),
    (2, "Signed In", '[events]\n"Signed In" = "signed_in"'),
    (3, "evnt", '[events."Signed In"]\nevent = "login"\nevnt = "x"'),
    (2, "evnt", '[events]\n"Signed In" = { event = "login", evnt = "x" }'),
    (1, "None", '[events."order.placed"]\nrename = {}'),
    (2, "no_such", '[events."order.placed"]\nevent = "no_such"'),
    (2, "5", "[events.a]\nevent = 5"),
    (4, "no_such", '[events.b]\nevent = "login"\n[events.a]\nevent = "no_such"'),
    (3, "rename", '[events.a]\nevent = "login"\nrename = 3'),
    (3, "rename", '[events.a]\nevent = "login"\nrename = { area = 3 }'),
    (3, "rename", '[events.a]\nevent = "login"\n[events.a.rename]\narea = 3'),
    (3, "set", '[events.a]\nevent = "login"\nset = "docs"'),
    (3, "drop", '[events.a]\nevent = "login"\ndrop = "no"'),
    (1, "drop", "[events.a]\ndrop = true"),
    (None, "deep", "columns = " + "[" * 5000),
]


@pytest.mark.parametrize(("line", "names", "text"), MALFORMED, ids=range(len(MALFORMED)))
def test_a_malformed_map_is_refused_with_its_line(load, tmp_path, line, names, text):
    with pytest.raises(FileRefusedError) as refused:
        load(text)

    assert refused.value.path == tmp_path / "map.toml"
    assert refused.value.line == line
    assert names in refused.value.problem
    assert refused.value.unchanged == "Nothing was imported"
    where = f"map.toml:{line}: " if line else "map.toml: "
    assert where in str(refused.value)
    assert str(refused.value).endswith("Nothing was imported")


def test_a_map_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FileRefusedError) as refused:
        load_map(tmp_path / "map.toml")

    assert (refused.value.line, refused.value.path) == (None, tmp_path / "map.toml")
