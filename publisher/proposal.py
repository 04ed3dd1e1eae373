"""Proposal: the acts that would correct or take back an announcement, for a person to approve. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from publisher.channel import MAIN, Channel, Post, Rendering
from publisher.render import announcement_digest

if TYPE_CHECKING:
    from sqlalchemy import Row

    from publisher.ledger import Known
    from publisher.statement import Statement


@dataclass(frozen=True, slots=True)
class Act:
    """One act, and what is public, or was to be, under its target. `readers`: how many get it, of a mail."""

    rendering: Rendering
    old: Rendering
    row: Row[Any]
    readers: int = 0

    @property
    def change(self) -> dict[str, str]:
        """For the log: what was said, and what is said now."""
        r = self.rendering
        return {"target": r.target, "action": r.action, "old": words(self.old), "new": words(r)}


@dataclass(frozen=True, slots=True)
class Proposal:
    """Everything that would be done, for a person to approve. `kept` says what stays as it is, and why."""

    known: Known
    statement: Statement
    reason: str
    acts: tuple[Act, ...]
    kept: tuple[str, ...] = ()
    unleft: frozenset[str] = frozenset()
    stops: frozenset[str] = frozenset()
    """The first deliveries of the families whose words change: what has not left of them never does."""

    @property
    def renderings(self) -> tuple[Rendering, ...]:
        return tuple(a.rendering for a in self.acts)

    @property
    def digest(self) -> str:
        return announcement_digest(self.statement, self.renderings)


def is_mail(channel: Channel) -> bool:
    """Whether a channel carries messages to readers, and not posts that are there to be seen."""
    return not any(f.name == MAIN for f in channel.form.fields)


def words(r: Rendering) -> str:
    """What a reader sees of a rendering: its posts' own texts, or all the texts of a mail."""
    mail = not any(c.field == MAIN for p in r.posts for c in p.copies)
    said = [c.text for p in r.posts for c in p.copies if c.field == MAIN or (mail and c.field != "html")]
    return "\n\n".join(said)


def undated(statement: Statement, channel: str) -> Statement:
    """The statement, of which a channel uses nothing that is true only on the day of issue."""
    own = {**statement.overrides.get(channel, {}), "today": False}
    return replace(statement, overrides={**statement.overrides, channel: own})


def carried(r: Rendering) -> list[tuple[str, str, str]]:
    return [(m.digest, m.alt, m.title) for m in r.media]


def amended(new: Post, old: Post) -> Post:
    return Post(tuple(new[MAIN] if c.field == MAIN else c for c in old.copies), old.media, old.card)


def stays_of(new: Rendering, old: Rendering) -> list[str]:
    """What an amendment should change and cannot."""
    found = ["the pictures or documents"] if carried(new) != carried(old) else []
    cards = [
        [(c.field, c.text) for p in r.posts for c in p.copies if c.field != MAIN] + [("link", r.link)]
        for r in (new, old)
    ]
    return found + (["the link card"] if not found and cards[0] != cards[1] else [])
