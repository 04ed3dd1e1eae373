"""How late a timed post is: 200 posts, two clocks on one ledger, one of them killed half-way.

Lateness is the sandbox's own time of acceptance less the time that was approved. Beside it APScheduler's own
job store on the same work in one process that is left alone: it cannot be shared by two. Nothing here passes
or fails.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from databases import postgresql

from publisher.api import Publisher, Source
from publisher.plan import When
from publisher.sandbox import Sandbox
from publisher.settings import Settings

POSTS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
APART = 0.25
"""Seconds between two posts."""


def planned(office: Publisher, folder: Path, first: float) -> dict[str, float]:
    """Announcements for X alone, a quarter of a second apart; the due time of each by its headline."""
    dues = {}
    for n in range(POSTS):
        at, title = first + n * APART, f"Charter number {n} is adopted"
        path = folder / f"s{n}.md"
        path.write_text(
            f"---\ntitle: {title}\nurl: https://www.example.org/{n}\n---\nWords of charter {n}.\n"
        )
        key, _ = office.submit(Source(str(path)), by="bench", at=When(at, "", "UTC"), channels=["x"])
        office.approve(key, by="bench")
        dues[title] = at
    return dues


def clock(environ: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "publisher", "run"]
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def ours(database: str, folder: Path) -> None:
    with Sandbox(limits=False) as box:
        values = box.settings() | {"PUBLISHER_DATABASE_URL": database, "PUBLISHER_CHANNELS": "x"}
        office = Publisher(Settings(values, files=False))
        first = time.time() + 10 + POSTS * 0.15
        dues = planned(office, folder, first)
        environ = {"PATH": os.environ["PATH"], "HOME": str(folder)} | values
        workers = [clock(environ), clock(environ)]
        last = first + POSTS * APART
        time.sleep(max(0.0, (first + last) / 2 - time.time()))
        workers[0].kill()
        time.sleep(max(0.0, last - time.time()) + 12)
        workers[1].terminate()
        workers[1].wait(30)
        late = sorted(
            item.at - dues[item.text.partition("\n")[0]] for item in box.public if item.service == "x"
        )
        office.close()
    said = database.partition(":")[0].partition("+")[0]
    told(f"{said}, two clocks, one killed: {len(late)} posts of {POSTS}", late)


def apscheduler(folder: Path) -> None:
    """The same times as date jobs in its SQLAlchemy store; the job only notes the time."""
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=f"sqlite:///{folder / 'jobs.db'}")}, timezone=UTC
    )
    first = time.time() + 3 + POSTS * 0.005
    for n in range(POSTS):
        due = first + n * APART
        scheduler.add_job(note, "date", run_date=datetime.fromtimestamp(due, UTC), args=[due])
    scheduler.start()
    time.sleep(max(0.0, first + POSTS * APART - time.time()) + 2)
    scheduler.shutdown()
    told(f"APScheduler's job store, one clock left alone: {len(NOTED)} runs of {POSTS}", sorted(NOTED))


NOTED: list[float] = []


def note(due: float) -> None:
    NOTED.append(time.time() - due)


def told(what: str, late: list[float]) -> None:
    cuts = statistics.quantiles(late, n=100)
    print(
        f"{what}: lateness p50 {cuts[49] * 1000:.1f} ms, p99 {cuts[98] * 1000:.1f} ms, most {late[-1] * 1000:.1f} ms"
    )
    print(f"  earliest {late[0] * 1000:+.1f} ms")


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours(f"sqlite:///{folder / 'ledger.db'}", folder)
        with postgresql() as url:
            if url:
                ours(url, folder)
        apscheduler(folder)


if __name__ == "__main__":
    main()
