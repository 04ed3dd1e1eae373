"""A mailing to 20,000 readers, about 20 KB each, into Postfix's `smtp-sink`, side by side in one run.

    publisher                 through the command line, the ledger and the journal; unsigned, and signed
    smtp-source               Postfix's own generator, 8 sessions: no ledger, no journal, every mail the same
    plain loop                an EmailMessage for each reader, over one connection of the standard library
    aiosmtplib                8 connections, mails built once (where it is installed)

    mlmmj                     the mailing list manager, VERP as it is set by default (where it is installed; fewer mails)

Prints mails a second (the median of the rounds, and their range), ratios, processor time for each mail on both
sides, and how much of the processors' own limit that is; nothing here passes or fails. The rounds alternate, since
one machine is not equally fast all day. Needs Debian's `postfix` for smtp-sink and smtp-source.

    bench_mail.py [READERS [ROUNDS [DATABASE URL]]]
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import resource
import shutil
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from statistics import median

from sqlalchemy import func, select

from publisher.ledger import Ledger
from publisher.ledger.schema import part

READERS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 3
URL = sys.argv[3] if len(sys.argv) > 3 else ""
PARAGRAPH = (
    "Ministers of 40 countries adopted a charter for open data in Lund on 3 May 2026. "
    "Each of them will publish what it spends, and on what, within a year.\n\n"
)
STATEMENT = (
    "---\ntitle: Ministers agree on a charter for open data\nissued: 2026-05-03T10:00Z\n"
    "url: https://www.example.org/charter\n---\n" + PARAGRAPH * 42
)


def free() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return int(found.getsockname()[1])


@dataclass(frozen=True)
class Ran:
    """Mails a second; processor seconds for each mail of the sender and the sink; megabytes at the most."""

    rate: float
    sender: float = 0.0
    sink: float = 0.0
    memory: float = 0.0

    @property
    def share(self) -> float:
        """Of what the processors could do if none of them were ever idle."""
        cores = len(os.sched_getaffinity(0))
        return self.rate * (self.sender + self.sink) / cores


@contextmanager
def sink() -> Iterator[tuple[int, int]]:
    """smtp-sink: its port and its process."""
    port = free()
    with tempfile.TemporaryFile() as out:
        command = ["/usr/sbin/smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", "1000"]
        process = subprocess.Popen(command, stdout=out, stderr=out)
        for _ in range(100):
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)):
                break
            time.sleep(0.05)
        try:
            yield port, process.pid
        finally:
            process.kill()
            process.wait()


def spent(pid: int) -> float:
    """Processor seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watched(process: subprocess.Popen[str], sink: int) -> list[tuple[float, float, float]]:
    """Until it ends: the time, and the processor seconds of it and of the sink."""
    seen = []
    while process.poll() is None:
        with suppress(OSError, IndexError):
            seen.append((time.time(), spent(process.pid), spent(sink)))
        time.sleep(0.1)
    return seen


