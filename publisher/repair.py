"""Repair: bring what is public back to the words that were approved, which needs no new approval.

Only a channel that can change a post where it stands can do it. X cannot: the same words posted anew would be a
second, irreversible post, and X refuses them as a repetition for a day or two even once the first is deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from publisher import verify
from publisher.acting import RETRACT
from publisher.channel import Channel
from publisher.compare import same_words
from publisher.errors import Transient, UsageError

if TYPE_CHECKING:
    from publisher.ledger import Ledger
    from publisher.verify import Verified


def repair(ledger: Ledger, make: Callable[[str], Channel], of: str, by: str) -> Verified:
    """Plan the repair of a delivery; what was found public. Raises UsageError when it cannot or need not be."""
    named = next(row for row in ledger.deliveries(of.partition("/")[0]) if row.id == of)
    if named.action == RETRACT:
        raise UsageError(f"{of} takes a post down; to try it again: publisher retract {named.announcement}")
    standing = verify.standing(ledger, [named])
    if not standing:
        raise UsageError(f"{of} is not public; `publisher show {named.announcement}` tells what became of it")
    row, channel = standing[0][0], make(named.channel)
    try:
        channel.ready()
        found = verify.verify(ledger, lambda _: channel, [row])[0]
    finally:
        channel.close()
    _repairable(of, named.channel, channel, found)
    ledger.repair(row.id, by, found.found)
    return found


def _repairable(of: str, name: str, channel: Channel, found: Verified) -> None:
    if found.live == "equal":
        raise UsageError(f"{of} reads as approved; there is nothing to repair")
    if found.live == "unreachable":
        raise Transient(f"{name} cannot be read now ({found.reason}); nothing was changed")
    if not hasattr(channel, "amend"):
        raise UsageError(
            f"{name} cannot change a post, and takes the same words for a repetition when they are posted anew: say it "
            f"in other words with `publisher correct {of.partition('/')[0]} SOURCE --reason …`"
            + (f" --repost {name}" if found.live != "deleted" and hasattr(channel, "retract") else "")
        )
    if found.live == "deleted":
        raise UsageError(f"{of} is gone from {name}; what is gone cannot be repaired, only announced again")
    if found.found is not None and same_words(found.found, found.approved):
        raise UsageError(f"{of}: {found.reason}; {name} cannot change the pictures of a post")
