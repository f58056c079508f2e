"""Messages out of the outbox: claimed, checked against the rules of that minute, sent, and written down.

A claim is committed before the network is touched. So a crash leaves a row that says `sending`, and what becomes of
it depends on who was to read it: staff are told again, with a mark; customers are not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
import structlog

from keepwell.base.ids import hash63
from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.channels.letter import Audience, Failed, Letter, Receipt, Sent, Uncertain
from keepwell.runtime.clock import elapsed_s
from keepwell.runtime.lanes import Lanes
from keepwell.runtime.outward import Outward
from keepwell.runtime.preparing import in_a_thread
from keepwell.runtime.telemetry import Telemetry
from keepwell.store import outbox
from keepwell.store.database import Database, Session
from keepwell.store.outbox import Entry, Settled, State

AT_ONCE = 100  # rows looked at in one transaction
LONGEST_REST_S = 30.0  # also without a word from anybody: another process may have written
REST_AFTER_FAILURE_S = 1.0
PATIENCE_S = 8.0  # for what is being sent while the server stops
FIRST_RETRY_S = 5.0
LONGEST_RETRY_S = 3 * 3600.0
FOR_PEOPLE = frozenset(("email", "slack", "apprise"))  # programs have no limit of attention
INTERRUPTED = "the server stopped while it was being sent"
OVERDUE = "nobody said in time what became of it"

log = structlog.get_logger("keepwell.delivery")


def post(session: Session, letter: Letter, now: int, due_at: int | None = None) -> bool:
    """Put a letter into the outbox, in the caller's transaction; False when one of its key is there already."""
    return outbox.put(session, _entry(letter, now, now if due_at is None else due_at))


def retry_s(key: str, attempts: int) -> float:
    """Seconds until a message is tried again: four times as long after each attempt, spread by its key."""
    spread = 0.75 + 0.5 * (hash63(f"{key}\n{attempts}".encode()) % 1000) / 1000
    return min(FIRST_RETRY_S * 4.0 ** (attempts - 1), LONGEST_RETRY_S) * spread


