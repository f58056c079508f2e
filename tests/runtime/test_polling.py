"""The poller: nothing is lost and nothing told twice, whatever a node does and wherever a crash falls."""

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
from tests.runtime.asking import NOW_S, asking, docs
from tests.sources.solana.node import (
    ADA,
    BOB,
    BUSY,
    EVE,
    GARBAGE,
    SILENT,
    document,
    failure,
    result,
    signature,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with asking(url) as scene:
        yield scene


@pytest.fixture
def scene():
    with asking() as scene:
        yield scene


def names(first: int, last: int) -> list[str]:
    return [signature(number) for number in range(first, last + 1)]


def test_transactions_are_told_oldest_first_and_once(both):
    both.node.add(*docs(1, 5))
    both.run(200)
    both.node.add(*docs(6, 7))
    both.run(200)

    assert both.told() == names(1, 7)
    assert both.cursor() == chains.Cursor(signature(7), 7, NOW_S * SECOND_US)
    (customer, name, said) = both.events()[0]
    assert (customer, name) == ("ada", signature(1))
    assert (said["tx_hash"], said["slot"], said["finality"], said["feed"]) == (name, 1, "finalized", "rpc_poll")


def test_an_idle_address_costs_one_request_a_round(scene):
    scene.run(600)

    assert set(scene.node.methods()) == {"getSignaturesForAddress"}
    assert len(scene.node.asked) == 11


def test_more_than_a_page_is_listed_to_its_end(scene):
    scene.node.add(*docs(1, 1100))
    scene.run(900)

    assert scene.told() == names(1, 1100)
    befores = [each["params"][1].get("before") for each in scene.node.asked if "Signatures" in each["method"]]
    assert befores[:3] == [None, signature(101), signature(1)]


def test_a_provider_that_gives_short_pages_loses_nothing(scene):
    scene.node.most = 7
    scene.node.add(*docs(1, 30))
    scene.run(300)

    assert scene.told() == names(1, 30)


def test_of_a_list_longer_than_is_kept_the_oldest_come_first(scene, monkeypatch):
    monkeypatch.setattr(poll, "KEPT", 10)
    scene.node.most = 4
    scene.node.add(*docs(1, 35))
    scene.run(300)

    assert scene.told() == names(1, 35)


def test_the_first_look_goes_back_so_many_days(scene):
    old = [document(number, number, NOW_S - 8 * 86_400 + number) for number in (1, 2)]
    scene.node.add(*old, *docs(3, 4))
    scene.run(100)

    assert scene.told() == names(3, 4)


def test_what_a_node_does_not_have_yet_is_asked_for_again(scene):
    """Others are told meanwhile; the cursor waits."""
    scene.node.add(*docs(1, 5))
    scene.node.nulls[signature(2)] = 3
    scene.run(10)

    assert scene.told() == [signature(number) for number in (1, 3, 4, 5)]
    assert scene.cursor().signature == signature(1)
    scene.run(120)
    assert sorted(scene.told()) == sorted(names(1, 5))
    assert scene.cursor().signature == signature(5)


def test_what_never_comes_holds_nobody_up_for_ever_and_is_counted(scene):
    scene.restart(every_us=HOUR_US)
    scene.node.add(*docs(1, 3))
    scene.node.nulls[signature(2)] = 10**6
    scene.run(23 * 3600)
    assert scene.cursor().signature == signature(1)
    assert scene.poller.line().waiting == 2
    scene.run(2 * 3600)

    assert scene.cursor().signature == signature(3)
    assert scene.poller.line().lost == 1
    assert scene.told() == [signature(1), signature(3)]


def test_a_version_that_cannot_be_read_is_passed_over_at_once(scene):
    scene.node.add(*docs(1, 2))
    scene.node.moods = [None, None, failure(-32015, "Transaction version (1) is not supported")]
    scene.run(30)

    assert scene.told() == [signature(2)]
    assert (scene.poller.line().lost, scene.cursor().signature) == (1, signature(2))
    assert "version" in scene.poller.line().error


TROUBLES = {
    "429": (BUSY, "too many requests"),
    "429 in the body": (failure(429, "Too many requests"), "too many requests"),
    "not ready": (failure(-32005, "Node is behind by 42 slots"), "-32005"),
    "block": (failure(-32004, "Block not available"), "-32004"),
    "skipped": (failure(-32007, "Slot was skipped"), "-32007"),
    "long-term": (failure(-32009, "Slot was skipped"), "-32009"),
    "status": (failure(-32014, "Block status not yet available"), "-32014"),
    "behind": (failure(-32016, "Minimum context slot has not been reached"), "-32016"),
    "internal": (failure(-32603, "Internal error"), "Internal error"),
    "gateway": ((502, {}, b"<html>"), "502"),
    "html": ((200, {}, b"<html>"), "no JSON-RPC"),
    "nested": ((200, {}, b"[" * 100_000), "no JSON-RPC"),
    "cut off": (GARBAGE, "no JSON-RPC"),
    "nothing": ((200, {}, b""), "no JSON-RPC"),
    "null": (result({"value": None}), "not the transaction|no list"),
    "other": (result([{"signature": "x", "slot": 1}]), "a row that is none|not the transaction"),
    "silence": (SILENT, "no answer"),
    "redirect": ((302, {"location": "http://127.0.0.1/"}, b""), "302"),
}


@pytest.mark.parametrize("place", [0, 1, 2, 3])
@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_delays_and_loses_nothing(scene, trouble, place):
    """Whichever question it meets: the first list, its end, and transactions."""
    answer, _ = TROUBLES[trouble]
    scene.node.add(*docs(1, 3))
    scene.node.moods = [*[None] * place, answer, answer]
    scene.run(300)

    assert sorted(scene.told()) == names(1, 3)
    assert scene.cursor().signature == signature(3)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_trouble_is_told_in_words(scene, trouble):
    answer, said = TROUBLES[trouble]
    scene.node.moods = [answer]
    scene.run(1)
    line = scene.poller.line()

    assert any(each in line.error for each in said.split("|")), line.error
    assert line.error_at == NOW
    assert (line.polled_at, line.complete_at) == (None, None)


def test_an_endpoint_in_trouble_is_left_alone_longer_and_longer(scene):
    scene.node.moods = [(503, {}, b"")] * 1000
    scene.run(6 * 3600)

    assert 25 < len(scene.node.asked) < 40  # 2, 4, ... 512, and then every 900 s


def test_a_node_says_how_long_it_wants_to_be_left_alone(scene):
    scene.node.moods = [(429, {"retry-after": "120"}, b"")]
    scene.run(100)
    assert len(scene.node.asked) == 1
    scene.run(30)
    assert len(scene.node.asked) == 2


def test_no_more_is_asked_in_a_minute_than_is_allowed(scene):
    scene.restart(per_minute=10)
    scene.node.add(*docs(1, 40))
    scene.run(59)
    assert len(scene.node.asked) == 10
    scene.run(600)

    assert scene.told() == names(1, 40)


def test_one_that_cannot_be_read_holds_up_no_other(scene):
    scene.node.add(*docs(1, 5))
    good = scene.node._transaction
    scene.node._transaction = lambda name, *rest: GARBAGE if name == signature(2) else good(name, *rest)
    scene.run(300)

    assert scene.told() == [signature(number) for number in (1, 3, 4, 5)]
    assert scene.cursor().signature == signature(1)


def test_nodes_that_have_come_differently_far_lose_nothing(scene):
    """The one behind does not know what the other listed, and would end the list with its silence."""
    scene.node.most = 3
    scene.node.add(*docs(1, 20))
    scene.node.tips = [20, 5, 20]
    scene.run(3 * 3600)

    assert sorted(scene.told()) == sorted(names(1, 20))


def test_an_older_list_does_not_move_the_cursor_back(scene):
    scene.node.add(*docs(1, 6))
    scene.run(100)
    scene.node.tips, scene.node.strict = [3], False
    scene.run(100)
    assert scene.cursor().slot == 6
    scene.node.tips = []
    scene.node.add(*docs(7, 8))
    scene.run(100)

    assert scene.told() == names(1, 8)


def test_the_cursor_of_the_store_does_not_move_back(both):
    with both.space.database.write() as session:
        for slot in (5, 9, 3):
            chains.move(session, "solana", ADA, chains.Cursor(signature(slot), slot), NOW)

    assert both.cursor().slot == 9


def test_a_node_that_has_forgotten_the_cursor_repeats_nothing(scene):
    """It lists everything that it knows instead."""
    scene.node.add(*docs(1, 6))
    scene.run(100)
    del scene.node.ledger[5]
    scene.node.add(*docs(7, 8))
    scene.node.asked.clear()
    scene.run(100)

    assert scene.told() == names(1, 8)
    assert scene.node.methods().count("getTransaction") == 2


def test_what_disappears_before_it_is_final_is_never_told(scene):
    """A node that shows what may still be undone: it waits, and so does what came after it."""
    scene.node.sloppy = True
    scene.node.add(*docs(1, 2))
    scene.node.add(*docs(3, 3), final=False)
    scene.node.add(*docs(4, 4))
    scene.run(100)
    assert scene.told() == names(1, 2)
    scene.node.ledger = [each for each in scene.node.ledger if each.final]
    scene.run(100)

    assert scene.told() == [signature(number) for number in (1, 2, 4)]


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
    until(lambda: len(scene.told()) == 3, 10)
    scene.poller.stop()
    count = len(scene.node.asked)

    assert not scene.poller._thread.is_alive()
    assert len(scene.node.asked) == count
