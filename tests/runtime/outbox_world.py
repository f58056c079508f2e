"""A world in which letters are sent and everything goes wrong: for the simulation of the delivery.

The oracle only counts what really arrived. It knows nothing of rows.
"""

import random
import threading
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
from tests.runtime.outbox_scene import OpenGate

ATTEMPTS = 6
LEASE_S = 120
STEPS = 40


class Killed(BaseException):
    """The process ends here. Nothing that follows runs."""


class Errand:
    """What a delivery does beside itself, in a thread that runs only while the world waits for it."""

    def __init__(self, world, work):
        self._world, self._work = world, work
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.killed, self.key = False, ""

    def begin(self):
        self._world.errand = self
        self._thread.start()
        self._back.acquire()

    def go_on(self, *, killed=False):
        """Wake it after a sleep, or end it in its sleep."""
        self.killed = killed
        self._world.errand = self
        self._go.release()
        self._back.acquire()

    def sleep(self):
        self._world.asleep.append(self)
        self._back.release()
        self._go.acquire()
        if self.killed:
            raise Killed

    def _run(self):
        try:
            self._work()
        except Killed:
            self.killed = True
        self._back.release()


class Shaky:
    """A database over which the process can end: before a commit, or just after it."""

    def __init__(self, database, world):
        self._database, self._world = database, world

    @contextmanager
    def write(self):
        told, self._world.told = self._world.told, None
        with self._database.write() as session:
            yield session
            self._world.may_die()
        if told:
            self._world.final.add(told)
        self._world.may_die()

    def read(self):
        return self._database.read()


class Network:
    """A channel. What it does with a letter, it draws; what arrives is written into the world."""

    def __init__(self, world):
        self._world = world

    def send(self, letter):
        world = self._world
        began, world.begun[letter.key] = world.now, world.begun[letter.key] + 1
        number, process = world.begun[letter.key], world.processes
        if world.errand is not None:
            world.errand.key = letter.key
        world.again += [letter.key] if letter.key in world.final else []
        world.may_die()
        slept = world.may_sleep()
        fate = world.draw(0.3 if slept else 0.6, "arrives", "refused", "busy", "lost before", "lost after", "breaks")
        if fate == "refused":
            world.refused.add(letter.key)
            return Failed("no such person", permanent=True)
        if fate == "busy":
            return Failed("busy", again_in_s=world.random.choice((0, 60)))
        if fate == "lost before":
            return Uncertain("no answer")
        world.arrive(letter)
        world.may_die()
        world.may_sleep()
        if fate == "breaks":
            raise RuntimeError
        if fate == "lost after":
            return Uncertain("no answer")
        in_time = world.now - began < LEASE_S * SECOND_US and world.processes == process
        if in_time and world.begun[letter.key] == number:
            world.told = letter.key
        return Sent("ok")


class World:
    """One history, drawn from a seed."""

    def __init__(self, database, seed, delivery=Delivery):
        self.random = random.Random(seed)
        self.database, self.delivery = database, delivery
        self.now = NOW
        self.faults = True
        self.put: dict[str, Letter] = {}
        self.errand: Errand | None = None
        self.asleep: list[Errand] = []
        self.processes = 0
        self.begun: Counter[str] = Counter()
        self.arrived: Counter[str] = Counter()
        self.unmarked: Counter[str] = Counter()
        self.refused: set[str] = set()
        self.told: str | None = None
        self.final: set[str] = set()
        self.again: list[str] = []
        with database.write() as session:
            session.run("DELETE FROM outbox")

    # ------------------------------------------------------------------ what goes wrong

    def may_die(self):
        if self.faults and self.random.random() < 0.02:
            raise Killed

    def draw(self, share, usual, *rest):
        if not self.faults or self.random.random() < share:
            return usual
        return self.random.choice(rest)

    def may_sleep(self):
        """Some go on long after their claim has ended, when others have taken over."""
        if not self.faults or self.errand is None or self.random.random() > 0.2:
            return False
        self.errand.sleep()
        return True

    def beside(self, work):
        errand = Errand(self, work)
        errand.begin()
        self.errand = None
        if errand.killed:
            raise Killed

    def twins(self):
        """Those asleep with a letter that others hold too, the longest asleep first."""
        keys = Counter(errand.key for errand in self.asleep)
        return [errand for errand in self.asleep if keys[errand.key] > 1]

    def wake_some(self):
        """Most of all who holds a letter that somebody else holds too, and then the other: there a claim is tested."""
        twins = self.twins()
        if twins and self.random.random() < 0.8:
            self.wake(twins[0])
            self.wake(next(each for each in twins[1:] if each.key == twins[0].key))
        else:
            self.wake(self.random.choice(self.asleep))

    def wake(self, errand):
        if errand in self.asleep:
            self.asleep.remove(errand)
            errand.go_on(killed=self.faults and self.random.random() < 0.1)
            self.errand = None

    # ------------------------------------------------------------------ what happens

    def made(self):
        self.processes += 1
        ways = Outward(dict.fromkeys(("email", "webhook"), Network(self)), "all", 1, ATTEMPTS, LEASE_S, OpenGate())
        return self.delivery(Shaky(self.database, self), ways, lambda: self.now, None, self.beside)

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
            key=f"k{number}",
            audience=self.random.choice(list(Audience)),
            channel=self.random.choice(("email", "webhook")),
            recipient=f"r{self.random.randrange(2)}",
            subject="s",
            text="t",
            because="b",
            urgent=self.random.random() < 0.3,
            expires_at=self.random.choice((None, None, self.now + HOUR_US // 6)),
        )
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
            self.now += self.random.choice((3, 30, 130, 400)) * SECOND_US
            delivery = self.work(delivery if self.random.random() < 0.8 else None)
            for _ in range(2):
                if self.asleep and self.random.random() < (0.7 if self.twins() else 0.06):
                    self.wake_some()
        self.faults = False
        while self.asleep:
            self.wake_some()
        delivery = self.work(None)
        for _ in range(200):
            self.now += HOUR_US // 10
            self.work(delivery)
            if not self.waiting():
                return

    def waiting(self):
        with self.database.read() as session:
            return outbox.waiting_count(session)

    def work(self, delivery):
        """Turns until nothing is due. A process that ended is followed by another; errands of the old one may go on."""
        try:
            if delivery is None:
                delivery = self.made()
                delivery.recover(self.now)
            while delivery.turn(self.now):
                pass
        except Killed:
            self.told = None
            return None
        return delivery

    # ------------------------------------------------------------------ what must hold

    def judge(self):
        """What is wrong, in words; empty when nothing is."""
        found = {each: self._row(each) for each in self.put}
        # Who slept with a letter in hand may be the last to deliver it: all arrivals but one are marked, in any order.
        wrong = [f"{key}: {number} without a mark" for key, number in self.unmarked.items() if number > 1]
        wrong += [f"{key}: sent again after it was known to be sent" for key in self.again]
        wrong += [
            f"{key}: known to be sent, called {state}"
            for key in self.final
            if (state := self._row(key).state) != "sent"
        ]
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