class Delivery:
    """Sends what is due. It runs in a thread of its own, and sleeps until there is something to do."""

    def __init__(
        self,
        database: Database,
        ways: Outward,
        clock: Callable[[], int],
        telemetry: Telemetry | None = None,
        beside: Callable[[Callable[[], None]], None] = in_a_thread,
    ) -> None:
        self._database = database
        self._ways = ways
        self._clock = clock
        self._telemetry = telemetry or Telemetry()
        self._beside = beside
        self._lanes = Lanes()
        self._ready = threading.Condition()
        self._woken = self._draining = False
        self._thread = threading.Thread(target=self._run, name="keepwell-delivery", daemon=True)

    # ------------------------------------------------------------------ from other threads

    def start(self) -> None:
        """Take up what was interrupted, and begin."""
        self.recover(self._clock())
        self._thread.start()

    def post(self, session: Session, letter: Letter, due_at: int | None = None) -> bool:
        """As the function of this name; once the transaction is committed, the letter is on its way."""
        session.afterwards.append(self.wake)
        return post(session, letter, self._clock(), due_at)

    def wake(self) -> None:
        """There may be something to send."""
        with self._ready:
            self._woken = True
            self._ready.notify()

    def drain(self) -> None:
        """Claim nothing more."""
        with self._ready:
            self._draining = True
            self._ready.notify()

    def stop(self, patience_s: float = PATIENCE_S) -> None:
        """Claim nothing more, wait a while for what is being sent, and end. The rest is taken up at the next start."""
        self.drain()
        if self._thread.is_alive():
            self._thread.join()
        if not self._lanes.wait_until_empty(patience_s):
            log.warning("stopped while messages were being sent")

    def recover(self, now: int) -> None:
        """Take up what an earlier process left in `sending`. Nobody else may be sending."""
        with self._database.write() as session:
            again, unknown = outbox.recover(session, now, INTERRUPTED, all_leases=True)
        if again or unknown:
            log.warning("sending was interrupted", sent_again=again, uncertain=unknown)

    # ------------------------------------------------------------------ the thread

    def _run(self) -> None:
        while not self._draining:
            try:
                busy = self.turn(self._clock())
                rest_s = 0.0 if busy else self._rest_s()
            except Exception as error:
                log.exception("a turn of the delivery failed", exc_info=error)
                self._rest_after_failure()
                continue
            with self._ready:
                if not (self._woken or self._draining) and rest_s > 0:
                    self._ready.wait(rest_s)
                self._woken = False

    def _rest_after_failure(self) -> None:
        """Not one attempt a wake: what failed would most likely fail again at once."""
        until = elapsed_s() + REST_AFTER_FAILURE_S
        with self._ready:
            while not self._draining and (left := until - elapsed_s()) > 0:
                self._ready.wait(left)

    def _rest_s(self) -> float:
        with self._database.read() as session:
            due = outbox.next_due(session, self._lanes.full(), self._lanes.busy())
        if due is None:
            return LONGEST_REST_S
        return min(max(due - self._clock(), 0) / SECOND_US, LONGEST_REST_S)

    def turn(self, now: int) -> bool:
        """Send what is due, as much as fits into one transaction; whether anything was due."""
        full, busy = self._lanes.full(), self._lanes.busy()
        with self._database.read() as session:
            due = outbox.next_due(session, full, busy)
        if due is None or due > now:
            return False
        self._look_at_customers(now)
        with self._database.write() as session:
            outbox.recover(session, now, OVERDUE, all_leases=False)
            found = outbox.due(session, now, AT_ONCE, full, busy)
            claimed = self._claim(session, self._allowed(session, found, now), now)
        for entry in claimed:
            self._lanes.enter(entry.channel, urgent=True)  # the place that was tried out
            self._telemetry.letter_delay.observe(max(now - entry.due_at, 0) / SECOND_US)
            self._beside(partial(self._carry, entry))
        self._count_waiting()
        return True

    def _look_at_customers(self, now: int) -> None:
        """What is computed for letters to customers is computed before the transaction; who is urgent does not wait."""
        if self._ways.gate is None:
            return
        with self._database.read() as session:
            found = outbox.due(session, now, AT_ONCE, self._lanes.full(), self._lanes.busy())
        urgent = any(entry.urgent and entry.audience == Audience.STAFF for entry in found)
        self._ways.gate.look([] if urgent else found, now)

    def _count_waiting(self) -> None:
        with self._database.read() as session:
            self._telemetry.letters_waiting.set(outbox.waiting_count(session))

    # ------------------------------------------------------------------ the rules of this minute

    def _allowed(self, session: Session, found: Sequence[Entry], now: int) -> list[Entry]:
        """Those that may leave now; the others end, or wait."""
        allowed: list[Entry] = []
        receivers: dict[tuple[str, str], list[Entry]] = {}
        for entry in found:
            if self._ended(session, entry, now):
                continue
            if _is_capped(entry):
                receivers.setdefault((entry.channel, entry.recipient), []).append(entry)
            else:
                allowed.append(entry)
        for entries in receivers.values():
            allowed += self._within_the_hour(session, entries, now)
        return allowed

    def _ended(self, session: Session, entry: Entry, now: int) -> bool:
        """Whether a message is over without being sent, or has to wait."""
        if entry.expires_at is not None and entry.expires_at <= now:
            settled = Settled(State.EXPIRED, "too late to be of use")
        elif entry.audience == Audience.CUSTOMER and not self._permits(session, entry, now):
            return True
        elif (why := self._ways.refusal(entry.audience, entry.channel)) is not None:
            settled = Settled(State.SUPPRESSED, why)
        else:
            return False
        if outbox.close(session, entry.key, settled, now):
            self._count(entry, settled.state)
        return True

    def _permits(self, session: Session, entry: Entry, now: int) -> bool:
        """Whether the gate lets a letter to a customer through; without a gate nothing passes."""
        if self._ways.gate is None:
            outbox.close(session, entry.key, Settled(State.SUPPRESSED, "nobody allowed it"), now)
            return False
        return self._ways.gate.allows(session, entry, now)

    def _within_the_hour(self, session: Session, entries: Sequence[Entry], now: int) -> list[Entry]:
        """Of new ordinary messages to one receiver those that fit into the hour; what had to wait goes as one."""
        channel, recipient = entries[0].channel, entries[0].recipient
        used = outbox.lately(session, channel, recipient, now - HOUR_US)
        room = max(self._ways.per_hour - len(used), 0)
        if room and any(entry.held for entry in entries):
            return self._as_one(session, outbox.waiting(session, channel, recipient, now), now)
        for entry in entries[room:]:
            outbox.hold(session, entry.key, min([*used, now]) + HOUR_US)
        return list(entries[:room])

    def _as_one(self, session: Session, entries: Sequence[Entry], now: int) -> list[Entry]:
        """One message in the place of several."""
        parts = [entry for entry in entries if not self._ended(session, entry, now)]
        if len(parts) < 2:
            return parts
        group = _entry(_group([_letter(entry) for entry in parts]), now, now)
        outbox.put(session, group)
        settled = Settled(State.SUPPRESSED, f"above {self._ways.per_hour} an hour: sent with others", group.key)
        for entry in parts:
            outbox.close(session, entry.key, settled, now)
            self._count(entry, settled.state)
        return [group]

    def _claim(self, session: Session, allowed: Sequence[Entry], now: int) -> list[Entry]:
        """Claims on as many as can be sent at once, urgent ones first."""
        claimed: list[Entry] = []
        lease = now + self._ways.lease_s * SECOND_US
        taken = self._lanes.copy()
        for entry in sorted(allowed, key=lambda entry: not entry.urgent):
            if not taken.enter(entry.channel, urgent=entry.urgent):
                continue
            fence = outbox.claim(session, entry.key, now, lease)
            if fence is not None:
                attempts = entry.attempts + 1
                claimed.append(msgspec.structs.replace(entry, fence=fence, attempts=attempts, lease_until=lease))
        return claimed

    # ------------------------------------------------------------------ beside the thread

    def _carry(self, entry: Entry) -> None:
        """Send one message, and write down what became of it. What cannot be written is taken up with its lease."""
        try:
            self._carried(entry)
        except Exception as error:
            log.exception("what became of a message could not be written", key=entry.key, exc_info=error)
        finally:
            self._lanes.leave(entry.channel)
            self.wake()

    def _carried(self, entry: Entry) -> None:
        receipt = self._sent(entry)
        now = self._clock()
        settled = self._settled(entry, receipt, now)
        with self._database.write() as session:
            known = outbox.settle(session, entry, settled, now)
        if not known:
            log.warning("a claim was lost while it was being sent", key=entry.key, receipt=str(receipt))
            return
        self._count(entry, settled.state)
        if settled.state is not State.SENT:
            log.warning("a message was not sent", key=entry.key, state=str(settled.state), reason=settled.error)

    def _sent(self, entry: Entry) -> Receipt:
        if entry.lease_until is not None and self._clock() >= entry.lease_until:
            return Failed("it waited for its turn until its claim had ended")
        try:
            return self._ways.channels[entry.channel].send(_letter(entry))
        except Exception as error:
            log.exception("a channel failed", channel=entry.channel, key=entry.key, exc_info=error)
            return Uncertain(f"the channel failed: {type(error).__name__}")

    def _settled(self, entry: Entry, receipt: Receipt, now: int) -> Settled:
        """What a receipt means: an end, or another attempt."""
        if isinstance(receipt, Sent):
            return Settled(State.SENT, reference=receipt.reference)
        last = entry.attempts >= self._ways.attempts
        rest_s = retry_s(entry.key, entry.attempts)
        if isinstance(receipt, Failed):
            if receipt.permanent or last:
                return Settled(State.FAILED, receipt.reason)
            due = now + int(max(rest_s, receipt.again_in_s) * SECOND_US)
            return Settled(State.QUEUED, receipt.reason, due_at=due)
        if last or entry.audience != Audience.STAFF:
            return Settled(State.UNCERTAIN, receipt.reason)
        return Settled(State.QUEUED, receipt.reason, due_at=now + int(rest_s * SECOND_US), repeat=True)

    def _count(self, entry: Entry, state: State) -> None:
        self._telemetry.letters.labels(entry.channel, "retried" if state is State.QUEUED else str(state)).inc()


