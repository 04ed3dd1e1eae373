"""HTTP/1.1 as the sandbox speaks it: keep-alive, one write for each answer, and every way an answer can fail."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import parse_qsl

from publisher.sandbox.record import Record, Request, shortened
from publisher.sandbox.wire import Connection, Listener, TooLong

_HEAD_MAX = 65_536
_BODY_MAX = 120_000_000
_REASONS = {int(status): status.phrase for status in HTTPStatus}

Ending = Literal["", "drop", "hang", "cut", "reset"]


class Malformed(ValueError):
    """What came is no HTTP request this server reads."""


@dataclass(slots=True)
class Incoming:
    """A request as received. `path` and `query` are not decoded; header names are lower-case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def kind(self) -> str:
        """The media type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none."""
        return json.loads(self.body)


@dataclass(slots=True)
class Answer:
    """`ending` says what happens in place of, or in the middle of, sending it."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    ending: Ending = ""


def reply(status: int, value: Any, kind: str = "application/json", **headers: str) -> Answer:
    return Answer(
        status,
        json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"),
        {"Content-Type": kind, **headers},
    )


def spoiled(answer: Answer, fault: str) -> Answer:
    """The answer to an accepted request as a transport fault leaves it."""
    endings: dict[str, Ending] = {"drop": "drop", "hang": "hang", "cut-body": "cut"}
    answer.ending = endings.get(fault, "")
    return answer


class HttpServer:
    """Serves `respond` on loopback; `hang` bounds a silence, in seconds."""

    def __init__(
        self, name: str, port: int, respond: Callable[[Incoming], Answer], record: Record, hang: float
    ) -> None:
        self.name, self.respond, self.record, self.hang = name, respond, record, hang
        self.listener = Listener(name, port, self._serve)

    def _serve(self, connection: Connection) -> None:
        while True:
            try:
                incoming = _read(connection)
            except (Malformed, TooLong):
                connection.write(
                    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
                connection.flush()
                return
            if self.listener.refusing:
                return
            connection.busy = True
            answer = self.respond(incoming)
            self._note(incoming, answer)
            connection.busy = False  # before the answer: whoever has it may count on being let go of
            if (
                not self._send(connection, answer)
                or incoming.headers.get("connection", "").lower() == "close"
            ):
                return

    def _note(self, incoming: Incoming, answer: Answer) -> None:
        if not incoming.path.startswith("/sandbox"):
            status = 0 if answer.ending in ("drop", "hang", "reset") else answer.status
            body = shortened(incoming.body, incoming.kind)
            self.record.asked(Request(self.name, incoming.method, incoming.target, status, body))

    def _send(self, connection: Connection, answer: Answer) -> bool:
        """Whether the connection lives on."""
        if answer.ending == "reset":
            connection.reset()
        elif answer.ending == "hang":
            connection.wait_closed(self.hang)
        elif answer.ending != "drop":
            data = _head(answer) + answer.body
            # An answer without a body is announced with one that never comes.
            connection.write(data[: len(data) - len(answer.body) // 2] if answer.ending else data)
            connection.flush()
        return not answer.ending


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


def _head(answer: Answer) -> bytes:
    size = len(answer.body) or (2 if answer.ending == "cut" else 0)
    lines = [
        f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}",
        f"Date: {_date(int(time.time()))}",
    ]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    if answer.status != HTTPStatus.NO_CONTENT:
        lines.append(f"Content-Length: {size}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _read(connection: Connection) -> Incoming:
    """The next request. Raises Malformed, TooLong, and Gone at the end of the connection."""
    head = connection.until(b"\r\n\r\n", _HEAD_MAX).decode("latin-1")
    first, *lines = head[:-4].lstrip("\r\n").split("\r\n")
    try:
        method, target, version = first.split(" ")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        size = int(headers.get("content-length", "0"))
    except ValueError:
        raise Malformed(first) from None
    if not version.startswith("HTTP/1.") or not target.startswith("/") or not 0 <= size <= _BODY_MAX:
        raise Malformed(first)
    if headers.get("expect", "").lower() == "100-continue":
        connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    chunked = "chunked" in headers.get("transfer-encoding", "").lower()
    body = _chunks(connection) if chunked else connection.exactly(size)
    path, _, query = target.partition("?")
    return Incoming(method, path, query, headers, body)


def _chunks(connection: Connection) -> bytes:
    body = bytearray()
    while True:
        line = connection.until(b"\r\n", 1024).partition(b";")[0].strip()
        try:
            size = int(line, 16)
        except ValueError:
            raise Malformed("chunk") from None
        if len(body) + size > _BODY_MAX:
            raise TooLong
        if not size:
            break
        body += connection.exactly(size)
        connection.exactly(2)
    while connection.until(b"\r\n", 1024) != b"\r\n":
        pass
    return bytes(body)
