"""The one table of settings: from the environment (`KEEPWELL_...`), secrets also from files (`..._FILE`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from keepwell.config.refusal import FileRefusedError

DEFAULT_DATA = Path("keepwell-data")


class Settings(BaseSettings):
    """Everything that can be set. Behaviour (scorecards, maps) is data in files, not a setting."""

    model_config = SettingsConfigDict(env_prefix="KEEPWELL_", extra="ignore")

    data: Path = Field(default=DEFAULT_DATA, description="The data folder")
    database_url: str | None = Field(
        default=None,
        description="SQLAlchemy URL of a PostgreSQL database; SQLite in the data folder when not set",
    )
    persona: str = Field(default="Jennifer Williams", description="The customer-success manager the pages greet")

    @field_validator("data", mode="before")
    @classmethod
    def _not_empty(cls, data: object) -> object:
        """An empty variable is one that is not set; an empty persona, however, is nobody to greet."""
        return data if data != "" else DEFAULT_DATA

    def database(self) -> str:
        """The database to open."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'keepwell.sqlite'}"


def load_settings(data: Path | None = None) -> Settings:
    """Read the settings; an explicit data folder wins over the environment.

    Raises:
        FileRefusedError: the file of a secret cannot be read.
    """
    given: dict[str, Any] = {}
    secret = os.environ.get("KEEPWELL_DATABASE_URL_FILE")
    if secret:
        given["database_url"] = _secret(Path(secret))
    if data is not None:
        given["data"] = data
    return Settings(**given)


def _secret(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise FileRefusedError(path, None, "the file of a secret cannot be read", "Nothing was started") from None
