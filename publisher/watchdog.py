"""What systemd is told about this process: that it is ready, that it is alive, that it stops.

Does nothing where systemd did not start it (no NOTIFY_SOCKET). With `WatchdogSec=` in the unit, a process that
stops saying that it is alive is restarted; what it was sending is looked up then, never sent again blindly.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"
BREATH = 30.0
"""Seconds between two signs of life while the attempt in flight is finished: less than any watchdog waits."""


def tell(state: str) -> bool:
    """Tell systemd one of the states above; whether it was told."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place.startswith(("/", "@")):
        return False
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as wire:
            wire.connect("\0" + place[1:] if place[0] == "@" else place)
            wire.sendall(state.encode())
    except OSError:  # a supervisor that does not listen is no reason to stop working
        return False
    return True


@contextmanager
def stopping() -> Iterator[None]:
    """Finish what is in flight inside: it may take longer than the watchdog waits, and must not be cut short."""
    tell(STOPPING)
    done = threading.Event()

    def breathe() -> None:
        while not done.wait(BREATH):
            tell(ALIVE)

    threading.Thread(target=breathe, daemon=True).start()
    try:
        yield
    finally:
        done.set()
