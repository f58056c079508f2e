"""The knowledge base is checked when it is loaded, and an installation may change the numbers that are ours."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from keepwell.config import expert
from keepwell.config.refusal import FileRefusedError
from keepwell.expert.case import Case
from keepwell.expert.diagnose import diagnose
from keepwell.expert.knowledge import Basis, Certainty, Severity, Tables
from tests.docs.markdown import ROOT
from tests.expert import made

SHIPPED = expert.DEFAULTS.read_text()
SMALL = Tables(
    {"jupiter_v6": {6001: ("SlippageToleranceExceeded",), 6002: ("InvalidCalculation", "OldName")}},
    frozenset({"BlockhashNotFound"}),
    frozenset({"IllegalOwner"}),
    frozenset({"0x08c379a0"}),
)


def test_the_shipped_knowledge_is_whole():
    knowledge = made.knowledge()

    assert (len(knowledge.entries), len(knowledge.features), len(knowledge.sources)) == (139, 106, 106)
    assert Counter(each.certainty for each in knowledge.entries.values()) == {
        Certainty.ENTAILED: 104, Certainty.INFERRED: 31, Certainty.HINT: 4,
    }  # fmt: skip
    assert Counter(each.threshold.basis for each in knowledge.entries.values()) == {
        Basis.SOURCE: 89, Basis.POLICY: 43, Basis.STATISTICS: 7,
    }  # fmt: skip
    assert Counter(name.partition("-")[0] for name in knowledge.entries) == {
        "META": 7, "TX": 26, "DEX": 21, "RPC": 10, "EVM": 4, "ZK": 13, "PRV": 10, "HW": 4, "LP": 6, "BR": 8,
        "LEND": 10, "RISK": 1, "SEC": 12, "CMP": 7,
    }  # fmt: skip
    assert {each.severity for each in knowledge.entries.values()} == set(Severity)


def test_every_entry_reads_as_sentences():
    for each in made.knowledge().entries.values():
        assert each.diagnosis.endswith("."), each.id
        assert all(text == text.strip() != "" for text in (each.title, *each.causes, *each.actions)), each.id


def test_files_it_cites_of_this_project_exist():
    for name, source in made.knowledge().sources.items():
        for path in source.where:
            assert (ROOT / path).exists(), name


def test_it_is_read_once_and_remembered():
    assert expert.shipped_knowledge(made.tables()) is expert.shipped_knowledge(made.tables())


def test_tables_know_the_older_names_of_a_number():
    programs = made.tables().programs

    assert programs["raydium_clmm"][6028] == ("ExceptRewardMint", "InvalidFirstTickArrayAccount")
    assert programs["jupiter_v6"][6001] == ("SlippageToleranceExceeded",)
    assert all(not number or "" not in names for names in programs["orca_whirlpool"].values() for number in names)


HEAD = """version = 1
[conventions]
meaning_check = "-"
scope = "-"
scope_rule = "-"
certainty = {}
basis = {}
signal = {}
tests = {}
[features]
"tx.failed" = { unit = "count", meaning = "failed" }
"tx.landed" = { unit = "count", meaning = "landed" }
"cmp.sanctions_hit" = { unit = "bool", meaning = "hit" }
"src.feed" = { unit = "text", meaning = "feed" }
"stat.p_own" = { unit = "p", meaning = "p" }
"""
SOURCES = """
[sources]
book = { url = "https://example.org/book" }
"""
META = "".join(
    f"""
