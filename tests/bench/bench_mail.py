"""A mailing to 20,000 readers, about 20 KB each, into Postfix's `smtp-sink`, side by side in one run.

    publisher                 through the command line, the ledger and the journal; unsigned, and signed
    smtp-source               Postfix's own generator, 8 sessions: no ledger, no journal, every mail the same
    plain loop                an EmailMessage for each reader, over one connection of the standard library
    aiosmtplib                8 connections, mails built once (where it is installed)

Prints mails a second, and ratios; nothing here passes or fails. Needs Debian's `postfix` for smtp-sink and smtp-source.
Give the number of readers, and a database URL, to change them.
"""

from __future__ import annotations

import asyncio
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
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import func, select

from publisher.ledger import Ledger
from publisher.ledger.schema import part

READERS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
URL = sys.argv[2] if len(sys.argv) > 2 else ""
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


@contextmanager
def sink() -> Iterator[int]:
    """smtp-sink on a port of its own."""
    port = free()
    with tempfile.TemporaryFile() as out:
        command = ["/usr/sbin/smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", "1000"]
        process = subprocess.Popen(command, stdout=out, stderr=out)
        for _ in range(100):
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)):
                break
            time.sleep(0.05)
        try:
            yield port
        finally:
            process.kill()
            process.wait()


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


def ours(*keys: str) -> tuple[float, float]:
    """Mails a second from the first claim to the last result, and megabytes of memory at the most."""
    with sink() as port, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = office(folder, port, *keys)
        (folder / "readers.csv").write_text(
            "email\n" + "".join(f"r{n}@readers.example\n" for n in range(READERS))
        )
        (folder / "statement.md").write_text(STATEMENT)
        command(["subscribers", "import", "readers.csv"], folder, environment)
        command(
            ["publish", "statement.md", "--yes", "--approved-by", "Bench", "--wait", "3600"],
            folder,
            environment,
        )
        ledger = Ledger(environment["PUBLISHER_DATABASE_URL"])
        with ledger.read() as c:
            first, last, count = c.execute(
                select(func.min(part.c.started), func.max(part.c.settled), func.count()).where(
                    part.c.state == "delivered"
                )
            ).one()
        ledger.close()
        if count != READERS:
            raise SystemExit(f"only {count} of {READERS} were accepted")
        return count / (last - first), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def postfix() -> float:
    with sink() as port:
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
        return READERS / (time.perf_counter() - begun)


def letter(n: int) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"] = "Coalition Press <press@office.example>", f"r{n}@readers.example"
    made["Subject"] = "Ministers agree on a charter for open data"
    made.set_content(PARAGRAPH * 42)
    made.add_alternative(f"<html><body><p>{PARAGRAPH * 42}</p></body></html>", subtype="html")
    return made


def plain() -> float:
    count = min(READERS, 2000)
    with sink() as port, smtplib.SMTP("127.0.0.1", port) as smtp:
        begun = time.perf_counter()
        for n in range(count):
            smtp.send_message(letter(n))
        return count / (time.perf_counter() - begun)


def awaited() -> float | None:
    try:
        import aiosmtplib
    except ImportError:
        return None
    body = letter(0).as_bytes()

    async def lane(port: int, count: int) -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
        await client.connect()
        for n in range(count):
            await client.sendmail("a@office.example", [f"r{n}@readers.example"], body)
        await client.quit()

    async def all_lanes(port: int) -> None:
        await asyncio.gather(*(lane(port, READERS // 8) for _ in range(8)))

    with sink() as port:
        begun = time.perf_counter()
        asyncio.run(all_lanes(port))
        return READERS // 8 * 8 / (time.perf_counter() - begun)


def main() -> None:
    if not shutil.which("smtp-sink", path="/usr/sbin:/usr/bin"):
        raise SystemExit("smtp-sink is missing: install Debian's postfix")
    limit, loop, coroutines = postfix(), plain(), awaited()
    print(f"smtp-source, 8 sessions   {limit:9,.0f} mails a second")
    print(f"plain smtplib loop        {loop:9,.0f}")
    if coroutines:
        print(f"aiosmtplib, 8 connections {coroutines:9,.0f}")
    for name, keys in (("unsigned", ()), ("RSA-2048", ("rsa",)), ("RSA and Ed25519", ("rsa", "ed25519"))):
        rate, memory = ours(*keys)
        print(
            f"publisher, {name:15}{rate:9,.0f}   {rate / limit:5.2f} x smtp-source, {rate / loop:5.1f} x the loop, "
            f"{memory:.0f} MB"
        )


if __name__ == "__main__":
    main()
