"""Announcements, their revisions and renderings, and who approved which digest."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from publisher import audience
from publisher.channel import Rendering
from publisher.compare import changed, restated
from publisher.errors import StatementError, UsageError
from publisher.hours import Hours
from publisher.ledger import acts, events, people
from publisher.ledger.engine import Database
from publisher.ledger.schema import (
    announcement,
    approval,
    blob,
    delivery,
    event,
    lane,
    part,
    rendering,
    revision,
    trait,
)
from publisher.likeness import traits
from publisher.plan import When
from publisher.render import announcement_digest
from publisher.statement import Statement

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""For ids that people type: nothing that looks like something else."""

LEFT = ("sending", "delivered", "unknown", "retracted")
"""Part states in which something is, was or may be public."""


@dataclass(frozen=True, slots=True)
class Known:
    """An announcement as stored, with its current revision."""

    id: str
    revision: int
    digest: str
    statement: Statement
    renderings: tuple[Rendering, ...]
    approvals: tuple[tuple[str, float], ...]
    row: Row[Any]

    @property
    def title(self) -> str:
        return str(self.row.title)


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """What approval makes of one rendering: who will send it, from where, and to how many."""

    rendering: Rendering
    service: str
    account: str
    addressed: bool
    day: tuple[float, float] | None = None
    """The only span in which its words are true."""


