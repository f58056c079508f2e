"""Reception: tracking requests and webhooks become parcels for the worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import msgspec

from keepwell.base.errors import KeepwellError
from keepwell.config.hooks import hook_secrets, hook_variable
from keepwell.config.webhooks import load_webhooks
from keepwell.runtime.directory import Directory
from keepwell.runtime.intake import Intake, Sender
from keepwell.runtime.mailroom import MailRoom
from keepwell.runtime.ports import reception as port
from keepwell.runtime.ports.access import Scope
from keepwell.runtime.pressing import Buttons
from keepwell.runtime.refusals import Refusals
from keepwell.runtime.texts import sentiment
from keepwell.runtime.worker import Worker
from keepwell.sources import tracking
from keepwell.sources.body import MAX_WIRE
from keepwell.sources.delivery import Delivery, UnverifiedError
from keepwell.sources.mail import delivery as mail
from keepwell.sources.mapper.compile import compile_map
from keepwell.sources.sent import Batch, BodyRefusedError, BodyTooLargeError
from keepwell.sources.slack.interaction import interaction
from keepwell.sources.webhooks import WEBHOOKS, Webhook, mapped
from keepwell.store.keys import Key
from keepwell.store.payloads import Payload

EVENTS_PER_SECOND = 200_000  # of one key; more is this sender's fault alone
SLACK = "slack"
SECRET_HEADERS = ("authorization", "cookie", "x-write-key")


class Keys(Protocol):
    """Where keys are found."""

    def find(self, secret: str) -> Key | None: ...


@dataclass(frozen=True)
class Hands:
    """Who does what is more than taking events in; None where nobody does."""

    buttons: Buttons | None = None
    mailroom: MailRoom | None = None


class LiveReception:
    """Implements the `Reception` port over a worker. Used by one thread, that of the event loop."""

    largest = MAX_WIRE

    def __init__(self, worker: Worker, keys: Keys, clock: Callable[[], int], hands: Hands | None = None) -> None:
        hands = hands or Hands()
        self._worker = worker
        self._buttons = hands.buttons
        self._mailroom = hands.mailroom
        self._keys = keys
        self._clock = clock
        self.refusals = Refusals(clock)
        self._directory = Directory(worker.workspace.database)
        self._intake = Intake(self._directory, sentiment)
        self._hooks = hooks_of(worker)
        self._second: tuple[int, dict[str, int]] = (0, {})
        worker.lost = self._directory.doubt

    def is_tracking(self, path: str) -> bool:
        return path.rstrip("/") in tracking.READERS

    def track(self, path: str, headers: Mapping[str, str], body: bytes) -> Future[port.Received]:
        now = self._clock()
        secret = tracking.key_of(headers)
        key = self._key(secret) if secret else None  # a stranger's body is not even read, when the key is outside
        with _translated():
            batch = tracking.read(path, headers, body, now)
        if key is None:
            key = self._key(tracking.key_of(headers, batch))
        source = f"key:{key.id}"
        self._not_too_many(source, len(batch.items), now)
        limited = key.outside if key.events or key.customers else None
        return self._worker.submit(self._intake.parcel(Sender(source, limited), batch, now))

    def deliver(self, name: str, delivered: port.Delivered) -> Future[port.Received] | port.Reply:
        hook = self._hooks.get(name)
        secrets = hook_secrets(name)
        if hook is None or not secrets:
            raise port.UnknownHookError(name, hook_variable(name))
        now = self._clock()
        delivery = Delivery(delivered.method, delivered.url, delivered.headers, delivered.body, now)
        with _translated():
            hook.verify(delivery, secrets)
            if name == mail.NAME and self._mailroom is not None:
                return self._mailroom.deliver(mail.mail_of(delivery))
            pressed = interaction(delivery) if name == SLACK and self._buttons is not None else None
            if pressed is not None and pressed.kind == "block_actions" and self._buttons is not None:
                return self._buttons.press(pressed)
            reply = hook.reply(delivery)
            batch = None if reply is not None else hook.parse(delivery)
        if reply is not None:
            return port.Reply(reply.body.encode(), reply.content_type, reply.status)
        sender = Sender(f"hook:{name}", verified=True)
        parcel = self._intake.parcel(sender, batch or Batch(()), now, _payload(delivered))
        return self._worker.submit(parcel)

    def refused(self, path: str, error: KeepwellError) -> None:
        self.refusals.add(path, error)

    def _key(self, secret: str | None) -> Key:
        key = self._keys.find(secret) if secret else None
        if key is None or Scope.INGEST not in key.scopes:
            raise port.UnknownKeyError
        return key

    def _not_too_many(self, source: str, items: int, now: int) -> None:
        """Bound what one key sends in one second."""
        second = now // 1_000_000
        if self._second[0] != second:
            self._second = (second, {})
        sent = self._second[1].get(source, 0) + items
        if sent > EVENTS_PER_SECOND:
            raise port.LaterError("This key sends too many events in one second", 1, sender=True)
        self._second[1][source] = sent


@contextmanager
def _translated() -> Iterator[None]:
    """What senders do wrong, in the words of the port."""
    try:
        yield
    except BodyTooLargeError as error:
        raise port.TooLargeError(error.limit) from None
    except BodyRefusedError as error:
        raise port.UnreadableError(str(error)) from None
    except UnverifiedError as error:
        raise port.NotVerifiedError(str(error)) from None


def hooks_of(worker: Worker) -> Mapping[str, Webhook]:
    """The webhooks that Keepwell knows, and those of this installation's own maps."""
    shipped = {**WEBHOOKS, mail.NAME: Webhook(mail.NAME, mail.verify, _no_events)}
    own = load_webhooks(worker.workspace.folder / "webhooks", shipped, compile_map)
    return {**shipped, **{name: mapped(name, found) for name, found in own.items()}}


def _no_events(delivery: Delivery) -> Batch:
    """Of a mail: whose it is and what it means is known to the mail room only."""
    mail.mail_of(delivery)
    return Batch((), ignored=1)


def _payload(delivered: port.Delivered) -> Payload:
    """What is kept of a delivery; secrets among the headers are not."""
    headers = {name: value for name, value in delivered.headers.items() if name not in SECRET_HEADERS}
    return Payload(msgspec.json.encode(headers).decode(), delivered.body)
