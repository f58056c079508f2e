"""`keepwell findings`: which diagnoses hold now, and of whom."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.base.errors import KeepwellError
from keepwell.cli.options import Data, Json, count, emit, say, table, workspace

if TYPE_CHECKING:
    from keepwell.runtime.ports.findings import FindingLine, FindingsPart, Fleet, Group, Wanted

MOST = 5000


class DomainName(enum.StrEnum):
    """What a diagnosis is about."""

    META = "meta"
    SOLANA_TX = "solana_tx"
    SOLANA_DEX = "solana_dex"
    RPC_API = "rpc_api"
    ZKPOW = "zkpow"
    LP_YIELD = "lp_yield"
    BRIDGE = "bridge"
    LENDING = "lending"
    SECURITY = "security"
    COMPLIANCE = "compliance"


class SeverityName(enum.StrEnum):
    """How bad a diagnosis is."""

    CRITICAL = "critical"
    WARN = "warn"
    WATCH = "watch"
    INFO = "info"


class CertaintyName(enum.StrEnum):
    """How sure a diagnosis is."""

    ENTAILED = "entailed"
    INFERRED = "inferred"
    HINT = "hint"


class WhoseName(enum.StrEnum):
    """Whose trouble it is."""

    EVERYBODY = "everybody"
    CUSTOMERS = "customers"


Entry = Annotated[str | None, typer.Option("--entry", help="The customers of this diagnosis, such as TX-04.")]
Domain = Annotated[DomainName | None, typer.Option("--domain", help="Only diagnoses about this.")]
Severity = Annotated[SeverityName | None, typer.Option("--severity", help="Only those that are this bad.")]
Certainty = Annotated[CertaintyName | None, typer.Option("--certainty", help="Only those that are this sure.")]
Whose = Annotated[WhoseName | None, typer.Option("--whose", help="Only everybody's trouble, or customers' own.")]


class UnknownEntryError(KeepwellError):
    """An entry that the Expert does not have.

    Attributes:
        entry: the id that was asked for.
    """

    def __init__(self, entry: str) -> None:
        super().__init__(f"The Expert knows nothing called `{entry}`.")
        self.entry = entry


def findings(
    entry: Entry = None,
    *,
    domain: Domain = None,
    severity: Severity = None,
    certainty: Certainty = None,
    whose: Whose = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most this many lines.")] = 100,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say which diagnoses hold now and of how many customers; or, with --entry, of whom.

    When nobody serves the data folder, they are brought up to date before.
    """
    asked = (domain, severity, certainty)
    if entry is not None and any(each is not None for each in (*asked, whose)):
        raise typer.BadParameter("needs --entry or filters, not both")
    from keepwell.expert.library import entry_id
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.findings import StoredFindings
    from keepwell.runtime.offline import bring_up_to_date

    with workspace(data) as space:
        bring_up_to_date(space, now_us())
        book = StoredFindings(space, now_us)
        if entry is not None:
            _show_customers(entry, book.part(entry_id(entry), None, limit), json=json)
        else:
            fleet = book.fleet()
            groups = [each for each in _wanted(*asked).among(fleet.groups) if _is_of(whose, each)]
            _show_fleet(fleet, groups[:limit], json=json)


def _wanted(domain: DomainName | None, severity: SeverityName | None, certainty: CertaintyName | None) -> Wanted:
    from keepwell.expert.knowledge import Certainty as Sure
    from keepwell.expert.knowledge import Severity as Bad
    from keepwell.runtime.ports.findings import Wanted

    return Wanted(
        None if domain is None else domain.value,
        None if severity is None else Bad(severity.value),
        None if certainty is None else Sure(certainty.value),
    )


def _is_of(whose: WhoseName | None, group: Group) -> bool:
    return whose is None or group.everybody is (whose is WhoseName.EVERYBODY)


