"""The ports of the dashboard, faked."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from msgspec.structs import replace

from keepwell.base.time import DAY_US, day_of
from keepwell.runtime.changes import Changes
from keepwell.runtime.people import NoSuchPersonError, PersonRefusedError
from keepwell.runtime.ports.access import Attempt, Identity, LoginRefusedError, NoRoleError, Opened, Role, Visitor
from keepwell.runtime.ports.book import (
    BandMove,
    CustomerLine,
    CustomerPage,
    CustomersSheet,
    Days,
    EventLine,
    EventPlace,
    EventsPart,
    Explanation,
    HistoryDay,
    Overview,
    ScoreLine,
    Sheet,
)
from keepwell.runtime.ports.desk import Desk
from keepwell.runtime.ports.health import HeldLine, LetterLine, RefusedLine, SourceLine, UnknownEvent, Watch
from keepwell.runtime.ports.idempotency import Answer
from keepwell.runtime.ports.keys import KeyRefusedError, KeyWish, NewKey
from keepwell.runtime.ports.live import Live
from keepwell.runtime.ports.overrides import OverrideRefusedError
from keepwell.runtime.ports.reception import UnknownHookError, UnknownKeyError
from keepwell.runtime.ports.rejects import RejectLine, Replayed
from keepwell.store.keys import Key
from keepwell.store.people import Person
from tests.web import slow_lists
from tests.web.fake_alerts import FakeAlerts
from tests.web.fake_expert import experts
from tests.web.fake_findings import FakeFindings
from tests.web.fake_foresight import FakeForesight
from tests.web.fake_knowledge import FakeKnowledge
from tests.web.fake_letters import FakeLetters
from tests.web.fake_playbooks import fake_acts
from tests.web.people import NASTY, NASTY_LABEL, NOW, TODAY, FakeCustomer, made, mean

TOKEN = "let-me-in"


class FakeBook:
    """Satisfies `Book`. `size` 0 is an empty base."""

    def __init__(self, size: int = 120) -> None:
        self.size = size
        self.overrides: dict[str, tuple[str, str, int] | None] = {}

    @cached_property
    def people(self) -> dict[str, FakeCustomer]:
        ids = [*NASTY, *(f"c{i:03}" for i in range(max(0, self.size - len(NASTY))))][: self.size]
        return {customer_id: made(customer_id, i) for i, customer_id in enumerate(ids)}

    def overview(self) -> Overview:
        watched = [person.line for person in self.people.values() if person.line.lifecycle != "churned"]
        scored = [line for line in watched if line.score is not None]
        scores = [line.score for line in scored]
        risky = [line for line in scored if line.band in {"at_risk", "critical"}]
        before = [line.score - line.change_7d for line in scored]
        base = [line for line, past in zip(scored, before, strict=True) if past < 80]
        return Overview(
            as_of=NOW,
            customers=len(watched),
            churned=len(self.people) - len(watched),
            bands=dict(Counter(line.band for line in scored)),
            overridden=sum(line.band != line.computed_band for line in scored),
            histogram=histogram(scores),
            average=mean(scores),
            average_change_7d=mean([line.change_7d for line in scored]),
            improvement_rate=mean([float(line.change_7d >= 1) for line in base]),
            improvement_base=len(base),
            at_risk_mrr_cents=sum(line.mrr_cents or 0 for line in risky),
            at_risk_mrr_change_7d=-1_204_500 if risky else None,
            average_coverage=mean([line.coverage for line in scored]),
            series=self._series(),
            drops=sorted((line for line in scored if line.change_7d < 0), key=lambda line: line.change_7d)[:8],
            attention=sorted(risky, key=lambda line: line.score),
            simulated=True,
        )

    @property
    def lines(self) -> list[CustomerLine]:
        return [person.line for person in self.people.values()]

    def customers(self, sheet: Sheet) -> CustomersSheet:
        return slow_lists.sheet(self.lines, sheet)

    def customer(self, customer_id: str) -> CustomerPage | None:
        person = self.people.get(customer_id)
        return person and person.page

    def explain(self, customer_id: str, as_of: int | None, since: int | None) -> Explanation | None:  # noqa: ARG002
        person = self.people.get(customer_id)
        if person is None:
            return None
        change = None if since is None else person.change(since)
        shown = replace(person.explanation, change=change)
        if customer_id not in self.overrides:
            return shown
        band, reason, until = self.overrides[customer_id] or (shown.computed_band, None, None)
        return replace(shown, band=band, override_reason=reason, override_until=until)

    def events(self, customer_id: str | None, limit: int) -> Sequence[EventLine]:
        chosen = self.people.values() if customer_id is None else [self.people[customer_id]]
        events = [event for person in chosen for event in person.events]
        return sorted(events, key=lambda event: -event.occurred_at)[:limit]

    def line(self, customer_id):
        person = self.people.get(customer_id)
        return person and person.line

    def customers_part(self, wanted, after, limit):
        return slow_lists.part(self.lines, wanted, after, limit)

    def score(self, customer_id, as_of):
        line = self.line(customer_id)
        return line and ScoreLine(customer_id, as_of or NOW, line.score, line.score, line.coverage)

    def days(self, customer_id, first, last):
        if customer_id not in self.people:
            return None
        days = [HistoryDay(day, 50.0, 1.0, "stable") for day in range(TODAY - 9, TODAY) if first <= day <= last]
        return Days(days, [BandMove((TODAY - 5) * DAY_US, "stable", "at_risk", "below 60")])

    def events_part(self, asked, after, limit):
        if asked.customer_id is not None and asked.customer_id not in self.people:
            return None
        found = [
            (EventPlace(line.occurred_at, place, 1), line)
            for place, line in enumerate(self.events(asked.customer_id, 10**9))
            if (asked.since or 0) <= line.occurred_at < (asked.until or 2**62)
        ]
        found.sort(key=lambda each: (each[0].occurred_at, each[0].key), reverse=True)
        if after is not None:
            found = [each for each in found if (each[0].occurred_at, each[0].key) < (after.occurred_at, after.key)]
        more = len(found) > limit
        return EventsPart([line for _, line in found[:limit]], found[limit - 1][0] if more else None)

    def _series(self) -> list[tuple[int, float | None, float | None, int]]:
        rows = []
        for back in range(119, -1, -1):
            scores = [
                score
                for person in self.people.values()
                for score in [person.past(back)]
                if score is not None and person.line.lifecycle != "churned"
            ]
            healthy = mean([float(score >= 80) for score in scores])
            if not back and self.people:
                present = [line.band for line in self.lines if line.band and line.lifecycle != "churned"]
                healthy = mean([float(band == "healthy") for band in present])
            risk = sum(400_000 for score in scores if score < 60)
            rows.append((TODAY - back, mean(scores), healthy, risk))
        return rows if self.people else []


def histogram(scores: Sequence[float]) -> list[int]:
    counts = Counter(min(int(score // 5), 19) for score in scores)
    return [counts[place] for place in range(20)]


class FakeOverrides:
    """Satisfies `Overrides`: keeps them in the book; refuses an empty reason and an end in the past."""

    def __init__(self, book: FakeBook) -> None:
        self.book = book
        self.calls = 0

    def set(self, customer_id: str, band: str, reason: str, until: int | None) -> bool:
        self.calls += 1
        if not reason.strip():
            raise OverrideRefusedError("an override needs a reason")
        if until is not None and until <= NOW:
            raise OverrideRefusedError("an override cannot end in the past")
        if customer_id not in self.book.people:
            return False
        self.book.overrides[customer_id] = (band, reason, TODAY + 30 if until is None else day_of(until))
        return True

    def clear(self, customer_id: str) -> bool:
        if customer_id not in self.book.people:
            return False
        self.book.overrides[customer_id] = None
        return True


class FakeKeys:
    """Satisfies `KeyBook`: keys by their secret."""

    def __init__(self) -> None:
        self.kept: dict[str, Key] = {}

    def find(self, secret: str) -> Key | None:
        key = self.kept.get(secret)
        return key if key is not None and key.revoked_at is None else None

    def keys(self) -> Sequence[Key]:
        return sorted(self.kept.values(), key=lambda key: -key.id)

    def create(self, wish: KeyWish) -> NewKey:
        if wish.kind not in {"write", "api"} or not wish.name:
            raise KeyRefusedError("No such kind")
        number = len(self.kept) + 1
        secret = f"kw_{wish.kind}_{number:032}"
        scopes = frozenset(map(str, wish.scopes or ("ingest:write",)))
        self.kept[secret] = Key(
            number, wish.kind, wish.name, secret[:15], scopes, wish.events, wish.customers, created_at=NOW
        )
        return NewKey(number, secret)

    def revoke(self, key_id: int) -> bool:
        secret = next((secret for secret, key in self.kept.items() if key.id == key_id), "")
        found = self.find(secret)
        if found is not None:
            self.kept[secret] = replace(found, revoked_at=NOW)
        return found is not None


class FakeRejects:
    """Satisfies `Rejects`."""

    rows = tuple(
        RejectLine(n, "files", "a.csv", n, "bad_time", "timestamp", '{"secret"', n == 3, NOW) for n in range(1, 8)
    )

    def after(self, last, limit):
        return [row for row in self.rows if row.id > last][:limit]

    def replay(self):
        return Replayed(3, 1, 2, {"bad_time": 2}, 2)


class NoOnce:
    """Satisfies `Once`, forgetful."""

    def once(self, ask, act, told) -> Answer:  # noqa: ARG002 - it forgets
        return act()


class FakePeople:
    """People by their name, with passwords as they are."""

    def __init__(self) -> None:
        self.kept: dict[str, Person] = {}

    def listed(self) -> Sequence[Person]:
        return sorted(self.kept.values(), key=lambda person: person.name)

    def add(self, name: str, role: Role, password: str) -> Person:
        if name in self.kept:
            raise PersonRefusedError("Taken")
        self.kept[name] = Person(len(self.kept) + 1, name, int(role), password)
        return self.kept[name]

    def remove(self, name: str) -> None:
        if self.kept.pop(name, None) is None:
            raise NoSuchPersonError(name)

    def set_role(self, name: str, role: Role) -> None:
        self.kept[name] = replace(self.kept[name], role=int(role))

    def set_password(self, name: str, password: str) -> None:
        if name not in self.kept:
            raise NoSuchPersonError(name)
        self.kept[name] = replace(self.kept[name], password=password)


class FakeAccess:
    """One link, spent by its first use. `sessions` are admins', `roles` those of others."""

    def __init__(self, *, links: bool = True) -> None:
        self.token: str | None = TOKEN
        self.sessions: set[str] = set()
        self.roles: dict[str, Role] = {}
        self.people = FakePeople()
        self.links = links
        self.attempts: list[Attempt] = []
        self.welcomed: list[Identity] = []

    def has_passwords(self) -> bool:
        return bool(self.people.kept)

    def redeem(self, token: str) -> str | None:
        if token != self.token:
            return None
        self.token = None
        self.sessions.add("session-1")
        return "session-1"

    def visitor(self, session_id: str) -> Visitor | None:
        if session_id in self.sessions:
            return Visitor("Jennifer", Role.ADMIN, by_link=True)
        role = self.roles.get(session_id)
        return Visitor("Somebody", role) if role else None

    def login(self, attempt: Attempt) -> Opened:
        self.attempts.append(attempt)
        person = self.people.kept.get(attempt.name)
        if person is None or person.password != attempt.password:
            raise LoginRefusedError
        return self._opened(Role(person.role))

    def welcome(self, identity: Identity) -> Opened:
        self.welcomed.append(identity)
        if identity.role == Role.NOBODY:
            raise NoRoleError
        return self._opened(identity.role or Role.VIEWER)

    def logout(self, session_id: str) -> None:
        self.sessions.discard(session_id)
        self.roles.pop(session_id, None)

    def _opened(self, role: Role) -> Opened:
        session_id = f"session-of-{role}"
        self.roles[session_id] = role
        return Opened(session_id, "device-1")