def _is_capped(entry: Entry) -> bool:
    """Whether the receiver's hour applies: not to what is urgent, to customers, to programs, or to a retry."""
    ordinary = entry.audience == Audience.STAFF and not entry.urgent and entry.attempts == 0
    return ordinary and entry.channel in FOR_PEOPLE


def _group(letters: Sequence[Letter]) -> Letter:
    """One letter in the place of several to the same receiver."""
    from keepwell.channels.words import grouped

    first, mail = letters[0], grouped(letters)
    keys = "\n".join(letter.key for letter in letters)
    ends = [letter.expires_at for letter in letters if letter.expires_at is not None]
    return Letter(
        key=f"group:{hash63(keys.encode()):x}:{len(letters)}",
        audience=first.audience,
        channel=first.channel,
        recipient=first.recipient,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        because="came too close together to be sent one by one",
        expires_at=max(ends) if len(ends) == len(letters) else None,
    )


def _entry(letter: Letter, now: int, due_at: int) -> Entry:
    return Entry(
        key=letter.key,
        audience=str(letter.audience),
        channel=letter.channel,
        recipient=letter.recipient,
        payload=msgspec.json.encode(letter).decode(),
        because=letter.because,
        created_at=now,
        due_at=due_at,
        urgent=letter.urgent,
        repeat=letter.repeat,
        expires_at=letter.expires_at,
    )


def _letter(entry: Entry) -> Letter:
    letter = msgspec.json.decode(entry.payload, type=Letter)
    return msgspec.structs.replace(letter, repeat=entry.repeat)
