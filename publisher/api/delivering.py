"""Sending what is due, and what a person says of what is stuck."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from publisher.api.approving import Approving
from publisher.channel import Receipt
from publisher.errors import UsageError


@dataclass
class Sending(Approving):
    """Sends what is due, and hears a person on what is stuck."""

    def deliver(self, key: str, wait: float = 60.0) -> None:
        """Send what is due of one announcement; look up doubts for up to `wait` seconds; leave later tries."""
        until = time.monotonic() + wait
        while True:
            since = self.ledger.clock()
            self.delivering.until_idle(key)
            due = self._next_move(key, since)
            left = until - time.monotonic()
            if due is None or due > left:
                return
            time.sleep(max(0.05, min(due, left)))

    def _next_move(self, key: str, since: float) -> float | None:
        """Seconds until time alone lets something go on: an unknown outcome is looked up again, or a thread goes on.

        `since`: what was due by then and has not gone waits for something else, as does what is on a stopped channel.
        """
        now = self.ledger.clock()
        lanes = {lane.name: lane for lane in self.ledger.lanes()}
        stopped = {name for name, lane in lanes.items() if lane.paused or lane.blocked}
        moves: list[float] = []
        for row in self.ledger.deliveries(key):
            for p in () if row.addressed else self.ledger.parts(row.id):
                if p.state == "unknown" and p.find_due is not None:
                    moves.append(p.find_due)
                # A thread is seen through: its next post may only have to wait until the one before can be seen; and
                # so is a retraction, until the post is gone.
                elif p.state == "waiting" and (p.n or row.action == "retract"):
                    due = max(p.due, lanes[row.channel].free)
                    if due > since and not stopped & {"*", row.channel}:
                        moves.append(due)
        return max(0.0, min(moves) - now) if moves else None

    def run(self, *, until_idle: bool = False) -> set[str]:
        """Deliver what falls due: now and return (`until_idle`), or until stopped. What it worked on."""
        touched: set[str] = set()
        with self._touching(touched):
            if until_idle:
                self.delivering.until_idle()
            else:
                from publisher.clock import run

                run(self.delivering)
        return touched

    @contextmanager
    def _touching(self, touched: set[str]) -> Iterator[None]:
        observe = self.delivering.observe

        def both(event: str, facts: dict[str, Any]) -> None:
            touched.add(str(facts.get("delivery", "")).partition("/")[0])
            observe(event, facts)

        self.delivering.observe = both
        try:
            yield
        finally:
            self.delivering.observe = observe
            touched.discard("")

    def retry(self, reference: str, *, by: str = "") -> str:
        """Try a failed or waiting delivery again. Its announcement's id."""
        for of in self.targets(reference, ("failed", "waiting")):
            self.ledger.retry(of, self.who(by))
        return self.ledger.resolve_reference(reference)[0]

    def resolve(self, reference: str, *, published: bool, where: str = "", by: str = "") -> str:
        """Answer an unknown outcome: it is public (at `where`, a URL or id), or it is not."""
        for of in self.targets(reference, ("unknown",)):
            receipt = None
            if published and where:
                is_url = where.startswith(("http://", "https://"))
                receipt = Receipt(
                    where.rstrip("/").rpartition("/")[2] if is_url else where, where if is_url else ""
                )
            self.ledger.resolve(of, self.who(by), published=published, receipt=receipt)
        return self.ledger.resolve_reference(reference)[0]

    def targets(self, reference: str, states: Sequence[str]) -> list[str]:
        """The delivery that is named, or the one of an announcement that is in one of these states."""
        key, of = self.ledger.resolve_reference(reference)
        if of:
            return [of]
        found = [
            row.id
            for row in self.ledger.deliveries(key)
            if any(p.state in states for p in self.ledger.parts(row.id))
        ]
        if len(found) != 1:
            wanted = " or ".join(states)
            raise UsageError(
                f"{key} has no delivery that is {wanted}" if not found else f"name one of {', '.join(found)}"
            )
        return found

    def warnings(self, key: str) -> list[str]:
        """What is planned beyond the end of its channel's credentials, as far as the last check knows."""
        from publisher.ahead import beyond

        return beyond(self.ledger, self.settings.core.timezone or "UTC", key)
