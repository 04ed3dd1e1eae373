"""A Procrastinate worker whose one task hands an announcement to `Publisher.deliver`.

Arguments: what to do (prepare, defer, work, redeliver), and its settings as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import UTC, datetime

import procrastinate

from publisher.api import Publisher
from publisher.settings import Settings

WHAT, CONFIG = sys.argv[1], json.loads(sys.argv[2])
app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=CONFIG["conninfo"]))


@app.task(name="deliver", queue="publish")
def deliver(key: str) -> None:
    """At least once is enough: the ledger sees to it that it is at most once in public."""
    office = Publisher(Settings(CONFIG["settings"], files=False))
    try:
        office.deliver(key, wait=10)
    finally:
        office.close()


async def main() -> None:
    async with app.open_async():
        if WHAT == "prepare":
            await app.schema_manager.apply_schema_async()
        elif WHAT == "defer":
            await app.configure_task("deliver", queue="publish").defer_async(key=CONFIG["key"])
        elif WHAT == "work":
            await app.run_worker_async(
                queues=["publish"], wait=False, install_signal_handlers=False, listen_notify=False
            )
        elif WHAT == "redeliver":  # what its documentation says to do with the jobs of workers that died
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=0):
                await app.job_manager.retry_job(job, retry_at=datetime.now(UTC))
                print("redelivered", job.id)


if __name__ == "__main__":
    asyncio.run(main())
