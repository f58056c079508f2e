"""A webhook of the installation's own: what of its JSON is whose event, said by a map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from keepwell.events.event import Raw
from keepwell.events.mapping import EventMap
from keepwell.sources import payload
from keepwell.sources.delivery import Delivery, Verifier
from keepwell.sources.mapper.paths import Path
from keepwell.sources.payload import Item, Whose, present
from keepwell.sources.sent import Batch, Sent


@dataclass(frozen=True)
class WebhookMap:
    """How one sender's JSON is read.

    Attributes:
        signature: how it signs.
        items: where its list of events lies; None when the body is one event, or a list of them.
        fields: where fields of an event lie: customer_id, event, timestamp, message_id, user_id.
        constants: fields that are always the same, and stand where a path finds nothing.
        names: where names lie by which the account may be found: `email`, `wallet`, and so on.
        properties: where properties lie.
        set: properties that are always the same.
        events: what the sender's events become.
    """

    signature: Verifier
    items: Path | None = None
    fields: Mapping[str, Path] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Path] = field(default_factory=dict)
    properties: Mapping[str, Path] = field(default_factory=dict)
    set: Mapping[str, object] = field(default_factory=dict)
    events: EventMap = field(default_factory=EventMap)

    def parse(self, delivery: Delivery) -> Batch:
        """The events of a body. One that names no moment happened when it was received.

        Raises:
            BodyRefusedError: the body is not JSON.
        """
        body = payload.decode(delivery.body)

        def read(item: Item) -> Sequence[Sent]:
            raw, who = self._read(item, body, delivery.received_at)
            mapped = self.events.apply(raw)
            return [] if mapped is None else [Sent(mapped, who.names, who.binds)]

        return payload.batch(self._items(body), read)

    def _items(self, body: object) -> list[object]:
        found = body if self.items is None else self.items.read(body, body)
        return found if isinstance(found, list) else [] if found is None else [found]

    def _read(self, item: Item, body: object, received_at: int) -> tuple[Raw, Whose]:
        found = {name: path.read(item, body) for name, path in self.fields.items()}
        given = {"timestamp": received_at, **self.constants, **present(**found)}
        said = {name: path.read(item, body) for name, path in self.properties.items()}
        names = [(kind, path.read(item, body)) for kind, path in self.names.items()]
        who = payload.whose(given.get("customer_id"), *names, user_id=given.get("user_id"))
        raw = Raw(
            given.get("customer_id"),
            given.get("event"),
            given["timestamp"],
            {**self.set, **present(**said)},
            given.get("message_id"),
            user_id=given.get("user_id"),
        )
        return raw, who
