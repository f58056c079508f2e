"""A delivery that tests drive by hand, and a channel that remembers."""

from keepwell.base.time import SECOND_US
from keepwell.channels.letter import Audience, Letter, Sent
from keepwell.runtime.delivering import Delivery, post
from keepwell.runtime.outward import Outward
from keepwell.runtime.telemetry import Telemetry
from keepwell.store import outbox
from tests.histories import NOW


class Memory:
    """A channel that remembers, and answers what it is told to."""

    def __init__(self, receipt=None):
        self.receipt = receipt or Sent("ok")
        self.letters = []

    def send(self, letter):
        self.letters.append(letter)
        return self.receipt


class OpenGate:
    """Lets everything through that is for customers."""

    def look(self, entries, now):
        pass

    def allows(self, *_):
        return True


class Scene:
    """A delivery that tests drive by hand."""

    def __init__(self, database, **how):
        self.database, self.now = database, NOW
        self.mail = Memory()
        self.telemetry = Telemetry()
        self.ways = Outward(
            **{"channels": {"email": self.mail}, "send": "all", "per_hour": 3, "gate": OpenGate(), **how}
        )
        self.restart()

    def restart(self):
        self.delivery = Delivery(self.database, self.ways, lambda: self.now, self.telemetry, lambda work: work())

    def post(self, key="k", due_at=None, **how):
        given = {"key": key, "audience": Audience.STAFF, "channel": "email", "recipient": "ada", "subject": f"s {key}"}
        with self.database.write() as session:
            return post(session, Letter(**{**given, "text": f"t {key}", "because": "b", **how}), self.now, due_at)

    def turn(self, after_s=0):
        self.now += int(after_s * SECOND_US)
        while self.delivery.turn(self.now):
            pass

    def row(self, key="k"):
        with self.database.read() as session:
            return outbox.find(session, key)

    def state(self, key="k"):
        return self.row(key).state

    def sent(self):
        return [letter.key for letter in self.mail.letters]
