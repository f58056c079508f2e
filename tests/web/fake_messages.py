"""The port of messages, faked: some of every state, one that is blocked, with words that are meant to hurt."""

from collections import Counter

from msgspec.structs import replace

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.runtime.ports.messages import (
    BlockedLine,
    BoundLine,
    LeftOutLine,
    MessageLine,
    MessagePage,
    MessageRefusedError,
    MessagesPart,
    PassageLine,
    Sending,
    StopLine,
    UnwantedLine,
)
from tests.web.fake_runs import fact
from tests.web.people import NOW, SCRIPT

STATES = (
    *("asked", "asked", "asked", "sent", "wanted", "posted", "failed"),
    *("uncertain", "suppressed", "expired", "cancelled"),
)
OPEN = {"wanted", "asked", "posted"}
BLOCKED = 2  # the number of the message that is blocked
LEFT = "swaps_failed"
REST = "-- \nIs this letter really from us? https://health.example/letters/abc"
PASSAGES = (
    ("Anna, {use_change} fewer trades", "Anna, 38 % fewer trades", (("use_change", "38 %"),), True),
    ("Hello Anna,", "Hello Anna,", (), False),
    (
        f"since {{last_sign_in}} {SCRIPT} you traded {{use_change}} less.",
        f"since 20 November {SCRIPT} you traded 38 % less.",
        (("last_sign_in", "20 November"), ("use_change", "38 %")),
        True,
    ),
    ("Is something in the way?\n• swaps\n• bridges", "Is something in the way?\n• swaps\n• bridges", (), True),
    ("Jennifer Wu", "Jennifer Wu", (), False),
)


def message_line(number, line):
    state = STATES[number % len(STATES)]
    written = state != "wanted"
    return MessageLine(
        id=number, customer_id=line.id, customer_name=line.name or line.id, run=number, playbook="at_risk",
        playbook_title="At risk", step="immediate_personal_outreach", template="jennifer_at_risk_concern",
        title="Concern", subject=f"Anna, 38 % fewer trades {SCRIPT}" if written else "", channel="email",
        contact=f"Anna Weber {SCRIPT}", recipient=f"anna{number}@example.org" if written else "", state=state,
        because=f"{SCRIPT} nobody has approved it", needs_approval=True, changed=number % 5 == 1,
        approved_by=("Bob & Sons",) if number % 8 == 3 or not OPEN & {state} else (),
        made_at=NOW - number * HOUR_US, due_at=NOW - HOUR_US, expires_at=NOW + (number % 7 - 1) * HOUR_US,
        ended_at=None if state in OPEN else NOW - HOUR_US,
    )  # fmt: skip


def passage(placed, text, bound, *, editable):
    found, behind = [], 0
    for name, said in bound:
        start = text.index(said, behind)
        behind = start + len(said)
        found.append(BoundLine(start, behind, name))
    return PassageLine(text, placed if editable else "", found, editable)