class Statements(Database):
    """Storing, finding and approving statements."""

    # ------------------------------------------------------------ writing

    def submit(
        self,
        statement: Statement,
        renderings: Sequence[Rendering],
        who: str,
        *,
        plan: Plan,
        channels: Sequence[str],
    ) -> str:
        """Take a new announcement in as a draft; its id."""
        with self.write() as c:
            at = self._clock(c)
            key = _new_id(c)
            row = {"id": key, "revision": 1, "created": at, "held": False, "page_waived": False}
            row |= {"channels": list(channels), **facts(statement), **plan.columns}
            c.execute(insert(announcement), row)
            self._store(c, key, 1, statement, renderings, at, who)
            events.append(c, at, key, "submitted", who, **_submitted(statement, renderings, plan))
            return key

    def revise(
        self,
        key: str,
        statement: Statement,
        renderings: Sequence[Rendering],
        who: str,
        *,
        plan: Plan | None = None,
    ) -> int:
        """Store the next revision while nothing has left: approvals void, plan kept. Its number."""
        with self.write() as c:
            at, row = self._clock(c), self._lock(c, key)
            if _has_left(c, key):
                raise StatementError(
                    f"{key} is public or in doubt already; change it with `publisher correct`"
                )
            n = int(row.revision) + 1
            old = self._load(c, row)
            self._drop_deliveries(c, key)
            values = (
                facts(statement)
                | {"revision": n, "ended": None, "page_waived": False}
                | (plan.columns if plan else {})
            )
            c.execute(update(announcement).where(announcement.c.id == key).values(**values))
            self._store(c, key, n, statement, renderings, at, who)
            people.forget(
                c, key, announcement_digest(statement, renderings)
            )  # it may say again what it once said
            told = _submitted(statement, renderings, plan or Plan()) | _voided(old, statement, renderings)
            events.append(c, at, key, "revised", who, revision=n, **told)
            return n

    def extend(self, key: str, renderings: Sequence[Rendering], who: str) -> int:
        """Add channels to an announcement whose statement is unchanged; they need approval. The new revision."""
        with self.write() as c:
            at, row = self._clock(c), self._lock(c, key)
            old = self._load(c, row)
            n = int(row.revision) + 1
            channels = [*row.channels, *(r.channel for r in renderings if r.channel not in row.channels)]
            c.execute(
                update(announcement).where(announcement.c.id == key).values(revision=n, channels=channels)
            )
            merged = [*old.renderings, *renderings]
            self._store(c, key, n, old.statement, merged, at, who)
            events.append(
                c,
                at,
                key,
                "extended",
                who,
                revision=n,
                channels=[r.channel for r in renderings],
                digest=announcement_digest(old.statement, merged),
                **_voided(old, old.statement, merged),
            )
            return n

    def approve(
        self,
        key: str,
        by: str,
        deliveries: Sequence[NewDelivery],
        *,
        needed: int,
        digest: str = "",
        plan: Plan | None = None,
        lateness: float = 3600.0,
        hours: Hours | None = None,
    ) -> bool:
        """Record one person's approval of the current renderings; plan the deliveries once there are enough.

        Raises UsageError when `digest` is not the one the renderings have now, or the announcement has ended.
        Returns whether it is approved now.
        """
        with self.write() as c:
            at, row = self._clock(c), self._lock(c, key)
            known = self._load(c, row)
            _approvable(known, digest)
            if plan:
                c.execute(update(announcement).where(announcement.c.id == key).values(**plan.columns))
                row = self._lock(c, key)
            if people.record(c, key, known.digest, by, at):
                events.append(c, at, key, "approved", by, revision=known.revision, digest=known.digest)
            if people.persons(people.names(c, key, known.digest)) < needed:
                return False
            self._plan(c, row, deliveries, at, lateness, by, hours or Hours())
            return True

    def reject(self, key: str, by: str, reason: str) -> None:
        """Refuse a draft, with a reason; it can be submitted again, changed."""
        with self.write() as c:
            at, row = self._clock(c), self._lock(c, key)
            if row.ended:
                raise UsageError(f"{key} was {row.ended} already")
            if _has_left(c, key):
                raise UsageError(f"{key} is public or in doubt already; it cannot be rejected")
            self._drop_deliveries(c, key)
            c.execute(delete(approval).where(approval.c.announcement == key))
            c.execute(update(announcement).where(announcement.c.id == key).values(ended="rejected"))
            events.append(c, at, key, "rejected", by, reason=reason, revision=row.revision)

    # ------------------------------------------------------------ reading

    def known(self, key: str) -> Known:
        """One announcement with its current revision. Raises UsageError when there is none."""
        with self.read() as c:
            row = c.execute(select(announcement).where(announcement.c.id == key)).first()
            if row is None:
                raise UsageError(f"there is no announcement {key}; `publisher queue` lists them")
            return self._load(c, row)

    def resolve_reference(self, reference: str) -> tuple[str, str]:
        """An announcement's id, and a delivery's ("" where none was named), from what a person typed.

        Takes ids, unambiguous prefixes, `@next`, `@last`. Raises UsageError.
        """
        words = reference.strip()
        head, slash, tail = words.partition("/")
        with self.read() as c:
            if head == "@last":
                found = list(
                    c.scalars(select(announcement.c.id).order_by(announcement.c.created.desc()).limit(1))
                )
            elif head == "@next":
                found = _next(c)
            else:
                found = list(
                    c.scalars(
                        select(announcement.c.id).where(announcement.c.id.startswith(head, autoescape=True))
                    )
                )
                found = [head] if head in found else found
            if not head or not found:
                raise UsageError(f"there is no announcement {reference!r}; `publisher queue` lists them")
            if len(found) > 1:
                raise UsageError(
                    f"{reference!r} could be any of {', '.join(sorted(found)[:5])}; type more of it"
                )
            if not slash:
                return found[0], ""
            whole = f"{found[0]}/{tail}"
            deliveries = list(
                c.scalars(
                    select(delivery.c.id).where(
                        delivery.c.announcement == found[0], delivery.c.id.startswith(whole, autoescape=True)
                    )
                )
            )
        deliveries = [whole] if whole in deliveries else deliveries
        if len(deliveries) != 1:
            raise UsageError(
                f"{found[0]} has no delivery {tail!r}" if not deliveries else f"{reference!r} is ambiguous"
            )
        return found[0], deliveries[0]

    def same(self, statement_digest: str) -> str | None:
        """The newest announcement of exactly this statement, if any."""
        with self.read() as c:
            return c.scalar(
                select(announcement.c.id)
                .where(announcement.c.statement_digest == statement_digest)
                .order_by(announcement.c.created.desc())
                .limit(1)
            )

    def akin(self, to: Statement, *, ended: bool = False) -> Iterator[tuple[str, float, Statement]]:
        """Announcements that `to` may be a changed version of, newest first: id, when submitted, what it says now.

        Those that share a trait with it; with `ended` also those that were cancelled or retracted.
        """
        alike = select(trait.c.announcement).where(trait.c.number.in_(traits(to)))
        rows = (
            select(announcement.c.id, announcement.c.created, revision.c.statement)
            .join(
                revision,
                (revision.c.announcement == announcement.c.id) & (revision.c.n == announcement.c.revision),
            )
            .where(
                announcement.c.id.in_(alike),
                true() if ended else announcement.c.ended.is_(None) | (announcement.c.ended == "rejected"),
            )
            .order_by(announcement.c.created.desc())
        )
        with self.read() as c:
            for row in c.execute(rows):
                yield row.id, row.created, Statement.load(row.statement)

    def all(self) -> list[Row[Any]]:
        """Every announcement, newest first."""
        with self.read() as c:
            return list(c.execute(select(announcement).order_by(announcement.c.created.desc())))

    def has_left(self, key: str) -> bool:
        """Whether anything of it is, was or may be public."""
        with self.read() as c:
            return _has_left(c, key)

    def blob(self, digest: str) -> bytes:
        """A medium's bytes. Raises StatementError when the ledger lost them."""
        with self.read() as c:
            found = c.scalar(select(blob.c.content).where(blob.c.digest == digest))
        if found is None:
            raise StatementError(f"the ledger has no medium {digest[:12]}…; it was damaged")
        return bytes(found)

    def events(self, chain: str | None = None, after: int = 0) -> list[tuple[int, events.Event]]:
        with self.read() as c:
            return events.read(c, chain, after)

    def verify(self) -> list[str]:
        """What is wrong with the log; see `events.verify`."""
        with self.read() as c:
            return events.verify(c)

    def note(self, chain: str, kind: str, who: str = "", **data: Any) -> None:
        """Record something that happened beside the state machine."""
        with self.write() as c:
            if chain:
                self._lock(c, chain)
            else:
                c.execute(select(lane.c.name).where(lane.c.name == "*").with_for_update())
            events.append(c, self._clock(c), chain, kind, who, **data)

    def voided(self, known: Known) -> dict[str, Any]:
        """What has changed since somebody last approved it, and whose approvals that voided; {} where none was."""
        kinds = event.c.kind.in_(("revised", "extended", "approved", "rejected"))
        rows = select(event.c.kind, event.c.data).where(event.c.chain == known.id, kinds)
        changes: dict[str, None] = {}
        with self.read() as c:
            for kind, data in c.execute(rows.order_by(event.c.seq.desc())):
                if kind not in ("revised", "extended"):
                    break
                changes |= dict.fromkeys(data.get("changed", ()))
                if data.get("voids"):
                    return {"changed": sorted(changes), "voids": data["voids"]}
        return {}

    # ------------------------------------------------------------ within a transaction

    def _clock(self, c: Connection) -> float:
        return float(c.execute(select(self.now())).scalar_one())

    def _lock(self, c: Connection, key: str) -> Row[Any]:
        """The announcement's row, held until the transaction ends: whoever holds it orders its events."""
        row = c.execute(select(announcement).where(announcement.c.id == key).with_for_update()).first()
        if row is None:
            raise UsageError(f"there is no announcement {key}; `publisher queue` lists them")
        return row

    def _load(self, c: Connection, row: Row[Any]) -> Known:
        rev = c.execute(
            select(revision).where(revision.c.announcement == row.id, revision.c.n == row.revision)
        ).one()
        contents = c.scalars(
            select(rendering.c.content).where(
                rendering.c.announcement == row.id, rendering.c.revision == row.revision
            )
        )
        rank = {name: n for n, name in enumerate(row.channels)}
        renderings = sorted(
            map(Rendering.load, contents),
            key=lambda r: (rank.get(r.channel, 99), r.language != row.language, r.language, r.action),
        )
        approvals = c.execute(
            select(approval.c.by, approval.c.at)
            .where(approval.c.announcement == row.id, approval.c.digest == rev.digest)
            .order_by(approval.c.at)
        )
        return Known(
            row.id,
            row.revision,
            rev.digest,
            Statement.load(rev.statement),
            tuple(renderings),
            tuple((a.by, a.at) for a in approvals),
            row,
        )

    def _store(
        self,
        c: Connection,
        key: str,
        n: int,
        statement: Statement,
        renderings: Sequence[Rendering],
        at: float,
        who: str,
    ) -> None:
        digest = announcement_digest(statement, renderings)
        _keep_media(c, [m for s in statement.languages for m in s.media])
        if n > 1:
            c.execute(delete(trait).where(trait.c.announcement == key))
        c.execute(insert(trait), [{"number": one, "announcement": key} for one in traits(statement)])
        made = {"n": n, "statement": statement.dump(), "digest": digest, "created": at, "by": who}
        c.execute(insert(revision), {"announcement": key, **made})
        rows = [
            {
                "announcement": key,
                "revision": n,
                "channel": r.channel,
                "language": r.language,
                "action": r.action,
                "target": r.target,
                "digest": r.digest,
                "content": r.dump(),
            }
            for r in renderings
        ]
        if rows:
            c.execute(insert(rendering), rows)

    def _drop_deliveries(self, c: Connection, key: str) -> None:
        """Forget deliveries of which nothing has left; the log keeps what was planned."""
        theirs = select(delivery.c.id).where(delivery.c.announcement == key)
        c.execute(delete(part).where(part.c.delivery.in_(theirs)))
        c.execute(delete(delivery).where(delivery.c.announcement == key))

    def _plan(
        self,
        c: Connection,
        row: Row[Any],
        deliveries: Sequence[NewDelivery],
        at: float,
        lateness: float,
        by: str,
        hours: Hours,
    ) -> None:
        """Make the deliveries that are not there yet, due by the plan, else the embargo's end, else now.

        Each channel's own offset is added; what nobody gave a time for keeps to the office's hours.
        """
        first = row.due if row.due is not None else max(row.embargo or at, at)
        for n, stops in acts.corrections(c, row.id):
            if n == row.revision:
                acts.stop(c, stops, "cancelled")
        dues: dict[str, float] = {}
        theirs = select(delivery.c.id, delivery.c.digest, delivery.c.action, delivery.c.target)
        there = c.execute(theirs.where(delivery.c.announcement == row.id)).all()
        present = {r.id: r.digest for r in there}
        going = {r.target for r in there if r.action == "retract"}
        going |= {d.rendering.target for d in deliveries if d.rendering.action == "retract"}
        state = "held" if row.held else "planned"
        several = len({d.rendering.language for d in deliveries}) > 1
        for d in deliveries:
            r = d.rendering
            key = _key(row.id, r, several, present)
            if key in present:
                continue
            ensure_lane(c, r.channel)
            rows = acts.parts(c, r, at, d.addressed, going) if r.target else []
            if r.target:  # what is public is put right at once, whatever the plan was
                due, last = acts.earliest(c, rows, at), None
            else:
                due = hours.due(r.channel, first, asked=row.due is not None)
                last = row.not_after if row.not_after is not None else due + lateness
            dues[key] = due
            c.execute(
                insert(delivery).values(
                    id=key,
                    announcement=row.id,
                    revision=row.revision,
                    channel=r.channel,
                    language=r.language,
                    action=r.action,
                    digest=r.digest,
                    due=due,
                    addressed=d.addressed,
                    service=d.service,
                    account=d.account,
                    cost=r.cost_usd,
                    day_start=d.day[0] if d.day else None,
                    day_end=d.day[1] if d.day else None,
                    target=r.target or None,
                    reason=r.reason or None,
                )
            )
            if r.target:
                acts.insert_parts(c, key, rows)
            elif d.addressed:
                languages = [o.rendering.language for o in deliveries if o.addressed]
                audience.add_parts(c, key, state, due, last, r.language, languages, row.language)
            else:
                parts = [{"delivery": key, "n": n, "recipient": ""} for n in range(len(r.posts))]
                c.execute(
                    insert(part),
                    [audience.NEW | p | {"state": state, "due": due, "last_start": last} for p in parts],
                )
        if dues:
            events.append(
                c, at, row.id, "planned", by, due=first, wall=row.wall, zone=row.zone, deliveries=dues
            )


