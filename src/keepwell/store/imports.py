"""Runs of file imports: how far each got, so that a killed one goes on where it stopped."""

from __future__ import annotations

import msgspec

from keepwell.store.database import Session


class ImportRun(msgspec.Struct):
    """Progress of one file. `reasons` counts refused rows by reason."""

    fingerprint: str
    path: str
    rows_done: int = 0
    accepted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    reasons: dict[str, int] = {}
    finished_at: int | None = None


_FIELDS = (
    "fingerprint",
    "path",
    "rows_done",
    "accepted",
    "duplicates",
    "conflicts",
    "reasons",
    "finished_at",
)


def unfinished(session: Session, fingerprint: str) -> ImportRun | None:
    """The run of this content that was cut off, if there is one."""
    rows = session.run(
        f"SELECT {', '.join(_FIELDS)} FROM import_run WHERE fingerprint = ? AND finished_at IS NULL",
        (fingerprint,),
    )
    if not rows:
        return None
    found = dict(zip(_FIELDS, rows[0], strict=True))
    return msgspec.convert({**found, "reasons": msgspec.json.decode(str(found["reasons"]))}, ImportRun)


def save(session: Session, run: ImportRun) -> None:
    """Write the progress of a run."""
    values = [getattr(run, name) for name in _FIELDS]
    values[_FIELDS.index("reasons")] = msgspec.json.encode(run.reasons).decode()
    changes = ", ".join(f"{name} = excluded.{name}" for name in _FIELDS[1:])
    marks = ", ".join("?" for _ in _FIELDS)
    session.run(
        f"INSERT INTO import_run ({', '.join(_FIELDS)}) VALUES ({marks})"
        f" ON CONFLICT (fingerprint) DO UPDATE SET {changes}",
        values,
    )
