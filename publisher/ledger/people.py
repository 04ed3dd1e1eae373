"""Who approved what: names are kept as they were said, and compared as people read them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert, select

from publisher.ledger.schema import approval


def person(name: str) -> str:
    """What a name is compared by: "Anna", "anna", " ANNA " and full-width "Ａｎｎａ" are one person.

    Compatibility forms (NFKC), case, white space and what is never seen (Unicode's format characters) are folded;
    "" when nothing of a name is left.
    """
    seen = "".join(c for c in unicodedata.normalize("NFKC", name) if unicodedata.category(c) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", seen.casefold()).split())


def persons(names: Iterable[str]) -> int:
    """How many people these names are."""
    return len({person(name) for name in names})


def record(c: Connection, announcement: str, digest: str, by: str, at: float) -> bool:
    """Record an approval; False when this person gave it already. The caller holds the announcement's row.

    The one place that writes approvals. SQL can not fold names, so it counts rows, one for each person.
    """
    if any(person(name) == person(by) for name in names(c, announcement, digest)):
        return False
    c.execute(insert(approval).values(announcement=announcement, digest=digest, by=by, at=at))
    return True


def names(c: Connection, announcement: str, digest: str) -> list[str]:
    """Who approved a digest, first to last."""
    given = approval.c.announcement == announcement, approval.c.digest == digest
    return list(c.scalars(select(approval.c.by).where(*given).order_by(approval.c.at, approval.c.by)))


def forget(c: Connection, announcement: str, digest: str) -> None:
    """Drop all approvals of a digest; the log keeps them."""
    c.execute(delete(approval).where(approval.c.announcement == announcement, approval.c.digest == digest))


def drop_twice_named(c: Connection, announcement: str, digest: str) -> list[str]:
    """Drop approvals by somebody who had given theirs already; which. Earlier versions counted each spelling."""
    first: dict[str, str] = {}
    twice = [n for n in names(c, announcement, digest) if first.setdefault(person(n), n) != n]
    if twice:
        given = approval.c.announcement == announcement, approval.c.digest == digest
        c.execute(delete(approval).where(*given, approval.c.by.in_(twice)))
    return twice