class FakeReception:
    """Satisfies `Reception`: nobody has a key, and no webhook is set up."""

    largest = 1000

    def is_tracking(self, path):
        return path.rstrip("/") in {"/v1/batch", "/batch"}

    def track(self, path, headers, body):  # noqa: ARG002 - nothing opens it
        raise UnknownKeyError

    def deliver(self, name, delivered):  # noqa: ARG002 - none is set up
        raise UnknownHookError(name, "KEEPWELL_HOOK_X")

    def refused(self, path, error):
        """Nobody is told."""


class FakeHealth:
    """Satisfies `Health`. `problem` is why events cannot be taken."""

    problem: str | None = None
    polls = staticmethod(tuple)

    def counted(self, route, status):
        assert "//" not in route
        assert status >= 100

    def sources(self):
        live = SourceLine("key:1", NASTY_LABEL, NOW, 1, 20, 3, 4)
        return [live, SourceLine("files", "imported files", None, 0, 0, 0, 0)]

    def unknown(self):
        return [UnknownEvent(NASTY_LABEL, 12, NOW)]

    def refused(self):
        return [RefusedLine(f"/hooks/{NASTY_LABEL}", "not signed", 3, NOW)]

    def letters(self):
        again = LetterLine("email", NASTY_LABEL, "An open ticket", "queued", "no connection", NOW, NOW + 80_000_000)
        return [again, LetterLine("webhook", "webhook", NASTY_LABEL, "uncertain", "", NOW, None)]

    def watch(self):
        held = [HeldLine("c001", 2, NOW, "ArithmeticError: boom")]
        return Watch(120, 1, ["c002"], 119 / 120, 7, self.problem is not None, held)

    def ready(self):
        return self.problem

    def metrics(self):
        return b"keepwell_up 1\n"


def fake_live() -> Live:
    """A live server of which everything is faked; its stream has ended."""
    changes = Changes()
    changes.close()
    return Live(FakeReception(), changes, FakeHealth(), FakeLetters())


def clock() -> int:
    return NOW


def fake_desk(book: FakeBook | None = None, writer=None) -> Desk:
    """Everything faked; 40 customers when no book is given, and no language model."""
    found = book or FakeBook(40)
    expert, consultant = experts(found, writer)
    return Desk(
        found, FakeKeys(), FakeOverrides(found), FakeRejects(), NoOnce(), FakeAlerts(found.lines),
        FakeFindings(found.lines), expert, FakeKnowledge(expert, clock), consultant,
        *fake_acts(found.lines), FakeForesight(found.lines), clock,
    )  # fmt: skip
