"""The clock: APScheduler sweeps the ledger every few seconds and wakes exactly at the next due time.

Nothing durable lives in it, so every host may run one. Its own job store would lose jobs at a crash.
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING, Any

from publisher import watchdog

if TYPE_CHECKING:
    from publisher.deliver import Delivering

TICK = 5.0
"""Seconds between two sweeps."""
QUIET = 60.0
"""Seconds without a sweep that went well after which this clock counts as stopped, and people are told."""
OPTIONS: dict[str, Any] = {
    "coalesce": True,
    "max_instances": 1,
    "misfire_grace_time": None,
    "replace_existing": True,
}


def run(delivering: Delivering, stop: threading.Event | None = None) -> None:
    """Deliver what falls due until SIGTERM, SIGINT or `stop`; the attempt in flight is finished first."""
    from apscheduler.schedulers.background import BackgroundScheduler

    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    stop = stop or threading.Event()
    _on_signals(stop)
    scheduler = BackgroundScheduler(timezone=UTC)
    sweeping, beat = threading.Lock(), Beat(delivering)

    def sweep() -> None:
        if not sweeping.acquire(blocking=False):
            return  # the one that is sweeping looks at the next due time when it ends
        try:
            delivering.ledger.ticked(socket.gethostname())
            since = delivering.ledger.clock()
            delivering.once(wait=False)
            _wake(scheduler, sweep, delivering, since)
            beat.went_well()
            delivering.swept = time.monotonic()
        except Exception as error:  # a database that is away for a moment must not stop the clock
            beat.failed(f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}")
        finally:
            sweeping.release()

    scheduler.add_job(sweep, "interval", seconds=TICK, id="tick", next_run_time=datetime.now(UTC), **OPTIONS)
    scheduler.start()
    watchdog.tell(watchdog.READY)
    try:
        while not stop.wait(TICK):
            beat.listen()
    finally:
        with watchdog.stopping():
            scheduler.shutdown(wait=True)
            delivering.close()


class Beat:
    """Whether the clock still does its work: heard by another thread than the one that sweeps, which may be dead."""

    def __init__(self, delivering: Delivering) -> None:
        self._delivering, self._last, self._why = delivering, time.monotonic(), "its scheduler stopped"
        self._silent, self._heard = False, self._last

    def went_well(self) -> None:
        self._last, self._why = time.monotonic(), "its scheduler stopped"
        self._heard = self._last

    def failed(self, why: str) -> None:
        self._why, self._heard = why, time.monotonic()
        self._delivering.observe("clock trouble", {"reason": why})

    def listen(self) -> None:
        """Tell people when no sweep has gone well for a while, and once it does again be ready to tell anew.

        Systemd is told as long as sweeps end at all: a database that is away is not mended by a restart.
        """
        if time.monotonic() - self._heard <= QUIET:
            watchdog.tell(watchdog.ALIVE)
        silent = time.monotonic() - self._last > QUIET
        if silent and not self._silent:
            self._delivering.observe("clock trouble", {"reason": self._why, "quiet_for": f"{QUIET:.0f} s"})
        self._silent = silent
        if self._delivering.notices:
            trouble = f"the clock on {socket.gethostname()} delivers nothing: {self._why}"
            self._delivering.notices.alarm(trouble if silent else "")


def _wake(scheduler: Any, sweep: Callable[[], None], delivering: Delivering, since: float) -> None:
    """Set the alarm for the next row that falls due after `since`, when that comes before the next tick.

    What was due by then has been begun, though its claim may still have to come; it must not hide what is next.
    """
    due, now = delivering.ledger.next_due(since), delivering.ledger.clock()
    if due is not None and due < now + TICK:
        at = datetime.fromtimestamp(datetime.now(UTC).timestamp() + due - now, UTC)
        scheduler.add_job(sweep, "date", run_date=at, id="next", **OPTIONS)


def _on_signals(stop: threading.Event) -> None:
    if threading.current_thread() is not threading.main_thread():
        return

    def asked(_: int, __: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)
