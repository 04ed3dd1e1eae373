"""Acting: what a delivery does to its channel, and what can be known of it afterwards.

| action           | the request                     | a lost answer                                                 |
|------------------|---------------------------------|---------------------------------------------------------------|
| publish, replace | `send`                          | unknown: looked for with `find`                               |
| reply            | `send`, answering its target    | unknown: looked for with `find`                               |
| amend, repair    | `amend`                         | unknown: read; again if not there and the channel may repeat  |
| retract          | `retract`, then seen to be gone | tried again: taking down twice does no harm                   |
| retract, worded  | `send`, answering its target    | unknown: looked for with `find`                               |

A retraction is tried until the post is gone: it has no last attempt.
"""

from __future__ import annotations

from publisher import compare
from publisher.channel import MAIN, Absent, Channel, Found, Outcome, Receipt, Rendering, Unclear
from publisher.errors import DeliveryError, OutcomeUnknown, Permanent, Transient
from publisher.ledger import Claimed
from publisher.ledger.acts import AMENDS

NEW = ("publish", "replace")
"""What says something for the first time, and waits for its page."""
RETRACT = "retract"
AGAIN, SELDOM = 5.0, 300.0
"""Seconds to the next try to take something down: doubled each time, up to the second."""


def takes_down(action: str, rendering: Rendering) -> bool:
    """Whether an act removes its target; a retraction with words tells its readers instead."""
    return action == RETRACT and not rendering.posts


def uploads(action: str, rendering: Rendering) -> bool:
    """Whether an act has anything to prepare."""
    return bool(rendering.posts) and action not in AMENDS


def perform(channel: Channel, claimed: Claimed) -> Receipt:
    """Do what the delivery is for, once. Raises DeliveryError."""
    action = claimed.of.action
    if takes_down(action, claimed.part.rendering):
        return _take_down(channel, claimed)
    if action not in AMENDS:
        return channel.send(claimed.part, claimed.prepared)
    receipt: Receipt = channel.amend(_target(claimed), claimed.part)  # type: ignore[attr-defined]
    return receipt


def _take_down(channel: Channel, claimed: Claimed) -> Receipt:
    receipt = _target(claimed)
    again = claimed.row.started + min(SELDOM, AGAIN * 2.0 ** min(claimed.row.tries, 10))
    try:
        channel.retract(receipt)  # type: ignore[attr-defined]
    except OutcomeUnknown as error:
        raise Transient(error.message, retry_at=again) from None
    try:
        live = channel.read(receipt)
    except DeliveryError as error:
        raise Transient(f"taken down, but that could not be seen: {error.message}", retry_at=again) from None
    if live.text is not None and not live.gone:
        raise Transient("it was taken down but is still to be seen", retry_at=again)
    return receipt


def _target(claimed: Claimed) -> Receipt:
    receipt = claimed.part.reply_to
    if receipt is None or not receipt.id:
        raise Permanent("the ledger does not know its id: do it by hand on the service")
    return receipt


def look(channel: Channel, claimed: Claimed) -> Outcome:
    """What became of an act whose outcome is unknown. Raises DeliveryError."""
    action, part = claimed.of.action, claimed.part
    down = takes_down(action, part.rendering)
    if not down and action not in AMENDS:
        return channel.find(part, claimed.row.first or claimed.row.started)
    receipt = _target(claimed)
    if down:
        try:
            return Found(receipt) if channel.read(receipt).gone else Absent()
        except DeliveryError:
            return Absent()
    live = channel.read(receipt)
    if live.gone:
        return Unclear("it is gone; nothing is there to be changed")
    if live.text is not None and compare.same_words(live.text, part.post[MAIN].text):
        return Found(receipt)
    return Absent() if channel.repeatable else Unclear("it does not read as approved")
