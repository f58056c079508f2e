"""Rejected rows as a table."""

import re


def test_the_list_shows_the_offending_value_of_every_row_uncut(run, imported):
    imported(
        "ada,signed_in,yesterday,",
        'ada,transaction,2026-08-01T09:00:00Z,"{""amount"": -5}"',
        f"ada,signed_in,{'9' * 50},",
        "ada,signed_in,2026-08-01T09:00:00Z,{not json",
        f"{'c' * 300},signed_in,2026-08-01T09:00:00Z,",
        "ada,signed_in,2026-08-01T09:00:00Z,,,,",
        ",signed_in,2026-08-01T09:00:00Z,",
        "ada,feature_used,2026-08-01T09:00:00Z,",
        header="customer_id,event,timestamp,properties",
    )
    lines = [[cell.strip() for cell in line.split("│")] for line in run("rejects", "list").splitlines() if "│" in line]

    assert lines[0][0] == "files"
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT[\d:.]+Z", lines[0][1])
    assert [line[3:6] for line in lines] == [
        ["1", "bad_timestamp", "timestamp: yesterday"],
        ["2", "negative_amount", "amount: -5"],
        ["3", "bad_timestamp", f"timestamp: {'9' * 40}..."],
        ["4", "bad_properties", "properties: {not json"],
        ["5", "bad_customer", f"customer_id: {'c' * 40}..."],
        ["6", "unreadable_row", "7 fields, 4 expected"],
        ["7", "missing_customer", "customer_id"],
        ["8", "missing_property", "feature"],
    ]
