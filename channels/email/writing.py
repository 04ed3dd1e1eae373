"""Writing each recipient's mail: a mold for all of a rendering's recipients, and what is each one's own."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from publisher.channel import Part, Rendering
from publisher.errors import Blocked, Permanent

from . import verp
from .address import mailbox, recipient
from .form import PLACEHOLDER
from .mime import Letter, Mold, message_id, mold
from .settings import PREFIX, EmailSettings

if TYPE_CHECKING:
    from .dkim import Signer

MOLDS = 8
Blob = Callable[[str], bytes]


class Writer:
    """Safe to use from several threads."""

    def __init__(self, settings: EmailSettings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._molds: dict[tuple[str, str], Mold] = {}

    def written(self, part: Part) -> tuple[Mold, Letter]:
        """What one recipient gets. Raises DeliveryError."""
        made = self._mold(part.rendering, "", part.blob)
        to = self._address(part)
        token = part.recipient.token if part.recipient and self.settings.personal_links else ""
        if made.personal and not token:
            raise Blocked(
                "the approved mail has an unsubscribe link for each recipient, and there is none to put there; "
                f"set {PREFIX}UNSUBSCRIBE_URL and no {PREFIX}LIST_ADDRESS as when it was submitted, or submit it again"
            )
        return made, Letter(
            to,
            message_id(part.key, to, made.domain),
            part.started or time.time(),
            self.settings.unsubscribe(token) if token else "",
            one_click=bool(token),
            answers=self._answered(part, to, made.domain),
            returns=self._returns(part),
        )

    def proof(self, rendering: Rendering, address: str, mark: str, blob: Blob) -> tuple[Mold, Letter]:
        """What a colleague gets to look at: `mark` before the subject, the unsubscribe link dead. Raises DeliveryError."""
        made, to = self._mold(rendering, mark, blob), _reachable(address)
        identity = message_id(os.urandom(16).hex(), to, made.domain)
        return made, Letter(to, identity, time.time(), PLACEHOLDER, returns=self.settings.bounce_address)

    def _address(self, part: Part) -> str:
        if part.recipient is not None:
            return _reachable(part.recipient.address)
        if not self.settings.list_address:
            raise Permanent(f"this mail is addressed to nobody; set {PREFIX}LIST_ADDRESS or add subscribers")
        return _reachable(self.settings.list_address, lambda value: mailbox(value).address)

    def _answered(self, part: Part, to: str, domain: str) -> str:
        """The Message-ID of the first mail to this reader, where this one corrects or withdraws it."""
        if not part.rendering.target:
            return ""
        if part.reply_to and part.reply_to.id.startswith("<"):
            return part.reply_to.id
        first = f"{part.rendering.target}#{part.recipient.id if part.recipient else part.n}"
        return message_id(first, to, domain)

    def _returns(self, part: Part) -> str:
        """The reader's own bounce address for this announcement; the common one where there is no reader."""
        bounces, reader = self.settings.bounce_address, part.recipient
        if not (bounces and reader and reader.token):
            return bounces
        return verp.envelope(bounces, reader.id, part.key.partition("/")[0], reader.token)

    def _mold(self, rendering: Rendering, mark: str, blob: Blob) -> Mold:
        """Built once for all recipients of a rendering."""
        key = (rendering.digest, mark)
        if made := self._molds.get(key):
            return made
        with self._lock:
            if key not in self._molds:
                if len(self._molds) >= MOLDS:
                    self._molds.clear()
                self._molds[key] = mold(rendering, mark, self._signers(), blob)
            return self._molds[key]

    def _signers(self) -> tuple[Signer, ...]:
        try:
            return self.settings.signers
        except ValueError as error:
            raise Blocked(f"{error}; nothing was sent") from None


def _reachable(address: str, read: Callable[[str], str] = recipient) -> str:
    try:
        return read(address)
    except ValueError as error:
        raise Permanent(f"nothing can be mailed to {address!r}: {error}") from None
