"""Explaining one score: its metrics, indicators and events, and why it moved, from the raw events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import msgspec
import numpy as np

from keepwell.base.errors import KeepwellError
from keepwell.base.time import last_day_before, to_rfc3339
from keepwell.events.catalog import number
from keepwell.events.event import Event
from keepwell.metrics import reference as slow
from keepwell.metrics.catalog import CATALOG, INDICATORS
from keepwell.metrics.history import History
from keepwell.metrics.measures import MEASURES
from keepwell.metrics.wording import in_words
from keepwell.runtime.past import Past, pasts
from keepwell.runtime.ports.book import Change, ChangePart, Explanation, IndicatorLine, MetricLine
from keepwell.runtime.workspace import Workspace
from keepwell.scores.attribution import Cause, Part, Stage, attribute
from keepwell.scores.bands import BANDS
from keepwell.scores.caps import CAPS
from keepwell.scores.score import weigh
from keepwell.scores.scorecard import NO_MEASURE, Scorecard
from keepwell.store import profiles
from keepwell.store.customers import number_of

EVENTS_SHOWN = 50
_FORECAST = number("forecast_published")


def explain(workspace: Workspace, customer_id: str, as_of: int, since: int | None = None) -> Explanation | None:
    """Open up a score as of a moment, and the change since an earlier one; None for an unknown customer."""
    with workspace.database.read() as session:
        customer = number_of(session, customer_id)
    if customer is None:
        return None
    found_at = pasts(workspace, customer, [as_of] if since is None else [as_of, since])
    now = found_at[as_of]
    if now is None:
        return _unscored(customer_id, as_of)
    change = None if since is None else _change(found_at[since], now, since)
    return _explanation(workspace, customer_id, (customer, now), change)


# --- the score -------------------------------------------------------------------------------


def _explanation(workspace: Workspace, customer_id: str, at: tuple[int, Past], change: Change | None) -> Explanation:
    customer, past = at
    with workspace.database.read() as session:
        profile = profiles.at(session, customer, past.moment)
    scores = past.scores
    cap = int(scores.cap[0])
    overridden = profile.override_band > 0 and profile.override_until >= last_day_before(past.moment)
    return Explanation(
        customer_id=customer_id,
        as_of=past.moment,
        score=float(scores.score[0]),
        uncapped_score=float(scores.uncapped[0]),
        coverage=float(scores.coverage[0]),
        connectable=float(scores.connectable[0]),
        band=BANDS[int(scores.band[0])].value,
        computed_band=BANDS[int(scores.computed_band[0])].value,
        provisional=bool(scores.provisional[0]),
        scorecard=past.card.name,
        cap=CAPS[cap].name if cap >= 0 and past.cap_effect < 0 else None,
        cap_label=CAPS[cap].label if cap >= 0 and past.cap_effect < 0 else None,
        override_reason=profile.override_reason if overridden else None,
        override_until=profile.override_until if overridden else None,
        metrics=_metrics(past),
        change=change,
    )


def _metrics(past: Past) -> list[MetricLine]:
    lines, place = [], 0
    for metric, (label, names) in CATALOG.items():
        indicators = [_indicator(past, name, place + offset) for offset, name in enumerate(names)]
        place += len(names)
        contribution = sum(line.contribution for line in indicators)
        weight = past.card.metrics[metric]
        lines.append(MetricLine(metric, label, weight, _metric_points(past, indicators), contribution, indicators))
    if not any(line.contribution or line.points is not None for line in lines):
        neutral = float(past.scores.uncapped[0])
        lines.append(MetricLine("neutral_start", "Nothing known yet: the neutral start", 0.0, neutral, neutral, []))
    return lines


def _metric_points(past: Past, lines: Sequence[IndicatorLine]) -> float | None:
    rules = [(past.card.indicators[line.indicator].weight, line.points) for line in lines]
    known = [(weight, points) for weight, points in rules if points is not None and weight > 0]
    return sum(weight * points for weight, points in known) / sum(weight for weight, _ in known) if known else None


def _indicator(past: Past, name: str, place: int) -> IndicatorLine:
    rule, scores = past.card.indicators[name], past.scores
    label = MEASURES[rule.measure if rule.measure != NO_MEASURE else name].label
    if rule.measure == NO_MEASURE:
        return IndicatorLine(name, label, None, None, 0.0, "", (), 0, "not part of this scorecard")
    value, points = _number(scores.values[0, place]), _number(scores.points[0, place])
    events = slow.read(past.history, rule.measure).events
    identities = [message_id(event.message_id, event.key) for event in events[:EVENTS_SHOWN]]
    return IndicatorLine(
        name, label, value, points, float(scores.contributions[0, place]),
        MEASURES[rule.measure].window, identities, len(events), in_words(rule.measure, value),
    )  # fmt: skip


def message_id(given: str | None, key: int) -> str:
    """The id to show for an event: the sender's, or the one made from its content."""
    return given or f"content-{key:016x}"


def _number(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)


def _unscored(customer_id: str, as_of: int) -> Explanation:
    return Explanation(
        customer_id, as_of, None, None, 0.0, 0.0, None, None, provisional=True, scorecard="", cap=None,
        cap_label=None, override_reason=None, override_until=None, metrics=(), change=None,
    )  # fmt: skip


