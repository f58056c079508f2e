"""The port of findings, faked: a few diagnoses of everybody, with words that are meant to hurt."""

from keepwell.base.time import DAY_US, HOUR_US, SECOND_US
from keepwell.expert.episode import Episode, Said
from keepwell.expert.knowledge import Certainty, Severity
from keepwell.expert.scope import Whose
from keepwell.runtime.ports.findings import FindingLine, FindingPlace, FindingsPart, Fleet, Group
from tests.web.people import NASTY_LABEL, NOW, SCRIPT

MILDEST = tuple(Severity)
ANYBODYS = (Whose.CUSTOMER, Whose.BOTH, Whose.UNKNOWN)
ENTRIES = {
    "TX-04": ("Slippage exceeded", "solana_dex", Severity.WARN, Certainty.ENTAILED, ""),
    "SEC-02": ("Account ownership handed over", "security", Severity.CRITICAL, Certainty.ENTAILED, ""),
    "META-01": ("Failures stand out", "meta", Severity.WARN, Certainty.INFERRED, "calls"),
    "META-02": ("Network-wide incident", "meta", Severity.WARN, Certainty.INFERRED, "transactions"),
    "LP-03": (f"Fees lower than usual {NASTY_LABEL}", "lp_yield", Severity.INFO, Certainty.HINT, ""),
    "TX-09": ("Nobody has this", "solana_tx", Severity.WATCH, Certainty.ENTAILED, ""),
}


def _kept(customers):
    for place, line in enumerate(customers):
        yield "TX-04", line, place
        if place % 9 == 0:
            yield "SEC-02", line, place
        if place % 4 == 0:
            yield "META-01", line, place
        if place % 3 == 0:
            yield "META-02", line, place
        if place % 5 == 0:
            yield "LP-03", line, place


def _line(entry, customer, place):
    title, domain, severity, certainty, topic = ENTRIES[entry]
    bad = Severity.CRITICAL if entry == "TX-04" and place % 7 == 3 else severity
    whose = {"META-01": Whose.CUSTOMER, "META-02": Whose.NETWORK}.get(entry, ANYBODYS[place % 3])
    said = Said(
        domain, title, bad, certainty, whose, "", f"{SCRIPT} happened {place} times.", entry != "SEC-02", place,
    )  # fmt: skip
    episode = Episode(entry, topic, NOW - (place * 37 % 11) * HOUR_US - place // 11 * DAY_US, said)
    return FindingLine(customer.id, customer.name or customer.id, episode)


class FakeFindings:
    """Satisfies `Findings`. `diagnosed` 0 is before the first round; `waiting` wait."""

    def __init__(self, customers=()) -> None:
        self.lines = [(place, _line(entry, line, place)) for entry, line, place in _kept(customers)]
        self.diagnosed, self.waiting = len(customers), min(3, len(customers))

    def fleet(self):
        groups = {}
        for _, line in self.lines:
            said, episode = line.episode.said, line.episode
            key = (episode.entry, episode.topic, said.severity, said.certainty, said.scope is Whose.NETWORK)
            groups.setdefault(key, []).append(episode)
        found = [
            Group(
                entry, topic, each[0].said.title, each[0].said.domain, severity, certainty, everybody, len(each),
                min(one.since for one in each), max(one.since for one in each),
            )
            for (entry, topic, severity, certainty, everybody), each in groups.items()
        ]  # fmt: skip
        found.sort(key=lambda each: (-MILDEST.index(each.severity), -each.customers, each.entry, each.topic))
        return Fleet(self.diagnosed, NOW - 5 * SECOND_US if self.diagnosed else None, self.waiting, found)

    def part(self, entry, after, limit):
        if entry not in ENTRIES:
            return None
        having = [(_place(number, line), line) for number, line in self.lines if line.episode.entry == entry]
        placed = sorted(having, key=lambda each: each[0])
        start = (0,) if after is None else (after.rank, after.since, after.number, after.topic)
        rest = [each for each in placed if after is None or each[0] > start]
        more = FindingPlace(*rest[limit - 1][0]) if len(rest) > limit else None
        title, domain, *_ = ENTRIES[entry]
        return FindingsPart(entry, title, domain, len(placed), [line for _, line in rest[:limit]], more)


def _place(number, line):
    episode = line.episode
    return len(MILDEST) - 1 - MILDEST.index(episode.said.severity), episode.since, number, episode.topic
