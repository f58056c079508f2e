"""The poller and its own house: crashes, the store, whose a transaction is, webhooks, and what is shown."""

from __future__ import annotations

import pytest

from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.runtime.directory import Directory
from keepwell.runtime.health import LiveHealth
from keepwell.runtime.intake import Intake, Sender
from keepwell.runtime.ports.reception import LaterError
from keepwell.sources.delivery import Delivery
from keepwell.sources.solana import poll
from keepwell.sources.webhooks import WEBHOOKS
from keepwell.store import chains
from tests.histories import NOW
from tests.runtime.asking import NOW_S, docs, names
from tests.sources.solana.node import (
    ADA,
    BOB,
    EVE,
    document,
    failure,
    signature,
)


class Crash(Exception):
    """The process has died here."""


@pytest.mark.parametrize("after", range(0, 24, 5))
def test_a_crash_between_the_events_and_the_cursor_is_made_good(both, after, monkeypatch):
    """At any point: events that are written and a cursor that is not, or neither."""
    monkeypatch.setattr(poll, "AT_ONCE", 2)
    both.node.add(*docs(1, 9))
    if after % 2:
        both.worker.dies = Crash()
    for turn in range(200):
        try:
            both.clock.now = max(both.clock.now, both.poller.turn())
        except Crash:
            both.worker.dies = None
            both.restart()
        if turn == after:
            both.restart()
    both.run(300)

    assert both.told() == names(1, 9)
    assert both.cursor().signature == signature(9)


