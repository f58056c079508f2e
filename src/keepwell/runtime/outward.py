"""Which ways out there are, as the settings say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from keepwell.channels.console import Console
from keepwell.channels.in_app import InApp
from keepwell.channels.letter import Audience, Channel
from keepwell.config.settings import SettingRefusedError, Settings
from keepwell.store.database import Session
from keepwell.store.outbox import Entry

ATTEMPTS = 8
LEASE_S = 120  # longer than any channel takes
NAMES: Mapping[str, str] = {
    "email": "KEEPWELL_SMTP_URL",
    "slack": "KEEPWELL_SLACK_URL or KEEPWELL_SLACK_TOKEN",
    "webhook": "KEEPWELL_WEBHOOK_URL",
    "apprise": "KEEPWELL_APPRISE_URL",
}
"""What sets a channel up. The console always is, and so are letters inside of the product, which are fetched."""


class Gate(Protocol):
    """Whether letters to customers may leave in this minute."""

    def look(self, entries: Sequence[Entry], now: int) -> None:
        """Compute what takes long, before the transaction of the claim."""
        ...

    def allows(self, session: Session, entry: Entry, now: int) -> bool:
        """Whether it may be claimed now; else the row says what becomes of it."""
        ...


@dataclass(frozen=True)
class Outward:
    """The rules of sending in this process, and the channels that are set up.

    Attributes:
        send: "nothing", "staff" or "all".
        per_hour: ordinary messages that one receiver gets in an hour.
        attempts: how often a message is tried.
        lease_s: how long a claim holds.
        gate: asked about letters to customers; without one none leaves.
    """

    channels: Mapping[str, Channel] = field(default_factory=dict)
    send: str = "nothing"
    per_hour: int = 10
    attempts: int = ATTEMPTS
    lease_s: int = LEASE_S
    gate: Gate | None = None

    def refusal(self, audience: str, channel: str) -> str | None:
        """Why a message to somebody may not leave by a channel; None when it may."""
        if self.send == "nothing":
            return "sending is switched off: KEEPWELL_SEND is `nothing`"
        if audience != Audience.STAFF and self.send != "all":
            return "only staff are sent to: KEEPWELL_SEND is `staff`"
        if channel not in self.channels:
            needs = f": {NAMES[channel]} is not set" if channel in NAMES else ""
            return f"the channel {channel} is not set up{needs}"
        return None


def outward(settings: Settings, clock: Callable[[], int]) -> Outward:
    """The channels that are set up. Each library is read only when its channel is.

    Raises:
        KeepwellError: an address, a secret or a package is not as it must be.
        SettingRefusedError: half a channel is set up, or one twice.
    """
    _complete(settings)
    made: Mapping[str, Channel | None] = {
        "console": Console(),
        "in_app": InApp(),
        "email": _email(settings, clock),
        "slack": _slack(settings),
        "webhook": _webhook(settings, clock),
        "apprise": _apprise(settings),
    }
    channels = {name: channel for name, channel in made.items() if channel is not None}
    return Outward(channels, settings.send, settings.send_per_hour)


def _complete(settings: Settings) -> None:
    if settings.smtp_url and not settings.mail_from:
        raise SettingRefusedError("KEEPWELL_SMTP_URL needs KEEPWELL_MAIL_FROM")
    if settings.webhook_url and not settings.webhook_secret:
        raise SettingRefusedError("KEEPWELL_WEBHOOK_URL needs KEEPWELL_WEBHOOK_SECRET")
    if settings.slack_url and settings.slack_token:
        raise SettingRefusedError("KEEPWELL_SLACK_URL and KEEPWELL_SLACK_TOKEN exclude each other")


def _email(settings: Settings, clock: Callable[[], int]) -> Channel | None:
    if not (settings.smtp_url and settings.mail_from):
        return None
    from keepwell.channels.email import Email, server

    return Email(server(settings.smtp_url), settings.mail_from, clock)


def _slack(settings: Settings) -> Channel | None:
    if not (settings.slack_token or settings.slack_url):
        return None
    from keepwell.channels.guarded import Door
    from keepwell.channels.slack import Bot, IncomingWebhook

    door = Door(private=settings.private_targets)
    return Bot(settings.slack_token, door) if settings.slack_token else IncomingWebhook(settings.slack_url or "", door)


def _webhook(settings: Settings, clock: Callable[[], int]) -> Channel | None:
    if not (settings.webhook_url and settings.webhook_secret):
        return None
    from keepwell.channels.guarded import Door
    from keepwell.channels.webhook import Webhook

    door = Door(private=settings.private_targets)
    return Webhook(settings.webhook_url, settings.webhook_secret.split(), clock, door)


def _apprise(settings: Settings) -> Channel | None:
    if not settings.apprise_url:
        return None
    from keepwell.channels.notify import Apprise

    return Apprise(settings.apprise_url)
