"""The names that an installation uses: of features, plans, chains and assets."""

from __future__ import annotations

from keepwell.customers.profile import FOREVER
from keepwell.events.catalog import number
from keepwell.metrics.rollups import ASSET, CHAIN
from keepwell.store import lines
from keepwell.store.database import Session


def features(session: Session) -> set[str]:
    """Features that were used or are anybody's."""
    used = session.run("SELECT DISTINCT part FROM first_use WHERE part LIKE 'f:%'")
    theirs = session.run("SELECT DISTINCT item FROM set_item")
    return {str(part).removeprefix("f:") for (part,) in used} | {str(item) for (item,) in theirs}


def plans(session: Session) -> set[str]:
    """Plans that somebody has or had."""
    moves = session.run("SELECT DISTINCT part, part2 FROM fact WHERE kind = ?", (number("plan_changed"),))
    docs = session.run("SELECT doc FROM profile WHERE has_plan = 1 AND until = ?", (FOREVER,))
    return {str(each) for row in moves for each in row if each} | {lines.words(doc).plan for (doc,) in docs} - {""}


def traded(session: Session) -> set[str]:
    """Chains and assets of transactions."""
    rows = session.run("SELECT DISTINCT part FROM day_part WHERE kind IN (?, ?)", (CHAIN, ASSET))
    return {str(part) for (part,) in rows}