def office(folder: Path, port: int, *keys: str) -> dict[str, str]:
    """The settings of an office with a list of readers, and the environment to run commands in."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PUBLISHER_")} | {
        "PUBLISHER_DATABASE_URL": URL or f"sqlite:///{folder}/ledger.db",
        "PUBLISHER_CHANNELS": "email",
        "PUBLISHER_EMAIL__SMTP_URL": f"smtp://127.0.0.1:{port}",
        "PUBLISHER_EMAIL__SENDER": "Coalition Press <press@office.example>",
        "PUBLISHER_EMAIL__UNSUBSCRIBE_URL": "https://office.example/u/{token}",
        "PUBLISHER_EMAIL__LIST_ID": "Statements <press.office.example>",
        "PUBLISHER_PLAN__CHECK_URL": "false",
    }
    if keys:
        flags = ["--ed25519"] if "ed25519" in keys else []
        ran = command(["email", "keys", "office.example", *flags], folder, environment)
        environment |= dict(re.findall(r"^\s*(PUBLISHER_EMAIL__DKIM\w+)=(.+)$", ran, re.M))
    return environment


def command(words: list[str], folder: Path, environment: dict[str, str]) -> str:
    ran = subprocess.run(
        [sys.executable, "-m", "publisher", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        raise SystemExit(
            f"{' '.join(words)}: exit {ran.returncode}\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}"
        )
    return ran.stdout + ran.stderr


def ours(*keys: str) -> Ran:
    """From the first claim to the last result."""
    with sink() as (port, sunk), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = office(folder, port, *keys)
        (folder / "readers.csv").write_text(
            "email\n" + "".join(f"r{n}@readers.example\n" for n in range(READERS))
        )
        (folder / "statement.md").write_text(STATEMENT)
        command(["subscribers", "import", "readers.csv"], folder, environment)
        words = ["publish", "statement.md", "--yes", "--approved-by", "Bench", "--wait", "3600"]
        process = subprocess.Popen(
            [sys.executable, "-m", "publisher", *words],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        seen = watched(process, sunk)
        first, last, count = settled(environment["PUBLISHER_DATABASE_URL"])
        if count != READERS:
            raise SystemExit(f"only {count} of {READERS} were accepted")
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        during = [at for at in seen if first <= at[0] <= last]
        (begun, sender, took), (ended, later, taken) = during[0], during[-1]
        rate = count / (last - first)
        mails = rate * (ended - begun)
        return Ran(rate, (later - sender) / mails, (taken - took) / mails, memory)


def settled(url: str) -> tuple[float, float, int]:
    """When the first mail was begun and the last accepted, and how many were."""
    ledger = Ledger(url)
    with ledger.read() as c:
        first, last, count = c.execute(
            select(func.min(part.c.started), func.max(part.c.settled), func.count()).where(
                part.c.state == "delivered"
            )
        ).one()
    ledger.close()
    return first, last, count


def postfix() -> Ran:
    with sink() as (port, _):
        begun = time.perf_counter()
        words = [
            "-s",
            "8",
            "-l",
            "20000",
            "-m",
            str(READERS),
            "-f",
            "a@office.example",
            "-t",
            "r@readers.example",
        ]
        subprocess.run(["/usr/sbin/smtp-source", *words, f"127.0.0.1:{port}"], check=True)
        return Ran(READERS / (time.perf_counter() - begun))


def letter(n: int) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = "Coalition Press <press@office.example>", f"r{n}@readers.example"
    made["Subject"] = "Ministers agree on a charter for open data"
    made.set_content(PARAGRAPH * 42)
    made.add_alternative(f"<html><body><p>{PARAGRAPH * 42}</p></body></html>", subtype="html")
    return made


def plain() -> Ran:
    count = min(READERS, 1000)
    with sink() as (port, _), smtplib.SMTP("127.0.0.1", port) as smtp:
        begun = time.perf_counter()
        for n in range(count):
            smtp.send_message(letter(n))
        return Ran(count / (time.perf_counter() - begun))


def awaited() -> Ran:
    import aiosmtplib

    body = letter(0).as_bytes()

    async def lane(port: int, count: int) -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
        await client.connect()
        for n in range(count):
            await client.sendmail("a@office.example", [f"r{n}@readers.example"], body)
        await client.quit()

    async def all_lanes(port: int) -> None:
        await asyncio.gather(*(lane(port, READERS // 8) for _ in range(8)))

    with sink() as (port, _):
        begun = time.perf_counter()
        asyncio.run(all_lanes(port))
        return Ran(READERS // 8 * 8 / (time.perf_counter() - begun))


def mlmmj() -> Ran:
    count = 200
    with sink() as (port, _), tempfile.TemporaryDirectory() as name:
        lists = Path(name) / "l"
        for folder in ("control", "subscribers.d", "queue", "archive", "text", "bounce", "requeue"):
            (lists / folder).mkdir(parents=True, exist_ok=True)
        (lists / "control" / "listaddress").write_text("l@office.example\n")
        (lists / "control" / "relayhost").write_text("127.0.0.1\n")
        (lists / "control" / "smtpport").write_text(f"{port}\n")
        (lists / "control" / "addtohdr").write_text("")
        (lists / "index").write_text("0\n")
        readers = "".join(f"r{n}@readers.example\n" for n in range(count))
        (lists / "subscribers.d" / "r").write_text(readers)
        mail = Path(name) / "mail"
        mail.write_bytes(letter(0).as_bytes())
        begun = time.perf_counter()
        subprocess.run(["/usr/bin/mlmmj-send", "-L", str(lists), "-m", str(mail)], check=True)
        took = time.perf_counter() - begun
        if any((lists / "requeue").iterdir()):
            raise SystemExit("mlmmj-send did not send to all")
        return Ran(count / took)


def cases() -> dict[str, Callable[[], Ran]]:
    found: dict[str, Callable[[], Ran]] = {"smtp-source, 8 sessions": postfix, "plain smtplib loop": plain}
    if importlib.util.find_spec("aiosmtplib"):
        found["aiosmtplib, 8 connections"] = awaited
    if shutil.which("mlmmj-send"):
        found["mlmmj-send"] = mlmmj
    return found | {
        "publisher, unsigned": ours,
        "publisher, RSA-2048": lambda: ours("rsa"),
        "publisher, RSA and Ed25519": lambda: ours("rsa", "ed25519"),
    }


def main() -> None:
    if not shutil.which("smtp-sink", path="/usr/sbin:/usr/bin"):
        raise SystemExit("smtp-sink is missing: install Debian's postfix")
    ran: dict[str, list[Ran]] = {name: [] for name in cases()}
    for _ in range(ROUNDS):
        for name, case in cases().items():
            ran[name].append(case())
    limit, loop = (median(r.rate for r in ran[name]) for name in list(ran)[:2])
    print(f"{READERS} readers, medians of {ROUNDS} rounds (and their range)")
    for name, runs in ran.items():
        rates = sorted(r.rate for r in runs)
        rate, typical = median(rates), min(runs, key=lambda r: abs(r.rate - median(rates)))
        line = f"{name:27}{rate:7,.0f} a second ({rates[0]:,.0f} to {rates[-1]:,.0f}), {rate / limit:5.2f} x smtp-source, {rate / loop:5.1f} x the loop"
        if typical.sender:
            line += (
                f"; {typical.sender * 1e6:,.0f} + {typical.sink * 1e6:,.0f} us of processor a mail, "
                f"{typical.share:.2f} of its limit; {typical.memory:.0f} MB"
            )
        print(line)


if __name__ == "__main__":
    main()
