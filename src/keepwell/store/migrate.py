"""Migrations: the schema is brought to the newest version when a database is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from keepwell.store.database import Database, DatabaseRefusedError

if TYPE_CHECKING:
    from alembic.config import Config

HERE = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Bring the schema to this version's; a newer database is refused, not touched.

    Alembic is needed, and read, only when there is something to do.

    Raises:
        DatabaseRefusedError: the database was made by a newer Keepwell.
    """
    ours = revisions()
    current = _current(database)
    if current == ours[-1]:
        return
    if current is not None and current not in ours:
        raise DatabaseRefusedError(
            f"this data was written by a newer Keepwell (schema {current}). Nothing was changed; install that version"
        )
    from alembic import command

    command.upgrade(_config(database), "head")


def revisions() -> list[str]:
    """The versions of the schema, the newest last: the numbers with which the files of the migrations begin."""
    return sorted(path.name.partition("_")[0] for path in (HERE / "versions").glob("[0-9]*.py"))


def _current(database: Database) -> str | None:
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _config(database: Database) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.attributes["engine"] = database.engine
    return config
