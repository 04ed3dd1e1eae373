"""What triggers have handed in: remembered, so that nothing is taken twice, on one host or several."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from publisher.digest import sha256
from publisher.ledger.outward import Outward
from publisher.ledger.schema import approval, revision, seen

TAKING = "taking"
"""The trigger name under which a page is held while one process takes it."""

# Made once: making a statement takes longer than running it.
_THIS = (seen.c.trigger == bindparam("of"), seen.c.item == bindparam("what"))
_FIND, _FORGET = select(seen).where(*_THIS), delete(seen).where(*_THIS)
_LATE = (
    update(seen)
    .where(*_THIS, seen.c.at < bindparam("late"), seen.c.announcement.is_(None))
    .values(at=bindparam("now"))
)


class Seen(Outward):
    """Items are known by any text that names them (an address, a signature); digests of it are stored."""

    def seen(self, trigger: str, item: str) -> Row[Any] | None:
        """What was remembered of an item: digest, announcement, url, at."""
        with self.read() as c:
            return c.execute(_FIND, _name(trigger, item)).first()

    def seen_by(self, trigger: str) -> list[Row[Any]]:
        """Everything remembered of one trigger."""
        with self.read() as c:
            return list(c.execute(select(seen).where(seen.c.trigger == trigger)))

    def hold_item(self, trigger: str, item: str, lapse: float) -> bool:
        """Take an item for oneself; False when another has it, and took it less than `lapse` seconds ago."""
        named = _name(trigger, item)
        try:
            with self.write() as c:
                at, known = self._clock(c), c.execute(_FIND, named).first()
                if known is None:
                    c.execute(insert(seen), _row(trigger, item, at))
                    return True
                return known.announcement is None and bool(
                    c.execute(_LATE, named | {"now": at, "late": at - lapse}).rowcount
                )
        except IntegrityError:
            return False  # another process took it this moment

    def remember(
        self, trigger: str, item: str, digest: str = "", announcement: str | None = None, url: str = ""
    ) -> None:
        """What became of an item, in place of what was known of it."""
        with self.write() as c:
            self._remember(c, trigger, item, digest=digest, announcement=announcement, url=url)

    def let_go(self, trigger: str, item: str, then: tuple[str, str, str] | None = None) -> None:
        """Forget an item. `then`: a trigger, an item of it and the announcement to remember with it, in one commit."""
        with self.write() as c:
            c.execute(_FORGET, _name(trigger, item))
            if then:
                self._remember(c, then[0], then[1], announcement=then[2])

    def _remember(self, c: Connection, trigger: str, item: str, **told: Any) -> None:
        c.execute(_FORGET, _name(trigger, item))
        c.execute(insert(seen), _row(trigger, item, self._clock(c)) | told)

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


def _name(trigger: str, item: str) -> dict[str, Any]:
    return {"of": trigger, "what": sha256(item)}


def _row(trigger: str, item: str, at: float) -> dict[str, Any]:
    return {"trigger": trigger, "item": sha256(item), "digest": "", "announcement": None, "url": "", "at": at}
