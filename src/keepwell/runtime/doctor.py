"""Checks of a data folder, each with its finding in words."""

from __future__ import annotations

import sqlite3

import msgspec

from keepwell.base.time import to_rfc3339
from keepwell.config.refusal import FileRefusedError
from keepwell.events.catalog import Stream
from keepwell.runtime import foretelling
from keepwell.runtime.forecasts import StoredForecasts
from keepwell.runtime.polling import polling_of
from keepwell.runtime.workspace import Workspace
from keepwell.store import log
from keepwell.store.segments import FIRST, SegmentDamagedError, manifest


class Check(msgspec.Struct, frozen=True):
    """One check."""

    check: str
    ok: bool
    detail: str


def checks(workspace: Workspace, now: int) -> list[Check]:
    """All checks, in the order of the flow."""
    return [
        _database(workspace),
        _segments(workspace),
        _events(workspace),
        _scorecards(workspace),
        _scores(workspace),
        _forecasts(workspace, now),
        _solana(workspace),
    ]


def _database(workspace: Workspace) -> Check:
    if workspace.database.dialect != "sqlite":
        return Check("database", ok=True, detail=workspace.database.dialect)
    with workspace.database.read() as session:
        found = str(session.one("PRAGMA quick_check"))
    return Check("database", ok=found == "ok", detail=f"SQLite {sqlite3.sqlite_version}, one writer: {found}")


def _segments(workspace: Workspace) -> Check:
    with workspace.database.read() as session:
        listed = manifest(session, [*Stream, FIRST])
    try:
        workspace.segments.verify(listed)
    except SegmentDamagedError as error:
        return Check("segments", ok=False, detail=str(error))
    return Check("segments", ok=True, detail=f"{len(listed)} files, checksums right")


def _events(workspace: Workspace) -> Check:
    with workspace.database.read() as session:
        counted = log.mark(session, "watermark")
        kept = sum(each.rows for each in manifest(session, list(Stream))) + len(log.hot(session))
    return Check("events", ok=counted == kept, detail=f"{counted} accepted, {kept} kept")


def _scorecards(workspace: Workspace) -> Check:
    return Check("scorecards", ok=True, detail=", ".join(sorted(workspace.deck.cards)))


def _scores(workspace: Workspace) -> Check:
    with workspace.database.read() as session:
        newest = session.one("SELECT MAX(as_of) FROM score")
    detail = "not computed yet; `keepwell serve` does" if newest is None else f"as of {to_rfc3339(int(newest))}"
    return Check("scores", ok=True, detail=detail)


def _forecasts(workspace: Workspace, now: int) -> Check:
    """Whether the ledger of forecasts is as it was written, and the last round of forecasts came to its end."""
    with workspace.database.read() as session:
        failed = foretelling.failure(session)
    found = StoredForecasts(workspace.database, workspace.alarms, lambda: now).verify()
    if found.flaws:
        first = found.flaws[0]
        where = f"entry {first.entry}: " if first.entry else ""
        return Check("forecasts", ok=False, detail=f"{where}{first.what} ({len(found.flaws)} in all)")
    if failed is not None:
        return Check("forecasts", ok=False, detail=f"the round of {to_rfc3339(failed.at)} failed: {failed.because}")
    return Check("forecasts", ok=True, detail=f"{found.entries} entries in the ledger, each as it was written")


def _solana(workspace: Workspace) -> Check:
    """The file that says which node is asked; `keepwell serve` refuses to start while it is broken."""
    try:
        polling = polling_of(workspace)
    except FileRefusedError as error:
        return Check("solana", ok=False, detail=str(error))
    if polling is None:
        return Check("solana", ok=True, detail="no node is asked: there is no solana.toml")
    wallets = "linked wallets" if polling.linked else ""
    number = len(polling.addresses)
    given = f"{number} address{'' if number == 1 else 'es'}" if number else ""
    return Check("solana", ok=True, detail=f"{polling.host}: {' and '.join(each for each in (wallets, given) if each)}")
