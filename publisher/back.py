"""Looking back: what went out is read again a while later, since it can be cut, changed or deleted at any time.

When to look are rows of the ledger, so that a restart forgets none and of several hosts one does it. What was
found is told by `notices`, which reads it off the ledger.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from publisher import verify
from publisher.channel import Channel
from publisher.errors import PublisherError

if TYPE_CHECKING:
    from sqlalchemy import Row

    from publisher.ledger import Ledger

READ = "read"
EVERY = 15.0
"""Seconds between two searches for what went out and is to be read again."""
AGAIN, LONGEST = 600.0, 86_400.0
"""Seconds to the next look where the service could not be reached, and for how long that goes on."""


@dataclass
class Back:
    """Does the looks that are due, so many `minutes` after a delivery. One sweep at a time."""

    ledger: Ledger
    channel: Callable[[str], Channel]
    minutes: Sequence[float]
    observe: Callable[[str, dict[str, Any]], None] = lambda event, facts: None
    stopping: threading.Event = field(default_factory=threading.Event)
    _next: float = field(default=0.0, repr=False)

    def sweep(self) -> None:
        """Plan looks at what went out, and do those that are due. Talks to the network."""
        if self.minutes and time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY
            self.ledger.plan_read_backs(READ, self.minutes)
        for look in self.ledger.due_looks(READ):
            if self.stopping.is_set():
                return
            self._look(look)

    def _look(self, look: Row[Any]) -> None:
        if not self.ledger.take_look(look.look):
            return
        try:
            self.channel(look.channel).ready()
        except PublisherError as error:
            self.observe("not read back", {"delivery": look.id, "reason": error.message})
            self.ledger.look_again(look.id, READ, AGAIN, LONGEST)
            return
        for answer in verify.verify(self.ledger, self.channel, [look]):
            facts = {"delivery": answer.delivery, "live": answer.live, "reason": answer.reason}
            self.observe("read back", facts)
            if answer.live == "unreachable":
                self.ledger.look_again(look.id, READ, AGAIN, LONGEST)
