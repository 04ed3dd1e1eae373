"""What the ledger holds, as the JSON that scripts may rely on; and the exit code it amounts to."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from publisher.channel import MAIN, Channel, Post, Rendering
from publisher.statement import Media, Statement

if TYPE_CHECKING:
    from sqlalchemy import Row

    from publisher.ledger import Known, Ledger
    from publisher.proposal import Proposal

SCHEMA = 1

ORDER = ("unknown", "failed", "held", "sending", "waiting", "planned", "delivered", "retracted", "cancelled")
"""An announcement's state is the first of these that one of its deliveries has; a delivery's, of its parts."""

MAILING = (
    "unknown",
    "sending",
    "waiting",
    "held",
    "planned",
    "delivered",
    "failed",
    "retracted",
    "cancelled",
)
"""A mailing counts as failed only when nobody was reached."""

OPEN = ("planned", "waiting", "sending", "held")
CODES = {"unknown": 3, "failed": 1, "held": 1, "waiting": 75, "sending": 75}


def preview(statement: Statement, renderings: Sequence[Rendering], digest: str) -> dict[str, Any]:
    """`preview --json`."""
    return {
        "schema": SCHEMA,
        "statement": statement_view(statement),
        "announcement": {"digest": digest},
        "renderings": [rendering_view(r) for r in renderings],
    }


def statement_view(statement: Statement) -> dict[str, Any]:
    return {
        "title": statement.title,
        "url": statement.url or None,
        "language": statement.language,
        "digest": statement.digest,
        "issued": statement.issued or None,
        "embargo": statement.embargo or None,
        "organization": statement.organization or None,
        "languages": [s.language for s in statement.languages],
        "source": statement.source,
        "notes": list(statement.notes),
    }


def rendering_view(r: Rendering) -> dict[str, Any]:
    """One rendering: `posts`, or for a mail its subject, preheader, text, html and headers."""
    view: dict[str, Any] = {
        "channel": r.channel,
        "language": r.language,
        "action": r.action,
        "digest": r.digest,
    }
    if r.target:
        view |= {"target": r.target, "reason": r.reason}
    if any(c.field == MAIN for p in r.posts for c in p.copies):
        view["posts"] = [_post(p, r.link) for p in r.posts]
    elif r.posts:
        view |= {c.field: c.text for p in r.posts for c in p.copies}
        view["headers"] = {"Subject": view.get("subject", ""), **r.headers}
        view["lengths"] = {c.field: {"length": c.length, "limit": c.limit} for p in r.posts for c in p.copies}
        view["media"] = [_medium(m) for m in r.media]
    if r.headers and "headers" not in view:
        view["headers"] = dict(r.headers)
    view["warnings"] = list(r.warnings)
    view["sources"] = [list(s) for s in r.sources]
    if r.day:
        view["day"] = r.day
    if r.cost_usd is not None:
        view["cost_usd"] = r.cost_usd
        if r.cost_note:
            view["cost_note"] = r.cost_note
    return view


def _post(post: Post, link: str) -> dict[str, Any]:
    main = post[MAIN]
    view = {
        "text": main.text,
        "length": main.length,
        "limit": main.limit,
        "unit": main.unit,
        "media": [_medium(m) for m in post.media],
        "wire": main.wire,
    }
    card: dict[str, Any] = {
        c.field.removeprefix("card_"): c.text for c in post.copies if c.field.startswith("card_")
    }
    if post.card:
        card["picture"] = _medium(post.card)
    return view | ({"card": {"source": link, **card}} if card and link and not post.media else {})


def _medium(medium: Media) -> dict[str, Any]:
    return {k: v for k, v in medium.dump().items() if k != "size"} | {"bytes": medium.size}


def announcement(ledger: Ledger, key: str, *, already: bool = False, full: bool = False) -> dict[str, Any]:
    """`publish|show|approve --json`: the announcement, its deliveries; with `full` also its renderings and attempts."""
    known = ledger.known(key)
    deliveries = [delivery(ledger, row) for row in ledger.deliveries(key)]
    view: dict[str, Any] = {
        "schema": SCHEMA,
        "announcement": _head(known, deliveries),
        "deliveries": deliveries,
        "clock": _clock(ledger),
        "ledger": ledger.place,
    }
    if not known.approvals:
        view["announcement"] |= ledger.voided(known)
    if waits := ledger.waits(key, known):
        view["announcement"]["waits"] = [
            {"action": r.action, "target": r.target, "channel": r.channel, "digest": r.digest} for r in waits
        ]
    if already:
        view["already"] = True
    if full:
        view["statement"] = statement_view(known.statement)
        view["renderings"] = [rendering_view(r) for r in known.renderings]
        view["events"] = [event_view(e) for _, e in ledger.events(key)]
    return view


def proposal(made: Proposal) -> dict[str, Any]:
    """`correct --dry-run --json`: each act with the old text, the new one, and their difference."""
    from publisher.beside import difference

    acts = [
        rendering_view(a.rendering)
        | a.change
        | {"difference": difference(a.change["old"], a.change["new"]) if a.rendering.posts else None}
        | ({"readers": a.readers} if a.readers else {})
        for a in made.acts
    ]
    return {
        "schema": SCHEMA,
        "statement": statement_view(made.statement),
        "announcement": {"id": made.known.id, "digest": made.digest},
        "reason": made.reason,
        "acts": acts,
        "kept": list(made.kept),
    }


def _head(known: Known, deliveries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    row = known.row
    return {
        "id": known.id,
        "state": announcement_state(row, deliveries),
        "digest": known.digest,
        "revision": known.revision,
        "title": known.title,
        "url": row.url or None,
        "language": row.language,
        "channels": list(row.channels),
        "due": moment(row.due),
        "wall": row.wall,
        "zone": row.zone,
        "embargo": moment(row.embargo),
        "held": bool(row.held),
        "approvals": [{"by": by, "at": moment(at)} for by, at in known.approvals],
    }


def announcement_state(row: Row[Any], deliveries: Sequence[Mapping[str, Any]]) -> str:
    if row.ended and not deliveries:
        return "cancelled"
    done = ("retract", "delivered")  # a retraction that succeeded shows in what it took down
    states = {d["state"] for d in deliveries if (d["action"], d["state"]) != done}
    gone = any((d["action"], d["state"]) == done for d in deliveries) and row.ended == "retracted"
    if gone and states <= {"delivered", "retracted", "cancelled"}:
        return "retracted"
    return next((s for s in ORDER if s in states), "held" if row.held else "draft")


def delivery(ledger: Ledger, row: Row[Any]) -> dict[str, Any]:
    """One delivery. A mailing's receipt counts its recipients, whose rows are not read for it."""
    tally = ledger.tally(row.id)
    counts = Counter({t.state: t.n for t in tally})
    # An act may find nothing to act on, and a mailing nobody to go to.
    none = "cancelled" if row.target or (row.addressed and row.due <= ledger.clock()) else "planned"
    state = next((s for s in (MAILING if row.addressed else ORDER) if counts[s]), none)
    open_ = [t.due for t in tally if t.state in ("planned", "waiting", "held")]
    attempts = max((t.attempt for t in tally), default=0)
    view = {
        "id": row.id,
        "channel": row.channel,
        "language": row.language,
        "action": row.action,
        "state": state,
        "due": moment(min(open_, default=row.due)),
        "attempts": attempts,
        "live": row.live,
        "receipt": _mailing(row, counts) if row.addressed and attempts else None,
        "error": _error(ledger, row, state) if tally or row.target else _nobody(row),
        "account": row.account,
        "service": row.service,
        "digest": row.digest,
    }
    if row.target:
        view |= {"target": row.target, "reason": row.reason}
    if row.addressed:
        doubt = {"in_doubt": ledger.doubtful(row.id)} if counts["unknown"] else {}
        return view | {"recipients": sum(counts.values())} | doubt
    parts = ledger.parts(row.id)
    if state == "delivered" and parts and parts[0].receipt:
        view["receipt"] = {"id": parts[0].receipt["id"], "url": parts[0].receipt["url"] or None}
        posts = ledger.rendering(row).posts
        if posts and not any(c.field == MAIN for c in posts[0].copies):
            view["receipt"] |= {"accepted": 1, "refused": 0, "unknown": 0}  # one message to a list
    if len(parts) > 1:
        view["parts"] = [{"n": p.n, "state": p.state, "receipt": p.receipt} for p in parts]
    return view


