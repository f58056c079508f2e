"""What the recipes of CONTRIBUTING.md promise to notice, where no other test does."""

import ast
import inspect

import pytest

from keepwell.config.scorecards import load_shipped
from keepwell.customers import profile
from keepwell.events.catalog import CATALOG, Stream
from keepwell.metrics.measures import MEASURES
from keepwell.metrics.rollups import FOLDS
from keepwell.metrics.wording import WORDS
from keepwell.store.rollups import columns_of
from tests.docs.markdown import ROOT
from tests.histories import house


@pytest.mark.parametrize("key", [spec.key for spec in CATALOG if spec.stream is Stream.STATE])
def test_every_state_event_has_its_branch(key):
    assert f'"{key}"' in inspect.getsource(profile), f"customers/profile.py does not fold {key}"


def test_the_schema_has_every_column_of_the_rollups():
    with house() as space, space.database.read() as session:
        for fold in FOLDS:
            found = session.columns(f"SELECT * FROM {fold.table}")  # noqa: S608 - our own name
            assert found.keys() == set(columns_of(fold))


def test_every_measure_has_words():
    assert WORDS.keys() == MEASURES.keys()


def test_every_shipped_segment_is_tested():
    source = ast.parse((ROOT / "tests/config/test_scorecards.py").read_text())
    test = next(node for node in source.body if getattr(node, "name", "") == "test_a_segment_has_its_card")
    tested = {node.value for node in ast.walk(test.decorator_list[0]) if isinstance(node, ast.Constant)}
    segments = {segment for card in load_shipped().cards.values() for segment in card.segments}

    assert segments <= tested
