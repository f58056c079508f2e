"""A world in which customers fall and recover, people approve and forget, and everything goes wrong.

For the simulation of interventions. The oracle counts what arrived, and knows of approvals and refusals; it knows
nothing of rows.
"""

import random
from collections import Counter, defaultdict
from contextlib import contextmanager

from structlog.testing import capture_logs

from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.channels.letter import Failed, Sent, Uncertain
from keepwell.runtime import acting
from keepwell.runtime.delivering import Delivery
from keepwell.runtime.outward import Outward
from keepwell.runtime.ports.messages import MessageRefusedError
from keepwell.store import messages, outbox, runs
from keepwell.store.messages import Unwanted
from tests.runtime.acting_scene import NOW, Scene

STEPS = 60
NAMES = tuple("abcdefgh")
BANDS = ("healthy", "stable", "at_risk", "critical")
RULES = ("usage_decline_30", "payment_failure", "feature_adoption_stall")
TABLES = (
    "happening", "course", "run", "run_line", "task", "message", "unwanted", "halt", "outbox", "event", "seen",
)  # fmt: skip


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
            self._world.may_die()
        self._world.may_die()

    def read(self):
        return self._database.read()


class Network:
    """A mail server. What it does with a letter, it draws; what arrives is written into the world."""

    def __init__(self, world):
        self._world = world

    def send(self, letter):
        world = self._world
        world.may_die()
        fate = world.draw("arrives", "refused", "busy", "lost before", "lost after", "breaks")
        if fate == "refused":
            return Failed("no such person", permanent=True)
        if fate == "busy":
            return Failed("busy", again_in_s=60)
        if fate == "lost before":
            return Uncertain("no answer")
        world.arrive(letter)
        world.may_die()
        if fate == "breaks":
            raise RuntimeError
        return Uncertain("no answer") if fate == "lost after" else Sent("ok")


