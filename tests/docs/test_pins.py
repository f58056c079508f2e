"""Decisions and compromises that no other test holds: each is named in decisions/ or COMPROMISES.md."""

import pyarrow.parquet as pq
import pytest

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.cli.serve import run
from keepwell.events.accept import Receipt, accept
from keepwell.events.catalog import Stream
from keepwell.events.event import Raw
from keepwell.events.mapping import EventMap, EventRule
from keepwell.runtime.book import StoredBook
from keepwell.runtime.directory import Directory
from keepwell.runtime.explain import explain
from keepwell.runtime.history import refresh
from keepwell.runtime.importing import import_customers, import_events, waiting_rejects
from keepwell.runtime.intake import Intake, Sender
from keepwell.runtime.receive import Parcel, receive
from keepwell.runtime.rows import score_rows
from keepwell.runtime.scoring import score_at
from keepwell.runtime.serving import listening
from keepwell.runtime.texts import sentiment
from keepwell.runtime.workspace import FolderBusyError, open_workspace
from keepwell.scores.caps import CAPS
from keepwell.scores.lifecycle import STAGES, Lifecycle
from keepwell.scores.score import NEUTRAL
from keepwell.sources.sent import Batch, Sent
from keepwell.store.segments import manifest
from tests.histories import NOW, TODAY, house, put

MIDNIGHT = TODAY * DAY_US


@pytest.fixture
def space():
    with house() as workspace:
        yield workspace


def event(days_ago, key="signed_in", customer="ada", **properties):
    """An event at noon, some whole days before today."""
    at = MIDNIGHT - days_ago * DAY_US + DAY_US // 2
    return accept(Raw(customer, key, at, properties, message_id=f"{key}-{customer}-{days_ago}-{properties}"), NOON)


NOON = Receipt(NOW + DAY_US)


def score(space, moment=NOW, customer="ada"):
    return next(row for row in score_rows(space, moment) if row.customer_id == customer)


def cap(space, moment=NOW):
    found = score_at(space, moment).scores
    return CAPS[found.cap[0]].name if found.cap[0] >= 0 else None


# --- decisions -------------------------------------------------------------------------------


def test_nobody_active_for_90_days_is_capped(space):
    put(space, [event(200), event(90)])

    assert cap(space, MIDNIGHT) is None
    assert cap(space, MIDNIGHT + 1) == "dormant"
    assert score(space, MIDNIGHT + 300 * DAY_US).score <= 39


def test_a_churned_customer_is_still_scored_and_in_no_figure_of_the_overview(space):
    put(space, [event(200), event(100), event(3, "subscription_cancelled"), event(1), event(1, customer="bob")])
    before, after = (score_at(space, MIDNIGHT - days * DAY_US).scores for days in (2, 0))
    refresh(space, MIDNIGHT)
    overview = StoredBook(space, lambda: MIDNIGHT).overview()

    assert STAGES[after.lifecycle[0]] is Lifecycle.CHURNED
    assert cap(space, MIDNIGHT) == "cancellation"
    assert after.uncapped[0] != before.uncapped[0]
    assert (overview.customers, overview.churned, overview.scored) == (1, 1, 1)


def test_of_whom_nothing_is_known_starts_neutral(space):
    put(space, [event(1, "something_nobody_planned")])
    found = score(space)

    assert (found.score, found.coverage, found.provisional) == (NEUTRAL, 0.0, True)


def test_volume_growth_is_shrunk_by_five_mean_transactions(space):
    sold = {"asset": "A", "status": "succeeded"}
    put(space, [event(80), event(40, "transaction", amount=30, **sold), event(5, "transaction", amount=10, **sold)])
    found = explain(space, "ada", MIDNIGHT)
    line = next(line for metric in found.metrics for line in metric.indicators if line.indicator == "volume_growth")

    assert line.value == pytest.approx((10 + 5 * 20) / (30 + 5 * 20))


def test_an_import_writes_one_segment_a_stream_and_chunk_sorted_by_known_day(space):
    put(space, [event(days, customer=name) for days, name in ((3, "ada"), (90, "bob"), (1, "ada"), (40, "cyd"))])
    with space.database.read() as session:
        segments = manifest(session, [Stream.ACTIVITY])
    days = pq.read_table(space.folder / segments[0].path).column("known_day").to_pylist()

    assert len(segments) == 1
    assert days == sorted(days)
    assert len(set(days)) == 4


def test_tenure_is_known_without_reading_old_segments(space):
    put(space, [event(900)])
    put(space, [event(1)])
    with space.database.read() as session:
        old = manifest(session, [Stream.ACTIVITY])[0]
    (space.folder / old.path).unlink()

    assert score_at(space, MIDNIGHT).view.tenure.tolist() == [899]


def test_a_day_is_a_whole_utc_day(space):
    late, early = ({"timestamp": MIDNIGHT - DAY_US + offset} for offset in (-1, 0))
    put(
        space,
        [accept(Raw("ada", "signed_in", each["timestamp"], message_id=str(each)), NOON) for each in (late, early)],
    )

    assert score_at(space, MIDNIGHT).view.now("own_days").tolist() == [2]