def _mailing(row: Row[Any], counts: Counter[str]) -> dict[str, Any]:
    """How a mailing stands: what each recipient's part amounts to, as counts."""
    return {
        "id": row.id,
        "url": None,
        "accepted": counts["delivered"],
        "refused": counts["failed"],
        "unknown": counts["unknown"],
        "waiting": counts["waiting"] + counts["planned"],
        "left": counts["cancelled"],
    }


def _error(ledger: Ledger, row: Row[Any], state: str) -> dict[str, str] | None:
    """What keeps a delivery from being delivered: its channel's block, else its own trouble."""
    blocked = next((lane.blocked for lane in ledger.lanes() if lane.name == row.channel), None)
    if blocked and state in ("waiting", "planned"):
        return {"kind": "Blocked", "message": blocked}
    # What is planned has not been tried, and what went well has nothing to say: no parts are searched for it.
    told = state not in ("planned", "delivered")
    found = ledger.trouble(row.id, state, mailing=row.addressed) if told else None
    return {"kind": found.kind or "Error", "message": found.error} if found else None


def _nobody(row: Row[Any]) -> dict[str, str]:
    """Whoever joins before the mailing begins is mailed."""
    return {"kind": "Nobody", "message": f"nobody on the list reads {row.language}"}


def expect(view: dict[str, Any], channel: Callable[[str], Channel]) -> dict[str, Any]:
    """Besides: by when each mailing that is still to go will be done, where its pace is set."""
    for d in view["deliveries"]:
        receipt = d["receipt"] or {}
        left = receipt.get("waiting", d.get("recipients", 0)) if d["state"] in OPEN else 0
        rate = channel(d["channel"]).rate if left else None
        if rate:
            begins = datetime.fromisoformat(d["due"]).timestamp()
            d["finish"] = moment(max(begins, time.time()) + left / rate)
    return view


