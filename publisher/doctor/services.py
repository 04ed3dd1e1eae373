"""What the doctor asks the services: each channel's own check, their clocks, the page where readers leave."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from publisher import audience
from publisher.api import Publisher
from publisher.channel import Channel, Finding
from publisher.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import Row

    from publisher.ledger import Ledger

TIMEOUT = (5.0, 10.0)
"""Seconds to connect, and to wait for an answer."""
SKEW = 60.0
"""Seconds our clock may be off: a signature (OAuth 1.0a) that is minutes off is refused, and plans are late."""


class Services:
    """The services of an office. Every request is harmless: it publishes nothing and takes nobody off a list."""

    def __init__(self, office: Publisher, ledger: Ledger | None) -> None:
        self.office, self.ledger = office, ledger

    def together(self) -> Iterator[Finding]:
        """All channels at once: named in the settings, and all of them live or all of them rehearsing."""
        names = self.office.names()
        self.office.one_world()
        yield Finding(True, f"in use: {', '.join(names)}")
        for lane in self.ledger.lanes() if self.ledger else ():
            if lane.name == "*":
                yield from _stopped(lane, "publisher resume")

    def channel(self, name: str) -> Iterator[Finding]:
        """One channel: settings, credentials, scopes, expiry, who reads it, and whether it may send now."""
        channel = self.office.channel(name)
        try:
            yield from _checked(channel)
            yield from self._readers(channel)
            yield from _leaving(channel)
            yield from channel.domain() if hasattr(channel, "domain") else ()
        finally:
            channel.close()
        for lane in self.ledger.lanes() if self.ledger else ():
            if lane.name == name:
                yield from _stopped(lane, f"publisher resume --channel {name}")

    def _readers(self, channel: Channel) -> Iterator[Finding]:
        if not channel.addressed:
            return
        people = audience.size(self.ledger) if self.ledger else 0
        fix = f"publisher subscribers import FILE, or set PUBLISHER_{channel.name.upper()}__LIST_ADDRESS"
        yield Finding(people > 0, f"{people:,} on the list" if people else "there is nobody to send to", fix)

    def clock(self) -> Iterator[Finding]:
        """Our clock against that of each service that speaks HTTP."""
        asked: set[str] = set()
        for name in self.office.settings.channel_names:
            try:
                service = self.office.channel(name).service
            except SettingsError:
                continue  # said under the channel's own name
            host = urlsplit(service).netloc
            if not service.startswith(("http:", "https:")) or host in asked:
                continue
            asked.add(host)
            yield _skew(service, host)
        if not asked:
            yield Finding(True, "no channel in use depends on it to the minute")


def _checked(channel: Channel) -> Iterator[Finding]:
    """What its own check finds; one that has none still says which settings it lacks."""
    found = list(channel.check())
    try:
        channel.ready()
    except SettingsError as error:
        if not any(f.level == "error" and not f.ok for f in found):
            found.append(Finding(False, error.message, "write it into the settings"))
    if not found:
        found.append(Finding(True, "its settings are there; it has no check of its own"))
    yield from found


def _stopped(lane: Row[Any], fix: str) -> Iterator[Finding]:
    """What keeps posts back, by the ledger."""
    if lane.blocked:
        yield Finding(False, f"it is blocked: {lane.blocked}", f"when that is mended: {fix}")
    if lane.paused:
        yield Finding(False, "everything is paused" if lane.name == "*" else "it is paused", fix)


def _skew(service: str, host: str) -> Finding:
    import requests

    from publisher import http

    with http.session(*TIMEOUT) as client:
        try:
            before = time.time()
            answer = client.head(service, allow_redirects=False)
            now = (before + time.time()) / 2
            theirs = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
        except requests.RequestException as error:
            return Finding(
                False, f"{host} did not answer ({type(error).__name__})", "is this machine online?", "warning"
            )
        except ValueError:
            return Finding(False, f"{host} does not say what time it is", "compare with NTP", "warning")
    off = now - theirs
    if abs(off) <= SKEW:
        return Finding(True, f"within {max(1.0, abs(off)):.0f} s of {host}'s")
    ahead = "ahead of" if off > 0 else "behind"
    return Finding(False, f"this machine's clock is {abs(off):.0f} s {ahead} {host}'s", "set it by NTP")


def _leaving(channel: Channel) -> Iterator[Finding]:
    """Whether the unsubscribe page takes what a mail program posts to it (RFC 8058): a POST, and no redirect."""
    address = getattr(channel, "leaving", None)
    url = address(audience.PROBE) if address else ""
    if not url:
        return
    import requests

    from publisher import http

    where = urlsplit(url).hostname
    fix = "mail programs post there when a reader leaves; see docs/email.md"
    with http.session(*TIMEOUT) as client:
        try:
            answer = client.post(url, data={"List-Unsubscribe": "One-Click"}, allow_redirects=False)
        except requests.RequestException as error:
            what = f"the unsubscribe page at {where} could not be reached ({type(error).__name__})"
            yield Finding(False, what, fix)
            return
    status = answer.status_code
    if 200 <= status < 300:
        yield Finding(True, f"the unsubscribe page at {where} takes a POST")
    elif status in (400, 404, 410, 422):
        what = f"the unsubscribe page at {where} answers {status} to a token that is nobody's: it knows its readers, or it is not there"
        yield Finding(False, what, "follow the link in a mail to a reader of your own once", "warning")
    elif 300 <= status < 400:
        yield Finding(
            False,
            f"the unsubscribe page at {where} redirects ({status}), which mail programs do not follow",
            fix,
        )
    else:
        yield Finding(False, f"the unsubscribe page at {where} answers {status} to a POST", fix)
