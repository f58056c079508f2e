"""The poller: nothing is lost and nothing told twice, whatever a node does."""

from __future__ import annotations

import pytest

from keepwell.base.time import HOUR_US, SECOND_US
from keepwell.sources.solana import poll
from keepwell.store import chains
from tests.histories import NOW
from tests.runtime.asking import NOW_S, docs, names
from tests.sources.solana.node import (
    ADA,
    BUSY,
    GARBAGE,
    SILENT,
    document,
    failure,
    result,
    signature,
)


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