def _show_fleet(fleet: Fleet, groups: list[Group], *, json: bool) -> None:
    if json:
        emit([_group(each) for each in groups])
        return
    say(f"{count(fleet.diagnosed, 'customer')} diagnosed, {fleet.waiting:,} waiting.")
    if not groups:
        from keepwell.web.views.fleet import NARROWED, NOTHING

        say(NARROWED if fleet.groups else NOTHING)
        return
    table(
        f"{len(groups):,} {'diagnosis' if len(groups) == 1 else 'diagnoses'}",
        (
            "id",
            "severity",
            "diagnosis",
            "topic",
            "certainty",
            "domain",
            "whose",
            "customers",
            "known since (first)",
            "known since (latest)",
        ),
        [_row(each) for each in groups],
    )


def _row(group: Group) -> tuple[str, ...]:
    """One diagnosis in the words of the pages."""
    from keepwell.expert.finding import CERTAINTIES, SEVERITIES
    from keepwell.web.views.fleet import about
    from keepwell.web.views.observed import DOMAINS

    return (
        group.entry, SEVERITIES[group.severity], group.title, about(group.entry, group.topic),
        CERTAINTIES[group.certainty], DOMAINS.get(group.domain, group.domain),
        "everybody's" if group.everybody else "customers'", f"{group.customers:,}", _second(group.first),
        _second(group.last),
    )  # fmt: skip


def _show_customers(entry: str, part: FindingsPart | None, *, json: bool) -> None:
    """The customers of one diagnosis.

    Raises:
        UnknownEntryError: there is no such entry.
    """
    if part is None:
        raise UnknownEntryError(entry)
    if json:
        emit([_customer(each) for each in part.lines])
        return
    if not part.lines:
        say(f"{part.entry}, {part.title}: it is said of nobody now.")
        return
    table(
        f"{part.entry}, {part.title}: {count(part.customers, 'customer')}",
        ("id", "customer", "severity", "certainty", "whose", "known since", "what is said"),
        [_row_of(each) for each in part.lines],
    )


def _row_of(line: FindingLine) -> tuple[str, ...]:
    """One customer of a diagnosis in the words of the pages."""
    from keepwell.expert.finding import CERTAINTIES, SEVERITIES
    from keepwell.web.views.diagnosis import UNTOLD, WHOSE

    said = line.episode.said
    sure = CERTAINTIES[said.certainty]
    return (
        line.customer_id, line.customer_name, SEVERITIES[said.severity],
        sure if said.may_tell_customer else f"{sure}, {UNTOLD}", WHOSE[said.scope], _second(line.episode.since),
        said.sentence,
    )  # fmt: skip


def _group(group: Group) -> dict[str, object]:
    """The contract of the command line: one diagnosis."""
    from keepwell.base.time import to_rfc3339

    return {
        "entry": group.entry,
        "topic": group.topic,
        "title": group.title,
        "domain": group.domain,
        "severity": group.severity,
        "certainty": group.certainty,
        "everybody": group.everybody,
        "customers": group.customers,
        "first_since": to_rfc3339(group.first),
        "last_since": to_rfc3339(group.last),
    }


def _customer(line: FindingLine) -> dict[str, object]:
    """The contract of the command line: a diagnosis of one customer."""
    from keepwell.base.time import to_rfc3339

    episode, said = line.episode, line.episode.said
    return {
        "customer_id": line.customer_id,
        "customer_name": line.customer_name,
        "topic": episode.topic,
        "since": to_rfc3339(episode.since),
        "severity": said.severity,
        "certainty": said.certainty,
        "scope": said.scope,
        "sentence": said.sentence,
        "may_tell_customer": said.may_tell_customer,
        "observed": said.observed,
    }


def _second(instant: int) -> str:
    """A moment for a person: to the second, cut off."""
    from keepwell.base.time import SECOND_US, to_rfc3339

    return to_rfc3339(instant // SECOND_US * SECOND_US)
