"""A score explained in the terminal."""

import json


def test_a_change_since_before_the_first_event_has_no_total(run, imported):
    imported("ada,signed_in,2026-08-01T09:00:00Z")
    asked = ("explain", "ada", "--as-of", "2026-08-10T00:00:00Z", "--since", "2026-07-01T00:00:00Z")
    change = json.loads(run(*asked, "--json"))["change"]

    assert (change["score_from"], change["total"], change["parts"]) == (None, None, [])
    assert change["score_to"] is not None
    assert "0.0" not in run(*asked).rpartition("Change")[2]
