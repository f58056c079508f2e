"""Slow readings of what the customer uses: frequency, features, engagement with the platform."""

from __future__ import annotations

from keepwell.events.catalog import AREAS
from keepwell.events.event import Event
from keepwell.metrics.aggregates import USES_CAP
from keepwell.metrics.history import History
from keepwell.metrics.measures.registry import EXPECTED_DAYS, RATIO_K, RATIO_TENURE, SILENT_WHEN
from keepwell.metrics.reference_window import (
    KEPT,
    NO_DATA,
    NOW,
    PRIOR,
    QUARTER,
    Reader,
    Reading,
    connected,
    day,
    days,
    events_of,
    exposure,
    filled,
    found,
    last_day,
    own_activity,
    share,
    tenure,
    times,
    to_28_days,
)
from keepwell.metrics.rollups import SESSION_ACTIONS_CAP, SESSION_SECONDS_CAP, area_label

USE = ("signed_in", "session_ended", "feature_used", "api_called", "transaction", "work")


def peer(history: History, name: str) -> float:
    return history.reference.peer(name, history.profile["segment_id"])


# --- frequency -------------------------------------------------------------------------------


def active_days(history: History) -> Reading:
    if not connected(history, *USE) or tenure(history) < 7:
        return NO_DATA
    own = own_activity(history, NOW)
    return found(days(own) / (EXPECTED_DAYS * exposure(history, 28) / 28.0), own)


def active_days_own(history: History) -> Reading:
    if not connected(history, *USE) or tenure(history) < RATIO_TENURE:
        return NO_DATA
    now, prior = own_activity(history, NOW), own_activity(history, PRIOR)
    usual = max(to_28_days(history, days(prior)), 1.0)
    return found(days(now) * filled(history, 28) / usual, now + prior)


def session_depth(history: History) -> Reading:
    if not events_of(history, KEPT, "session_ended"):
        return NO_DATA
    sessions = events_of(history, NOW, "session_ended")
    seconds = sum(min(session.v1 or 0, SESSION_SECONDS_CAP) for session in sessions)
    actions = sum(min(session.v2 or 0, SESSION_ACTIONS_CAP) for session in sessions)
    long = share(seconds / 60.0, len(sessions)) / peer(history, "session_minutes")
    busy = share(actions, len(sessions)) / peer(history, "session_actions")
    return found((long + busy) / 2.0, sessions)


def api_call_rate(history: History) -> Reading:
    return _against_own_mean(history, "api_called")


def _against_own_mean(history: History, key: str) -> Reading:
    """The count of 28 days against the mean of days 29-90; 0 points for silence after a habit."""
    if not events_of(history, KEPT, key) or tenure(history) < RATIO_TENURE:
        return NO_DATA
    recent, earlier = events_of(history, NOW, key), events_of(history, PRIOR, key)
    now = times(recent) * filled(history, 28)
    before = to_28_days(history, times(earlier))
    silent = not recent and before >= SILENT_WHEN
    return found((now + RATIO_K) / (before + RATIO_K), recent + earlier, 0.0 if silent else None)


# --- features --------------------------------------------------------------------------------


def feature_utilization(history: History) -> Reading:
    return _of_entitled(history, "feature_used", _named(history, "feature_used"))


def endpoint_utilization(history: History) -> Reading:
    return _of_entitled(history, "api_called", _named(history, "api_called"))


def features_active(history: History) -> Reading:
    return _of_entitled(history, "feature_used", _habitual(_named(history, "feature_used")))


def endpoints_active(history: History) -> Reading:
    return _of_entitled(history, "api_called", _habitual(_named(history, "api_called")))


def _of_entitled(history: History, key: str, uses: list[Event]) -> Reading:
    if not connected(history, key) or not history.entitled or tenure(history) < 7:
        return NO_DATA
    return found(share(len(_by_part(uses)), len(history.entitled)), uses)


