"""Verdicts: what a channel's error means for a part, for its channel, and for the clock.

Transient → waiting, with backoff, until the last attempt or the horizon      Permanent → failed
RateLimited → waiting, and the channel's pace with it; held where that would be too late for the plan
Blocked → waiting, and the channel stops for a person                         OutcomeUnknown → unknown, looked up
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from publisher import acting, plan
from publisher.channel import Channel
from publisher.errors import (
    Blocked,
    DeliveryError,
    Duplicate,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Transient,
)
from publisher.ledger import Claimed, Verdict

if TYPE_CHECKING:
    from sqlalchemy import Row

    from publisher.settings import Retry


def verdict(claimed: Claimed, channel: Channel, retry: Retry, error: DeliveryError) -> Verdict:
    """What becomes of an attempt that ended in `error`."""
    row, why = claimed.row, error.message
    down = acting.takes_down(claimed.of.action, claimed.part.rendering)
    if isinstance(error, OutcomeUnknown) and down:
        error = Transient(why)  # taking down twice does no harm
    if isinstance(error, OutcomeUnknown):
        hint = error.hint if isinstance(error, Duplicate) else None
        first = next(iter(channel.find_after), None)
        find = row.started + first if first is not None else None
        return Verdict("unknown", error.kind, why, find_due=find, hint=hint)
    if isinstance(error, Permanent):
        return Verdict("failed", error.kind, why)
    if isinstance(error, Blocked):
        return Verdict("waiting", error.kind, why, due=row.started, spent=False, block=True)
    if isinstance(error, RateLimited):
        return _limited(row, channel, retry, error, down=down)
    return _again(row, channel, retry, error, down=down)


def _limited(row: Row[Any], channel: Channel, retry: Retry, error: RateLimited, *, down: bool) -> Verdict:
    """It spends no attempt, so the wait grows with the claims."""
    why, now = error.message, row.started
    until = max(error.retry_at or now + _backoff(retry, row.attempt - 1), now + 1)
    if row.recipient:
        if until > (row.first or now) + _horizon(channel, retry):
            return Verdict("failed", error.kind, f"{why} ({_given_up(row, channel, retry)})")
    elif not down and until > _last(row, retry):
        why = f"{why}; nothing goes out before {plan.shown(until, now=None)}, which is too late for its plan"
        return Verdict("held", error.kind, why, due=until, spent=False, pace=until)
    return Verdict("waiting", error.kind, why, due=until, spent=False, pace=until)


def _again(row: Row[Any], channel: Channel, retry: Retry, error: DeliveryError, *, down: bool) -> Verdict:
    why, now, asked = error.message, row.started, getattr(error, "retry_at", None)
    due = max(asked, now + 1) if asked else now + _backoff(retry, row.tries)
    if down:
        return Verdict("waiting", error.kind, why, due=min(due, now + acting.SELDOM))
    if channel.horizon is None and row.tries + 1 >= retry.attempts:
        return Verdict("failed", error.kind, f"{why} (attempt {row.tries + 1} of {retry.attempts})")
    if due > (row.first or now) + _horizon(channel, retry):
        return Verdict("failed", error.kind, f"{why} ({_given_up(row, channel, retry)})")
    return Verdict("waiting", error.kind, why, due=due)


def _horizon(channel: Channel, retry: Retry) -> float:
    return channel.horizon or retry.horizon


def _given_up(row: Row[Any], channel: Channel, retry: Retry) -> str:
    tried = row.started - (row.first or row.started)
    since = f"{plan.span(tried)} after the first attempt" if tried >= 1 else "at once"
    setting = f"{channel.name.upper()}__HORIZON" if channel.horizon else "RETRY__HORIZON"
    allowed = plan.span(_horizon(channel, retry))
    return f"given up {since}: the next try would be later than the {allowed} that {setting} allows"


def _last(row: Row[Any], retry: Retry) -> float:
    """The last moment at which a part may go out by itself: it has never been tried in earnest, or has been."""
    horizon = (row.first or row.started) + retry.horizon
    return float(horizon if row.tries or row.last_start is None else min(row.last_start, horizon))


def _backoff(retry: Retry, tries: int) -> float:
    """Seconds to the next attempt: doubled each time up to the cap, with jitter against stampedes."""
    return float(min(retry.cap, retry.first * 2.0**tries) * random.uniform(0.8, 1.2))