@dataclass(frozen=True, slots=True)
class Plan:
    """When an announcement is to go out. None leaves open what was not said."""

    at: When | None = None
    embargo: When | None = None
    not_after: float | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """As the announcement's columns; only what was said."""
        said: dict[str, Any] = {}
        if self.at:
            said |= {"due": self.at.at, "wall": self.at.wall, "zone": self.at.zone}
        if self.embargo:
            said |= {
                "embargo": self.embargo.at,
                "embargo_wall": self.embargo.wall,
                "embargo_zone": self.embargo.zone,
            }
        if self.not_after is not None:
            said["not_after"] = self.not_after
        return said


def _key(announcement_id: str, r: Rendering, several: bool, present: Mapping[str, str]) -> str:
    """A delivery's id: `<announcement>/<channel>[.<language>]`, or its target's with what is done to it.

    What was done to a target last counts alone: words may come back that were corrected away since.
    """
    if not r.target:
        return f"{announcement_id}/{r.channel}" + (f".{r.language}" if several else "")
    first = f"{r.target}.{r.action}"
    last, n = "", 1
    while (key := first if n == 1 else f"{first}{n}") in present:
        last, n = key, n + 1
    return last if last and present[last] == r.digest else key


def _new_id(c: Connection) -> str:
    while True:
        key = "".join(secrets.choice(ALPHABET) for _ in range(6))
        if not c.scalar(select(func.count()).where(announcement.c.id == key)):
            return key