def test_activity_that_leaves_the_window_is_no_behaviour(space):
    put(space, [event(days) for days in (60, 29, 28, 27, 26)])
    change = explain(space, "ada", MIDNIGHT, MIDNIGHT - 3 * DAY_US).change
    kinds = {part.kind for part in change.parts}

    assert change.total < 0
    assert "roll_off" in kinds
    assert "behaviour" not in kinds


# --- compromises -----------------------------------------------------------------------------


def test_while_it_serves_nobody_else_writes(space, monkeypatch):
    refused = []

    def another(*_: object) -> None:
        with open_workspace(space.settings) as second:
            with pytest.raises(FolderBusyError) as found, second.writing():
                pass
            refused.append(found.value)

    monkeypatch.setattr("keepwell.runtime.serving.serve", another)
    with listening("127.0.0.1", 0) as listener:
        run(space, listener)

    assert len(refused) == 1


def test_a_user_seen_before_its_group_stays_a_customer_of_one(space):
    intake = Intake(Directory(space.database))
    alone = Sent(Raw(None, "signed_in", NOW, user_id="u1"))
    group = Sent(Raw("acme", "customer_updated", NOW), (), (("user", "u1"),))
    found = [intake.parcel(Sender("key:1"), Batch([item]), NOW).events[0].customer_id for item in (alone, group, alone)]

    assert found == ["u1", "acme", "acme"]


def test_a_message_id_in_another_hour_is_another_event(space):
    raws = [Raw("ada", "signed_in", NOW - hours * HOUR_US, message_id="m1") for hours in (3, 2, 2)]
    counted = receive(space, [Parcel("one", [accept(raw, Receipt(NOW)) for raw in raws])], NOW)[0]

    assert (counted.accepted, counted.duplicates) == (2, 1)


def write(folder, name, *lines):
    path = folder / name
    path.write_text("\n".join((*lines, "")))
    return [path]


def test_what_was_accepted_is_not_mapped_again(space, tmp_path):
    path = write(tmp_path, "a.csv", "customer_id,event,timestamp,properties", "ada,order_placed,2024-09-01,")
    import_events(space, path, NOW)
    again = import_events(space, path, NOW, EventMap(events={"order_placed": EventRule("transaction")}))

    assert (again.accepted, again.duplicates) == (0, 1)


def test_a_file_imported_again_lists_its_rejects_again(space, tmp_path):
    path = write(tmp_path, "a.csv", "customer_id,event,timestamp,properties", ",signed_in,2024-09-01,")
    for _ in range(2):
        import_events(space, path, NOW)

    assert len(waiting_rejects(space, 10)) == 2


def test_a_customer_file_without_dates_says_it_anew_each_time(space, tmp_path):
    dated = write(tmp_path, "dated.csv", "id,plan,created_at", "ada,pro,2024-09-01")
    undated = write(tmp_path, "undated.csv", "id,plan", "ada,pro")
    again = {}
    for paths in (dated, undated):
        import_customers(space, paths, NOW)
        again[paths[0].stem] = import_customers(space, paths, NOW + 1).accepted

    assert again == {"dated": 0, "undated": 1}


def test_an_urgent_ticket_is_forgotten_after_a_year(space):
    put(space, [event(364, "ticket_opened", ticket="t", severity="urgent"), event(0)])

    assert cap(space, MIDNIGHT + DAY_US) == "urgent_ticket"
    assert cap(space, MIDNIGHT + 2 * DAY_US) is None


def test_the_patience_with_the_quiet_ends_at_120_days(space):
    put(space, [event(days) for days in (300, 200, 160)])
    stages = [STAGES[score_at(space, MIDNIGHT - days * DAY_US).scores.lifecycle[0]] for days in (41, 39)]

    assert stages == [Lifecycle.ACTIVE, Lifecycle.CHURNED]


def test_the_first_history_holds_one_score_a_day(space):
    put(space, [event(days) for days in range(5)])
    refresh(space, NOW)
    with space.database.read() as session:
        days = [day for (day,) in session.run("SELECT day FROM snapshot ORDER BY day")]

    assert days == list(range(TODAY - 4, TODAY + 1))


def test_feeling_is_read_from_english_only():
    assert sentiment("This is terrible and broken") < 300
    assert sentiment("Das ist furchtbar und kaputt") is None


def test_an_asset_nobody_priced_counts_at_one(space):
    sold = {"status": "succeeded", "amount": 10}
    priced = event(5, "transaction", "bob", asset="A", value_usd=20, **sold)
    traded = [event(days, "transaction", asset=asset, **sold) for days, asset in ((40, "A"), (5, "B"))]
    put(space, [event(80), priced, *traded])
    found = explain(space, "ada", MIDNIGHT)
    line = next(line for metric in found.metrics for line in metric.indicators if line.indicator == "volume_growth")

    assert line.value == pytest.approx((10 * 1 + 5 * 15) / (10 * 2 + 5 * 15))
