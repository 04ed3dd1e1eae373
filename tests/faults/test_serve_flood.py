"""A flood of signed requests: whatever was answered 202 is there, once; nobody else is told that it is."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from publisher import signing
from publisher.ledger import Ledger
from publisher.sandbox import Sandbox
from tests.e2e.serving import SECRET, ask, free_port, hook, started, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

A_SECOND, SECONDS, SENDERS = 1000, 10, 100


def test_a_thousand_requests_a_second_lose_and_double_nothing(tmp_path: Path, capsys: Any) -> None:
    """Ten thousand requests over ten seconds; each statement is sent twice, under two signatures."""
    with Sandbox(limits=False) as box:
        values = box.settings() | {
            "PUBLISHER_EMAIL__LIST_ADDRESS": "everybody@press.example",
            "PUBLISHER_DATABASE_URL": f"sqlite:///{tmp_path / 'ledger.db'}",
            "PUBLISHER_WEBHOOK__SECRET": SECRET,
            "PUBLISHER_LOG__LEVEL": "error",
        }
        port = free_port()
        process = started(values, port, tmp_path)
        health = urllib.request.Request(f"http://127.0.0.1:{port}/health")
        until(lambda: ask(health)[0] == 200)
        began = time.monotonic()
        answers = asyncio.run(_flood(port))
        seconds = time.monotonic() - began
        assert ask(health)[0] == 200
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    ledger = Ledger(values["PUBLISHER_DATABASE_URL"])
    stored = {row.id: row.title for row in ledger.all()}
    ledger.close()
    statuses = Counter(status for status, _ in answers)
    taken = [said["announcement"] for status, said in answers if status == 202]
    with capsys.disabled():
        told = ", ".join(f"{count:,} × {status}" for status, count in sorted(statuses.items()))
        print(
            f"\n{len(answers):,} requests in {seconds:.1f} s ({len(answers) / seconds:,.0f} a second): {told}; "
            f"{len(taken) / seconds:.0f} statements a second stored",
            file=sys.stderr,
        )
    assert set(statuses) <= {202, 409, 429, 503}
    assert len(taken) == len(set(taken)) > 0
    assert sorted(taken) == sorted(stored)
    assert len(set(stored.values())) == len(stored)


async def _flood(port: int) -> list[tuple[int, dict[str, Any]]]:
    """Every request at its moment, as far as this machine can; its answers."""
    waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
    senders = [asyncio.create_task(_sender(port, waiting)) for _ in range(SENDERS)]
    began = time.monotonic()
    for n in range(A_SECOND * SECONDS):
        late = began + n / A_SECOND - time.monotonic()
        if late > 0:
            await asyncio.sleep(late)
        waiting.put_nowait(_request(n))
    for _ in senders:
        waiting.put_nowait(None)
    return [answer for answers in await asyncio.gather(*senders) for answer in answers]


def _request(n: int) -> bytes:
    body = json.dumps(hook(n // 2)).encode()
    # The same body a second later is another request; in the same second it would be the same.
    headers = signing.headers(SECRET, body, time.time() - n % 2)
    lines = [f"{name}: {value}" for name, value in headers.items()]
    head = ["POST /hooks/statements HTTP/1.1", "Host: press", f"Content-Length: {len(body)}", *lines, "", ""]
    return "\r\n".join(head).encode() + body


async def _sender(port: int, waiting: asyncio.Queue[bytes | None]) -> list[tuple[int, dict[str, Any]]]:
    answers = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while request := await waiting.get():
        writer.write(request)
        status = int((await reader.readline()).split()[1])
        size = 0
        while (line := await reader.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
        answers.append((status, json.loads(await reader.readexactly(size))))
    writer.close()
    return answers
