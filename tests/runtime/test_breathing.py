"""What a demo lets happen again."""

from __future__ import annotations

from keepwell.base.time import HOUR_US
from keepwell.events.accept import Receipt, accept
from keepwell.events.event import Raw
from keepwell.runtime.breathing import recent
from tests.histories import NOW, house, put


def test_states_and_single_transactions_do_not_happen_again():
    """A loan as it stood an hour ago, told now, would cure or harm somebody."""
    given = [
        ("signed_in", {}), ("loan_reported", {"loan": "l1", "health_factor": 1.02}), ("work", {"accepted": 6}),
        ("transaction", {"status": "confirmed", "count": 9}), ("transaction", {"status": "failed", "signature": "5x"}),
        ("bridge_message", {"id": "m", "state": "Attested"}),
    ]  # fmt: skip
    with house() as space:
        raws = [Raw("ada", kind, NOW - HOUR_US + place, said, f"m{place}") for place, (kind, said) in enumerate(given)]
        put(space, [accept(each, Receipt(NOW)) for each in raws])

        told = recent(space, NOW)

    assert [kind for _, kind, _ in told] == ["signed_in", "transaction"]
    assert '"count"' in told[1][2]
