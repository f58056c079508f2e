"""`keepwell findings`: which diagnoses hold now, and of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from keepwell.base.errors import KeepwellError
from keepwell.cli.options import Data, Json, count, emit, plain, say, table, workspace

if TYPE_CHECKING:
    from keepwell.runtime.ports.findings import FindingLine, FindingsPart, Fleet, Group

MOST = 5000


class UnknownEntryError(KeepwellError):
    """An entry that the Expert does not have.

    Attributes:
        entry: the id that was asked for.
    """

    def __init__(self, entry: str) -> None:
        super().__init__(f"The Expert knows nothing called `{entry}`.")
        self.entry = entry


def findings(
    entry: Annotated[str | None, typer.Option(help="The customers of this diagnosis, such as TX-04.")] = None,
    domain: Annotated[str | None, typer.Option(help="Only diagnoses about this, such as rpc_api.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="At most this many lines.")] = 100,
    data: Data = None,
    json: Json = False,
) -> None:
    """Say which diagnoses hold now and of how many customers; or, with --entry, of whom.

    When nobody serves the data folder, they are brought up to date before.
    """
    if entry is not None and domain is not None:
        raise typer.BadParameter("needs --entry or --domain, not both")
    from keepwell.runtime.clock import now_us
    from keepwell.runtime.findings import StoredFindings
    from keepwell.runtime.offline import bring_up_to_date
    from keepwell.runtime.ports.findings import Wanted

    with workspace(data) as space:
        bring_up_to_date(space, now_us())
        book = StoredFindings(space, now_us)
        if entry is not None:
            _show_customers(entry, book.part(entry, None, limit), json=json)
        else:
            fleet = book.fleet()
            _show_fleet(fleet, Wanted(domain).among(fleet.groups)[:limit], json=json)


def _show_fleet(fleet: Fleet, groups: list[Group], *, json: bool) -> None:
    if json:
        emit([_group(each) for each in groups])
        return
    say(f"{count(fleet.diagnosed, 'customer')} diagnosed, {fleet.waiting:,} waiting.")
    if not groups:
        say("Nothing was found to be technically wrong, as far as it is known.")
        return
    table(
        f"{len(groups):,} {'diagnosis' if len(groups) == 1 else 'diagnoses'}",
        (
            "id", "severity", "diagnosis", "topic", "certainty", "domain", "whose", "customers", "known since (first)",
            "known since (latest)",
        ),
        [
            (
                each.entry, each.severity, each.title, each.topic, each.certainty, each.domain,
                "everybody's" if each.everybody else "customers'", f"{each.customers:,}", _second(each.first),
                _second(each.last),
            )
            for each in groups
        ],
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
        ("customer", "severity", "certainty", "whose", "since", "what is said"),
        [
            (
                plain(each.customer_name), each.episode.said.severity, each.episode.said.certainty,
                each.episode.said.scope, _second(each.episode.since), each.episode.said.sentence,
            )
            for each in part.lines
        ],
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
