"""A feed: what is new in it is taken, from the page it links; what was there at the first look is not.

RSS and Atom are read by feedparser, JSON Feed as the JSON it is. An item that changed is looked at anew; one
that left the feed and whose page answers 410 is a proposal to retract.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from publisher import triggers
from publisher.api import Publisher, Source
from publisher.digest import sha256
from publisher.errors import PublisherError, StatementError
from publisher.intake.fetch import Fetched, Refused, fetch
from publisher.triggers import Policy

TYPES = ("application/", "text/")
LIMIT = 5_000_000
"""Bytes of a feed."""
NAME = "feed"

Observer = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Item:
    """One entry: `id` names it for good, `digest` is of what the feed says of it."""

    id: str
    url: str
    title: str
    digest: str


@dataclass
class Feed:
    """One feed and what was last read of it. `look` is for one thread at a time."""

    office: Publisher
    url: str
    policy: Policy
    observe: Observer
    _last: Fetched | None = None
    _items: list[Item] = field(default_factory=list)
    _present: set[str] | None = None
    _told: set[tuple[str, str]] = field(default_factory=set)

    def look(self) -> None:
        """Read the feed and take what is new. Whatever goes wrong is observed, once, and tried at the next look."""
        try:
            read = fetch(
                self.url,
                allow_hosts=self.office.settings.allow_hosts,
                limit=LIMIT,
                accept=TYPES,
                known=self._last,
            )
            items = self._items if read.unchanged else list(items_of(read.content, self.url))
        except StatementError as error:
            self._trouble(self.url, error)
            return
        ledger = self.office.ledger
        if ledger.seen(NAME, self.url) is None:
            for item in items:
                ledger.remember(NAME, item.id, item.digest, None, item.url)
            ledger.remember(NAME, self.url, url=self.url)
        failed = [item for item in reversed(items) if not self._item(item)]
        # What failed is asked for again: an unchanged feed must not hide it.
        self._last, self._items = (None if failed else read), items
        self._vanished({item.id for item in items})

    def _item(self, item: Item) -> bool:
        """Take an item if it is new or has changed; False when it is to be tried again."""
        known = self.office.ledger.seen(NAME, item.id)
        if known and known.digest == item.digest:
            return True
        if known and known.announcement is None:  # it is older than the first look
            self.office.ledger.remember(NAME, item.id, item.digest, None, item.url)
            return True
        if not item.url:
            self._trouble(
                item.id, StatementError(f"“{item.title}” in {self.url} links no page; nothing was taken")
            )
            return True
        try:
            taken = triggers.take(self.office, Source(item.url), self.policy)
        except PublisherError as error:
            self._trouble(item.url, error)
            return False
        self.office.ledger.remember(NAME, item.id, item.digest, taken.announcement, item.url)
        self.observe(
            "taken",
            {"trigger": NAME, "of": taken.announcement, "outcome": taken.outcome, "reason": taken.note},
        )
        return True

    def _vanished(self, present: set[str]) -> None:
        """Ask for the pages of items that have left the feed since the last look (after a start: of all that have)."""
        before, self._present = self._present, present
        held = {sha256(one) for one in present}
        was = None if before is None else {sha256(one) for one in before}
        for row in self.office.ledger.seen_by(NAME):
            left = row.item not in held and (was is None or row.item in was)
            if not (left and row.announcement and row.url and self._is_gone(row.url)):
                continue
            if triggers.gone(self.office, row.announcement, self.policy, row.url):
                reason = f"{row.url} answers 410"
                self.observe("gone", {"trigger": NAME, "of": row.announcement, "reason": reason})

    def _is_gone(self, url: str) -> bool:
        try:
            fetch(url, allow_hosts=self.office.settings.allow_hosts)
        except Refused as refused:
            return refused.status == 410
        except StatementError:
            return False
        return False

    def _trouble(self, what: str, error: PublisherError) -> None:
        if (what, error.message) not in self._told:
            self._told.add((what, error.message))
            self.observe("trigger trouble", {"trigger": NAME, "of": what, "reason": error.message})


def items_of(content: bytes, url: str) -> Iterator[Item]:
    """The entries of a feed, newest first as feeds have them. Raises StatementError when it is none."""
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        yield from _json_items(content, url)
        return
    import feedparser

    read = feedparser.parse(content, response_headers={"content-location": url}, sanitize_html=False)
    if not read.get("version"):
        raise StatementError(f"{url} is no RSS, Atom or JSON feed")
    for entry in read.entries:
        said = [entry.get(key, "") for key in ("title", "link", "updated", "published", "summary")]
        said += [part.get("value", "") for part in entry.get("content", [])]
        link = str(entry.get("link", ""))
        if name := str(entry.get("id") or link):
            yield Item(name, link, str(entry.get("title", "")), sha256(said))


def _json_items(content: bytes, url: str) -> Iterator[Item]:
    try:
        read = json.loads(content)
        if not str(read.get("version", "")).startswith("https://jsonfeed.org/version/"):
            raise ValueError
        entries = [entry for entry in read["items"] if isinstance(entry, dict)]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise StatementError(f"{url} is JSON and no JSON Feed (jsonfeed.org)") from None
    for entry in entries:
        link = str(entry.get("url") or "")
        if name := str(entry.get("id") or link):
            yield Item(name, link, str(entry.get("title") or ""), sha256(entry))
