"""The ports of the dashboard, faked."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from msgspec.structs import replace

from keepwell.runtime.keys import Key, KeyRefusedError, NoSuchKeyError
from keepwell.runtime.people import NoSuchPersonError, PersonRefusedError
from keepwell.runtime.ports.access import (
    Attempt,
    Identity,
    KeyWish,
    LoginRefusedError,
    NoRoleError,
    Opened,
    Role,
    Visitor,
)
from keepwell.runtime.ports.book import CustomerLine, CustomerPage, EventLine, Explanation, Overview
from keepwell.store.people import Person
from tests.web.people import NASTY, NOW, TODAY, FakeCustomer, mean

TOKEN = "let-me-in"


class FakeBook:
    """Satisfies `Book`. `size` 0 is an empty base."""

    def __init__(self, size: int = 120) -> None:
        self.size = size

    @cached_property
    def people(self) -> dict[str, FakeCustomer]:
        ids = [*NASTY, *(f"c{i:03}" for i in range(max(0, self.size - len(NASTY))))][: self.size]
        return {customer_id: FakeCustomer(customer_id, i) for i, customer_id in enumerate(ids)}

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
            scores=scores,
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

    def customers(self, band: str | None = None, query: str | None = None) -> Sequence[CustomerLine]:
        wanted = (query or "").casefold()
        return [
            person.line
            for person in self.people.values()
            if wanted in f"{person.line.name} {person.line.id}".casefold() and band in {None, person.line.band}
        ]

    def customer(self, customer_id: str) -> CustomerPage | None:
        person = self.people.get(customer_id)
        return person and person.page

    def explain(self, customer_id: str, as_of: int | None, since: int | None) -> Explanation | None:  # noqa: ARG002
        person = self.people.get(customer_id)
        if person is None:
            return None
        change = None if since is None else person.change(since)
        return replace(person.explanation, change=change)

    def events(self, customer_id: str | None, limit: int) -> Sequence[EventLine]:
        chosen = self.people.values() if customer_id is None else [self.people[customer_id]]
        events = [event for person in chosen for event in person.events]
        return sorted(events, key=lambda event: -event.occurred_at)[:limit]

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
                present = [line.band for line in self.customers() if line.band and line.lifecycle != "churned"]
                healthy = mean([float(band == "healthy") for band in present])
            risk = sum(400_000 for score in scores if score < 60)
            rows.append((TODAY - back, mean(scores), healthy, risk))
        return rows if self.people else []


class FakeKeys:
    """Keys by their secret."""

    def __init__(self) -> None:
        self.kept: dict[str, Key] = {}

    def find(self, secret: str) -> Key | None:
        key = self.kept.get(secret)
        return key if key is not None and key.revoked_at is None else None

    def listed(self) -> Sequence[Key]:
        return sorted(self.kept.values(), key=lambda key: -key.id)

    def create(self, wish: KeyWish) -> tuple[int, str]:
        if wish.kind not in {"write", "api"} or not wish.name:
            raise KeyRefusedError("No such kind")
        number = len(self.kept) + 1
        secret = f"kw_{wish.kind}_{number:032}"
        scopes = frozenset(wish.scopes or ("ingest:write",))
        self.kept[secret] = Key(
            number, wish.kind, wish.name, secret[:15], scopes, wish.events, wish.customers, created_at=NOW
        )
        return number, secret

    def revoke(self, key_id: int) -> None:
        secret = next((secret for secret, key in self.kept.items() if key.id == key_id), None)
        if secret is None:
            raise NoSuchKeyError(key_id)
        self.kept[secret] = replace(self.kept[secret], revoked_at=NOW)


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
        self.keys = FakeKeys()
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
            return Visitor("Jennifer", Role.ADMIN)
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


def clock() -> int:
    return NOW
