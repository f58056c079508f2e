"""A world in which letters are sent and everything goes wrong: for the simulation of the delivery.

The oracle only counts what really arrived. It knows nothing of rows.
"""

import random
from collections import Counter
from contextlib import contextmanager

from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.channels.letter import Audience, Failed, Letter, Sent, Uncertain
from keepwell.runtime import delivering
from keepwell.runtime.delivering import Delivery, post
from keepwell.runtime.outward import Outward
from keepwell.store import outbox
from keepwell.store.outbox import ENDS, State
from tests.histories import NOW

ATTEMPTS = 6
LEASE_S = 120
STEPS = 40


class Killed(BaseException):
    """The process ends here. Nothing that follows runs."""


class Shaky:
    """A database over which the process can end: before a commit, or just after it."""

    def __init__(self, database, world):
        self._database, self._world = database, world

    @contextmanager
    def write(self):
        with self._database.write() as session:
            yield session
            self._world.may_die("before a commit")
        self._world.may_die("after a commit")

    def read(self):
        return self._database.read()


class Network:
    """A channel. What it does with a letter, it draws; what arrives is written into the world."""

    def __init__(self, world):
        self._world = world

    def send(self, letter):
        world = self._world
        world.may_die("before the network")
        world.may_stall()
        fate = world.draw("arrives", "refused", "busy", "lost before", "lost after", "breaks")
        if fate == "refused":
            world.refused.add(letter.key)
            return Failed("no such person", permanent=True)
        if fate == "busy":
            return Failed("busy", again_in_s=world.random.choice((0, 60)))
        if fate == "lost before":
            return Uncertain("no answer")
        world.arrive(letter)
        world.may_die("after the network")
        world.may_stall()
        if fate == "breaks":
            raise RuntimeError
        return Uncertain("no answer") if fate == "lost after" else Sent("ok")


class World:
    """One history, drawn from a seed."""

    def __init__(self, database, seed, delivery=Delivery):
        self.random = random.Random(seed)
        self.database, self.delivery = database, delivery
        self.now = NOW
        self.faults = True
        self.stalled = 0
        self.put: dict[str, Letter] = {}
        self.arrived: Counter[str] = Counter()
        self.refused: set[str] = set()
        self.unmarked: Counter[str] = Counter()
        with database.write() as session:
            session.run("DELETE FROM outbox")

    # ------------------------------------------------------------------ what goes wrong

    def may_die(self, _where):
        if self.faults and self.random.random() < 0.04:
            raise Killed

    def draw(self, usual, *rest):
        if not self.faults or self.random.random() < 0.6:
            return usual
        return self.random.choice(rest)

    def may_stall(self):
        """The process sleeps beyond its lease, and another one works meanwhile."""
        if not self.faults or self.stalled >= 2 or self.random.random() > 0.05:
            return
        self.stalled += 1
        self.now += (LEASE_S + 1) * SECOND_US
        try:
            other = self.made()
            for _ in range(3):
                self.now += self.random.randrange(600) * SECOND_US
                other.turn(self.now)
        except Killed:
            pass  # the other one died
        finally:
            self.stalled -= 1

    # ------------------------------------------------------------------ what happens

    def made(self):
        ways = Outward(dict.fromkeys(("email", "webhook"), Network(self)), "all", 1, ATTEMPTS, LEASE_S)
        return self.delivery(Shaky(self.database, self), ways, lambda: self.now, beside=lambda work: work())

    def arrive(self, letter):
        """Something arrived. A group stands for what is named in it."""
        with self.database.read() as session:
            parts = session.run("SELECT key FROM outbox WHERE reference = ?", (letter.key,))
        for key in [str(key) for (key,) in parts if letter.key.startswith("group:")] or [letter.key]:
            self.arrived[key] += 1
            self.unmarked[key] += not letter.repeat

    def write(self):
        number = len(self.put)
        letter = Letter(
            key=f"k{number}", audience=self.random.choice(list(Audience)), channel=self.random.choice(("email", "webhook")),
            recipient=f"r{self.random.randrange(2)}", subject="s", text="t", because="b",
            urgent=self.random.random() < 0.3,
            expires_at=self.random.choice((None, None, self.now + HOUR_US // 6)),
        )  # fmt: skip
        self.put[letter.key] = letter
        with self.database.write() as session:
            post(session, letter, self.now)
            if self.random.random() < 0.2:
                post(session, letter, self.now)

    def live(self):
        """Letters are written, time passes, processes begin and end; then all is well for some hours."""
        delivery = None
        for step in range(STEPS):
            if step < STEPS // 2:
                self.write()
            self.now += self.random.randrange(1, 400) * SECOND_US
            try:
                if delivery is None:
                    delivery = self.made()
                    delivery.recover(self.now)
                while delivery.turn(self.now):
                    pass
            except Killed:
                delivery = None
        self.faults = False
        delivery = self.made()
        delivery.recover(self.now)
        for _ in range(200):
            self.now += HOUR_US // 10
            while delivery.turn(self.now):
                pass

    # ------------------------------------------------------------------ what must hold

    def judge(self):
        """What is wrong, in words; empty when nothing is."""
        found = {each: self._row(each) for each in self.put}
        # Who slept with a letter in hand may be the last to deliver it: all arrivals but one are marked, in any order.
        wrong = [f"{key}: {number} without a mark" for key, number in self.unmarked.items() if number > 1]
        for key, letter in self.put.items():
            row, times = found[key], self.arrived[key]
            if row.state not in ENDS:
                wrong.append(f"{key}: stuck, {row.state}")
            elif letter.audience is Audience.CUSTOMER and times > 1:
                wrong.append(f"{key}: a customer got it {times} times")
            elif row.state is State.SENT and not times:
                wrong.append(f"{key}: called sent, and it never came")
            elif letter.audience is Audience.STAFF and not times and not self._may_be_missing(row):
                wrong.append(f"{key}: lost, {row.state}, {row.error}")
        return wrong

    def _row(self, key):
        with self.database.read() as session:
            return outbox.find(session, key)

    def _may_be_missing(self, row):
        """A message to staff may be missing when its time was over, it was refused, or every attempt failed."""
        if row.state is State.SUPPRESSED and row.reference:
            return self._may_be_missing(self._row(row.reference))
        given_up = row.state in (State.FAILED, State.UNCERTAIN) and row.attempts >= ATTEMPTS
        return row.state is State.EXPIRED or row.key in self.refused or given_up


class SendsFirst(Delivery):
    """Planted fault F12: the network first, `sending` afterwards."""

    def turn(self, now):
        with self._database.read() as session:
            found = outbox.due(session, now, 1)
        for entry in found:
            receipt = self._sent(entry)
            with self._database.write() as session:
                fence = outbox.claim(session, entry.key, now, now + 1)
            if fence is None:
                continue
            claimed = delivering.msgspec.structs.replace(entry, fence=fence, attempts=entry.attempts + 1)
            with self._database.write() as session:
                outbox.settle(session, claimed, self._settled(claimed, receipt, now), now)
        return bool(found)


# Planted fault F13: whoever writes last is right.
WITHOUT_FENCE = outbox._SETTLE.replace(" AND fence = ?", " AND ? >= 0")
