"""Approvals, control of accounts, and transfers that are made to look like others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from keepwell.expert.telemetry.domain import Domain
from keepwell.expert.telemetry.record import Occurrence, Record
from keepwell.expert.telemetry.seen import chain_of
from keepwell.expert.telemetry.values import Properties, amount, flag, named, raw, text, times

DUST_USD: Final = 0.01
"""A transfer worth no more has no purpose but to be seen."""
SEEN_OF_AN_ADDRESS: Final = 4
"""Characters at both ends that wallets show of an address."""
OWNER: Final = frozenset({"system_assign", "account_owner"})
"""What moves control of an account: System Assign, and SPL SetAuthority of the type AccountOwner."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What a delegate or spender may take, whether it is on the platform's list, and of which account or token."""

    amount: int
    known: bool | None
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Approvals:
    """The approvals in force, the most dangerous of Solana and of EVM chains."""

    spl: Approval | None
    evm: Approval | None


def _approvals(record: Record) -> Approvals:
    rows = [row.properties for row in record.every("approval_granted")]
    spl = _in_force((each for each in rows if chain_of(each) == "solana"), _account)
    evm = _in_force((each for each in rows if chain_of(each) == "evm"), _spender)
    return Approvals(_worst(spl), _worst(evm))


def _account(properties: Properties) -> object:
    """A token account has one delegate: a new approval replaces the one before."""
    return text(properties, "account", "token")


def _spender(properties: Properties) -> object:
    """An EVM token has an allowance for each spender."""
    return text(properties, "chain"), text(properties, "token"), text(properties, "spender")


def _in_force(rows: Iterable[Properties], of: Callable[[Properties], object]) -> list[Approval]:
    """The last of each; an amount of 0 takes it back, and an approval without an amount says nothing."""
    newest: dict[object, Approval] = {}
    for each in rows:
        allowed = raw(each, "amount")
        if allowed is not None:
            newest[of(each)] = Approval(allowed, flag(each, "known"), named(each, *_NAMED))
    return list(newest.values())


_NAMED: Final = ("chain", "account", "token", "spender")


def _worst(approvals: list[Approval]) -> Approval | None:
    """The largest of strangers, else the largest of whom nothing is known, else the largest."""
    order = {False: 2, None: 1, True: 0}
    return max(approvals, key=lambda each: (each.amount > 0, order[each.known], each.amount), default=None)


APPROVALS = Domain("approvals", ("approval_granted",), _approvals)


@APPROVALS.feature("sec.spl_delegate_amount")
def _spl_amount(approvals: Approvals) -> int | None:
    return approvals.spl.amount if approvals.spl else None


@APPROVALS.feature("sec.spl_delegate_known")
def _spl_known(approvals: Approvals) -> bool | None:
    return approvals.spl.known if approvals.spl else None


@APPROVALS.feature("sec.evm_allowance")
def _evm_amount(approvals: Approvals) -> int | None:
    return approvals.evm.amount if approvals.evm else None


@APPROVALS.feature("sec.evm_spender_known")
def _evm_known(approvals: Approvals) -> bool | None:
    return approvals.evm.known if approvals.evm else None


@APPROVALS.of("sec.spl_delegate_amount", "sec.spl_delegate_known")
def _spl_of(approvals: Approvals) -> str | None:
    return approvals.spl.of if approvals.spl else None


@APPROVALS.of("sec.evm_allowance", "sec.evm_spender_known")
def _evm_of(approvals: Approvals) -> str | None:
    return approvals.evm.of if approvals.evm else None


@dataclass(frozen=True, slots=True)
class Control:
    """What passed control in the window: how often, by what it was."""

    what: list[str]


AUTHORITY = Domain(
    "authority",
    ("authority_changed",),
    lambda record: Control([text(row.properties, "what") or "" for row in record.now("authority_changed")]),
)


@AUTHORITY.feature("sec.account_owner_changed")
def _owner_changed(control: Control) -> int | None:
    """Unknown while nothing was passed, or it was not said what, unless one that was said is enough."""
    known = sum(each in OWNER for each in control.what)
    return known if known or (control.what and all(control.what)) else None


@dataclass(frozen=True, slots=True)
class Transfers:
    """Transactions of the window, and the addresses of everybody the customer dealt with before each moment."""

    now: tuple[Occurrence, ...]
    dealt: list[tuple[int, str]]


def _transfers(record: Record) -> Transfers:
    sent = [(row.at, text(row.properties, "to")) for row in record.every("transaction") if not _is_inbound(row)]
    taken = [(row.at, text(row.properties, "destination")) for row in record.every("withdrawal_made")]
    return Transfers(record.now("transaction"), [(at, each) for at, each in (*sent, *taken) if each is not None])


def _is_inbound(row: Occurrence) -> bool:
    return row.properties.get("direction") == "in"


TRANSFERS = Domain("transfers", ("transaction",), _transfers)


@TRANSFERS.feature("sec.nonce_tx_unknown")
def _nonces(transfers: Transfers) -> int | None:
    """Durable nonces in transactions of which it is known whether the platform built them."""
    said = [(row, flag(row.properties, "durable_nonce"), flag(row.properties, "built_here")) for row in transfers.now]
    known = [(row, nonce, own) for row, nonce, own in said if nonce is not None and own is not None]
    return sum(times(row.properties) for row, nonce, own in known if nonce and not own) if known else None


@TRANSFERS.feature("sec.poison_transfers")
def _poison(transfers: Transfers) -> int | None:
    """Inbound dust from an address that looks like one that the customer sent to before, and is another."""
    inbound = [row for row in transfers.now if _is_inbound(row) and text(row.properties, "from")]
    if not inbound or not transfers.dealt:
        return None
    return sum(_is_poison(row, transfers.dealt) for row in inbound)


def _is_poison(row: Occurrence, dealt: Iterable[tuple[int, str]]) -> bool:
    value, source = amount(row.properties, "value_usd"), text(row.properties, "from") or ""
    if value is None or value > DUST_USD:
        return False
    before = {each for at, each in dealt if at < row.at}
    return source not in before and any(_looks(source) == _looks(each) for each in before)


def _looks(address: str) -> tuple[str, str]:
    """What is seen of an address; the `0x` in front of it tells nothing apart."""
    bare = address.removeprefix("0x")
    return bare[:SEEN_OF_AN_ADDRESS], bare[-SEEN_OF_AN_ADDRESS:]