# --- the change ------------------------------------------------------------------------------


def _change(before: Past | None, now: Past, since: int) -> Change:
    """The parts of a change. A customer without a score before starts from nothing to compare with."""
    if before is None:
        return Change(since, now.moment, None, float(now.scores.score[0]), None, ())
    stages = _telescope(before, now)
    parts = attribute(stages[0], stages[1:], (before.cap_effect, now.cap_effect))
    total = float(now.scores.score[0] - before.scores.score[0])
    lines = [ChangePart(part.cause.value, part.name, _label(part, before, now), part.points) for part in parts]
    return Change(
        since, now.moment, float(before.scores.score[0]), float(now.scores.score[0]), total,
        sorted(lines, key=lambda line: -abs(line.points)),
    )  # fmt: skip


def _telescope(before: Past, now: Past) -> list[Stage]:
    """From the score then to the score now, one change of input after the other."""
    start, end = before.history, now.history
    late = [event for event in end.events if event.occurred_at < start.t]
    new = [event for event in end.events if event.occurred_at >= start.t and event.kind == _FORECAST]
    steps: list[tuple[Cause, Callable[[History], History]]] = [
        (Cause.REFERENCES, lambda h: _with_platform(h, end)),
        (Cause.TRAITS, lambda h: replace(h, profile=end.profile, entitled=end.entitled, limits=end.limits)),
        (Cause.LATE_DATA, lambda h: _with_events(h, end, late)),
        (Cause.ROLL_OFF, lambda h: replace(h, t=end.t)),
        (Cause.FORECAST, lambda h: replace(h, events=[*late, *new])),
    ]
    same_segment_then = now.scored.deck.card(int(start.profile["segment_id"]))
    history = start
    stages = [
        _published(Cause.CONFIGURATION, before),
        _stage(Cause.CONFIGURATION, history, same_segment_then),
    ]
    for cause, step in steps:
        history = step(history)
        card = same_segment_then if cause is Cause.REFERENCES else now.card
        stages.append(_stage(cause, history, card))
    return [*stages, _published(Cause.BEHAVIOUR, now)]


def _with_platform(history: History, end: History) -> History:
    """The same customer on the platform as it is at the end."""
    return replace(
        history, reference=end.reference, connected=end.connected, releases=end.releases, advanced=end.advanced
    )


def _with_events(history: History, end: History, events: Sequence[Event]) -> History:
    """The same moment with what is known at the end."""
    return replace(history, events=events, first_uses=end.first_uses, first_day=end.first_day, own_ever=end.own_ever)


def _published(cause: Cause, past: Past) -> Stage:
    scores = past.scores
    return Stage(cause, scores.points[0], scores.contributions[0], float(scores.uncapped[0]))


def _stage(cause: Cause, history: History, card: Scorecard) -> Stage:
    points = np.full(len(INDICATORS), np.nan)
    for place, name in enumerate(INDICATORS):
        rule = card.indicators[name]
        if rule.measure != NO_MEASURE:
            earned = slow.points(slow.read(history, rule.measure), rule.curve)
            points[place] = np.nan if earned is None else earned
    found = weigh(card, points[None, :], np.isnan(points)[None, :])
    return Stage(cause, points, found.contributions[0], float(found.uncapped[0]))


_LABELS: Mapping[Cause, str] = {
    Cause.CONFIGURATION: "The scorecard was changed",
    Cause.REFERENCES: "Peers, prices, and what the platform began to send",
    Cause.TRAITS: "Traits and plan changed",
    Cause.FORECAST: "A new forecast was published",
    Cause.COVERAGE: "Indicators gained or lost data; weights were spread anew",
}
_PREFIX = {
    Cause.LATE_DATA: "Late data",
    Cause.ROLL_OFF: "Older activity left the window",
    Cause.BEHAVIOUR: "Behaviour",
}


def _label(part: Part, before: Past, now: Past) -> str:
    if part.cause is Cause.CAP:
        return _cap_label(before, now)
    if part.cause in _LABELS:
        return _LABELS[part.cause]
    measure = now.card.indicators[part.name].measure
    return f"{_PREFIX[part.cause]}: {MEASURES[measure if measure != NO_MEASURE else part.name].label}"


class UnknownCustomerError(KeepwellError):
    """No customer has this id.

    Attributes:
        customer_id: the id asked for.
    """

    def __init__(self, customer_id: str) -> None:
        super().__init__(f"no customer is called `{customer_id}`; `keepwell customers` lists them")
        self.customer_id = customer_id


def document(found: Explanation) -> dict[str, object]:
    """An explanation as scripts read it: instants as RFC 3339."""
    plain: dict[str, object] = msgspec.to_builtins(found)
    plain["as_of"] = to_rfc3339(found.as_of)
    if found.change is None:
        plain["change"] = None
        return plain
    change = dict(msgspec.to_builtins(found.change))
    change["from"], change["to"] = to_rfc3339(found.change.start), to_rfc3339(found.change.end)
    plain["change"] = change
    return plain


def _cap_label(before: Past, now: Past) -> str:
    then, since = int(before.scores.cap[0]), int(now.scores.cap[0])
    if since >= 0 and now.cap_effect < 0:
        return f"Cap: {CAPS[since].label}"
    return f"The cap ended: {CAPS[then].label}" if then >= 0 else "Cap"
