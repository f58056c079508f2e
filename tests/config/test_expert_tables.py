"""The Expert's tables of errors: whole as they ship, and refused when they are not."""

import json

import pytest

from keepwell.config.expert_tables import ERROR_CODES, FOLDER, SELECTORS, load_tables
from keepwell.config.refusal import FileRefusedError

TABLES = load_tables()
CLMM = "CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK"


def test_what_ships_is_whole():
    assert len(TABLES.programs) == 13  # and the Anchor framework, which is no program
    assert {len(TABLES.transaction.names), len(TABLES.instruction.names)} == {39, 55}
    assert len(TABLES.selectors) == 115
    assert sum(len(table.names) for table in TABLES.programs.values()) + len(TABLES.anchor.names) > 900


def test_a_number_that_changed_its_name_keeps_all_names_the_newest_first():
    found = TABLES.lookup(CLMM, 6028)

    assert (found.names, found.settled) == (("ExceptRewardMint", "InvalidFirstTickArrayAccount"), False)


def test_a_number_that_only_the_newest_version_has_is_not_settled():
    found = TABLES.lookup(CLMM, 6051)

    assert (len(found.names), found.settled) == (1, False)


def test_they_are_loaded_once():
    load_tables.cache_clear()

    assert load_tables() is load_tables()


def changed(folder, name, change):
    """A copy of what ships, with one file changed."""
    for each in (ERROR_CODES, SELECTORS):
        text = (FOLDER / each).read_text()
        (folder / each).write_text(change(text) if each == name else text)
    return folder


def without(*path):
    def change(text):
        whole = json.loads(text)
        inner = whole
        for key in path[:-1]:
            inner = inner[key]
        del inner[path[-1]]
        return json.dumps(whole)

    return change


def replaced(old, new):
    def change(text):
        assert old in text
        return text.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        (ERROR_CODES, lambda _: "{", "not valid JSON"),
        (ERROR_CODES, lambda _: "[" * 100_000, "nested too deeply"),
        (ERROR_CODES, lambda _: "[]", "Expected `object`"),
        (ERROR_CODES, without("programs", "anchor"), "there is no table `anchor`"),
        (ERROR_CODES, without("programs", "spl_token", "program_id"), "missing required field `program_id`"),
        (ERROR_CODES, without("transaction_error"), "missing required field `transaction_error`"),
        (ERROR_CODES, replaced('"6001": ', '"60O1": '), "Expected `str` matching regex"),
        (ERROR_CODES, replaced('"NotRentExempt"', '"Not Rent \\u001b[31m"'), "Expected `str` matching regex"),
        (ERROR_CODES, replaced('"NotRentExempt"', "7"), "Expected `str`, got `int`"),
        (ERROR_CODES, replaced('"1": "ResultWith', '"0": "ResultWith'), "the key `0` stands twice"),
        (ERROR_CODES, replaced("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "1" * 32), "is in it twice"),
        (ERROR_CODES, replaced('"AccountLoadedTwice"', '"AccountInUse"'), "is in it twice"),
        (SELECTORS, replaced("0x08c379a0", "0x08C379A0"), "Expected `str` matching regex"),
        (SELECTORS, replaced('"Panic(uint256)"', '"Panic"'), "Expected `str` matching regex"),
    ],
)
def test_a_malformed_table_is_refused(tmp_path, name, change, problem):
    with pytest.raises(FileRefusedError) as refused:
        load_tables(changed(tmp_path, name, change))

    assert problem in refused.value.problem
    assert refused.value.path == tmp_path / name
    assert "No failure was read" in str(refused.value)


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(FileRefusedError, match="cannot be read"):
        load_tables(tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (changed(tmp_path, "", None) / ERROR_CODES).write_bytes(b'{"programs": "\xff"}')
    with pytest.raises(FileRefusedError):
        load_tables(tmp_path)