[entries.META-0{number}]
domain = "meta"
title = "t"
severity = "info"
certainty = "entailed"
signal.when.all = [["tx.landed", ">", 0]]
threshold = {{ basis = "source", why = "w" }}
diagnosis = "D."
causes = ["c"]
actions = ["a"]
refs = ["book"]
"""
    for number in range(1, 8)
)
FIELDS = {
    "domain": '"solana_tx"',
    "title": '"Failures"',
    "severity": '"warn"',
    "certainty": '"entailed"',
    "threshold": '{ basis = "policy", why = "ours" }',
    "diagnosis": '"It fails."',
    "causes": '["a cause"]',
    "actions": '["an action"]',
    "refs": '["book"]',
}


def entry(signal='signal.when.all = [["tx.failed", ">=", 3]]', **fields):
    given = {**FIELDS, **fields}
    lines = [f"{name} = {value}" for name, value in given.items() if value]
    return "\n".join(["[entries.TX-01]", *lines, signal]) + "\n"


def written(tmp_path, text, name="knowledge.toml"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_a_small_knowledge_base_is_taken(tmp_path):
    found = expert.knowledge_of(written(tmp_path, HEAD + entry() + META + SOURCES), SMALL)

    assert list(found.entries) == ["TX-01", *(f"META-0{number}" for number in range(1, 8))]
    assert found.references["TX-01"] == ("https://example.org/book",)


WHEN = "signal.when.all = [[{}]]"


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (entry(domain='"astrology"'), "domain = |no domain `astrology`"),
        (entry(severity='"awful"'), "severity = |invalid enum"),
        (entry(certainty='"sure"'), "certainty = |invalid enum"),
        (entry(scope='"mars"'), "scope = |invalid enum"),
        (entry(threshold='{ basis = "mood", why = "w" }'), "threshold = |invalid enum"),
        (entry(threshold='{ basis = "policy", why = "" }'), "threshold = |needs a reason"),
        (entry(title=""), "[entries.TX-01]|missing required field `title`"),
        (entry(diagnosis='""'), "diagnosis = |`diagnosis` is empty"),
        (entry(causes="[]"), "causes = |`causes` is empty"),
        (entry(actions="[3]"), "actions = |expected `str`"),
        (entry(colour='"red"'), "colour = |unknown field `colour`"),
        (entry(refs='["nowhere"]'), "refs = |no source `nowhere`"),
        (entry(explained_by='["TX-99"]'), "explained_by = |no entry `TX-99`"),
        (entry(explained_by='["TX-01"]'), "[entries.TX-01]|explains itself"),
        (entry("signal = {}"), "signal = |signal is empty"),
        (entry("signal.noise = [1]"), "signal.noise|unknown field `noise`"),
        (entry(WHEN.format('"tx.nothing", ">", 1')), "signal.when.all|no feature `tx.nothing`"),
        (entry(WHEN.format('"tx.failed", ">", "tx.nothing"')), "signal.when.all|no feature `tx.nothing`"),
        (entry(WHEN.format('"tx.failed", "=>", 1')), "signal.when.all|invalid enum"),
        (entry(WHEN.format('"tx.failed", ">", true')), "signal.when.all|number and is compared with a bool"),
        (entry(WHEN.format('"src.feed", "<", "log"')), "signal.when.all|has no order"),
        (entry(WHEN.format('"src.feed", "==", 3')), "signal.when.all|text and is compared with a number"),
        (entry(WHEN.format('"stat.p_own", "<", 0.01')), "[entries.TX-01]|has a topic"),
        (entry(topic='"transactions"'), "topic = |has a topic"),
        (entry(WHEN.format('"cmp.sanctions_hit", "==", true')), "[entries.TX-01]|must be confidential"),
        (entry('signal.errors = [{ program = "jup", codes = [6001] }]'), "signal.errors|no program `jup`"),
        (entry('signal.errors = [{ program = "jupiter_v6" }]'), "signal.errors|no codes and no names"),
        (entry('signal.errors = [{ program = "jupiter_v6", codes = [7] }]'), "signal.errors|no code 7"),
        (entry('signal.errors = [{ program = "jupiter_v6", names = ["X"] }]'), "signal.errors|no error `X`"),
        (entry('signal.errors = [{ program = "jupiter_v6", codes = [6002] }]'), "signal.errors|depending on the"),
        (entry('signal.tx_errors = ["Nope"]'), "signal.tx_errors|`Nope` is not in the tables"),
        (entry('signal.ix_errors = ["Nope"]'), "signal.ix_errors|`Nope` is not in the tables"),
        (entry('signal.selectors = ["0x00000000"]'), "signal.selectors|not in the tables"),
        (entry('signal.http = [429]\nsignal.origin_program = "jupiter_v6"'), "signal.origin|beside `ix_errors`"),
        (entry("signal.rpc_errors = [-32005]"), "signal.rpc_errors|name the chain"),
        (entry('signal.rpc_errors = [-32005]\nsignal.chain = "mars"'), "signal.rpc_errors|name the chain"),
        (entry('signal.decode = "ambiguous_or_unknown"\nsignal.http = [1]'), "signal.decode|stands alone"),
        (entry() + entry(), "[entries.TX-01]|not valid TOML"),
        (entry(domain='"meta"'), "[entries.TX-01]|for the entries that the engine knows"),
    ],
)  # fmt: skip
def test_what_does_not_hold_together_is_refused_by_line(tmp_path, bad, says):
    where, _, said = says.partition("|")
    path = written(tmp_path, HEAD + bad + META + SOURCES)

    with pytest.raises(FileRefusedError) as refused:
        expert.knowledge_of(path, SMALL)

    assert said.lower() in str(refused.value).lower()
    lines = path.read_text().split("\n")
    assert lines[refused.value.line - 1].startswith(where), (refused.value.line, str(refused.value))


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("version = 1", "version = 2", "version", "version 2"),
        ('"tx.failed" = { unit = "count"', '"tx.failed" = { unit = ""', '"tx.failed"', "needs a name"),
        ('"tx.failed" = { unit', '"Failed" = { unit', '"Failed"', "needs a name"),
        ('scope_rule = "-"\n', "", "[conventions]", "scope_rule"),
        ("https://", "http://", "book", "https://"),
        ('book = { url = "https://example.org/book" }', 'book = { repo = "a/b", path = "c", commit = "12" }', "book",
         "40 hexadecimal"),
        ('book = { url = "https://example.org/book" }', 'book = { what = "x" }', "book", "one of `repo`"),
        ('book = { url = "https://example.org/book" }', 'book = { where = ["x"] }', "book", "on `what`"),
        ("[sources]\n", '[sources]\nleft = { url = "https://example.org" }\n', "left", "no entry cites"),
        ("[entries.META-04]", "[entries.TX-04]", "", "the engine asks it by name"),
    ],
)  # fmt: skip
def test_the_rest_of_the_file_is_checked_too(tmp_path, old, new, line, says):
    text = HEAD + entry() + META + SOURCES
    assert old in text
    path = written(tmp_path, text.replace(old, new, 1))

    with pytest.raises(FileRefusedError) as refused:
        expert.knowledge_of(path, SMALL)

    assert says in str(refused.value)
    number = refused.value.line
    assert ("" if number is None else path.read_text().split("\n")[number - 1]).startswith(line)


def test_entries_that_explain_one_another_in_a_circle_are_refused(tmp_path):
    other = entry(explained_by='["TX-01"]').replace("[entries.TX-01]", "[entries.TX-02]")

    with pytest.raises(FileRefusedError, match="explains itself"):
        expert.knowledge_of(written(tmp_path, HEAD + entry(explained_by='["TX-02"]') + other + META + SOURCES), SMALL)


# an installation's own numbers


def test_without_a_file_the_shipped_knowledge_holds(tmp_path):
    assert expert.load_knowledge(None, made.tables()) is made.knowledge()
    assert expert.load_knowledge(tmp_path / "nothing.toml", made.tables()) is made.knowledge()


def test_a_number_of_ours_can_be_changed(tmp_path):
    text = '[LP-01]\nwhy = "our pools are wide"\n[LP-01.when]\n"lp.in_range_share <" = 0.2\n'

    found = expert.load_knowledge(written(tmp_path, text), made.tables())

    assert found.entries["LP-01"].threshold.why == "our pools are wide"
    case = Case(made.NOW, {"lp.in_range_share": 0.3})
    assert [each.id for each in diagnose(case, made.knowledge()).findings] == ["LP-01"]
    assert diagnose(case, found).findings == ()
    case = Case(made.NOW, {"lp.in_range_share": 0.1})
    (finding,) = diagnose(case, found).findings
    assert "below 20\N{NO-BREAK SPACE}%" in finding.sentence
    assert {name: each for name, each in found.entries.items() if name != "LP-01"} == {
        name: each for name, each in made.knowledge().entries.items() if name != "LP-01"
    }


def test_one_of_two_bounds_of_a_feature_can_be_changed(tmp_path):
    text = '[CMP-04.when]\n"cmp.kyc_days_left <" = 45\n'

    changed = expert.load_knowledge(written(tmp_path, text), made.tables()).entries["CMP-04"].signal.when.every

    assert [(each.operator, each.value) for each in changed] == [("<", 45), (">=", 0)]


@pytest.mark.parametrize(
    "name", [name for name, each in made.knowledge().entries.items() if each.threshold.basis is Basis.POLICY]
)
def test_every_number_of_a_policy_can_be_changed(tmp_path, name):
    asked = [
        each for each in made.knowledge().entries[name].signal.when.comparisons
        if not each.other and not isinstance(each.value, bool | str) and not each.feature.startswith("stat.")
    ]  # fmt: skip
    lines = [f'"{each.feature} {each.operator}" = {float(each.value) + 1}' for each in asked]
    path = written(tmp_path, "\n".join([f"[{name}.when]", *lines]))

    found = expert.load_knowledge(path, made.tables()).entries[name].signal.when.comparisons

    now = {(each.feature, each.operator): each.value for each in found}
    assert all(now[each.feature, each.operator] == each.value + 1 for each in asked)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("[LP-99.when]\n", 1, "no entry `LP-99`"),
        ('[LEND-01.when]\n"lend.hf <" = 2\n', 1, "come from a source"),
        ('[ZK-12.when]\n"mine.shares_expected >=" = 2\n', 1, "come from a statistics"),
        ('[LP-01.when]\n\n"lp.in_range_share >" = 2\n', 3, 'there are "lp.in_range_share <"'),
        ('[LP-01]\nwhen = { "lp.in_range_share <" = "low" }\n', 2, "expected `float`"),
        ('[LP-01]\nwhen = { "lp.in_range_share <" = nan }\n', 2, "finite"),
        ("[LP-01]\nseverity = 'info'\n", 2, "unknown field `severity`"),
        ("LP-01 = 3\n", 1, "expected `object`"),
        ('[TX-02.when]\n"stat.p_own <" = 0.5\n', 2, "share of false alarms"),
        ('[PRV-07.when]\n"prove.concurrent >=" = 2\n', 2, "has no number"),
        ('[SEC-07.when]\n"sec.login_success_after_fail ==" = 1\n', 2, "there is none"),
        ("[LP-01\n", 1, "not valid TOML"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_by_line(tmp_path, text, line, says):
    with pytest.raises(FileRefusedError) as refused:
        expert.load_knowledge(written(tmp_path, text), made.tables())

    assert says.lower() in str(refused.value).lower()
    assert refused.value.line == line
    assert re.search("was not changed$", str(refused.value))
