"""Genuine transactions: made by a virtual machine, served by a node, polled, kept, and named by the Expert."""

from __future__ import annotations

import json
import struct

import pytest
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.litesvm import LiteSVM
from solders.message import Message
from solders.pubkey import Pubkey
from solders.system_program import CreateAccountParams, TransferParams, create_account, transfer
from solders.token.associated import get_associated_token_address
from solders.transaction import Transaction
from solders.transaction_metadata import FailedTransactionMetadata

from keepwell.base.time import SECOND_US
from keepwell.config.expert_tables import load_tables
from keepwell.expert.case import Kind
from keepwell.expert.telemetry.observe import observe
from keepwell.expert.telemetry.record import Occurrence, Span
from keepwell.runtime.directory import Directory
from keepwell.runtime.intake import Intake, Sender
from keepwell.sources.delivery import Delivery
from keepwell.sources.webhooks import WEBHOOKS
from tests.runtime.asking import NOW_S, asking
from tests.sources.solana.node import base58

TOKEN = Pubkey.from_string("TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA")
ATA = Pubkey.from_string("ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL")
SYSTEM = Pubkey.from_string("1" * 32)
MINT_BYTES = 82


def error_as_json(error):
    """The error as a node prints it."""
    match type(error).__name__:
        case "TransactionErrorFieldless":
            return str(error).rpartition(".")[2]
        case "TransactionErrorInsufficientFundsForRent":
            return {"InsufficientFundsForRent": {"account_index": error.account_index}}
        case "TransactionErrorInstructionError":
            inner = error.err
            custom = type(inner).__name__ == "InstructionErrorCustom"
            return {"InstructionError": [error.index, {"Custom": inner.code} if custom else str(inner).split(".")[-1]]}
    raise TypeError(repr(error))


class Machine:
    """A virtual machine whose outcomes are put as a node puts them."""

    def __init__(self) -> None:
        self.svm = LiteSVM()
        self.payer, self.friend = (Keypair.from_seed(bytes([number]) * 32) for number in (1, 2))
        self.svm.airdrop(self.payer.pubkey(), 10_000_000_000)
        self.docs: list[dict] = []

    def send(self, *instructions: Instruction, signers=None, blockhash: Hash | None = None) -> str:
        signers = signers or [self.payer]
        recent = blockhash or self.svm.latest_blockhash()
        message = Message.new_with_blockhash(list(instructions), signers[0].pubkey(), recent)
        sent = Transaction(signers, message, recent)
        outcome = self.svm.send_transaction(sent)
        self.svm.expire_blockhash()  # the same instruction may be sent again
        failed = isinstance(outcome, FailedTransactionMetadata)
        meta = outcome.meta() if failed else outcome
        self.docs.append(self._document(sent, meta, error_as_json(outcome.err()) if failed else None))
        return str(sent.signatures[0])

    def _document(self, sent: Transaction, meta, err) -> dict:
        message, number = sent.message, len(self.docs) + 1
        header = message.header
        return {
            "slot": number,
            "blockTime": NOW_S - 100 + number,
            "version": "legacy",
            "meta": {
                "err": err, "fee": 5000 * len(sent.signatures), "logMessages": list(meta.logs()),
                "computeUnitsConsumed": meta.compute_units_consumed(), "innerInstructions": [],
                "loadedAddresses": {"readonly": [], "writable": []},
            },
            "transaction": {
                "signatures": [str(each) for each in sent.signatures],
                "message": {
                    "accountKeys": [str(each) for each in message.account_keys],
                    "header": {"numRequiredSignatures": header.num_required_signatures},
                    "recentBlockhash": str(message.recent_blockhash),
                    "instructions": [
                        {"programIdIndex": each.program_id_index, "accounts": list(each.accounts),
                         "data": base58(bytes(each.data))}
                        for each in message.instructions
                    ],
                },
            },
        }  # fmt: skip


def pay(source: Keypair, target: Pubkey, lamports: int) -> Instruction:
    return transfer(TransferParams(from_pubkey=source.pubkey(), to_pubkey=target, lamports=lamports))


def token(kind: int, data: bytes, *accounts: tuple[Pubkey, bool, bool]) -> Instruction:
    return Instruction(TOKEN, bytes([kind]) + data, [AccountMeta(*each) for each in accounts])