def exit_code(view: Mapping[str, Any]) -> int:
    """Of an announcement's present state. Where several apply: 3, 1, 78, 75."""
    codes = {CODES.get(d["state"], 0) for d in view["deliveries"]}
    if any((d["error"] or {}).get("kind") == "Blocked" for d in view["deliveries"]):
        codes.add(78)
    return worst(codes)


def worst(codes: set[int]) -> int:
    """The one that counts where several apply."""
    return next((code for code in (3, 1, 78, 75) if code in codes), 0)


def event_view(e: Any) -> dict[str, Any]:
    return {
        "announcement": e.chain or None,
        "seq": e.seq,
        "at": moment(e.at),
        "event": e.kind,
        "who": e.who or None,
        **{k: v for k, v in e.data.items() if k not in ("seq", "at", "event", "who", "announcement")},
        "hash": e.hash,
    }


def _clock(ledger: Ledger) -> dict[str, Any] | None:
    """The host whose clock ticked last, when it still ticks."""
    now = ledger.clock()
    return next(({"host": t.host, "tick": moment(t.at)} for t in ledger.ticks() if now - t.at < 60), None)


def moment(at: float | None) -> str | None:
    """Seconds since the epoch as ISO 8601 in UTC."""
    return (
        datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if at is not None
        else None
    )