def facts(statement: Statement) -> dict[str, Any]:
    """What an announcement's own row says of its current statement."""
    return {
        "language": statement.language,
        "title": statement.title,
        "url": statement.url,
        "source": statement.source,
        "statement_digest": statement.digest,
    }


def _submitted(statement: Statement, renderings: Sequence[Rendering], plan: Plan) -> dict[str, Any]:
    return {
        "title": statement.title,
        "statement": statement.digest,
        "digest": announcement_digest(statement, renderings),
        "renderings": {f"{r.channel}.{r.language}": r.digest for r in renderings},
        "plan": plan.columns,
    }


def _voided(old: Known, statement: Statement, renderings: Sequence[Rendering]) -> dict[str, Any]:
    """What a new revision changes, and whose approvals that voids."""
    parts = [*restated(old.statement, statement), *changed(old.renderings, renderings)]
    return {"changed": parts, "voids": [by for by, _ in old.approvals]}


def _approvable(known: Known, digest: str) -> None:
    if known.row.ended and not any(r.target for r in known.renderings):
        raise UsageError(f"{known.id} was {known.row.ended}; submit it again with --again {known.id}")
    stored = announcement_digest(known.statement, known.renderings)
    if stored != known.digest:
        raise UsageError(
            f"{known.id}: the ledger's renderings are not the ones that were submitted; it was damaged"
        )
    if digest and digest.lower() != known.digest:
        raise UsageError(
            f"{known.id} has digest {known.digest[:12]}… now, not {digest[:12]}…: it was changed since you read it; "
            f"read it again with `publisher show {known.id}`"
        )


