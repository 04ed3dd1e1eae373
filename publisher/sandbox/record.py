"""What became public in the sandbox, and what was asked of it: the figures doubles and losses are counted with."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from email.message import EmailMessage

_KEPT_REQUESTS = 20_000
_LONGEST = 10_000


@dataclass(slots=True)
class Public:
    """One thing as a member of the public sees it; changes and deletions show here too.

    `service` is `x`, `linkedin` or `smtp`; `at` seconds since the epoch. `text` is what a reader sees; of a
    mail it is the raw bytes decoded as Latin-1, one entry for each recipient that was accepted. `media` are
    dicts with at least `id`, `type`, `alt`, `title`, `bytes` (how many) and `sha256`. `card` is the link card:
    `source`, and on LinkedIn `title`, `description`, `thumbnail`. `hashtags` are the live ones, without `#`.
    `raw` is the request's JSON body; of a mail the envelope's parameters.
    """

    service: str
    id: str
    text: str
    url: str = ""
    at: float = field(default_factory=time.time)
    media: list[dict[str, Any]] = field(default_factory=list)
    card: dict[str, Any] | None = None
    deleted: bool = False
    raw: Any = None
    hashtags: list[str] = field(default_factory=list)
    mentions: list[dict[str, str]] = field(default_factory=list)
    reply_to: str = ""
    sender: str = ""
    recipient: str = ""

    @property
    def link(self) -> str | None:
        """Where the link card points."""
        return self.card["source"] if self.card else None

    @property
    def mail(self) -> EmailMessage:
        """The mail, parsed."""
        from email import message_from_bytes, policy

        return message_from_bytes(self.text.encode("latin-1"), policy=policy.default)


@dataclass(frozen=True, slots=True)
class Request:
    """One request, in the order of the answers. `status` 0: it got none.

    `path` is as received, query included. `body` is the JSON value of a JSON body, else text; long strings
    are shortened and binary is only described. Of SMTP: each command, `path` being its argument.
    """

    service: str
    method: str
    path: str
    status: int
    body: Any = None


class Record:
    """The sandbox's memory. `lock` is held by whoever looks before he adds (duplicates)."""

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self._public: list[Public] = []
        self._requests: deque[Request] = deque(maxlen=_KEPT_REQUESTS)
        self._file: IO[str] | None = path.open("a", encoding="utf-8", errors="replace") if path else None

    def publish(self, public: Public) -> None:
        """From here on it is public; the line is in the file before any answer leaves."""
        with self.lock:
            self._public.append(public)
            self.note("published", public)

    def note(self, event: str, public: Public) -> None:
        """Append one event (`published`, `changed`, `deleted`) to the file, flushed."""
        if self._file:
            with self.lock:
                self._file.write(json.dumps({"event": event, **asdict(public)}, ensure_ascii=False) + "\n")
                self._file.flush()

    def asked(self, request: Request) -> None:
        self._requests.append(request)

    @property
    def public(self) -> list[Public]:
        with self.lock:
            return list(self._public)

    @property
    def requests(self) -> list[Request]:
        while True:
            try:
                return list(self._requests)
            except RuntimeError:  # a request was added while copying
                continue

    def clear(self) -> None:
        with self.lock:
            self._public.clear()
            self._requests.clear()

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


def shortened(body: bytes, kind: str) -> Any:
    """A request's body as `Request.body` keeps it."""
    if not body:
        return None
    if "json" in kind:
        try:
            return _short(json.loads(body))
        except ValueError:
            pass
    elif not kind.startswith(("text/", "application/x-www-form-urlencoded")):
        return f"<{len(body)} bytes of {kind or 'no type'}>"
    return _short(body.decode("utf-8", "replace"))


def _short(value: Any) -> Any:
    if isinstance(value, str) and len(value) > _LONGEST:
        return f"{value[:100]}… ({len(value)} characters)"
    if isinstance(value, dict):
        return {k: _short(v) for k, v in value.items()}
    return value


def as_json(entries: list[Public] | list[Request]) -> Iterator[dict[str, Any]]:
    """Entries as the control surface and the record file show them."""
    for entry in entries:
        yield asdict(entry)
