"""An Expert that finds the same of everybody, and who writes it down."""

from keepwell.config.expert import shipped_knowledge, shipped_names
from keepwell.expert.case import Case, Kind, Seen
from keepwell.expert.diagnose import diagnose
from keepwell.expert.indicators.trends import indicators
from keepwell.expert.indicators.week import WEEKS
from keepwell.expert.telemetry.record import Occurrence
from keepwell.runtime.consulting import Consulting, Reading
from keepwell.runtime.ports.expert import Diagnosed, Indicated
from tests.expert.indicators import made
from tests.web.people import NASTY_LABEL, NOW


class FakeExpert:
    """Satisfies `Expert`: finds the same of everybody, and nothing of those of whom `quiet` holds."""

    def __init__(self, lines) -> None:
        self._known = {each.id for each in lines}

    def diagnose(self, customer_id, as_of):
        if customer_id not in self._known:
            return None
        knowledge = shipped_knowledge(shipped_names())
        seen = [] if customer_id == QUIET else [Seen(Kind.HTTP, code=429, count=40, reference=NASTY_LABEL)]
        features = {} if customer_id == QUIET else {"rpc.requests": 100.0, "rpc.http_429_share": 0.4}
        case = Case(as_of or NOW, features, seen, {})
        return Diagnosed(customer_id, diagnose(case, knowledge), knowledge, len(seen) * 40, 12)

    def indicators(self, customer_id, as_of):
        """Of everybody the scenarios of all indicators, again and again; of the quiet one nothing."""
        if customer_id not in self._known:
            return None
        now = as_of or NOW
        rows = [] if customer_id == QUIET else [_moved(row, now) for row in made.everything()]
        return Indicated(customer_id, now, indicators(rows, now, made.BACKGROUND, WEEKS), len(rows))


def _moved(row, now):
    return Occurrence(row.kind, row.at - made.NOW + now, row.properties)


def experts(book, writer=None):
    """The Expert, and who writes it down; with a language model when one is given."""
    expert = FakeExpert(book.lines)
    return expert, Consulting(Reading(expert, expert, book, lambda: NOW), writer)


QUIET = "c003"
