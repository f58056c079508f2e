"""Sentences belong to names that exist."""

from keepwell.expert.reading import meanings
from tests.expert.reading.facts import TABLES


def test_every_error_of_a_transaction_has_its_sentence():
    assert meanings.TRANSACTION.keys() == TABLES.transaction.names - {"InstructionError"}


def test_every_text_of_the_runtime_is_of_a_variant():
    assert set(meanings.TEXTS.values()) <= TABLES.instruction.names
    assert len(set(meanings.TEXTS.values())) == len(meanings.TEXTS)


def test_every_checked_meaning_is_of_a_name_in_its_table():
    tables = {table.key: table for table in TABLES.programs.values()}
    for key, name in meanings.CHECKED:
        assert any(name in versions for versions in tables[key].names.values())
        assert meanings.of_program(tables[key], name).endswith(meanings.CHECKED[key, name])
