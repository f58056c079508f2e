"""Refused requests reach the operator, and do not fill the logs."""

from structlog.testing import capture_logs

from keepwell.base.time import SECOND_US
from keepwell.runtime.ports.reception import NotVerifiedError, UnknownKeyError
from keepwell.runtime.refusals import KEPT, Refusals


class Hand:
    """A clock that is set by hand."""

    at = 0

    def __call__(self):
        return self.at


def test_each_kind_and_address_is_logged_once_a_minute_and_counted_always():
    clock = Hand()
    refusals = Refusals(clock)
    with capture_logs() as logs:
        for second in range(120):
            clock.at = second * SECOND_US
            refusals.add("/hooks/stripe", NotVerifiedError("not signed"))
        refusals.add("/hooks/stripe", UnknownKeyError())

    assert [(each["address"], each["because"], each["log_level"]) for each in logs[:2]] == [
        ("/hooks/stripe", "not signed", "warning")
    ] * 2
    assert len(logs) == 3
    assert [(line.address, line.times) for line in refusals.lines(9)] == [("/hooks/stripe", 1), ("/hooks/stripe", 120)]


def test_strangers_cannot_fill_the_memory_nor_the_terminal():
    refusals = Refusals(Hand())
    for number in range(KEPT + 50):
        refusals.add(f"/hooks/{number}\x1b" + "x" * 999, NotVerifiedError("no"))
    lines = refusals.lines(KEPT + 50)

    assert len(lines) == KEPT
    assert all(line.address.isprintable() and len(line.address) <= 300 for line in lines)
