"""The knowledge base as pages: the list that is searched, and one entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keepwell.expert.finding import CERTAINTIES, OPENING
from keepwell.expert.judging import ENOUGH, Accuracies, digest
from keepwell.expert.knowledge import Certainty, Entry, Knowledge
from keepwell.expert.search import Code, Results
from keepwell.expert.signal import Comparison, Signal
from keepwell.runtime.ports.knowledge import Library, VerdictLine
from keepwell.web.views import links, verdicts, words
from keepwell.web.views.alert_rows import SeverityMark
from keepwell.web.views.observed import (
    DOMAINS,
    NEEDS,
    SEVERITIES,
    Condition,
    Part,
    check_filters,
    condition,
    linked,
    meaning,
    options,
)

SHOWN_CODES = 40
SHOWN_VERDICTS = 50
BASES = {
    "source": "the number is in the code or the document cited",
    "statistics": "the number follows from an exact test or a simulation",
    "policy": "the number is ours; knowledge.toml in the data folder may change it",
}
Choice = tuple[str, str, Sequence[tuple[str, str, bool]]]
"""A select: label, name and options."""


@dataclass(frozen=True)
class Wish:
    """What is looked for; an empty filter narrows nothing."""

    query: str = ""
    domain: str = ""
    severity: str = ""
    certainty: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.domain or self.severity or self.certainty)

    def admits(self, entry: Entry) -> bool:
        """Whether the filters let an entry through."""
        asked = (self.domain, self.severity, self.certainty)
        has = (entry.domain, entry.severity, entry.certainty)
        return all(not one or one == other for one, other in zip(asked, has, strict=True))


def wish(query: str, domain: str, severity: str, certainty: str) -> Wish:
    """What is looked for.

    Raises:
        UnknownExpertFilter: there is no such domain, severity or certainty.
    """
    check_filters(domain, severity, certainty)
    return Wish(query.strip(), domain, severity, certainty)


@dataclass(frozen=True)
class EntryRow:
    """One entry as a line."""

    id: str
    href: str
    title: str
    severity: SeverityMark
    certainty: str
    domain: str
    diagnosis: str
    judged: str


@dataclass(frozen=True)
class CodeRow:
    """One code of the tables: what it is called where, and the entries that explain it, as id and address."""

    program: str
    number: str
    meant: Sequence[tuple[str, str]]
    reference: Sequence[Part]
    entries: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class KnowledgeView:
    """The page that is searched. `found` counts, `accuracy` is the figure as a whole."""

    wish: Wish
    selects: Sequence[Choice]
    every: str
    found: str
    rows: Sequence[EntryRow]
    codes: Sequence[CodeRow]
    codes_more: int
    refused: str
    figure: str
    accuracies: Sequence[verdicts.AccuracyRow]
    enough: int = ENOUGH


def page(library: Library, results: Results, asked: Wish, counted: Accuracies) -> KnowledgeView:
    """The list; without a query all entries."""
    rows = [_row(each, asked, counted) for each in results.entries if asked.admits(each)]
    codes = [] if asked.narrowed else [code_row(each, asked.query) for each in results.codes]
    return KnowledgeView(
        wish=asked, selects=_selects(asked), every=links.knowledge(q=asked.query),
        found=_found(rows, codes, library, asked), rows=rows, codes=codes[:SHOWN_CODES],
        codes_more=max(len(codes) - SHOWN_CODES, 0), refused=library.refused, figure=verdicts.figure(counted.overall),
        accuracies=[
            verdicts.row("All", counted.overall),
            *(verdicts.row(CERTAINTIES[each].capitalize(), counted.by_certainty[each]) for each in Certainty),
        ],
    )  # fmt: skip


def _found(rows: Sequence[EntryRow], codes: Sequence[CodeRow], library: Library, asked: Wish) -> str:
    if not asked.query and not asked.narrowed:
        return f"{len(library.knowledge.entries):,} entries."
    if asked.query and not rows and not codes:
        return f"Nothing was found for \N{LEFT DOUBLE QUOTATION MARK}{asked.query}\N{RIGHT DOUBLE QUOTATION MARK}."
    entries = f"{len(rows):,} of {len(library.knowledge.entries):,} entries"
    return f"{entries}, and {words.count(len(codes), 'error')} of the tables." if codes else f"{entries}."


def _selects(asked: Wish) -> Sequence[Choice]:
    severities = {each.value: mark.label for each, mark in SEVERITIES.items()}
    certainties = {each.value: said.capitalize() for each, said in CERTAINTIES.items()}
    return [
        ("Domain", "domain", options(DOMAINS, asked.domain, "All")),
        ("Severity", "severity", options(severities, asked.severity, "All")),
        ("Certainty", "certainty", options(certainties, asked.certainty, "All")),
    ]


def _row(entry: Entry, asked: Wish, counted: Accuracies) -> EntryRow:
    judged = counted.of(entry.id)
    return EntryRow(
        entry.id, links.entry(entry.id, q=asked.query), entry.title, SEVERITIES[entry.severity],
        CERTAINTIES[entry.certainty], DOMAINS.get(entry.domain, entry.domain), entry.diagnosis,
        verdicts.figure(judged) if judged.judged else "",
    )  # fmt: skip


def code_row(code: Code, query: str = "") -> CodeRow:
    number = code.hexadecimal if code.number is None else f"{code.number} ({code.hexadecimal})"
    return CodeRow(
        code.program, number, list(zip(code.names, code.meaning, strict=True)), linked(code.reference),
        [(each, links.entry(each, q=query)) for each in code.entries],
    )  # fmt: skip


# ---------------------------------------------------------------------- one entry


@dataclass(frozen=True)
class SaidRow:
    """A verdict: `changed` when the entry said something else then."""

    verdict: str
    person: str
    when: str
    customer: str
    href: str
    note: str
    told: str
    changed: bool


@dataclass(frozen=True)
class EntryView:
    """All that is known of an entry.

    `listed` are observations of which `enough` are needed, each sort with its members; `every` must all hold, of
    `some` at least one. `changed` says that the numbers are this installation's own.
    """

    id: str
    title: str
    severity: SeverityMark
    certainty: str
    domain: str
    domain_href: str
    confidential: bool
    diagnosis: str
    back: str
    query: str
    enough: str
    listed: Sequence[tuple[str, Sequence[str]]]
    every: Sequence[Condition]
    some: Sequence[Condition]
    basis: str
    why: str
    changed: bool
    causes: Sequence[str]
    actions: Sequence[str]
    needs: Sequence[str]
    codes: Sequence[CodeRow]
    references: Sequence[Sequence[Part]]
    figure: str
    said: Sequence[SaidRow]


def entry(library: Library, found: Entry, counted: Accuracies, said: Sequence[VerdictLine], query: str) -> EntryView:
    """The page of an entry."""
    before = library.shipped.entries[found.id].signal.when
    when, knowledge = found.signal.when, library.knowledge
    codes = [code for _, code in library.index.codes if found.id in code.entries]
    every, some = _conditions(when.every, before.every, knowledge), _conditions(when.some, before.some, knowledge)
    now = digest(found)
    return EntryView(
        id=found.id, title=found.title, severity=SEVERITIES[found.severity], certainty=CERTAINTIES[found.certainty],
        domain=DOMAINS.get(found.domain, found.domain), domain_href=links.knowledge(domain=found.domain),
        confidential=found.confidential, diagnosis=OPENING[found.certainty] + found.diagnosis,
        back=links.knowledge(q=query), query=query,
        enough=_enough(found.signal), listed=_listed(found.signal, codes), every=every, some=some,
        basis=BASES[found.threshold.basis], why=found.threshold.why,
        changed=any(each.was for each in (*every, *some)), causes=found.causes, actions=found.actions,
        needs=_needs(found, knowledge), codes=[code_row(each) for each in codes],
        references=[linked(each) for each in knowledge.references[found.id]],
        figure=verdicts.figure(counted.of(found.id)), said=[_said(each, now) for each in said],
    )  # fmt: skip


def _conditions(used: Sequence[Comparison], shipped: Sequence[Comparison], knowledge: Knowledge) -> Sequence[Condition]:
    return [condition(each, before, knowledge) for each, before in zip(used, shipped, strict=True)]


def _enough(signal: Signal) -> str:
    return "One of" if signal.least == 1 else f"At least {signal.least} of"


def _listed(signal: Signal, codes: Sequence[Code]) -> Sequence[tuple[str, Sequence[str]]]:
    """Observations of which one is enough, in words."""
    programs: dict[str, list[str]] = {}
    for code in codes:
        number = f" ({code.number}, {code.hexadecimal})" if code.number is not None else ""
        selector = f" ({code.hexadecimal})" if code.number is None and code.hexadecimal else ""
        programs.setdefault(code.program, []).append(f"{' or '.join(code.names)}{number}{selector}")
    chain = {"solana": "Solana", "evm": "EVM chains"}.get(signal.chain, signal.chain)
    told: list[tuple[str, Sequence[str]]]
    told = [(f"Errors of {program}", names) for program, names in programs.items()]
    told += [(f"JSON-RPC codes on {chain}", _texts(signal.rpc_errors)), ("HTTP status", _texts(signal.http))]
    told += [(f"Errors of {each.api}", _texts(each.codes)) for each in signal.api_codes]
    told += [
        ("Stratum numbers of rejected shares", _texts(signal.pool_codes)), ("Codes of the prover", signal.codes),
        ("Ends of proof requests", signal.outcomes), ("States of a bridge message", signal.states),
        ("Texts in a message", signal.messages),
    ]  # fmt: skip
    if signal.decode:
        told.append(("Errors", ["any that is not decoded with certainty"]))
    return [each for each in told if each[1]]


def _texts(codes: Sequence[int | str]) -> Sequence[str]:
    return list(map(str, codes))


def _needs(found: Entry, knowledge: Knowledge) -> Sequence[str]:
    """What has to be observed, each thing once."""
    kinds = [NEEDS[kind] for kind in found.signal.kinds]
    features = [meaning(name, knowledge) for each in found.signal.when.comparisons for name in each.features]
    return list(dict.fromkeys([*kinds, *features]))


def _said(line: VerdictLine, now: str) -> SaidRow:
    return SaidRow(
        verdicts.WORDS[line.verdict].capitalize(), line.person, words.moment(line.at), line.customer_id,
        links.expert(line.customer_id), line.note, line.told, line.digest != now,
    )  # fmt: skip
