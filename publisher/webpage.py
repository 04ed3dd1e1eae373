"""The statement's own page: nobody is sent to an address that answers "not found".

It is asked before a delivery's first attempt, and again while it is missing. Only 404 and 410 make a delivery
wait: every other trouble may be ours (a firewall, a certificate this machine does not know), and is a warning.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from publisher.errors import StatementError
from publisher.intake import fetch

if TYPE_CHECKING:
    from sqlalchemy import Row

    from publisher.ledger import Ledger

TOTAL = 10.0
"""Seconds for one asking, redirects included."""
ROUND = 2.5
"""Seconds for which an answer serves every delivery that wants it: less than the time between two rounds."""
KEPT = 100


@dataclass(frozen=True, slots=True)
class Page:
    """What a page answered: its status (0: none), and in a sentence what is wrong with that."""

    status: int
    trouble: str = ""

    @property
    def missing(self) -> bool:
        return self.status in (404, 410)


def ask(url: str, allow_hosts: Sequence[str] = ()) -> Page:
    """GET `url` from a public address (or one of `allow_hosts`) without reading its body. Never raises."""
    deadline = time.monotonic() + TOTAL
    try:
        for _ in range(fetch.REDIRECTS + 1):
            target = fetch._target(url, allow_hosts)
            status, onward = _status(target, deadline)
            if not onward:
                return Page(status, f"{target} answers {status}" if status >= 400 else "")
            url = urljoin(url, onward)
            if target.scheme == "https" and url.lower().startswith("http:"):
                return Page(0, f"{target} redirects from https to http")
        return Page(0, f"{target} redirects more than {fetch.REDIRECTS} times")
    except StatementError as error:
        return Page(0, str(error))
    except (OSError, UnicodeError, http.client.HTTPException) as error:
        return Page(0, f"{target} cannot be reached: {fetch._why(error)}")


def _status(target: Any, deadline: float) -> tuple[int, str]:
    """One request: the status, and where it leads on."""
    sock = fetch._connect(target, deadline)
    try:
        connection = http.client.HTTPConnection(target.host, target.port)
        connection.sock = fetch._Wire(sock, deadline)
        connection.putrequest("GET", target.path, skip_host=True, skip_accept_encoding=True)
        headers = {"Host": target.netloc, "User-Agent": fetch._AGENT, "Accept": "*/*", "Connection": "close"}
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        location = answer.getheader("Location", "") if answer.status in (301, 302, 303, 307, 308) else ""
        return answer.status, location.encode("latin-1", "replace").decode("utf-8", "replace")
    finally:
        sock.close()


def on_loopback(service: str) -> bool:
    """Whether a channel's service address is on this machine: a rehearsal, for which no page need be up."""
    host = urlsplit(service).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@dataclass
class Gate:
    """Keeps deliveries waiting while their page is missing; asks each page once a round, whoever wants to know."""

    ledger: Ledger
    allow_hosts: Sequence[str] = ()
    observe: Callable[[str, dict[str, Any]], None] = lambda event, facts: None
    _asked: dict[str, tuple[float, Page]] = field(default_factory=dict, repr=False)
    _asking: dict[str, threading.Lock] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def page(self, url: str) -> Page:
        """What the page answers now, or answered a moment ago."""
        with self._lock:
            if len(self._asking) > KEPT:
                self._asking.clear()
                self._asked.clear()
            one = self._asking.setdefault(url, threading.Lock())
        with one:
            at, answer = self._asked.get(url, (float("-inf"), Page(0)))
            if time.monotonic() - at > ROUND:
                answer = ask(url, self.allow_hosts)
                self._asked[url] = (time.monotonic(), answer)
            return answer

    def closed(self, of: Row[Any], url: str) -> bool:
        """Whether the delivery `of`, whose words point to `url`, must wait for its page; records that it does."""
        if not url or of.action != "publish" or on_loopback(of.service):
            return False
        state = self.ledger.page_state(of)
        if state == "settled":
            return False
        page = self.page(url)
        # A page that was missing a moment ago and now does not answer is still not there for a reader.
        if page.missing or (state == "missing" and (not page.status or page.status >= 500)):
            return self._wait(of, page)
        if page.trouble:
            self.ledger.note(of.announcement, "page not reached", delivery=of.id, reason=page.trouble)
            self.observe("page not reached", {"delivery": of.id, "reason": page.trouble})
        if state == "missing":
            self.ledger.page_there(of)
            self.observe("page there", {"delivery": of.id})
        return False

    def _wait(self, of: Row[Any], page: Page) -> bool:
        reason = (
            f"{page.trouble}: the statement's page is not there yet; it goes out when it is, or at once with "
            f"`publisher release {of.announcement}`"
        )
        again = self.ledger.page_missing(of, reason)
        self.observe("page missing", {"delivery": of.id, "reason": reason, "due": again})
        return again is not None
