"""A house with a poller whose steps are taken by hand, and a node that it asks over HTTP."""

from __future__ import annotations

import json
from contextlib import contextmanager

from keepwell.base.time import DAY_US, SECOND_US
from keepwell.channels.guarded import Door, trust
from keepwell.config.solana import Polling
from keepwell.runtime.polling import Poller
from keepwell.runtime.worker import Worker
from keepwell.store import chains, links
from tests.channels.servers import web_server
from tests.histories import NOW, house
from tests.sources.solana.node import ADA, Node, document, signature

NOW_S = NOW // SECOND_US
PATIENCE_S = 0.9  # less than a silent server takes
TRUST = trust()


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


class Prompt(Worker):
    """Writes what is submitted at once. `refuses` is what it raises instead, `dies` what is raised after writing."""

    refuses: Exception | None = None
    dies: Exception | None = None

    def submit(self, parcel):
        if self.refuses:
            raise self.refuses
        done = super().submit(parcel)
        jobs, _ = self._next()
        self._store(jobs)
        if self.dies:
            raise self.dies
        return done


class Scene:
    """Everything a test of the poller needs."""

    def __init__(self, space, node: Node, port: int) -> None:
        self.space, self.node, self.clock = space, node, Clock()
        self.url = f"http://127.0.0.1:{port}/rpc/s3cret-key"
        self.worker = Prompt(space, self.clock, beside=lambda work: work())
        self.poller: Poller
        self.restart()

    def restart(self, **how) -> None:
        """As after a crash: nothing is left but what was written."""
        given = {"linked": False, "addresses": {ADA: "ada"}, "per_minute": 1000, "first_us": 7 * DAY_US,
                 "every_us": 60 * SECOND_US, **how}  # fmt: skip
        polling = Polling(endpoint=self.url, host="127.0.0.1", key=None, private=True, **given)
        self.poller = Poller(
            self.worker, polling, Door(private=True, total_s=PATIENCE_S, body_s=PATIENCE_S, tls=TRUST).post, self.clock
        )

    def run(self, seconds: float, most: int = 20_000) -> None:
        """Let time pass as the poller needs it."""
        end = self.clock.now + int(seconds * SECOND_US)
        for _ in range(most):
            at = self.poller.turn()
            if at > end:
                self.clock.now = end
                return
            self.clock.now = max(self.clock.now, at)
        raise AssertionError("the poller does not rest")

    def events(self) -> list[tuple[str, str, dict]]:
        """What was written: customer, id, properties, in the order of writing."""
        with self.space.database.read() as session:
            rows = session.run(
                "SELECT c.external_id, e.message_id, e.properties FROM event e JOIN customer c ON c.id = e.customer"
                " WHERE e.kind = 6 ORDER BY e.id"
            )
        return [(customer, name, json.loads(properties)) for customer, name, properties in rows]

    def told(self) -> list[str]:
        return [name for _, name, _ in self.events()]

    def cursor(self, address: str = ADA) -> chains.Cursor | None:
        with self.space.database.read() as session:
            return chains.cursors(session, "solana").get(address)

    def link(self, **wallets: str) -> None:
        with self.space.database.write() as session:
            links.bind(session, {("wallet", address): owner for owner, address in wallets.items()})


def docs(first: int, last: int, **more) -> list[dict]:
    """Transactions numbered so, one a slot, a second apart, the last one just now."""
    return [document(number, number, NOW_S - last + number, **more) for number in range(first, last + 1)]


@contextmanager
def asking(url: str | None = None):
    node = Node()
    with house(url) as space, space.writing(), web_server(node):
        yield Scene(space, node, node.port)


def names(first: int, last: int) -> list[str]:
    return [signature(number) for number in range(first, last + 1)]
