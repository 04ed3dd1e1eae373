"""A plain mail of the office to one of its own: not a statement, not to the list."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

from publisher.errors import Permanent

from .address import mailbox
from .mime import message_id

if TYPE_CHECKING:
    from .settings import EmailSettings

PATIENCE = 10.0
"""Seconds at most for each answer of the relay: whoever waits for this has other things to do."""

_BLANKS = re.compile(r"[^\S\u00a0\u202f]+")
"""All white space but that which keeps a sign on the line of its word."""


def send(settings: EmailSettings, address: str, subject: str, text: str) -> None:
    """Mail `text` to `address` through the settings' relay. Raises DeliveryError."""
    from .smtp import Connection

    relay = settings.relay
    assert relay is not None  # `ready` has said so otherwise
    try:
        sender, to = mailbox(settings.sender), mailbox(address).address
    except ValueError as error:
        raise Permanent(f"nothing can be mailed to {address!r}: {error}") from None
    mail = _built(str(sender), to, subject, text, message_id(os.urandom(16).hex(), to, sender.domain))
    timeout = min(settings.connect_timeout, PATIENCE)
    connection = Connection(relay, timeout, min(settings.reply_timeout, PATIENCE))
    try:
        connection.transmit(sender.address, to, mail, time.time() + PATIENCE)
    finally:
        connection.quit()


def _built(sender: str, to: str, subject: str, text: str, identity: str) -> bytes:
    from email.message import EmailMessage
    from email.policy import SMTP
    from email.utils import formatdate

    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"] = sender, to, _BLANKS.sub(" ", subject).strip()
    made["Date"], made["Message-ID"] = formatdate(), identity
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday reply is wanted
    made.set_content(text, cte="quoted-printable")
    return made.as_bytes()
