"""The gate once more, written otherwise: every objection as a question about one instant, and the wait by trial.

It knows nothing of `keepwell.outreach.gate` but its words, and reads the wall clock with the standard library.
"""

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo

from keepwell.outreach.gate import Reason, State

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def wall(at, zone):
    moment = (EPOCH + dt.timedelta(microseconds=at)).astimezone(ZoneInfo(zone))
    return moment.date(), moment.hour * 60 + moment.minute


@cache
def shown(date, minute, zone):
    """The first instant at which the wall shows this minute of this date, or a later one: looked for by the minute."""
    start = int((dt.datetime(date.year, date.month, date.day, tzinfo=dt.UTC) - EPOCH).total_seconds()) * 1_000_000
    wanted = (date, minute) if minute < 1440 else (date + dt.timedelta(days=1), 0)
    return next(at for at in range(start - 15 * HOUR, start + 40 * HOUR, MINUTE) if wall(at, zone) >= wanted)


def is_quiet(at, calendar):
    """Whether no span of this date or the one before holds the instant."""
    today = wall(at, calendar.zone)[0]
    for date in (today - dt.timedelta(days=1), today):
        if date in calendar.holidays:
            continue
        for span in calendar.week[date.weekday()]:
            if shown(date, span.opens, calendar.zone) <= at < shown(date, span.closes, calendar.zone):
                return False
    return True


def has_heard_enough(message, situation, at, limits):
    for span, most in limits.caps:
        within = {each.run for each in situation.contacts if at - each.at < span}
        if len(within - {message.run}) + 1 > most:
            return True
    return False


def timely(message, situation, at, limits):
    """What forbids this very instant, and another may allow."""
    if has_heard_enough(message, situation, at, limits):
        yield Reason.CAP
    if sum(at - sent < HOUR for sent in situation.sent) + 1 > limits.per_hour:
        yield Reason.HOURLY
    if is_quiet(at, situation.hours):
        yield Reason.QUIET


def instants(message, situation, now, limits):
    """Every instant at which an answer about time can change, in order."""
    moments = {now}
    moments |= {each.at + span for each in situation.contacts for span, _ in limits.caps}
    moments |= {sent + HOUR for sent in situation.sent}
    last = max(moments)
    date = wall(now, situation.hours.zone)[0]
    while date <= wall(last, situation.hours.zone)[0] + dt.timedelta(days=9):
        moments |= {shown(date, span.opens, situation.hours.zone) for span in situation.hours.week[date.weekday()]}
        date += dt.timedelta(days=1)
    return sorted(each for each in moments if each >= now)


def lasting(message, situation, now, limits):
    """What no waiting mends, worst first."""
    right = [each for each in situation.approvals if each.digest == message.digest]
    asked = message.needs_approval or message.of_model
    return [
        (State.EXPIRED, Reason.OVER, not situation.holds),
        (State.EXPIRED, Reason.LATE, now > message.due + limits.late or not now < message.expires),
        (State.SUPPRESSED, Reason.SCREENED, situation.screened),
        (State.SUPPRESSED, Reason.UNWANTED, situation.unwanted),
        (State.SUPPRESSED, Reason.NO_CONSENT, not situation.consents),
        (State.BLOCKED, Reason.SENDING_OFF, not situation.sends),
        (State.BLOCKED, Reason.STOPPED, situation.stopped),
        (State.BLOCKED, Reason.NOT_LISTED, situation.listed is not None and message.to not in situation.listed),
        (State.BLOCKED, Reason.UNTRUE, not situation.is_true),
        (State.BLOCKED, Reason.NOT_APPROVED, asked and not situation.approvals),
        (State.BLOCKED, Reason.OTHER_BYTES, asked and not right),
        (State.BLOCKED, Reason.ALONE, asked and message.together > limits.alone and len({a.by for a in right}) < 2),
    ]


def verdict(message, situation, now, limits):
    """State, instants to ask again, and the reasons any of which is right."""
    for state, reason, so in lasting(message, situation, now, limits):
        if so:
            return state, None, {reason}
    objections = set(timely(message, situation, now, limits))
    until = next(
        at for at in instants(message, situation, now, limits) if not set(timely(message, situation, at, limits))
    )
    if until >= message.expires:
        return State.EXPIRED, None, {Reason.TOO_LATE}
    if until > now:
        return State.WAIT, until, objections | {Reason.QUIET}
    if situation.dry_run:
        return State.BLOCKED, None, {Reason.DRY_RUN}
    return State.SEND, None, {Reason.ALLOWED}
