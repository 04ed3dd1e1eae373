"""Claiming and sweeping with a million planned parts, on SQLite and PostgreSQL, beside APScheduler's job store.

Prints medians; nothing here passes or fails. PostgreSQL where `PUBLISHER_TEST_POSTGRES_URL` or the local one answers.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from databases import postgresql
from sqlalchemy import insert, text

from publisher import audience
from publisher.channel import Copy, Post, Receipt, Rendering
from publisher.ledger import Ledger, NewDelivery, Plan, Verdict
from publisher.ledger.schema import part
from publisher.statement import Block, Statement

ROWS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
SERVICE = "http://127.0.0.1:1"


def announced(ledger: Ledger, n: int) -> str:
    words = Rendering("one", "en", (Post((Copy("post", f"Words {n}", f"Words {n}", 9, 280),)),))
    said = Statement(f"Statement {n}", (Block("paragraph", f"Words {n}."),))
    key = ledger.submit(said, [words], "bench", plan=Plan(), channels=["one"])
    ledger.approve(key, "bench", [NewDelivery(words, SERVICE, "", False)], needed=1)
    return key


def fill(ledger: Ledger) -> float:
    """A million parts planned for tomorrow, as one delivery's; rows a second."""
    key = announced(ledger, 0)
    tomorrow = ledger.clock() + 86400
    start = time.perf_counter()
    for first in range(1, ROWS + 1, 10_000):
        rows = [
            audience.NEW
            | {"delivery": f"{key}/one", "n": n, "recipient": "", "due": tomorrow, "last_start": None}
            for n in range(first, min(first + 10_000, ROWS + 1))
        ]
        with ledger.write() as c:
            c.execute(insert(part), rows)
    taken = time.perf_counter() - start
    if ledger.engine.dialect.name == "postgresql":
        with ledger.write() as c:
            c.execute(text("ANALYZE"))
    return ROWS / taken


def timed(action: Callable[[], object], times: int = 30) -> float:
    """Median milliseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def measure(name: str, ledger: Ledger) -> None:
    few = [ledger.deliveries(announced(ledger, n))[0] for n in range(1, 41)]
    before = timed(lambda: settle(ledger, few.pop()), 15)
    rate = fill(ledger)
    rest = [ledger.deliveries(announced(ledger, n))[0] for n in range(41, 81)]
    after = timed(lambda: settle(ledger, rest.pop()), 15)
    print(f"{name}: {rate:,.0f} rows planned a second")
    print(f"  claim and settle     {before:7.2f} ms with none planned, {after:7.2f} ms with {ROWS:,}")
    print(f"  what is due          {timed(lambda: ledger.due(1)):7.2f} ms")
    print(f"  next due             {timed(ledger.next_due):7.2f} ms")
    print(f"  sweep                {timed(ledger.sweep):7.2f} ms")


def settle(ledger: Ledger, of: object) -> None:
    claimed = ledger.claim(of, 1, 60)  # type: ignore[arg-type]
    assert claimed is not None
    ledger.settle(claimed, Verdict("delivered", receipt=Receipt("1")))


def apscheduler(url: str) -> None:
    """Its own job store on the same work, with a tenth of the rows: more takes minutes."""
    from datetime import UTC, datetime, timedelta

    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler

    store = SQLAlchemyJobStore(url=url)
    scheduler = BackgroundScheduler(jobstores={"default": store}, timezone=UTC)
    scheduler.start(paused=True)
    tomorrow, many = datetime.now(UTC) + timedelta(days=1), min(5000, ROWS // 10)
    start = time.perf_counter()
    for n in range(many):
        scheduler.add_job("os:getpid", "date", run_date=tomorrow, id=str(n))
    print(f"APScheduler's job store: {many / (time.perf_counter() - start):,.0f} rows planned a second")
    print(
        f"  what is due          {timed(lambda: store.get_due_jobs(datetime.now(UTC))):7.2f} ms with {many:,}"
    )
    scheduler.shutdown(wait=False)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(f"sqlite:///{Path(folder) / 'ledger.db'}")
        measure("SQLite", ledger)
        ledger.close()
        apscheduler(f"sqlite:///{Path(folder) / 'jobs.db'}")
    with postgresql() as url:
        if url:
            ledger = Ledger(url)
            measure("PostgreSQL", ledger)
            ledger.close()


if __name__ == "__main__":
    main()
