"""Imports as they are told in the terminal."""


def test_the_hint_to_a_map_is_given_to_who_has_none(run, imported, tmp_path):
    line = "ada,signed_in_twice,2026-08-01T09:00:00Z"
    empty = tmp_path / "map.toml"
    empty.write_text('[columns]\ncustomer_id = "customer_id"\n')

    assert "--map" in imported(line)
    said = imported(line, options=("--map", empty))
    assert "signed_in_twice (1)" in said
    assert "--map" not in said


def test_one_customer_is_not_several(run, imported):
    assert imported("ada,signed_in,2026-08-01T09:00:00Z").startswith("1 customer ")
    assert run("customers").startswith("1 customer ")
    assert imported("bob,signed_in,2026-08-01T09:00:00Z", "cyd,signed_in,2026-08-01T09:00:00Z").startswith(
        "2 customers"
    )
