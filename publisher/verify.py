"""Verify: what is public now beside what was approved. Reads; changes nothing but the ledger's account of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher import compare
from publisher.acting import RETRACT
from publisher.beside import difference
from publisher.channel import MAIN, Channel, LiveText, Part
from publisher.errors import PublisherError
from publisher.ledger.acts import AMENDS
from publisher.ledger.parts import receipt

if TYPE_CHECKING:
    from sqlalchemy import Row

    from publisher.ledger import Ledger

WORST = ("deleted", "cut", "changed", "unreachable", "unreadable", "equal")
"""A delivery's answer is the first of these that one of its parts has."""

CODES = {"equal": 0, "unreadable": 0, "changed": 1, "cut": 1, "deleted": 1, "unreachable": 75}


@dataclass(frozen=True, slots=True)
class Verified:
    """One delivery's answer. `difference` marks words that are gone `[-so-]` and words that are new `{+so+}`.

    Of a retraction: `equal` when nothing is to be seen, `changed` when something still is.
    """

    delivery: str
    channel: str
    live: str
    reason: str = ""
    url: str = ""
    approved: str = ""
    found: str | None = None

    @property
    def difference(self) -> str:
        return (
            difference(self.approved, self.found)
            if self.live in ("changed", "cut") and self.found is not None
            else ""
        )

    def view(self) -> dict[str, Any]:
        return {
            "id": self.delivery, "channel": self.channel, "live": self.live, "reason": self.reason or None,
            "url": self.url or None, "approved": self.approved, "found": self.found, "difference": self.difference or None,
        }  # fmt: skip


def verify(ledger: Ledger, make: Callable[[str], Channel], deliveries: Sequence[Row[Any]]) -> list[Verified]:
    """Read back everything that is public, or is to be gone, and compare; each answer is recorded with its event."""
    found = []
    for of, parts in standing(ledger, deliveries):
        answer = _delivery(ledger, make, of, parts)
        ledger.live(of, answer.live, answer.found, reason=answer.reason)
        found.append(answer)
    return found


def standing(ledger: Ledger, deliveries: Sequence[Row[Any]]) -> list[tuple[Row[Any], list[Row[Any]]]]:
    """The deliveries that say what is to be seen now of these posts, with their delivered parts.

    Of a post that was changed where it stands that is its last change, and not the post's own delivery.
    """
    wanted = {_post(of) for of in deliveries}
    last: dict[str, tuple[float, Row[Any], list[Row[Any]]]] = {}
    for key in dict.fromkeys(of.announcement for of in deliveries):
        for of in ledger.deliveries(key):
            if (post := _post(of)) not in wanted:
                continue
            if of.addressed:  # its readers may be a million
                if any(t.state == "delivered" for t in ledger.tally(of.id)):
                    last[of.id] = (0.0, of, [])
                continue
            parts = [p for p in ledger.parts(of.id) if p.state == "delivered"]
            at = max((p.settled or 0.0 for p in parts), default=0.0)
            if parts and (post not in last or at >= last[post][0]):
                last[post] = (at, of, parts)
    return [(of, parts) for _, of, parts in last.values()]


def _post(of: Row[Any]) -> str:
    """The delivery that made the post which this one is about."""
    return str(of.target if of.action in AMENDS else of.id)


def _delivery(
    ledger: Ledger, make: Callable[[str], Channel], of: Row[Any], parts: Sequence[Row[Any]]
) -> Verified:
    """The worst answer of a delivery's posts; a mail cannot be read back."""
    rendering = ledger.rendering(of)
    if of.addressed or (rendering.posts and not any(c.field == MAIN for c in rendering.posts[0].copies)):
        return Verified(of.id, of.channel, "unreadable", "mail cannot be read back")
    answers = [_part(make, of, Part(of.id, rendering, p.n), p) for p in parts]
    return min(answers, key=lambda a: WORST.index(a.live))


def _part(make: Callable[[str], Channel], of: Row[Any], part: Part, row: Row[Any]) -> Verified:
    proof = receipt(row.receipt)
    if proof is None or not proof.id:
        return Verified(of.id, of.channel, "unreadable", "the ledger does not know its id")
    approved = "" if of.action == RETRACT else part.post[MAIN].text
    try:
        live = make(of.channel).read(proof)
    except PublisherError as error:
        return Verified(of.id, of.channel, "unreachable", error.message, proof.url, approved)
    except Exception as error:
        return Verified(of.id, of.channel, "unreachable", type(error).__name__, proof.url, approved)
    state, reason = judged(live, of.action, part)
    return Verified(of.id, of.channel, state, reason, proof.url, approved, live.text)


def judged(live: LiveText, action: str, part: Part) -> tuple[str, str]:
    """What a reading amounts to, and why in a few words."""
    if action == RETRACT:
        if live.gone:
            return "equal", "nothing is to be seen any more"
        return ("unreadable", live.reason) if live.text is None else ("changed", "it is still to be seen")
    return compare.judge(live, part.post), live.reason or compare.pictures(live, part.post)