def _has_left(c: Connection, key: str) -> bool:
    query = (
        select(part.c.id)
        .join(delivery, delivery.c.id == part.c.delivery)
        .where(delivery.c.announcement == key, part.c.state.in_(LEFT))
        .limit(1)
    )
    return c.execute(query).first() is not None


def _keep_media(c: Connection, media: Iterable[Any]) -> None:
    for medium in media:
        if medium.content is None or not medium.digest:
            continue
        if not c.scalar(select(func.count()).where(blob.c.digest == medium.digest)):
            try:
                with c.begin_nested():
                    c.execute(insert(blob).values(digest=medium.digest, content=medium.content))
            except IntegrityError:
                continue  # another process stored the same bytes this moment


def ensure_lane(c: Connection, name: str) -> None:
    """A channel's row in `lane`, made when it is first needed; a claim locks it."""
    if not c.scalar(select(func.count()).select_from(lane).where(lane.c.name == name)):
        try:
            with c.begin_nested():
                c.execute(insert(lane).values(name=name, paused=False, free=0.0))
        except IntegrityError:
            return  # another process made it this moment


def _next(c: Connection) -> list[str]:
    query = (
        select(delivery.c.announcement)
        .join(part, part.c.delivery == delivery.c.id)
        .where(part.c.state.in_(("planned", "waiting")))
        .order_by(part.c.due)
        .limit(1)
    )
    return list(c.scalars(query))
