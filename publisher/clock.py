"""The clock: APScheduler sweeps the ledger every few seconds and wakes exactly at the next due time.

Nothing durable lives in it, so every host may run one. Its own job store would lose jobs at a crash.
"""

from __future__ import annotations

import logging
import signal
import socket
import threading
from datetime import UTC, datetime
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from publisher.deliver import Delivering

TICK = 5.0
"""Seconds between two sweeps."""


def run(delivering: Delivering, stop: threading.Event | None = None) -> None:
    """Deliver what falls due until SIGTERM, SIGINT or `stop`; the attempt in flight is finished first."""
    from apscheduler.schedulers.background import BackgroundScheduler

    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    stop = stop or threading.Event()
    _on_signals(stop)
    scheduler = BackgroundScheduler(timezone=UTC)
    options: dict[str, object] = {
        "coalesce": True,
        "max_instances": 1,
        "misfire_grace_time": None,
        "replace_existing": True,
    }
    sweeping = threading.Lock()

    def sweep() -> None:
        if not sweeping.acquire(blocking=False):
            return  # the one that is sweeping looks at the next due time when it ends
        try:
            delivering.ledger.ticked(socket.gethostname())
            delivering.once(wait=False)
            _wake(scheduler, sweep, delivering, options)
        except Exception as error:  # a database that is away for a moment must not stop the clock
            delivering.observe(
                "clock trouble", {"reason": f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"}
            )
        finally:
            sweeping.release()

    scheduler.add_job(sweep, "interval", seconds=TICK, id="tick", next_run_time=datetime.now(UTC), **options)
    scheduler.start()
    try:
        stop.wait()
    finally:
        scheduler.shutdown(wait=True)
        delivering.close()


def _wake(scheduler: object, sweep: object, delivering: Delivering, options: dict[str, object]) -> None:
    """Set the alarm for the next due row, when it comes before the next tick."""
    due, now = delivering.ledger.next_due(), delivering.ledger.clock()
    if due is not None and now < due < now + TICK:
        at = datetime.fromtimestamp(datetime.now(UTC).timestamp() + due - now, UTC)
        scheduler.add_job(sweep, "date", run_date=at, id="next", **options)  # type: ignore[attr-defined]


def _on_signals(stop: threading.Event) -> None:
    if threading.current_thread() is not threading.main_thread():
        return

    def asked(_: int, __: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)
