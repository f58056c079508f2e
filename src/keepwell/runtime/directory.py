"""Which account a name means: users, e-mail addresses, ids of other systems, wallets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from keepwell.sources.sent import Name, Sent
from keepwell.store import links
from keepwell.store.database import Database

REMEMBERED = 500_000


class Directory:
    """Names and their accounts, remembered in memory as they are asked for. Used by one thread at a time.

    What `bind` says holds at once for whoever asks here; it is durable when the parcel that carries it is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[Name, str | None] = {}
        self._doubtful = False

    def doubt(self) -> None:
        """Something bound here did not become durable: everything is looked up again. Called by any thread."""
        self._doubtful = True

    def prepare(self, items: Iterable[Sent]) -> None:
        """Look up the names of a request at once."""
        if self._doubtful:
            self._doubtful = False
            self._known.clear()
        self.look_up(name for item in items for name in (*names_of(item), *item.binds))

    def look_up(self, names: Iterable[Name]) -> None:
        """Look up names, so that `account` knows them."""
        missing = {name for name in names if name not in self._known}
        if not missing:
            return
        if len(self._known) + len(missing) > REMEMBERED:
            self._known.clear()
        with self._database.read() as session:
            for name in missing:
                self._known[name] = links.owner(session, name)

    def account(self, names: Sequence[Name]) -> str | None:
        """The account of the first name that has one. Names were prepared before."""
        return next((found for name in names if (found := self._known.get(name)) is not None), None)

    def bind(self, names: Iterable[Name], account: str) -> None:
        """Let names mean an account from now on."""
        for name in names:
            self._known[name] = account


def names_of(item: Sent) -> Sequence[Name]:
    """The names an account may be found by: the user, then what the sender gave, in its order."""
    user = item.raw.user_id
    if item.raw.customer_id not in (None, ""):
        return ()
    if isinstance(user, str | int) and not isinstance(user, bool) and user != "":
        return (("user", str(user)), *item.names)
    return item.names
