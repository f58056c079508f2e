"""The next upgrade, feature and answer, out of a workspace: what pages, the API and commands ask."""

from __future__ import annotations

from collections.abc import Callable

from keepwell.runtime.adopting import adopting
from keepwell.runtime.clock import now_us
from keepwell.runtime.expanding import expanding
from keepwell.runtime.explain import UnknownCustomerError
from keepwell.runtime.ports.next import Adopting, Expansions, Satisfying
from keepwell.runtime.satisfying import satisfying
from keepwell.runtime.workspace import Workspace
from keepwell.store.customers import number_of


class LoggedNext:
    """Implements the `Next` port: each answer is computed when it is asked for.

    Raises:
        UnknownCustomerError: there is no customer of that id.
    """

    def __init__(self, workspace: Workspace, clock: Callable[[], int] = now_us) -> None:
        self._workspace, self._clock = workspace, clock

    def adoption(self, as_of: int | None, customer_id: str | None = None) -> Adopting:
        self._check(customer_id)
        return adopting(self._workspace, self._at(as_of), customer_id)

    def expansion(self, as_of: int | None, customer_id: str | None = None) -> Expansions:
        self._check(customer_id)
        return expanding(self._workspace, self._at(as_of), customer_id)

    def satisfaction(self, as_of: int | None, customer_id: str | None = None) -> Satisfying:
        self._check(customer_id)
        return satisfying(self._workspace, self._at(as_of), customer_id)

    def _check(self, customer_id: str | None) -> None:
        with self._workspace.database.read() as session:
            if customer_id is not None and number_of(session, customer_id) is None:
                raise UnknownCustomerError(customer_id)

    def _at(self, as_of: int | None) -> int:
        return self._clock() if as_of is None else as_of
