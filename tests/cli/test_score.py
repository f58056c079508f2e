"""Scores as a table."""


def test_a_customer_without_a_score_at_that_moment_is_listed_with_dashes(run, imported):
    imported("ada,signed_in,2026-08-01T09:00:00Z", "bob,signed_in,2026-08-20T09:00:00Z")
    lines = run("score", "--as-of", "2026-08-10T00:00:00Z").splitlines()
    cells = {line.split("│")[0].strip(): [cell.strip() for cell in line.split("│")[1:]] for line in lines}

    assert cells["bob"] == ["-", "-", "-", ""]
    assert "-" not in cells["ada"]
