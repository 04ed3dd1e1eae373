"""Where a mail that cannot be delivered goes back to (VERP): an address that says whose it was and what it carried.

bounces@example.org  →  bounces+<subscriber>-<announcement>-<MAC>@example.org

The MAC is made with the subscriber's own token, so that nobody takes others off the list by forging returned mail.
It is in lower case, for servers on the way back may change the case.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b32encode
from typing import NamedTuple

LENGTH = 16
"""Characters of the MAC, five bits each."""
ROOM = 64
"""Characters before the @ (RFC 5321 4.5.3.1.1)."""
LONGEST = ROOM - len("+") - 16 - len("-") - 12 - len("-") - LENGTH
"""Characters that a bounce address may have before its @: ids of subscribers have 16, of announcements at most 12."""

_TAG = re.compile(rf"(?P<subscriber>[0-9a-z]+)-(?P<announcement>[0-9a-z]+)-(?P<mac>[a-z2-7]{{{LENGTH}}})")


class Tag(NamedTuple):
    """What an envelope address says; true only when it is `genuine`."""

    subscriber: str
    announcement: str
    mac: str

    def genuine(self, key: str) -> bool:
        """Whether it was made with the subscriber's `key`."""
        return hmac.compare_digest(self.mac, _mac(self.subscriber, self.announcement, key))


def envelope(address: str, subscriber: str, announcement: str, key: str) -> str:
    """The envelope sender of one announcement's mail to one subscriber; `key` is the subscriber's token."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{subscriber}-{announcement}-{_mac(subscriber, announcement, key)}@{domain}"


def opened(address: str, bounces: str) -> Tag | None:
    """The inverse: what `address` says when it is one of `bounces`, else None."""
    local, _, domain = bounces.rpartition("@")
    start, end = f"{local}+".lower(), f"@{domain}".lower()
    said = address.strip().lower()
    if not (said.startswith(start) and said.endswith(end)):
        return None
    found = _TAG.fullmatch(said[len(start) : -len(end)])
    return Tag(*found.groups()) if found else None


def _mac(subscriber: str, announcement: str, key: str) -> str:
    made = hmac.digest(key.encode(), f"bounce/{subscriber}/{announcement}".encode(), hashlib.sha256)
    return b32encode(made).decode().lower()[:LENGTH]
