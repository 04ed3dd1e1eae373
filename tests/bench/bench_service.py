"""The service: how long from the site's publication until all is public, how many hooks a second, memory, idle CPU.

A real `publisher serve` in a process of its own, real HTTP from another, the sandbox's own record. Seconds of the
processor stand beside those of the clock: they are the same on a machine that is busy. Nothing here passes or fails.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from publisher import signing
from publisher.ledger import Ledger
from publisher.sandbox import Sandbox

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.flooding import SECRET, flooded, statement

TIMED, ACCEPTED = 40, 400
FLOOD = (1000, 10)
"""Requests a second, and for how many seconds."""
MANY = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000


class Service:
    def __init__(self, box: Sandbox, folder: Path, **more: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as wire:
            self.port = wire.getsockname()[1]
        self.database = f"sqlite:///{folder / 'ledger.db'}"
        values = box.settings() | {
            "PUBLISHER_DATABASE_URL": self.database,
            "PUBLISHER_EMAIL__LIST_ADDRESS": "all@press.example",
            "PUBLISHER_WEBHOOK__SECRET": SECRET,
            "PUBLISHER_LOG__LEVEL": "error",
        }
        environ = {"PATH": os.environ["PATH"], "HOME": str(folder)} | values
        command = [sys.executable, "-m", "publisher", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=environ | more, stderr=subprocess.DEVNULL)
        while not self.asked("/health"):
            time.sleep(0.05)

    def asked(self, path: str) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False

    def post(self, n: int) -> int:
        body = json.dumps(statement(n)).encode()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            connection.request("POST", "/hooks/statements", body, signing.headers(SECRET, body, time.time()))
            answer = connection.getresponse()
            answer.read()
            connection.close()
        except OSError:
            return 0
        return answer.status

    def memory(self) -> float:
        """Resident megabytes."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6

    def cpu(self) -> float:
        """Seconds of the processor so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)


def timed(box: Sandbox, folder: Path) -> None:
    service, took = Service(box, folder, PUBLISHER_WEBHOOK__POLICY="approved"), []
    for n in range(TIMED):
        start = time.time()
        assert service.post(n) == 202
        while len(box.public) < 3 * (n + 1):
            time.sleep(0.002)
        took.append(max(item.at for item in box.public[-3:]) - start)
    service.stop()
    cuts = statistics.quantiles(took, n=20)
    print(
        f"published to public on all three: p50 {cuts[9] * 1000:.0f} ms, p95 {cuts[18] * 1000:.0f} ms ({TIMED} statements)"
    )


def accepted(box: Sandbox, folder: Path) -> None:
    service = Service(box, folder)
    flooded(service.port, 50, clients=2)  # what is read and compiled once is read and compiled
    before = service.cpu()
    told = flooded(service.port, ACCEPTED, clients=4, first=1000)
    spent, seconds = service.cpu() - before, told["seconds"]
    service.stop()
    taken = [took for status, _, took in told["answers"] if status == 202]
    cuts = statistics.quantiles(taken, n=20)
    print(
        f"accepted: {len(taken) / seconds:.0f} a second from 4 clients, answered after p50 {cuts[9]:.0f} ms, "
        f"p95 {cuts[18]:.0f} ms; {spent / len(taken) * 1000:.1f} ms of the processor each"
    )


def flood(box: Sandbox, folder: Path) -> None:
    service = Service(box, folder)
    a_second, seconds = FLOOD
    before = service.cpu()
    told = flooded(service.port, a_second * seconds, a_second=a_second)
    spent, statuses = service.cpu() - before, Counter(status for status, *_ in told["answers"])
    service.stop()
    ledger = Ledger(service.database)
    titles = [row.title for row in ledger.all()]
    ledger.close()
    counts = ", ".join(f"{count:,} × {status}" for status, count in sorted(statuses.items()))
    print(
        f"flood of {a_second * seconds:,} different statements, {len(told['answers']) / told['seconds']:,.0f} requests "
        f"a second: {counts}; {spent:.1f} s of the processor"
    )
    lost = statuses[202] - len(titles)
    print(f"  stored {len(titles):,}; answered 202 and lost {lost}, twice {len(titles) - len(set(titles))}")


def grown(box: Sandbox, folder: Path) -> None:
    service = Service(box, folder)
    before = service.memory()
    for n in range(MANY):
        while service.post(100_000 + n) == 429:
            time.sleep(0.05)
        if n % 500 == 499:
            age(folder)
    after = service.memory()
    start, used = time.perf_counter(), service.cpu()
    time.sleep(30)
    idle = (service.cpu() - used) / (time.perf_counter() - start)
    service.stop()
    print(
        f"memory: {before:.0f} MB at the start, {after:.0f} MB after {MANY:,} announcements; idle CPU {idle:.2%}"
    )


def age(folder: Path) -> None:
    """Put what is there five weeks back: nobody says 10,000 things in a month, and the last month's are compared."""
    with closing(sqlite3.connect(folder / "ledger.db", timeout=30)) as ledger, ledger:
        ledger.execute("UPDATE announcement SET created = created - 5 * 7 * 86400")


def main() -> None:
    with Sandbox(limits=False) as box:
        for part in (timed, accepted, flood, grown):
            with tempfile.TemporaryDirectory() as name:
                part(box, Path(name))


if __name__ == "__main__":
    main()
