"""Migrations: the schema is brought to the newest version when a database is opened."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from keepwell.store.database import Database, DatabaseRefusedError


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["engine"] = database.engine
    return config


def upgrade(database: Database) -> None:
    """Bring the schema to this version's; a newer database is refused, not touched.

    Raises:
        DatabaseRefusedError: the database was made by a newer Keepwell.
    """
    config = _config(database)
    scripts = ScriptDirectory.from_config(config)
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    try:
        if current is not None:
            scripts.get_revision(current)
    except CommandError:
        raise DatabaseRefusedError(
            f"this data was written by a newer Keepwell (schema {current}). Nothing was changed; install that version"
        ) from None
    command.upgrade(config, "head")