class World:
    """One history, drawn from a seed."""

    def __init__(self, workspace, seed, gate=None):
        self.random = random.Random(seed)
        self.faults, self.deaths = False, 0
        self.wrong: list[str] = []
        self.arrived: Counter[str] = Counter()
        self.heard: dict[str, list[tuple[int, str]]] = defaultdict(list)
        self.approved: set[tuple[str, str]] = set()
        self.refused: dict[str, int] = {}
        self.bands = dict.fromkeys(NAMES, "healthy")
        with workspace.database.write() as session:
            for table in TABLES:
                session.run(f"DELETE FROM {table}")  # noqa: S608 - names of ours
            session.run("DELETE FROM setting WHERE name = 'acted_to'")
        self.real = workspace.database
        self.scene = Scene(workspace)
        self.scene.now = NOW
        self.scene.known.values |= {
            "payments_failed": 1, "payment_failed_on": NOW // DAY_US - 1, "feature_explored": "Bridge",
            "active_days": 9,
        }  # fmt: skip
        self.gate = gate
        self.scene.database = Shaky(self.real, self)
        self.begin()
        self.faults = True

    def begin(self):
        """Another process on the same folder takes up what the one before left."""
        scene = self.scene
        scene.restart()
        gate = self.gate(scene.permit) if self.gate else scene.permit
        ways = Outward(channels={"email": Network(self)}, send="all", attempts=3, gate=gate)
        scene.delivery = Delivery(scene.database, ways, lambda: scene.now, beside=lambda work: work())
        scene.delivery.recover(scene.now)

    # ------------------------------------------------------------------ what goes wrong

    def may_die(self):
        if self.faults and self.random.random() < 0.01:
            raise Killed

    def draw(self, usual, *rest):
        return usual if not self.faults or self.random.random() < 0.5 else self.random.choice(rest)

    def arrive(self, letter):
        scene = self.scene
        if letter.audience != "customer":
            return
        self.arrived[letter.key] += 1
        customer = letter.key.split(":")[1]
        run = ":".join(letter.key.split(":")[:4])
        if self.arrived[letter.key] > 1:
            self.wrong.append(f"{letter.key} arrived twice")
        if (letter.key, letter.text) not in self.approved:
            self.wrong.append(f"{letter.key} arrived, and nobody approved this text")
        if self.refused.get(letter.recipient, scene.now + 1) <= scene.now:
            self.wrong.append(f"{letter.key} arrived after the address was refused")
        recent = {each for at, each in self.heard[customer] if scene.now - at < DAY_US and each != run}
        if recent:
            self.wrong.append(f"{letter.key} arrived within a day of {recent}")
        self.heard[customer].append((scene.now, run))

    # ------------------------------------------------------------------ what happens

    def live(self):
        with capture_logs():
            for _ in range(STEPS):
                self.guarded(self.happen)
                self.guarded(self.people)
                self.guarded(self.work)
            self.faults = False
            self.begin()
            for _ in range(70):
                self.scene.now += 12 * HOUR_US
                self.work()
        self.judge()
        return self.wrong

    def guarded(self, work):
        try:
            work()
        except Killed:
            self.deaths += 1
            while True:
                try:
                    return self.begin()
                except Killed:
                    continue

    def work(self):
        scene = self.scene
        scene.now += self.random.choice((1, 60, 600, 1800, 3600, 5 * 3600)) * SECOND_US
        while acting.go_round(scene.tools, scene.now) or scene.delivery.turn(scene.now):
            scene.now += SECOND_US

    def happen(self):
        scene, name = self.scene, self.random.choice(NAMES)
        what = self.random.choice(
            ("band", "alert", "alert", "alert", "ends", "reply", "call", "leaves", "fact", "nothing")
        )
        if what == "band":
            start, self.bands[name] = self.bands[name], self.random.choice(BANDS)
            if start != self.bands[name]:
                scene.band(self.bands[name], start, name)
        elif what == "alert":
            scene.alert(self.random.choice(RULES), name)
        elif what == "ends":
            scene.alert_ends(self.random.choice(RULES), name)
        elif what == "fact":
            scene.known.values["use_change"] = -self.random.randint(10, 60) / 100
        elif what != "nothing" and self.random.random() < (0.1 if what == "leaves" else 0.4):
            kinds = {"reply": "message_replied", "call": "call_held", "leaves": "subscription_cancelled"}
            scene.customer(name)
            scene.event(kinds[what], name, text=self.random.choice(("thanks", "we cancel")))

    def people(self):
        scene = self.scene
        for each in scene.in_state("asked"):
            deed = self.random.choice(("approve", "approve", "approve", "edit", "reject", "forget"))
            try:
                self.deal(each, deed)
            except MessageRefusedError:
                continue
        if self.random.random() < 0.03:
            address = f"c{self.random.randint(1, len(NAMES))}@example.org"
            with scene.database.write() as session:
                messages.refuse(session, Unwanted(address, scene.now, "one click", "customer"))
            self.refused[address] = scene.now
        with self.real.read() as session:
            rows = runs.listed(session, 100, active=True)
        for row in rows:
            if self.random.random() < 0.5:
                scene.runs.looked(row.id, "ada")

    def deal(self, each, deed):
        scene = self.scene
        if deed == "approve":
            letter = scene.speaker.briefing.letter(each)
            self.approved.add((letter.key, letter.text))  # noted first: a process may end once it is committed
            scene.messages.approve({each.id: each.digest}, "ada")
        elif deed == "edit":
            scene.messages.edit(each.id, "Hello again", ["How are you?"], "ada")
        elif deed == "reject":
            scene.messages.reject(each.id, "ada", "not now")

    # ------------------------------------------------------------------ what must hold

    def judge(self):
        with self.real.read() as session:
            self.wrong += [f"{m.key} stuck, {m.state}" for m in messages.listed(session, messages.OPEN, 1000)]
            self.wrong += [f"run {row.id} never ended" for row in runs.listed(session, 1000, active=True)]
            late = runs.overdue(session, self.scene.now)
            self.wrong += [f"{late} runs overdue"] if late else []
            if outbox.waiting_count(session):
                self.wrong.append("something waits in the outbox")
            told = messages.untold(session, 10)
            self.wrong += [f"{m.key} is not in the log" for m in told]
            for m in messages.listed(session, (messages.State.SENT,), 1000):
                if not self.arrived[m.key]:
                    self.wrong.append(f"{m.key} called sent, and it never came")
