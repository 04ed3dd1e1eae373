"""Verify: what is public now beside what was approved. Reads; changes nothing but the ledger's account of it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from publisher.channel import MAIN, Channel, LiveText, Part
from publisher.compare import judge
from publisher.errors import PublisherError
from publisher.ledger.parts import receipt

if TYPE_CHECKING:
    from sqlalchemy import Row

    from publisher.ledger import Ledger

WORST = ("deleted", "cut", "changed", "unreachable", "unreadable", "equal")
"""A delivery's answer is the first of these that one of its parts has."""

CODES = {"equal": 0, "unreadable": 0, "changed": 1, "cut": 1, "deleted": 1, "unreachable": 75}


@dataclass(frozen=True, slots=True)
class Verified:
    """One delivery's answer. `difference` marks words that are gone `[-so-]` and words that are new `{+so+}`."""

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
    """Read back every delivered part and compare; each answer is recorded with its event."""
    found = []
    for of in deliveries:
        parts = [p for p in ledger.parts(of.id) if p.state == "delivered"]
        if not parts or of.action == "retract":
            continue
        answer = _delivery(ledger, make, of, parts)
        ledger.live(of, answer.live, answer.found)
        found.append(answer)
    return found


def _delivery(
    ledger: Ledger, make: Callable[[str], Channel], of: Row[Any], parts: Sequence[Row[Any]]
) -> Verified:
    """The worst answer of a delivery's posts; a mail cannot be read back."""
    if of.addressed:
        return Verified(of.id, of.channel, "unreadable", "mail cannot be read back")
    rendering = ledger.rendering(of)
    answers = []
    for p in parts:
        part, proof = Part(of.id, rendering, p.n), receipt(p.receipt)
        if proof is None or not proof.id:
            answers.append(Verified(of.id, of.channel, "unreadable", "the ledger does not know its id"))
            continue
        try:
            live = make(of.channel).read(proof)
            state = judge(live, part.post)
        except PublisherError as error:
            live, state = LiveText(reason=error.message), "unreachable"
        except Exception as error:
            live, state = LiveText(reason=type(error).__name__), "unreachable"
        answers.append(Verified(of.id, of.channel, state, live.reason, proof.url, _words(part), live.text))
    return min(answers, key=lambda a: WORST.index(a.live))


def _words(part: Part) -> str:
    return next((c.text for c in part.post.copies if c.field == MAIN), "")


def difference(approved: str, live: str) -> str:
    """The two texts as one, word by word: `[-approved-]` where words are gone, `{+live+}` where they are new."""
    old, new = (re.findall(r"\S+|\n+|[^\S\n]+", text) for text in (approved, live))
    told: list[str] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, fresh = "".join(old[a:b]), "".join(new[c:d])
        if kind == "equal":
            told.append(gone)
        else:
            told += [f"[-{gone}-]"] if gone else []
            told += ["{+" + fresh + "+}"] if fresh else []
    return "".join(told)
