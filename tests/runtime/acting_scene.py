"""A house whose interventions tests drive by hand: facts and contacts are given, the network is a memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

from keepwell.alerts.hours import WEEK, Calendar, Span
from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.config.messages import shipped_messages
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.interventions.holdout import assign
from keepwell.interventions.playbook import AlertEnded, AlertOpened, BandEntered
from keepwell.outreach.catalog import Reading, facts_of
from keepwell.outreach.compose import Recipient
from keepwell.runtime import acting
from keepwell.runtime.acting import Tools
from keepwell.runtime.allowing import Permit
from keepwell.runtime.briefing import Briefing
from keepwell.runtime.contacts import Reached
from keepwell.runtime.courses import Office
from keepwell.runtime.delivering import Delivery
from keepwell.runtime.messages import StoredMessages
from keepwell.runtime.outward import Outward
from keepwell.runtime.playbooks import in_force
from keepwell.runtime.receive import Parcel, receive
from keepwell.runtime.runs import StoredRuns
from keepwell.runtime.speaking import Known, Speaker
from keepwell.scores.bands import Band
from keepwell.store import happenings, messages, outbox, runs, tasks
from keepwell.store.customers import number_of
from tests.runtime.outbox_scene import Memory

NOW = 20_781 * DAY_US + 10 * HOUR_US  # a Wednesday at ten
ALWAYS = Calendar("UTC", ((Span(0, 1440),),) * len(WEEK))
SENDING = {"send": "all", "dry_run": False, "public_url": "https://health.example", "mail_from": "k@keepwell.example"}


@dataclass
class Customers:
    """What is known of everybody; tests change it."""

    values: dict = field(default_factory=lambda: {"transactions": 42, "use_change": -0.4})
    zone: str = "UTC"
    hours: Calendar = ALWAYS
    consents: bool = True
    nobody: bool = False
    unreadable: str = ""
    asked: int = 0

    def facts(self, customer, now):
        self.asked += 1
        if customer == self.unreadable:
            raise RuntimeError
        return facts_of({name: Reading(value, now, "USD") for name, value in self.values.items()})

    def reached(self, _session, customer, _now):
        if self.nobody:
            return None
        return Reached(
            contact="ana",
            recipient=Recipient("Ana Silva", "en-US", self.zone),
            channel="email",
            address=f"c{customer}@example.org",
            consents=self.consents,
            hours=self.hours,
        )


class Consultant:
    """The Expert: one sentence."""

    def consult(self, customer_id, _wish, _as_of):
        told = SimpleNamespace(statements=lambda *_: [SimpleNamespace(text=f"Nothing is wrong with {customer_id}.")])
        return SimpleNamespace(assessment=told)


class Book:
    """Scores: what behaviour brought."""

    def __init__(self):
        self.behaviour = 0.0

    def explain(self, _customer, _as_of, _since=None):
        parts = [SimpleNamespace(kind="behaviour", points=self.behaviour), SimpleNamespace(kind="roll_off", points=9.0)]
        return SimpleNamespace(change=SimpleNamespace(total=9.0 + self.behaviour, parts=parts))


class Scene:
    """Interventions that tests drive by hand."""

    def __init__(self, workspace, **settings):
        self.workspace, self.database, self.now = workspace, workspace.database, NOW
        self.settings = workspace.settings.model_copy(update={**SENDING, **settings})
        self.known, self.book, self.mail = Customers(), Book(), Memory()
        self.told = []
        self.playbooks = in_force(workspace)
        self.restart()

    def restart(self):
        """Another process on the same folder."""
        briefing = Briefing(self.settings, self.workspace.alarms, lambda: None)
        known = Known(self.known.facts, self.known.reached, frozenset)
        self.speaker = Speaker(self.database, shipped_messages(), briefing, known)
        self.office = Office(self.playbooks, briefing)
        self.permit = Permit(self.speaker, lambda: self.now)
        ways = Outward(channels={"email": self.mail}, send=self.settings.send, gate=self.permit)
        self.delivery = Delivery(
            self.database, ways, lambda: self.now, beside=lambda work: work()
        )  # fmt: skip
        self.tools = Tools(self.database, self.office, self.speaker, self.book, Consultant(), self.told.extend)
        self.messages = StoredMessages(self.speaker, self.office, lambda: self.now, lambda: None)
        self.runs = StoredRuns(self.database, self.office, lambda: self.now, lambda: None)

    # ------------------------------------------------------------------ what happens

    def customer(self, name="acme"):
        with self.database.write() as session:
            numbers = self.workspace.ids.resolve(session, {name})
            session.afterwards.append(lambda: self.workspace.ids.commit(numbers))
        with self.database.read() as session:
            return number_of(session, name)

    def happens(self, happening, name="acme"):
        customer = self.customer(name)
        with self.database.write() as session:
            happenings.put(session, [(customer, happening)])

    def band(self, end, start=None, name="acme"):
        self.happens(BandEntered(self.now, Band(end), start and Band(start)), name)

    def alert(self, rule, name="acme"):
        self.happens(AlertOpened(self.now, rule), name)

    def alert_ends(self, rule, name="acme"):
        self.happens(AlertEnded(self.now, rule), name)

    def event(self, kind, name="acme", at=None, **properties):
        event = accept(
            Raw(name, kind, self.now if at is None else at, properties, f"{kind}{self.now}"),
            Receipt(self.now, live=True),
        )
        receive(self.workspace, [Parcel("test", [event])], self.now)

    def round(self, hours=0.0, *, deliver=True):
        """Time passes, and everything that can be done is done."""
        self.now += int(hours * HOUR_US)
        while acting.go_round(self.tools, self.now) or (deliver and self.delivery.turn(self.now)):
            self.now += SECOND_US // 1000
        return self

    def until(self, hours, step=0.25):
        """Time passes in small steps."""
        for _ in range(int(hours / step)):
            self.round(step)
        return self

    # ------------------------------------------------------------------ what people do and see

    def approve(self, number=None, by="ada"):
        waiting = self.in_state("asked")
        chosen = [each for each in waiting if number in (None, each.id)]
        return self.messages.approve({each.id: each.digest for each in chosen}, by)

    def in_state(self, *states):
        with self.database.read() as session:
            return messages.listed(session, states, 1000)

    def message(self, step="immediate_personal_outreach"):
        with self.database.read() as session:
            return next(each for each in messages.listed(session, (), 1000) if each.step == step)

    def run(self, name="acme"):
        with self.database.read() as session:
            return runs.of_customer(session, number_of(session, name))[0]

    def lines(self, name="acme"):
        with self.database.read() as session:
            return list(reversed(runs.lines_of(session, number_of(session, name), 1000)))

    def ends(self, name="acme"):
        """How each step ended."""
        page = self.runs.run(self.run(name).id)
        return {each.id: each.end for each in page.steps}

    def tasks(self, state="open"):
        with self.database.read() as session:
            return {each.step: each for each in tasks.listed(session, 1000, state)}

    def letters(self, audience="customer"):
        return [each for each in self.mail.letters if each.audience == audience]

    def row(self, key):
        with self.database.read() as session:
            return outbox.find(session, key)


def never_held_out(playbooks):
    """The same playbooks with nobody held out."""
    return {name: replace_struct(each, holdout=0.0) for name, each in playbooks.items()}


def replace_struct(struct, **changes):
    import msgspec

    return msgspec.structs.replace(struct, **changes)


def name_in_arm(playbook, now, *, held_out):
    """A customer's id that is assigned to an arm."""
    return next(name for name in (f"c{n}" for n in range(1000)) if assign(name, playbook, now).held_out == held_out)
