"""Searching the knowledge base: what stands in it is found by what it is called, and nothing that is typed fails."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwell.config.expert import shipped_knowledge, shipped_names
from keepwell.config.expert_tables import load_tables
from keepwell.expert.search import LONGEST, index

KNOWLEDGE = shipped_knowledge(shipped_names())
TABLES = load_tables()
INDEX = index(KNOWLEDGE, TABLES)
ENTRIES = list(KNOWLEDGE.entries.values())
BY_ID = pytest.mark.parametrize("entry", ENTRIES, ids=[each.id for each in ENTRIES])


def found(query):
    return [each.id for each in INDEX.search(query).entries]


def called(entry):
    """Everything that a signal lists, as somebody would type it."""
    signal = entry.signal
    for errors in signal.errors:
        yield from errors.names
        for code in errors.codes:
            yield from (str(code), hex(code), *(name for name in errors.meaning.get(code, ()) if name))
    yield from (str(code) for codes in signal.api_codes for code in codes.codes)
    for listed in (
        *(signal.tx_errors, signal.ix_errors, signal.rpc_errors, signal.http, signal.pool_codes, signal.codes),
        *(signal.outcomes, signal.states, signal.messages, signal.selectors),
    ):
        yield from map(str, listed)


@BY_ID
def test_an_entry_is_first_by_its_id_however_it_is_written(entry):
    for query in (entry.id, entry.id.lower(), f"  {entry.id} ", f"see {entry.id}."):
        assert found(query)[0] == entry.id


@BY_ID
def test_an_entry_is_first_by_its_title(entry):
    same = {each.id for each in ENTRIES if each.title == entry.title}

    assert found(entry.title)[0] in same
    assert found(entry.title.upper())[0] in same


@BY_ID
def test_an_entry_is_found_by_all_that_its_signal_lists(entry):
    for query in called(entry):
        hits = found(query)
        assert entry.id in hits, query
        assert hits.index(entry.id) < 40, query


@BY_ID
def test_what_a_line_of_a_log_says_is_found_in_the_middle_of_it(entry):
    for query in called(entry):
        if len(query) > 3 and not query.isalpha():
            assert entry.id in found(f"2026-11-20 worker died with {query}, giving up"), query


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("0x1771", "SlippageToleranceExceeded"),
        ("6001", "SlippageToleranceExceeded"),
        ("SlippageToleranceExceeded", "SlippageToleranceExceeded"),
        ("custom program error: 0x1771", "SlippageToleranceExceeded"),
        ('{"InstructionError": [2, {"Custom": 6001}]}', "SlippageToleranceExceeded"),
    ],
)
def test_the_same_error_is_found_in_every_notation(query, first):
    names = [name for code in INDEX.search(query).codes for name in code.names]
    explaining = {each.id for each in ENTRIES if first in set(called(each))}

    assert first in names
    assert explaining & set(found(query)[:20])


def test_a_symptom_is_found_by_its_words():
    assert "TX-01" in found("blockhash")
    assert all("blockhash" in str(KNOWLEDGE.entries[name]).lower() for name in found("blockhash"))
    assert found("too few events")[0] == "META-03"


def test_a_small_number_in_a_line_of_a_log_is_no_code():
    line = "Program JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4 invoke [1] consumed in slot"

    assert not [code for code in INDEX.search(line).codes if code.number == 1]
    assert [code for code in INDEX.search("spl token 1").codes if code.number == 1]


@pytest.mark.parametrize("line", ["step 1 of 2 failed", "shard 2 of 12 is late", "worker 7 took 21 s for 3 jobs"])
def test_in_a_longer_query_a_small_number_is_no_name_and_no_code(line):
    results = INDEX.search(line)

    assert (results.entries, results.codes) == ((), ())
    assert [code for code in INDEX.search("step 1 of 2 failed with 0x1").codes if code.number == 1]


@pytest.mark.parametrize(
    "junk",
    [
        "<script>alert(1)</script>", "<b>hi</b>", "<script>alert(1)", "<img src=x onerror=alert(1)>", "<!-- 1 -->",
        '"><script>alert(document.cookie)</script>', "<style>a { b: 1 }</style>", "<br/>",
    ],
)  # fmt: skip
def test_markup_finds_nothing(junk):
    results = INDEX.search(junk)

    assert (results.entries, results.codes) == ((), ())


def test_what_stands_between_tags_is_looked_for_and_a_type_is_no_tag():
    assert found("<b>TX-01</b>") == found("TX-01")
    assert found("Option<BlockhashNotFound>") == found("option blockhashnotfound")


@pytest.mark.parametrize("table", [*TABLES.programs.values(), TABLES.anchor], ids=lambda table: table.key)
def test_every_code_of_the_tables_is_found_by_number_and_by_name(table):
    for number, names in table.names.items():
        for query in (str(number), hex(number), *(name for name in names if name)):
            hits = [(code.program, code.number) for code in INDEX.search(query).codes]
            assert (table.label, number) in hits, query


def test_variants_of_the_runtime_and_selectors_are_found():
    for name in (*TABLES.transaction.names, *TABLES.instruction.names):
        assert name in {code.names[0] for code in INDEX.search(name).codes}
    for selector, declared in TABLES.selectors.items():
        for query in (selector, *(each.signature for each in declared)):
            assert selector in {code.hexadecimal for code in INDEX.search(query).codes}


def test_a_code_names_the_entries_that_explain_it():
    codes = [code for _, code in INDEX.codes if code.number is not None]

    for entry in ENTRIES:
        for errors in entry.signal.errors:
            for number in errors.codes:
                names = set(errors.meaning[number])
                assert any(entry.id in each.entries for each in codes if names & set(each.names)), (entry.id, number)
    assert sum(not each.entries for each in codes) > 100  # most codes have no entry, and are found all the same


def test_without_a_word_all_entries_are_there_in_their_order():
    for query in ("", "   ", "\x00", "()[]{}", "\ud800"):
        assert found(query) == list(KNOWLEDGE.entries)
        assert INDEX.search(query).codes == ()


@given(st.text(max_size=60) | st.from_regex(r"[-0x]{0,3}[0-9a-f.\-\[\]( ]{0,30}"))
def test_nothing_that_is_typed_fails(query):
    results = INDEX.search(query)

    assert len({each.id for each in results.entries}) == len(results.entries)
    assert INDEX.search(query) == results


@pytest.mark.parametrize("letter", ["a", "0", "-", "0x", "\u0130", "\U0001f980", "1 ", "[", "a-", "\ufdfa"])
def test_a_query_of_any_length_is_answered(letter):
    assert INDEX.search(letter * 100_000) == INDEX.search((letter * 100_000)[:LONGEST])


def test_a_query_is_looked_at_as_far_as_it_is_promised():
    assert found("so " * (LONGEST // 3 - 2) + "TX-01")[0] == "TX-01"
    assert found("so " * (LONGEST // 3 + 1) + "TX-01")[0] != "TX-01"


def test_the_order_of_words_does_not_decide_what_is_found():
    words = ["slippage", "tolerance", "exceeded", "jupiter"]
    shuffled = random.Random(7).sample(words, len(words))

    assert set(found(" ".join(words))) == set(found(" ".join(shuffled)))
