"""The connections to the relay that are open, and single mails over them."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from publisher.errors import Blocked, Transient

from .settings import PREFIX, EmailSettings

if TYPE_CHECKING:
    from .smtp import Connection

STEPS = 10
"""Answers waited for before the final dot, a reconnect included."""


class Pool:
    """Safe to use from several threads; each connection is one thread's until it is given back."""

    def __init__(self, settings: EmailSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._idle: list[Connection] = []

    def post(self, sender: str, to: str, mail: bytes) -> str:
        """Send one mail; the text of the reply that accepted it. Raises DeliveryError."""
        deadline = time.time() + STEPS * self._settings.connect_timeout
        if kept := self._kept():
            try:
                return self._sent(kept, sender, to, mail, deadline)
            except Transient:
                if kept.usable:
                    raise
                # The relay had closed the kept connection: nothing was sent over it, so a new one may try.
        return self._sent(self.fresh(), sender, to, mail, deadline)

    def take(self) -> Connection:
        """A connection that is open still, else a new one. Raises DeliveryError."""
        return self._kept() or self.fresh()

    def fresh(self) -> Connection:
        """A new connection. Raises DeliveryError."""
        from .smtp import Connection

        relay = self._settings.relay
        if relay is None:
            raise Blocked(f"{PREFIX}SMTP_URL is missing; nothing was sent")
        return Connection(relay, self._settings.connect_timeout, self._settings.reply_timeout)

    def keep(self, over: Connection) -> None:
        """For the next mail, if it can carry one."""
        if not over.usable:
            over.drop()
            return
        with self._lock:
            self._idle.append(over)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.quit()

    def _kept(self) -> Connection | None:
        while True:
            with self._lock:
                found = self._idle.pop() if self._idle else None
            if found is None or not found.stale:
                return found
            found.drop()

    def _sent(self, over: Connection, sender: str, to: str, mail: bytes, deadline: float) -> str:
        try:
            return over.transmit(sender, to, mail, deadline)
        finally:
            self.keep(over)