def advanced_share(history: History) -> Reading:
    entitled = history.entitled.keys() & history.advanced
    if not connected(history, "feature_used") or not entitled or tenure(history) < 7:
        return NO_DATA
    uses = [use for use in _named(history, "feature_used") if use.part in history.advanced]
    return found(share(len(_by_part(uses)), len(entitled)), uses)


def adoption_speed(history: History) -> Reading:
    today = last_day(history)
    available = {
        feature: max(released, history.first_day, history.entitled[feature])
        for feature, released in history.releases.items()
        if feature in history.entitled and 30 <= today - released < 180
    }
    offered = {feature: since for feature, since in available.items() if today - since >= 30}
    if len(offered) < 2:
        return NO_DATA
    used = {
        feature: first
        for feature, first in history.first_uses.items()
        if feature in offered and first <= offered[feature] + 30
    }
    uses = events_of(history, range(today + 1), "feature_used")
    uses = [use for use in uses if use.part in used and day(use) == used[use.part]]
    return found(share(len(used), len(offered)), uses)


def feature_depth(history: History) -> Reading:
    return _depth(history, "feature_used", "feature_depth")


def endpoint_depth(history: History) -> Reading:
    return _depth(history, "api_called", "endpoint_depth")


def _depth(history: History, key: str, reference: str) -> Reading:
    """Uses per part and day of use, each held at a cap, against peers."""
    uses = _named(history, key)
    if not uses:
        return NO_DATA
    counts = [
        min(times(use for use in of_part if day(use) == each), USES_CAP)
        for of_part in _by_part(uses).values()
        for each in {day(use) for use in of_part}
    ]
    return found(share(sum(counts), len(counts)) / peer(history, reference), uses)


def _named(history: History, key: str) -> list[Event]:
    """The events of 28 days that say which feature or endpoint."""
    return [event for event in events_of(history, NOW, key) if event.part is not None]


def _by_part(uses: list[Event]) -> dict[str | None, list[Event]]:
    return {part: [use for use in uses if use.part == part] for part in {use.part for use in uses}}


def _habitual(uses: list[Event]) -> list[Event]:
    """Those of parts used on three days or more."""
    return [use for of_part in _by_part(uses).values() if days(of_part) >= 3 for use in of_part]


# --- engagement with the platform ------------------------------------------------------------


def dashboard_logins(history: History) -> Reading:
    if not events_of(history, KEPT, "signed_in"):
        return NO_DATA
    sign_ins = events_of(history, NOW, "signed_in")
    weekly = times(sign_ins) * 7.0 / exposure(history, 28) / max(history.profile["seats"], 1)
    return found(weekly / peer(history, "sign_ins_week"), sign_ins)


def dashboard_logins_own(history: History) -> Reading:
    return _against_own_mean(history, "signed_in")


def api_days(history: History) -> Reading:
    if not events_of(history, KEPT, "api_called"):
        return NO_DATA
    calls = events_of(history, NOW, "api_called")
    weekly = days(calls) * 7.0 / exposure(history, 28)
    return found(weekly / peer(history, "api_days_week"), calls)


def documentation_usage(history: History) -> Reading:
    return _days_in(history, "docs")


def forum_visits(history: History) -> Reading:
    return _days_in(history, "forum")


def _days_in(history: History, area: str) -> Reading:
    if area_label(area) not in history.connected:
        return NO_DATA
    views = [view for view in events_of(history, NOW, "page_viewed") if view.code == AREAS.index(area)]
    return found(days(views) * filled(history, 28), views)


def education(history: History) -> Reading:
    if not connected(history, "content_completed"):
        return NO_DATA
    items = events_of(history, QUARTER, "content_completed")
    return found(len(items) * filled(history, 90), items)


READERS: tuple[Reader, ...] = (
    active_days,
    active_days_own,
    session_depth,
    api_call_rate,
    feature_utilization,
    endpoint_utilization,
    features_active,
    endpoints_active,
    advanced_share,
    adoption_speed,
    feature_depth,
    endpoint_depth,
    dashboard_logins,
    dashboard_logins_own,
    api_days,
    documentation_usage,
    forum_visits,
    education,
)