class FakeMessages:
    """Satisfies `Messages`: one for every customer. `off` is why nothing can leave, `left` what has left meanwhile."""

    def __init__(self, customers=()) -> None:
        self.kept = {number: message_line(number, line) for number, line in enumerate(customers, start=1)}
        self.words = {}
        self.deeds = []
        self.left = set()
        self.off = "this is a dry run: nothing leaves"
        self.stopped = None
        self.addresses = [UnwantedLine(f"no{n}@example.org", NOW - n * DAY_US, SCRIPT, "Bob") for n in range(3)]

    def counts(self):
        return Counter(each.state for each in self.kept.values())

    def part(self, wanted, start, limit):
        found = [
            each
            for each in self.kept.values()
            if (not wanted.states or each.state in wanted.states) and wanted.customer_id in {None, each.customer_id}
        ]
        found.sort(key=lambda each: (each.state not in OPEN, each.expires_at if each.state in OPEN else -each.made_at))
        return MessagesPart(found[start : start + limit], len(found))

    def message(self, number):
        line = self.kept.get(number)
        if line is None:
            return None
        written = line.state != "wanted"
        passages = [passage(*each[:3], editable=each[3]) for each in self.words.get(number, PASSAGES)]
        text = "\n\n".join(each.text for each in passages[1:]) + f"\n\n{REST}\n"
        facts = (
            fact("use_change", said="38 %", meaning=f"By how much use fell {SCRIPT}", now="41 %"),
            fact("last_sign_in", said="20 November", meaning="The last sign-in", days=0),
            fact(LEFT, said="62 %", meaning="Swaps that failed", in_message=False, now=""),
        )
        start = passages[2].text.find("38 %") if number == BLOCKED else 0
        blocked = [BlockedLine(2, start, start + 4, "its fact is now another", "38 %", "use_change")]
        return MessagePage(
            line=line, passages=passages if written else (), text=text if written else "",
            digest=f"digest-{number}-{len(self.words.get(number, ()))}" if written else "",
            facts=facts if written else (), left_out=(LeftOutLine("success_examples", LEFT, f"{SCRIPT} not known"),),
            blocked=blocked if number == BLOCKED else (), verdict="nobody has approved it" if number % 3 else self.off,
            allowed=number % 3 != 0, history=((NOW, "approved", "Bob & Sons"), (line.made_at, "written", "")),
        )  # fmt: skip

    def approve(self, digests, by):
        for number, digest in digests.items():
            self._asked(number)
            page = self.message(number)
            if page.digest != digest:
                raise MessageRefusedError(f"message {number} is another text by now")
            if page.blocked:
                raise MessageRefusedError(f"message {number} is blocked", page.blocked)
        self.deeds.append(("approve", dict(digests), by))
        self._become(digests, "posted")
        return len(digests)

    def edit(self, number, subject, paragraphs, by):
        self._asked(number)
        said = [subject, *paragraphs]
        for place, text in enumerate(said):
            at = text.find("99")
            if at >= 0:
                reason = "it says a figure, date, unit or name that is bound to no fact"
                line = BlockedLine(place, at, at + 2, reason, "99", "")
                raise MessageRefusedError("the text would be blocked", (line,))
        self.deeds.append(("edit", number, by, subject, list(paragraphs)))
        self.words[number] = [(text, text, (), True) for text in said]

    def renew(self, number):
        self._asked(number)
        self.deeds.append(("renew", number))
        self.words.pop(number, None)

    def reject(self, number, by, reason):
        if number in self.left:
            raise MessageRefusedError(f"message {number} has left already")
        if self.kept.get(number) is None or self.kept[number].state != "posted":
            self._asked(number)
        if not reason.strip():
            raise MessageRefusedError("a rejection needs a reason")
        self.deeds.append(("reject", number, by, reason))
        self._become([number], "cancelled")

    def sending(self):
        if self.stopped is not None:
            because = f"everything was stopped by {self.stopped.by}: {self.stopped.because}"
            return Sending(can_send=False, because=because, stop=self.stopped)
        return Sending(can_send=not self.off, because=self.off or "sending is switched on", stop=None)

    def stop(self, by, reason):
        if not reason.strip():
            raise MessageRefusedError("a stop needs a reason")
        self.deeds.append(("stop", by, reason))
        self.stopped = StopLine(NOW, reason, by)

    def go_on(self, by):
        self.deeds.append(("go_on", by))
        self.stopped = None

    def unwanted(self, limit):
        return self.addresses[:limit]

    def _asked(self, number):
        if number not in self.kept:
            raise MessageRefusedError("there is no such message")
        if self.kept[number].state != "asked":
            raise MessageRefusedError(f"message {number} does not wait for an approval")

    def _become(self, numbers, state):
        for number in numbers:
            ended = None if state in OPEN else NOW
            self.kept[number] = replace(self.kept[number], state=state, ended_at=ended)
