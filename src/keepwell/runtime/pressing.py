"""Buttons under alerts and messages in Slack: pressed there, done here."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import structlog

from keepwell.alerts.rota import Rota
from keepwell.base.time import DAY_US
from keepwell.runtime.ports.alerts import Alerts, Deed
from keepwell.runtime.ports.messages import MessageRefusedError, Messages
from keepwell.runtime.ports.reception import Received
from keepwell.sources.slack.interaction import Action, Interaction

BLOCK, MESSAGE = "alert", "message"  # the blocks that our letters put their buttons into
SNOOZE_US = DAY_US

log = structlog.get_logger("keepwell.buttons")


class Buttons:
    """Does what somebody pressed. Slack waits three seconds for an answer."""

    def __init__(self, alerts: Alerts, messages: Messages, rota: Rota, clock: Callable[[], int]) -> None:
        self._alerts = alerts
        self._messages = messages
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
            if action.block_id == MESSAGE:
                changed += self._decide(action, pressed.user_id)
                continue
            deed = self._deed(action.action_id, self._name(pressed.user_id))
            if action.block_id == BLOCK and deed is not None and (action.value or "").isdecimal():
                changed += self._alerts.act([int(action.value or 0)], deed)
        return Received(changed, 0, 0)

    def _decide(self, action: Action, user: str) -> int:
        """Approve or reject the message that was seen. Only staff who are known by their id at Slack can."""
        number, _, digest = (action.value or "").partition(":")
        by = self._known(user)
        if by is None or not number.isdecimal():
            log.warning("a button under a message was pressed by nobody of the staff", user=user[:40])
            return 0
        try:
            if action.action_id == "approve":
                return self._messages.approve({int(number): digest}, by)
            if action.action_id == "reject":
                self._messages.reject(int(number), by, "rejected in Slack")
                return 1
        except MessageRefusedError as error:
            log.warning("a button under a message did nothing", message=number, because=str(error))
        return 0

    def _deed(self, action: str, by: str) -> Deed | None:
        if action == "acknowledge":
            return Deed("acknowledge", by)
        if action == "snooze":
            return Deed("snooze", by, until=self._clock() + SNOOZE_US, reason="snoozed in Slack for a day")
        return None

    def _name(self, user: str) -> str:
        """Who it was: by their id at Slack, as the staff file has it."""
        return self._known(user) or f"Slack user {user[:40]}"

    def _known(self, user: str) -> str | None:
        return next(
            (person.name for person in self._rota.people.values() if person.slack and person.slack == user), None
        )
