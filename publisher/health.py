"""Whether a person is needed: due, overdue, waiting, unknown, blocked, paused, and whether a clock still ticks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from publisher import views

if TYPE_CHECKING:
    from publisher.ledger import Ledger

FEW = 5
"""Deliveries that nobody has looked at are named up to so many, the latest first."""
QUIET = 60.0
"""Seconds without a tick after which no clock counts as running."""


def status(ledger: Ledger, zone: str = "UTC") -> dict[str, Any]:
    """`status --json`: counts by state, the next due time, lanes, ticks, what needs a person, what will.

    `warnings` tell what is still to come (credentials that end before a plan falls due); no exit code says so,
    because a plan may be farther away than any credentials last.
    """
    from publisher import ahead

    now, counts = ledger.clock(), ledger.counts()
    ticks = [
        {
            "host": t.host,
            "tick": views.moment(t.at),
            "seconds_ago": round(now - t.at, 1),
            "ticking": now - t.at < QUIET,
        }
        for t in ledger.ticks()
    ]
    lanes = ledger.lanes()
    view: dict[str, Any] = {
        "schema": views.SCHEMA,
        "ledger": ledger.place,
        "next_due": views.moment(ledger.next_due()),
        "counts": counts,
        "overdue": ledger.overdue(),
        "live_differs": ledger.differing(),
        "unseen": ledger.unseen(),
        "paused": ["everything" if lane.name == "*" else lane.name for lane in lanes if lane.paused],
        "paused_by": {
            "everything" if lane.name == "*" else lane.name: [lane.by or None, lane.reason or None]
            for lane in lanes
            if lane.paused
        },
        "blocked": {lane.name: lane.blocked for lane in lanes if lane.blocked},
        "clocks": ticks,
        "clock": next((t for t in ticks if t["ticking"]), None),
        "warnings": [*ahead.beyond(ledger, zone), *_soon(ledger)],
    }
    which = {s: ledger.some(s, FEW + 1) for s in ("unknown", "failed", "held") if counts.get(s)}
    return view | {"needs_a_person": _reasons(view, which)}


def _soon(ledger: Ledger) -> list[str]:
    """What the last check of a channel found that would stop what is planned on it."""
    return [
        f"{rows[0].id} is planned, and {name} would not take it: {what}" + (f"; {fix}" if fix else "")
        for name, standing in ledger.standing().items()
        if standing["trouble"] and (rows := ledger.planned_on(name))
        for what, fix in standing["trouble"]
    ]


def _reasons(view: Mapping[str, Any], which: Mapping[str, Sequence[str]]) -> list[str]:
    counts = view["counts"]
    reasons = [
        f"{counts[s]} {s}: {', '.join(of[:FEW])}{' and more' if len(of) > FEW else ''}"
        for s, of in which.items()
    ]
    if view["overdue"]:
        reasons.append(f"{view['overdue']} overdue")
    reasons += [f"what is public differs: {of}" for of in view["live_differs"]]
    reasons += [f"{name} is blocked: {why}" for name, why in view["blocked"].items()]
    if (counts.get("planned") or counts.get("waiting")) and view["clock"] is None:
        reasons.append("something is planned and no clock is running; start `publisher run`")
    return reasons


def exit_code(view: Mapping[str, Any]) -> int:
    """3 unknown; 1 failed, held, overdue, live text differs, or planned with no clock; 78 a channel is blocked."""
    counts, codes = view["counts"], set()
    if counts.get("unknown"):
        codes.add(3)
    if counts.get("failed") or counts.get("held") or view["overdue"] or view["live_differs"]:
        codes.add(1)
    if (counts.get("planned") or counts.get("waiting")) and view["clock"] is None:
        codes.add(1)
    if view["blocked"]:
        codes.add(78)
    return views.worst(codes)


def lines(view: Mapping[str, Any], zone: str) -> list[str]:
    """For people."""
    from publisher.cli.common import moment

    counts = ", ".join(f"{n} {state}" for state, n in view["counts"].items()) or "nothing yet"
    told = [f"ledger   {view['ledger']}", f"parts    {counts}"]
    if view["next_due"]:
        told.append(f"next     {moment(view['next_due'], zone)}")
    told += [
        f"clock    {c['host']}, last tick {c['seconds_ago']} s ago{'' if c['ticking'] else ': not ticking'}"
        for c in view["clocks"]
    ] or ["clock    none has run"]
    for name, (by, reason) in view["paused_by"].items():
        told.append(f"paused   {name}{f' by {by}' if by else ''}{f': {reason}' if reason else ''}")
    told += [f"ahead    {warning}" for warning in view["warnings"]]
    told += [
        f"unseen   {of}: cannot be read back; look at it, then: publisher verify {of} --seen"
        for of in view["unseen"][:FEW]
    ]
    if (more := len(view["unseen"]) - FEW) > 0:
        told.append(f"unseen   and {more} more")
    return told + [f"! {reason}" for reason in view["needs_a_person"]]
