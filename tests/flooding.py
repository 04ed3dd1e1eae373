"""Many signed requests, from a process of its own: python -m tests.flooding PORT FIRST MANY A_SECOND CLIENTS TIMES

A_SECOND 0: each client asks again as soon as it has its answer. Each statement is sent TIMES times, each time under
another signature. Prints {"seconds": …, "answers": [[status, announcement or null, milliseconds], …]} as JSON.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from publisher import signing

SECRET = "a secret of the press office"
Answer = tuple[int, str | None, float]


def statement(n: int) -> dict[str, Any]:
    text = (
        f"Ministers of {n + 3} countries adopted charter number {n} for harbours and cables in Lund.\n\n" * 3
    )
    return {
        "title": f"Charter number {n} is adopted",
        "url": f"https://www.example.org/{n}",
        "language": "en",
        "text": text,
    }


def flooded(
    port: int, many: int, *, first: int = 0, a_second: int = 0, clients: int = 50, times: int = 1
) -> dict[str, Any]:
    """What is told of it. Sender and server do not take turns in one Python."""
    numbers = (port, first, many, a_second, clients, times)
    command = [sys.executable, "-m", "tests.flooding", *map(str, numbers)]
    ran = subprocess.run(command, capture_output=True, check=True, cwd=Path(__file__).parents[1])
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


def request(n: int, at: float) -> bytes:
    body = json.dumps(statement(n)).encode()
    lines = [f"{name}: {value}" for name, value in signing.headers(SECRET, body, at).items()]
    head = ["POST /hooks/statements HTTP/1.1", "Host: press", f"Content-Length: {len(body)}", *lines, "", ""]
    return "\r\n".join(head).encode() + body


async def flood(port: int, requests: list[bytes], a_second: int, clients: int) -> tuple[float, list[Answer]]:
    """Every request at its moment, as far as this machine can, each client on a connection that is kept."""
    waiting: asyncio.Queue[bytes | None] = asyncio.Queue()
    senders = [asyncio.create_task(sender(port, waiting)) for _ in range(clients)]
    began = time.monotonic()
    for n, made in enumerate(requests):
        late = began + n / a_second - time.monotonic() if a_second else 0
        if late > 0:
            await asyncio.sleep(late)
        waiting.put_nowait(made)
    seconds = time.monotonic() - began
    for _ in senders:
        waiting.put_nowait(None)
    answers = [answer for answers in await asyncio.gather(*senders) for answer in answers]
    return seconds if a_second else time.monotonic() - began, answers


async def sender(port: int, waiting: asyncio.Queue[bytes | None]) -> list[Answer]:
    answers = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while made := await waiting.get():
        began = time.monotonic()
        writer.write(made)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        size = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        said = json.loads(await reader.readexactly(size))
        took = (time.monotonic() - began) * 1000
        answers.append((int(head.split(b" ", 2)[1]), said.get("announcement"), took))
    writer.close()
    return answers


def main() -> None:
    port, first, many, a_second, clients, times = map(int, sys.argv[1:])
    now = time.time()
    # The same body a second later is another request; in the same second it would be the same.
    requests = [request(first + n // times, now - n % times) for n in range(many)]
    took, answers = asyncio.run(flood(port, requests, a_second, clients))
    json.dump({"seconds": took, "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
