"""One suite for the store, on SQLite and on PostgreSQL."""

from __future__ import annotations

import msgspec
import pyarrow.parquet as pq
import pytest

from keepwell.base.time import DAY_US, HOUR_US
from keepwell.config.settings import Settings
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Event, Raw
from keepwell.runtime import cycle
from keepwell.runtime.access import StoredAccess
from keepwell.runtime.book import StoredBook
from keepwell.runtime.overriding import LiveOverrides, Override, set_override
from keepwell.runtime.ports.overrides import OverrideRefusedError
from keepwell.runtime.receive import Parcel
from keepwell.runtime.receive import receive as receive_parcels
from keepwell.runtime.scoring import score_at
from keepwell.runtime.seal import forget_sealed, seal
from keepwell.runtime.workspace import FolderRefusedError, open_workspace
from keepwell.store import batch, imports, links, log, rejects, rollups, scorecards
from keepwell.store.database import DatabaseRefusedError, open_database
from keepwell.store.migrate import revisions, upgrade
from keepwell.store.segments import SegmentDamagedError, manifest
from tests.histories import NOW, house, put
from tests.laws.test_engines import differences, live_scores


@pytest.fixture(params=["sqlite", "postgresql"])
def space(request):
    url = request.getfixturevalue("clean_postgres")() if request.param == "postgresql" else None
    with house(url) as workspace:
        yield workspace


def event(number: int, kind: str = "signed_in", at: int = NOW - HOUR_US, customer: str = "ada", **properties) -> Event:
    raw = Raw(customer, kind, at, properties, message_id=f"m{number}", received_at=at)
    found = accept(raw, Receipt(NOW))
    assert isinstance(found, Event)
    return found


def receive(space, events, source):
    return receive_parcels(space, [Parcel(source, events)], NOW)[0]


def count(space) -> int:
    with space.database.read() as session:
        return log.mark(session, "watermark")


def test_an_event_is_counted_once_whatever_way_it_comes(space):
    receive(space, [event(1), event(2), event(1)], "one")
    again = receive(space, [event(2), event(3)], "one")
    put(space, [event(3), event(4)], "one")

    assert (again.accepted, again.duplicates) == (1, 1)
    assert count(space) == 4


def test_the_same_id_from_another_source_is_another_event(space):
    receive(space, [event(1)], "one")
    receive(space, [event(1)], "two")

    assert count(space) == 2


def test_another_content_under_a_used_id_is_a_conflict_and_the_first_stands(space):
    receive(space, [event(1, "feature_used", feature="swap")], "one")
    counted = receive(space, [event(1, "feature_used", feature="vault")], "one")

    assert (counted.accepted, counted.duplicates, counted.rejected) == (0, 0, 1)


