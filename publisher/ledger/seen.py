"""What triggers have handed in: remembered, so that nothing is taken twice, on one host or several."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from publisher.digest import sha256
from publisher.ledger.outward import Outward
from publisher.ledger.schema import approval, revision, seen

TAKING = "taking"
"""The trigger name under which a page is held while one process takes it."""


class Seen(Outward):
    """Items are known by any text that names them (an address, a signature); digests of it are stored."""

    def seen(self, trigger: str, item: str) -> Row[Any] | None:
        """What was remembered of an item: digest, announcement, url, at."""
        with self.read() as c:
            return c.execute(select(seen).where(*_is(trigger, item))).first()

    def seen_by(self, trigger: str) -> list[Row[Any]]:
        """Everything remembered of one trigger."""
        with self.read() as c:
            return list(c.execute(select(seen).where(seen.c.trigger == trigger)))

    def hold_item(self, trigger: str, item: str, lapse: float) -> bool:
        """Take an item for oneself; False when another has it, and took it less than `lapse` seconds ago."""
        with self.write() as c:
            at = self._clock(c)
            try:
                with c.begin_nested():
                    c.execute(insert(seen).values(**_row(trigger, item, at)))
                return True
            except IntegrityError:
                late = (*_is(trigger, item), seen.c.at < at - lapse, seen.c.announcement.is_(None))
                return bool(c.execute(update(seen).where(*late).values(at=at)).rowcount)

    def remember(
        self, trigger: str, item: str, digest: str = "", announcement: str | None = None, url: str = ""
    ) -> None:
        """What became of an item, in place of what was known of it."""
        with self.write() as c:
            c.execute(delete(seen).where(*_is(trigger, item)))
            row = _row(trigger, item, self._clock(c))
            c.execute(
                insert(seen).values(**row | {"digest": digest, "announcement": announcement, "url": url})
            )

    def let_go(self, trigger: str, item: str) -> None:
        """Forget an item: it was not taken."""
        with self.write() as c:
            c.execute(delete(seen).where(*_is(trigger, item)))

    def forget_seen(self, trigger: str, age: float) -> int:
        """Forget a trigger's items of more than `age` seconds ago; how many."""
        with self.write() as c:
            old = (seen.c.trigger == trigger, seen.c.at < self._clock(c) - age)
            return int(c.execute(delete(seen).where(*old)).rowcount)

    def hands(self, key: str) -> set[str]:
        """Everybody who submitted, revised or approved an announcement."""
        with self.read() as c:
            wrote = c.scalars(select(revision.c.by).where(revision.c.announcement == key)).all()
            said = c.scalars(select(approval.c.by).where(approval.c.announcement == key)).all()
        return {*wrote, *said}


def _is(trigger: str, item: str) -> tuple[Any, Any]:
    return seen.c.trigger == trigger, seen.c.item == sha256(item)


def _row(trigger: str, item: str, at: float) -> dict[str, Any]:
    return {"trigger": trigger, "item": sha256(item), "digest": "", "announcement": None, "url": "", "at": at}
