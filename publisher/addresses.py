"""Where notices go: a mailbox, a webhook, or whatever the apprise library knows. Addresses may be secrets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote, urlsplit

from publisher.digest import canonical
from publisher.errors import PublisherError, SettingsError, Transient

TIMEOUT = (3.0, 7.0)
"""Seconds to connect to a webhook, and to wait for its answer."""

TOKEN = 12
"""Characters from which a word in a webhook's address counts as a secret."""

Mailer = Callable[[str, str, str], None]
"""Mails (address, subject, text). Raises PublisherError."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell. `cause` is the same as long as it is the same thing; its first word is the subject."""

    cause: str
    event: str
    what: str
    fix: str = ""
    announcement: str = ""
    delivery: str = ""
    title: str = ""
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def subject(self) -> str:
        """One line."""
        about = f"{self.title} · " if self.title else ""
        return " ".join(f"[publisher] {about}{self.what}".split())[:200]

    def text(self, ledger: str) -> str:
        """For people; `ledger` is where it happened."""
        lines = [self.what, *(f"{name}: {url}" for name, url in self.links.items())]
        lines += [f"What to do: {self.fix}"] if self.fix else []
        about = f"{self.title} ({self.announcement})" if self.title else self.announcement
        lines += ["", about] if about else [""]
        return "\n".join([*lines, f"Ledger: {ledger}"])

    def view(self, ledger: str) -> dict[str, Any]:
        """What a webhook gets. `text` is there for services that show nothing else."""
        return {
            "schema": 1,
            "event": self.event,
            "announcement": self.announcement or None,
            "delivery": self.delivery or None,
            "title": self.title or None,
            "what": self.what,
            "fix": self.fix or None,
            "links": dict(self.links),
            "ledger": ledger,
            "text": self.text(ledger),
        }


def split(urls: str) -> tuple[str, ...]:
    """The addresses of a comma-separated list."""
    return tuple(dict.fromkeys(u.strip() for u in urls.split(",") if u.strip()))


def fault(url: str) -> str:
    """Why nobody can be told at `url`, in words that do not repeat it; "" if somebody can."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "has an entry that is no address"
    if parts.scheme == "mailto":
        return "" if "@" in parts.path else "has a mailto: without an address"
    if parts.scheme in ("http", "https"):
        return "" if host else f"has an {parts.scheme}: address without a host"
    if not parts.scheme:
        return "has an entry that is no address; write mailto:someone@example.org or https://…"
    if find_spec("apprise") is None:
        return (
            f"has a {parts.scheme}: address, which needs the apprise library: "
            "install announcement-publisher[notify]"
        )
    return ""


def secrets(url: str) -> set[str]:
    """What an address gives away to whoever reads it: itself, and each long word of it that may be a token."""
    parts = urlsplit(url)
    if parts.scheme == "mailto":
        return set()
    words = [parts.username, parts.password, *parts.path.split("/"), *parts.query.split("&")]
    if parts.scheme not in ("http", "https"):
        words.append(parts.hostname)
    return {url} | {unquote(word) for word in words if word and len(word) >= TOKEN}


def place(url: str) -> str:
    """An address for logs: who is meant, without what may be secret."""
    parts = urlsplit(url)
    if parts.scheme == "mailto":
        return url
    return f"{parts.scheme}://{parts.hostname}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def tell(url: str, notice: Notice, ledger: str, mail: Mailer, secret: str = "") -> None:
    """Send one notice to one address; a webhook's is signed with `secret`. Raises PublisherError when it was not taken."""
    scheme = urlsplit(url).scheme
    if scheme == "mailto":
        mail(unquote(urlsplit(url).path), notice.subject, notice.text(ledger))
    elif scheme in ("http", "https"):
        _webhook(url, notice, ledger, secret)
    else:
        _apprise(url, notice, ledger)


def _webhook(url: str, notice: Notice, ledger: str, secret: str) -> None:
    import requests

    from publisher import http, signing

    body = canonical(notice.view(ledger))
    headers = {"Content-Type": "application/json"}
    headers |= signing.headers(secret, body, time.time()) if secret else {}
    with http.session(*TIMEOUT) as client:
        try:
            answer = client.post(url, data=body, headers=headers, allow_redirects=False)
        except requests.RequestException as error:
            raise Transient(f"{place(url)} could not be told ({type(error).__name__})") from None
    if not 200 <= answer.status_code < 300:
        raise Transient(f"{place(url)} answered {answer.status_code}")


def _apprise(url: str, notice: Notice, ledger: str) -> None:
    try:
        sender = import_module("apprise").Apprise()
    except ImportError:
        raise SettingsError("install announcement-publisher[notify]") from None
    if not sender.add(url):
        raise SettingsError(f"apprise does not understand the {place(url)} address in PUBLISHER_NOTIFY__URLS")
    if not sender.notify(title=notice.subject, body=notice.text(ledger)):
        raise Transient(f"{place(url)} did not take it")


def refused(error: Exception) -> str:
    """An error in words that give no address away."""
    return error.message if isinstance(error, PublisherError) else type(error).__name__
