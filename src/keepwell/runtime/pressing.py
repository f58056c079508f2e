"""Buttons under alerts in Slack: pressed there, done here."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from keepwell.alerts.rota import Rota
from keepwell.base.time import DAY_US
from keepwell.runtime.ports.alerts import Alerts, Deed
from keepwell.runtime.ports.reception import Received
from keepwell.sources.slack.interaction import Interaction

BLOCK = "alert"  # the block that our messages put their buttons into
SNOOZE_US = DAY_US


class Buttons:
    """Does what somebody pressed. Slack waits three seconds for an answer."""

    def __init__(self, alerts: Alerts, rota: Rota, clock: Callable[[], int]) -> None:
        self._alerts = alerts
        self._rota = rota
        self._clock = clock
        self._hands = ThreadPoolExecutor(1, thread_name_prefix="keepwell-buttons")

    def press(self, pressed: Interaction) -> Future[Received]:
        """Do it beside; the result comes when it is committed."""
        return self._hands.submit(self._do, pressed)

    def stop(self) -> None:
        """Finish what was begun."""
        self._hands.shutdown()

    def _do(self, pressed: Interaction) -> Received:
        changed = 0
        for action in pressed.actions:
            deed = self._deed(action.action_id, self._name(pressed.user_id))
            if action.block_id == BLOCK and deed is not None and (action.value or "").isdecimal():
                changed += self._alerts.act([int(action.value or 0)], deed)
        return Received(changed, 0, 0)

    def _deed(self, action: str, by: str) -> Deed | None:
        if action == "acknowledge":
            return Deed("acknowledge", by)
        if action == "snooze":
            return Deed("snooze", by, until=self._clock() + SNOOZE_US, reason="snoozed in Slack for a day")
        return None

    def _name(self, user: str) -> str:
        """Who it was: by their id at Slack, as the staff file has it."""
        known = (person.name for person in self._rota.people.values() if person.slack and person.slack == user)
        return next(known, f"Slack user {user[:40]}")
