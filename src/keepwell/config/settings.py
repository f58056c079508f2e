"""The one table of settings: from the environment (`KEEPWELL_...`), secrets also from files (`..._FILE`)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from keepwell.alerts.hours import Calendar, Span
from keepwell.base.errors import KeepwellError, MisconfiguredError
from keepwell.config.hooks import hook_variable
from keepwell.config.hours import HoursRefusedError, week_of
from keepwell.config.refusal import FileRefusedError

DEFAULT_DATA = Path("keepwell-data")
DATABASE_FILE = "keepwell.sqlite"

SECRETS = (
    "database_url", "oidc_client_secret", "smtp_url", "slack_url", "slack_token", "webhook_secret", "apprise_url",
    "solana_key",
    "model_key", "imap_url",
)  # fmt: skip
"""Settings that may also be read from a file named by NAME_FILE."""
SENDS = ("nothing", "staff", "all")
ROLES = ("viewer", "csm", "admin", "none")


class SettingRefusedError(KeepwellError):
    """A setting that cannot be followed."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"{problem}. Nothing was started")


class Settings(BaseSettings):
    """Everything that can be set. Behaviour (scorecards, maps) is data in files, not a setting."""

    model_config = SettingsConfigDict(env_prefix="KEEPWELL_", extra="ignore")

    data: Path = Field(
        default=DEFAULT_DATA, description="The data folder; `keepwell demo` makes a folder of its own below it"
    )
    database_url: str | None = Field(
        default=None,
        description="SQLAlchemy URL of a PostgreSQL database; SQLite in the data folder when not set",
    )
    persona: str = Field(
        default="Jennifer Williams",
        description="In whose name letters to customers are written, and whom the overview greets after the login link",
    )
    persona_title: str = Field(
        default="Customer Success Manager",
        description="What the persona is, below their name in messages; may be empty",
    )
    public_url: str | None = Field(
        default=None, description="Where the outside world finds Keepwell, when a proxy stands before it"
    )
    heartbeat_url: str | None = Field(
        default=None,
        description="An address asked once a minute while everybody is watched, for a dead-man's switch outside",
    )
    oidc_issuer: str | None = Field(
        default=None, description="Address of the OpenID Connect provider for single sign-on, as it names itself"
    )
    oidc_client_id: str | None = Field(default=None, description="The name under which the provider knows Keepwell")
    oidc_client_secret: str | None = Field(default=None, description="The secret that the provider gave Keepwell")
    oidc_role_claim: str | None = Field(
        default=None,
        description="Claim that decides the role at every login; when not set, people begin as viewers",
    )
    oidc_roles: str = Field(
        default="viewer=viewer,csm=csm,admin=admin,none=none",
        description="What values of the claim mean: VALUE=ROLE, separated by commas; the role none keeps people out",
    )
    send: str = Field(
        default="nothing",
        description="Whom messages may reach: nobody, our own staff, or customers too (`nothing`, `staff`, `all`)",
    )
    send_per_hour: int = Field(
        default=10,
        ge=1,
        description="How many messages one receiver gets in an hour; further ones wait and come as one, urgent ones at"
        " once",
    )
    smtp_url: str | None = Field(
        default=None, description="The mail server: `smtp`, `smtps` or `starttls`, then `://user:password@host:port`"
    )
    mail_from: str | None = Field(default=None, description="Who mail is from, as `Keepwell <keepwell@example.org>`")
    reply_to: str | None = Field(
        default=None, description="Where customers' answers to mail go; the sender's own address when not set"
    )
    dry_run: bool = Field(
        default=True, description="Whether messages to customers are only shown, also when they may be sent to"
    )
    send_to: str = Field(
        default="",
        description="The only customers' addresses and domains (`@example.org`) that may be written to, separated by"
        " commas; all when empty",
    )
    score_told: bool = Field(default=True, description="Whether messages may tell customers their score")
    contact_hours: str = Field(
        default="mon-fri 08:00-19:00",
        description="When customers may be written to, by the clock where they are; several spans with commas",
    )
    customers_per_hour: int = Field(
        default=50, ge=1, description="How many messages to customers leave in an hour, all together"
    )
    imap_url: str | None = Field(
        default=None,
        description="The mailbox that answers come to: `imaps://user:password@host:port/FOLDER`; it is only read",
    )
    slack_url: str | None = Field(default=None, description="Address of an incoming webhook of Slack")
    slack_token: str | None = Field(
        default=None, description="Token of a Slack bot, which can post to any channel it is in; instead of the address"
    )
    webhook_url: str | None = Field(default=None, description="Where a program of yours takes messages")
    webhook_secret: str | None = Field(
        default=None, description="Secrets (`whsec_...`) that these are signed with; two, with a blank, while replacing"
    )
    apprise_url: str | None = Field(
        default=None, description="An address of Apprise, for everything else; needs the extra `notify`"
    )
    solana_key: str | None = Field(
        default=None, description="What stands for `{key}` in the endpoint of `solana.toml`: the key of an RPC provider"
    )
    private_targets: bool = Field(
        default=False, description="Whether Slack's and the webhook's addresses may be private ones, and plain HTTP"
    )

    model_url: str | None = Field(
        default=None,
        description="Where an OpenAI-compatible language model is asked, as `https://host/v1`; none is asked when not"
        " set",
    )
    model_name: str | None = Field(default=None, description="The name of the language model")
    model_key: str | None = Field(default=None, description="The key by which the language model knows Keepwell")
    model_private: bool = Field(
        default=False, description="Whether the model's address may be a private one, and plain HTTP"
    )
    model_timeout_s: float = Field(
        default=30.0, gt=0, le=600, description="Seconds until a language model that does not answer is given up"
    )
    model_tokens_per_day: int = Field(
        default=200_000, ge=0, description="Tokens that may be used in a UTC day, questions and answers together"
    )
    model_cost_per_day: float = Field(
        default=1.0, ge=0, allow_inf_nan=False, description="What may be spent in a UTC day, once the price is set"
    )
    model_price: float = Field(
        default=0.0, ge=0, allow_inf_nan=False, description="What a million tokens cost; at 0 only tokens are counted"
    )

    @model_validator(mode="after")
    def _can_send(self) -> Self:
        """Refuse an audience that is none, and hours that are none.

        Raises:
            SettingRefusedError: nobody knows whom to send to, or when.
        """
        if self.send not in SENDS:
            raise SettingRefusedError(f"KEEPWELL_SEND is `{self.send}`; there are {', '.join(SENDS)}")
        self.contact_week()
        if self.send == "all" and not self.dry_run and not self.public_url:
            msg = "KEEPWELL_SEND=all needs KEEPWELL_PUBLIC_URL, where customers can say that they want no more letters"
            raise SettingRefusedError(msg)
        return self

    def contact_week(self) -> tuple[tuple[Span, ...], ...]:
        """The hours in which customers may be written to, Monday first.

        Raises:
            SettingRefusedError: they are not written as hours are, overlap, or never open.
        """
        try:
            week = week_of([each.strip() for each in self.contact_hours.split(",") if each.strip()])
            Calendar("UTC", week)
        except (HoursRefusedError, MisconfiguredError) as error:
            raise SettingRefusedError(f"KEEPWELL_CONTACT_HOURS: {error}") from None
        return week

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Refuse half a single sign-on, half a model, and a heartbeat that nobody can hear.

        Raises:
            SettingRefusedError: a part is missing, a role is none of ours, or an address is none.
        """
        if self.oidc_issuer and not (self.oidc_client_id and self.oidc_client_secret):
            raise SettingRefusedError("KEEPWELL_OIDC_ISSUER needs KEEPWELL_OIDC_CLIENT_ID and _CLIENT_SECRET")
        unknown = sorted(set(self.oidc_role_names().values()) - set(ROLES))
        if unknown:
            raise SettingRefusedError(f"KEEPWELL_OIDC_ROLES has a role `{unknown[0]}`; there are {', '.join(ROLES)}")
        if bool(self.model_url) != bool(self.model_name):
            raise SettingRefusedError("KEEPWELL_MODEL_URL and KEEPWELL_MODEL_NAME need each other")
        if self.model_url and not _is_address(self.model_url):
            raise SettingRefusedError("KEEPWELL_MODEL_URL is no address; it begins with https:// or http://")
        if self.heartbeat_url and not _is_address(self.heartbeat_url):
            raise SettingRefusedError("KEEPWELL_HEARTBEAT_URL is no address; it begins with http:// or https://")
        return self

    def oidc_role_names(self) -> dict[str, str]:
        """Roles by values of the claim."""
        pairs = (entry.rpartition("=") for entry in self.oidc_roles.split(",") if entry.strip())
        return {value.strip(): role.strip() for value, _, role in pairs}

    @field_validator("data", mode="before")
    @classmethod
    def _not_empty(cls, data: object) -> object:
        """An empty variable is one that is not set; an empty persona, however, is nobody to greet."""
        return data if data != "" else DEFAULT_DATA

    def database(self) -> str:
        """The database to open."""
        return self.database_url or f"sqlite:///{self.data.absolute() / DATABASE_FILE}"


def load_settings(data: Path | None = None) -> Settings:
    """Read the settings; an explicit data folder wins over the environment.

    Raises:
        FileRefusedError: the file of a secret cannot be read.
        SettingRefusedError: settings that do not go together.
    """
    given: dict[str, Any] = {}
    for name in SECRETS:
        secret = os.environ.get(f"KEEPWELL_{name.upper()}_FILE")
        if secret:
            given[name] = read_secret(Path(secret))
    if data is not None:
        given["data"] = data
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise SettingRefusedError(f"KEEPWELL_{name}: {first['msg']}") from None


def _is_address(text: str) -> bool:
    try:
        found = urlsplit(text)
    except ValueError:
        return False
    return found.scheme in ("http", "https") and bool(found.hostname) and text.isprintable() and " " not in text


def unread_variables(hooks: Iterable[str]) -> list[str]:
    """Environment variables that begin like settings and mean nothing; `hooks` are the names of the webhooks."""
    prefix = str(Settings.model_config["env_prefix"])
    read = {f"{prefix}{name.upper()}" for name in Settings.model_fields}
    read |= {f"{prefix}{name.upper()}_FILE" for name in SECRETS}
    read |= {f"{hook_variable(name)}{end}" for name in hooks for end in ("", "_FILE")}
    return sorted(name for name in os.environ if name.upper().startswith(prefix) and name.upper() not in read)


def read_secret(path: Path) -> str:
    """What a file holds, without blanks around it.

    Raises:
        FileRefusedError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise FileRefusedError(path, None, "the file of a secret cannot be read", "Nothing was started") from None