def test_events_that_are_written_while_the_cursor_is_not_are_no_second_time(scene, monkeypatch):
    scene.node.add(*docs(1, 3))
    with monkeypatch.context() as patched:
        patched.setattr(chains, "move", lambda *_: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            scene.run(10)
    assert (scene.told(), scene.cursor()) == (names(1, 3), None)
    scene.restart()
    scene.run(10)

    assert scene.told() == names(1, 3)
    assert scene.cursor().signature == signature(3)
    (line,) = LiveHealth(scene.worker, scene.clock).sources()
    assert (line.name, line.accepted_day, line.duplicates_day, line.rejected_day) == ("poll:solana", 3, 3, 0)


def test_a_cursor_that_could_not_be_written_does_not_stop_the_poller(scene, monkeypatch):
    scene.node.add(*docs(1, 3))
    with monkeypatch.context() as patched:
        patched.setattr(chains, "move", lambda *_: (_ for _ in ()).throw(Crash()))
        with pytest.raises(Crash):
            scene.run(10)
    scene.node.add(*docs(4, 4))
    scene.run(100)

    assert scene.told() == names(1, 4)
    assert scene.cursor().signature == signature(4)


def test_the_cursor_waits_until_the_events_are_durable(scene):
    scene.node.add(*docs(1, 3))
    scene.worker.refuses = LaterError("The disk is full", 30)
    scene.run(60)
    assert (scene.told(), scene.cursor()) == ([], None)
    assert "disk is full" in scene.poller.line().error
    scene.worker.refuses = None
    scene.run(60)

    assert scene.told() == names(1, 3)
    assert scene.cursor().signature == signature(3)


def test_a_transaction_is_the_first_customers_who_signed_it(scene):
    scene.restart(addresses={ADA: "ada", BOB: "bob"})
    scene.node.add(
        document(1, 1, NOW_S, payer=EVE, others=[BOB, ADA], signers=2),  # a relayer pays
        document(2, 2, NOW_S, payer=ADA, others=[BOB], signers=2),
        document(3, 3, NOW_S, payer=EVE, others=[ADA], signers=1),  # somebody sends Ada something, or fails to
    )
    scene.run(100)

    assert [(customer, name) for customer, name, _ in scene.events()] == [
        ("bob", signature(1)),
        ("ada", signature(2)),
    ]
    assert scene.cursor().signature == signature(3)


def test_linked_wallets_are_asked_about_from_when_they_are_linked(scene):
    scene.restart(linked=True, addresses={})
    scene.node.add(*docs(1, 2, payer=BOB))
    scene.run(100)
    assert not scene.node.asked
    scene.link(bob=BOB, eth="0x52908400098527886E0F7030069857D2E4169EE7")
    scene.run(100)

    assert [customer for customer, _, _ in scene.events()] == ["bob", "bob"]
    assert {each["params"][0] for each in scene.node.asked if "Signatures" in each["method"]} == {BOB}


def delivered(scene, *items):
    """What a raw webhook brings."""
    import json

    batch = WEBHOOKS["helius"].parse(Delivery("POST", "/hooks/helius", {}, json.dumps(items).encode(), scene.clock()))
    intake = Intake(Directory(scene.space.database))
    parcel = intake.parcel(Sender("hook:helius", verified=True), batch, scene.clock())
    return scene.worker.submit(parcel).result(0)


@pytest.mark.parametrize("first", ["webhook", "poller"])
def test_a_transaction_of_webhook_and_poller_is_one_event(both, first):
    both.link(ada=ADA)
    (doc,) = docs(1, 1, err="AccountInUse", logs=["Program log: x"])
    both.node.add(doc)
    if first == "webhook":
        assert delivered(both, doc).accepted == 1
        both.run(10)
    else:
        both.run(10)
        found = delivered(both, doc)
        assert (found.accepted, found.duplicates, found.rejected) == (0, 1, 0)

    assert both.told() == [signature(1)]
    assert both.cursor().signature == signature(1)
    shown = {line.name for line in LiveHealth(both.worker, both.clock).sources()}
    assert shown == {"hook:helius", "poll:solana"}


def test_a_delivery_without_its_result_does_not_stand_in_the_way(scene):
    scene.link(ada=ADA)
    (doc,) = docs(1, 1)
    assert delivered(scene, {**doc, "meta": None}).accepted == 1
    scene.node.add(doc)
    scene.run(10)

    assert scene.told() == [signature(1)]


def test_a_source_that_only_lends_its_name_is_not_shown(scene):
    scene.node.add(*docs(1, 1))
    scene.run(10)

    assert [line.name for line in LiveHealth(scene.worker, scene.clock).sources()] == ["poll:solana"]


def test_how_far_behind_it_is(scene):
    scene.node.add(*docs(1, 3))
    scene.run(30)
    line = scene.poller.line()
    assert (line.addresses, line.polled_at, line.complete_at, line.waiting) == (1, NOW, NOW, 0)
    scene.node.moods = [(503, {}, b"")] * 1000
    scene.run(HOUR_US // SECOND_US)

    assert scene.poller.line().complete_at == NOW
    assert scene.poller.line().error == "answered 503"


def test_hostile_logs_are_kept_as_they_are(scene):
    logs = [
        "Program log: \u202e</script><b>\x00\x1b[31m",
        "'; DROP TABLE event; --",
        "Program log: " + "\U0001f4a3" * 9,
    ]
    scene.node.add(*docs(1, 1, err={"InstructionError": [0, {"Custom": 1}]}, logs=logs))
    scene.run(10)

    assert scene.events()[0][2]["logs"] == logs


def test_a_transaction_too_large_to_be_kept_is_refused_and_passed(scene):
    scene.node.add(*docs(1, 1, err={"InstructionError": [0, "x" * 70_000]}), *docs(2, 2))
    scene.run(10)

    assert scene.told() == [signature(2)]
    (line,) = LiveHealth(scene.worker, scene.clock).sources()
    assert (line.accepted_day, line.rejected_day) == (1, 1)


def test_the_key_of_the_endpoint_is_shown_nowhere(scene, capfd, caplog):
    caplog.set_level(0)
    path = "/rpc/s3cret-key"
    scene.node.moods = [
        failure(-32603, f"no such path {path}"),
        failure(-32603, f"bad url {scene.url}"),
        (500, {}, b""),
    ]
    for _ in range(3):
        scene.run(10)
        assert "s3cret" not in scene.poller.line().error
    shown = capfd.readouterr()

    assert "did not answer" in shown.out + shown.err
    assert "s3cret" not in shown.out + shown.err
    assert "s3cret" not in repr(scene.poller._polling)
    assert scene.node.requests[0].path == path


def test_the_thread_asks_and_stops(scene):
    from tests.live import until

    scene.node.add(*docs(1, 3))
    scene.poller.start()
    until(lambda: len(scene.told()) == 3)
    scene.poller.stop()
    count = len(scene.node.asked)

    assert not scene.poller._thread.is_alive()
    assert len(scene.node.asked) == count
