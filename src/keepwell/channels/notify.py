"""Everything else by Apprise: Teams, Telegram, PagerDuty and a hundred others. Needs the extra `notify`."""

from __future__ import annotations

import importlib
from typing import Any

from keepwell.base.errors import KeepwellError
from keepwell.channels.letter import Letter, Receipt, Sent, Uncertain


class NotInstalledError(KeepwellError):
    """Apprise is not there."""

    def __init__(self) -> None:
        super().__init__("The channel apprise needs the package of that name: pip install 'keepwell[notify]'")


class AddressRefusedError(KeepwellError):
    """Apprise does not know what to make of an address."""


class Apprise:
    """Tells one Apprise address. Whom it reaches is part of the address."""

    def __init__(self, url: str) -> None:
        """Read the address.

        Raises:
            NotInstalledError: the extra is missing.
            AddressRefusedError: the address is none of Apprise's.
        """
        library = _library()
        self._told = library.Apprise()
        if not self._told.add(url):
            raise AddressRefusedError("KEEPWELL_APPRISE_URL is no address that Apprise knows")
        self._kinds = library.NotifyType

    def send(self, letter: Letter) -> Receipt:
        kind = self._kinds.WARNING if letter.urgent else self._kinds.INFO
        try:
            taken = self._told.notify(title=letter.title, body=letter.text, notify_type=kind)
        except Exception as error:  # noqa: BLE001 - a hundred plugins, each with errors of its own
            return Uncertain(f"Apprise failed: {type(error).__name__}")
        # It says yes or no, and not how far it got: a "no" may be a reply that was lost.
        return Sent(letter.name) if taken else Uncertain("Apprise says that it was not taken; its log says why")


def _library() -> Any:  # noqa: ANN401 - an optional package without types for us
    try:
        return importlib.import_module("apprise")
    except ImportError:
        raise NotInstalledError from None