def failures(vm: Machine) -> dict[str, tuple[str, str]]:
    """What each failed transaction is called: by its signature, whom it blames and the name."""
    payer, friend, mint = vm.payer, vm.friend, Keypair.from_seed(bytes([7]) * 32)
    me, other = payer.pubkey(), friend.pubkey()
    found = {}
    vm.send(pay(payer, other, 5_000_000))
    found[vm.send(pay(payer, other, 10**12))] = ("solana_system", "ResultWithNegativeLamports")
    old = vm.svm.latest_blockhash()
    vm.svm.expire_blockhash()
    found[vm.send(pay(payer, other, 1), blockhash=old)] = ("", "BlockhashNotFound")
    found[vm.send(pay(payer, Keypair().pubkey(), 100))] = ("", "InsufficientFundsForRent")
    rent = vm.svm.minimum_balance_for_rent_exemption(MINT_BYTES)
    made = CreateAccountParams(from_pubkey=me, to_pubkey=mint.pubkey(), lamports=rent, space=MINT_BYTES, owner=TOKEN)
    initialise = token(20, bytes([6]) + bytes(me) + b"\x00", (mint.pubkey(), False, True))
    vm.send(create_account(made), initialise, signers=[payer, mint])
    accounts = [get_associated_token_address(owner, mint.pubkey()) for owner in (me, other)]
    for owner, account in zip((me, other), accounts, strict=True):
        keys = [(me, True, True), (account, False, True), (owner, False, False), (mint.pubkey(), False, False),
                (SYSTEM, False, False), (TOKEN, False, False)]  # fmt: skip
        vm.send(Instruction(ATA, bytes([0]), [AccountMeta(*each) for each in keys]))
    move = struct.pack("<Q", 10**9)
    moved = token(3, move, (accounts[0], False, True), (accounts[1], False, True), (me, True, False))
    found[vm.send(moved)] = ("spl_token", "InsufficientFunds")
    frozen = token(10, b"", (accounts[0], False, True), (mint.pubkey(), False, False), (me, True, False))
    found[vm.send(frozen)] = ("spl_token", "MintCannotFreeze")
    vm.svm.airdrop(other, 10**9)
    keys = (accounts[0], False, True), (accounts[1], False, True), (other, True, False)
    vm.send(token(3, struct.pack("<Q", 1), *keys), signers=[friend])  # not the customer's
    return found


@pytest.fixture(scope="module")
def vm():
    machine = Machine()
    return machine, failures(machine)


def named(rows) -> dict[str, tuple[str, str]]:
    """What the Expert calls each failure, out of what was kept."""
    tables = load_tables()
    found = {}
    for _, name, properties in rows:
        occurrence = Occurrence("transaction", NOW_S * SECOND_US, properties)
        for seen in observe([occurrence], Span(NOW_S * SECOND_US + 1), tables).readings:
            assert seen.kind in (Kind.ERROR, Kind.TRANSACTION, Kind.INSTRUCTION)
            found[name] = (seen.program, seen.name)
    return found


def test_what_is_polled_is_named(vm):
    machine, expected = vm
    with asking() as scene:
        me = str(machine.payer.pubkey())
        scene.restart(addresses={me: "ada"})
        scene.node.add(*machine.docs)
        scene.run(100)
        rows = scene.events()

    assert len(rows) == len(machine.docs) - 1
    assert named(rows) == expected
    assert {row[2]["feed"] for row in rows} == {"rpc_poll"}


def test_what_a_raw_webhook_brings_is_named(vm):
    machine, expected = vm
    with asking() as scene:
        scene.link(ada=str(machine.payer.pubkey()))
        body = json.dumps(machine.docs).encode()
        batch = WEBHOOKS["helius"].parse(Delivery("POST", "/hooks/helius", {}, body, scene.clock()))
        intake = Intake(Directory(scene.space.database))
        scene.worker.submit(intake.parcel(Sender("hook:helius", verified=True), batch, scene.clock())).result(0)
        rows = scene.events()

    assert named(rows) == expected
    assert {row[2]["feed"] for row in rows} == {"raw_webhook"}


def test_the_feed_of_a_raw_webhook_shows_failures(vm):
    """So that a success rate may be made of it, and what is said of feeds without failures is not said of it."""
    machine, expected = vm
    batch = WEBHOOKS["helius"].parse(Delivery("POST", "/", {}, json.dumps(machine.docs[:-1]).encode(), 0))
    rows = [Occurrence("transaction", NOW_S * SECOND_US, each.raw.properties) for each in batch.items]
    features = observe(rows, Span(NOW_S * SECOND_US + 1), load_tables()).features

    assert features["src.feed"] == "raw_webhook"
    assert features["tx.failed"] == len(expected)
    assert features["tx.landed"] == len(rows)
    assert features["tx.attempted"] == 0