def test_a_transaction_that_fails_leaves_nothing(space):
    def fail() -> None:
        with space.database.write() as session:
            log.count_once(session, batch.accepted([event(1)]), log.source_id(session, "one"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    counted = receive(space, [event(1)], "one")

    assert counted.accepted == 1


def test_a_fold_of_two_halves_is_the_fold_of_the_whole(space):
    events = [event(n, "api_called", NOW - (n % 9) * DAY_US - 5, endpoint="/a", count=n) for n in range(1, 40)]
    receive(space, events[:20], "one")
    cycle.turn(space, NOW)
    receive(space, events[20:], "one")
    cycle.turn(space, NOW)
    with space.database.read() as session:
        halves = (
            session.run("SELECT * FROM day ORDER BY customer, day"),
            session.run("SELECT * FROM day_part ORDER BY customer, kind, part, day"),
        )
    with space.database.write() as session:
        rollups.clear(session)
        log.set_mark(session, "rolled_to", 0)
        rollups.fold_hot(session, *rollups.next_rows(session, 10**9))
    with space.database.read() as session:
        whole = (
            session.run("SELECT * FROM day ORDER BY customer, day"),
            session.run("SELECT * FROM day_part ORDER BY customer, kind, part, day"),
        )

    assert halves == whole


def test_sealing_changes_no_score_and_keeps_every_event_once(space):
    events = [event(n, "signed_in", NOW - n * 7 * HOUR_US) for n in range(1, 60)]
    receive(space, events, "one")
    cycle.turn(space, NOW)
    before = score_at(space, NOW, space.deck)
    sealed = seal(space, NOW)
    after = score_at(space, NOW, space.deck)
    with space.database.read() as session:
        hot, listed = len(log.hot(session)), manifest(session, ["activity"])

    forget_sealed(space)
    with space.database.read() as session:
        left = session.one("SELECT COUNT(*) FROM event")

    assert sealed > 0
    assert left == hot
    assert hot + sum(each.rows for each in listed) == len(events)
    assert differences(before, after) == []
    assert differences(live_scores(space, after.customers), after) == []
    assert seal(space, NOW) == 0


def test_rows_that_are_not_folded_are_not_sealed(space):
    receive(space, [event(1, at=NOW - 9 * DAY_US)], "one")

    assert seal(space, NOW) == 0


def test_a_damaged_segment_is_noticed(space):
    put(space, [event(n) for n in range(50)])
    with space.database.read() as session:
        listed = manifest(session, ["activity"])
    path = space.folder / listed[0].path
    space.segments.verify(listed)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(SegmentDamagedError):
        space.segments.verify(listed)


def test_a_file_without_a_manifest_row_is_swept_away(space):
    put(space, [event(1)])
    orphan = space.segments.directory / "99999999-activity.parquet"
    pq.write_table(pq.read_table(next(space.segments.directory.glob("*activity*"))), orphan)
    with space.writing():
        pass

    assert not orphan.exists()
    assert len(score_at(space, NOW, space.deck).table) == 1


def test_rejects_and_import_runs_come_back_as_they_were(space):
    run = imports.ImportRun("f", "p", 7, 3, 2, 1, {"bad_event": 1})
    with space.database.write() as session:
        imports.save(session, run)
        rejects.add(session, [("files", "a.csv", 3, "bad_event", "", '{"x":"\x00"}', NOW)])
    with space.database.read() as session:
        assert imports.unfinished(session, "f") == run
        found = rejects.listed(session)
    with space.database.write() as session:
        rejects.mark_replayed(session, [found[0].id], NOW)
    with space.database.read() as session:
        assert rejects.listed(session) == []


def test_a_scorecard_version_is_in_force_from_its_moment(space):
    with space.database.write() as session:
        assert scorecards.publish(session, space.deck, 1000)
        assert not scorecards.publish(session, space.deck, 2000)
    with space.database.read() as session:
        for moment in (5, 1500):
            found = scorecards.in_force(session, moment)
            assert found is not None
            assert found.version == space.deck.version


def test_a_login_link_works_once_and_not_for_ever(space):
    now = [NOW]
    access = StoredAccess(space, lambda: now[0])
    link = access.issue()
    session_id = access.redeem(link)

    assert session_id is not None
    assert access.redeem(link) is None
    assert access.visitor(session_id)
    assert not access.visitor("guess")
    late = access.issue()
    now[0] += 24 * HOUR_US
    assert access.redeem(late) is None
    assert not access.visitor(session_id)


def test_a_newer_database_is_refused(space):
    upgrade(space.database)
    with space.database.write() as session:
        session.run("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(DatabaseRefusedError):
        upgrade(space.database)


def test_wallets_of_imported_customers_mean_them(space):
    """The last one who is said to have it has it."""
    wallets = [("ada", "So1", 1), ("bob", "So1", 2), ("bob", "So2", 3), ("cyd", "So1", 0)]
    put(space, [event(n, "wallet_linked", NOW - DAY_US + n, who, address=each) for who, each, n in wallets], "files")
    with space.database.read() as session:
        assert links.names(session, "wallet") == {"So1": "bob", "So2": "bob"}


def test_wallets_that_were_linked_before_mean_their_customers_after_an_upgrade(space):
    wallets = [("ada", "So1", 1), ("bob", "So1", 2), ("bob", "So2", 3)]
    put(space, [event(n, "wallet_linked", NOW - DAY_US + n, who, address=each) for who, each, n in wallets], "files")
    with space.database.write() as session:
        session.run("DELETE FROM link")
        session.run("INSERT INTO link (kind, name, owner) VALUES ('wallet', 'So2', 'dee')")
        for made_since in (
            "chain_cursor",
            "happening",
            "halt",
            "read_message",
            "course",
            "run",
            "run_line",
            "task",
            "message",
            "unwanted",
            "ledger_entry",
            "ledger_part",
            "ledger_window",
            "ledger_customer",
        ):
            session.run(f"DROP TABLE {made_since}")
        session.run("UPDATE alembic_version SET version_num = ?", (revisions()[revisions().index("0010") - 1],))
    upgrade(space.database)
    with space.database.read() as session:
        assert links.names(session, "wallet") == {"So1": "bob", "So2": "dee"}


def test_other_databases_are_refused():
    with pytest.raises(DatabaseRefusedError):
        open_database("mysql://localhost/x")


def test_profiles_of_live_and_imported_customers_are_the_same(space):
    traits = {"segment": "miner", "seats": 3, "entitled_features": ["a", "b"], "plan_limits": {"calls": 5}}
    receive(space, [event(1, "customer_updated", customer="live", **traits)], "one")
    put(space, [event(2, "customer_updated", customer="file", **traits)], "one")
    cycle.turn(space, NOW)
    with space.database.read() as session:
        rows = session.run("SELECT segment_id, seats, entitled_set, limit_set, doc FROM profile ORDER BY customer")

    assert len(rows) == 2
    assert rows[0][:4] == rows[1][:4]
    assert msgspec.json.decode(rows[0][4])["traits"] == traits


def test_a_folder_that_is_a_file_or_not_there_is_refused(tmp_path):
    taken = tmp_path / "taken"
    taken.write_text("")
    for folder, create in ((taken, True), (tmp_path / "typo", False)):
        with pytest.raises(FolderRefusedError), open_workspace(Settings(data=folder), create=create):
            pass

    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        Override("ada", "stable", "a typing error", NOW - DAY_US),
        Override("ada", "purple", "no such band", NOW + DAY_US),
        Override("ada", "stable", "  ", NOW + DAY_US),
        Override("ada", "stable", "x" * 201, NOW + DAY_US),
        Override("ada", "stable", "\x00", NOW + DAY_US),
    ],
)
def test_an_override_that_could_not_be_kept_is_refused(space, wrong):
    put(space, [event(1)])
    with pytest.raises(OverrideRefusedError):
        set_override(space, wrong, NOW)

    assert count(space) == 1


def test_pages_override_while_they_hold_the_folder(space):
    put(space, [event(1)])
    cycle.turn(space, NOW)
    clock = iter(range(NOW, NOW + 1000, 10)).__next__
    overrides = LiveOverrides(space, clock, moved=lambda: cycle.turn(space, clock()))
    book, tonight = StoredBook(space, lambda: NOW + 1000), (NOW // DAY_US + 1) * DAY_US - 1
    computed = book.explain("ada", None, None).computed_band

    with space.writing():
        assert overrides.set("ada", "critical", "The champion  left", tonight)
        shown = book.explain("ada", None, None)
        assert overrides.clear("ada")
        assert not overrides.set("nobody", "critical", "typing error", tonight)
        assert not overrides.clear("nobody")

    assert (shown.band, shown.computed_band) == ("critical", computed)
    assert (shown.override_reason, shown.override_until) == ("The champion left", NOW // DAY_US)
    cleared = book.explain("ada", None, None)
    assert (cleared.band, cleared.override_until) == (computed, None)
    assert book.customer("ada").line.band == computed
