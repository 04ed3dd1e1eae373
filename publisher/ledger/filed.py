"""What is filed of each delivery: its times, counts, approvals and link, in two queries whatever their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import and_, func, select

from publisher.ledger.engine import Database
from publisher.ledger.schema import announcement, approval, chain, delivery, part, revision

WAS_OUT = ("delivered", "retracted")


class Head(NamedTuple):
    """The last event of a chain."""

    seq: int
    hash: str


class Filed(NamedTuple):
    """One delivery. `first_out` and `last_out`: when its first and last part was settled as out."""

    id: str
    announcement: str
    title: str
    language: str
    channel: str
    action: str
    target: str
    reason: str
    addressed: bool
    due: float
    states: Counter[str]
    first_out: float | None
    last_out: float | None
    approvals: tuple[tuple[str, float], ...]
    link: str
    account: str
    service: str
    live: str
    live_at: float | None
    page: str
    cost: float | None
    digest: str


def filed(ledger: Database, key: str = "") -> Iterator[Filed]:
    """Every delivery, or those of one announcement."""
    with ledger.read() as c:
        parts: dict[str, list[Any]] = {}
        grouped = select(
            part.c.delivery,
            part.c.state,
            func.count().label("n"),
            func.min(part.c.settled).label("first"),
            func.max(part.c.settled).label("last"),
        ).group_by(part.c.delivery, part.c.state)
        links = select(part.c.delivery, part.c.receipt).where(part.c.n == 0, part.c.recipient == "")
        rows = (
            select(
                delivery, announcement.c.title, announcement.c.url, revision.c.digest.label("approved"), announcement.c.id.label("key"),
            )
            .join(announcement, announcement.c.id == delivery.c.announcement)
            .join(
                revision,
                and_(revision.c.announcement == delivery.c.announcement, revision.c.n == delivery.c.revision),
            )
        )  # fmt: skip
        names = select(approval).order_by(approval.c.at)
        if key:
            theirs = select(delivery.c.id).where(delivery.c.announcement == key)
            grouped, links = (
                grouped.where(part.c.delivery.in_(theirs)),
                links.where(part.c.delivery.in_(theirs)),
            )
            rows, names = (
                rows.where(delivery.c.announcement == key),
                names.where(approval.c.announcement == key),
            )
        for g in c.execute(grouped):
            parts.setdefault(g.delivery, []).append(g)
        urls = {r.delivery: (r.receipt or {}).get("url") or "" for r in c.execute(links)}
        given: dict[tuple[str, str], list[tuple[str, float]]] = {}
        for a in c.execute(names):
            given.setdefault((a.announcement, a.digest), []).append((a.by, a.at))
        found = c.execute(rows).all()
    for row in found:
        groups = parts.get(row.id, [])
        out = [g for g in groups if g.state in WAS_OUT]
        yield Filed(
            row.id,
            row.key,
            row.title,
            row.language,
            row.channel,
            row.action,
            row.target or "",
            row.reason or "",
            row.addressed,
            row.due,
            Counter({g.state: g.n for g in groups}),
            min((g.first for g in out if g.first is not None), default=None),
            max((g.last for g in out if g.last is not None), default=None),
            tuple(given.get((row.key, row.approved), ())),
            urls.get(row.id, ""),
            row.account,
            row.service,
            row.live or "",
            row.live_at,
            row.url,
            row.cost,
            row.digest,
        )


def heads(ledger: Database) -> dict[str, Head]:
    """The last event of each chain, as the ledger recorded it."""
    with ledger.read() as c:
        return {r.name: Head(r.seq, r.hash) for r in c.execute(select(chain))}
