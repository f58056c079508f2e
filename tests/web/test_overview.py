"""The overview's figures say what they count when a band was set by hand."""

import re

from msgspec.structs import replace

from keepwell.scores.bands import band_of
from keepwell.web.views.overview import page
from tests.web.fakes import FakeBook
from tests.web.people import NOW


def test_a_range_of_scores_is_only_said_of_as_many_scores_as_lie_in_it():
    overview = FakeBook().overview()
    computed = dict.fromkeys(overview.bands, 0)
    for place, count in enumerate(overview.histogram):
        computed[band_of(place * 5.0)] += count
    healthy, scored = computed["healthy"], sum(overview.histogram)
    for by_hand in (0, 1, 3):
        shown = {**computed, "healthy": healthy - by_hand, "stable": computed["stable"] + by_hand}
        view = page(replace(overview, bands=shown), NOW)
        scopes = {part.key: part.scope for part in view.slices}
        said = next(tile.meaning for tile in view.tiles if tile.title == "Healthy customers")

        assert (scopes["healthy"] == "80 to 100") is (by_hand == 0)
        assert (scopes["stable"] == "60 to 79") is (by_hand == 0)
        assert scopes["critical"] == "0 to 39"
        assert said.startswith(f"Healthy: {healthy - by_hand} of {scored} ")
        assert set(map(int, re.findall(r"\d+", said))) == {healthy - by_hand, healthy, scored}
