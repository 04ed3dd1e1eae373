"""A mail as one reader would get it, for people who look before it leaves: the very code that sends writes it."""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message
from email.parser import BytesHeaderParser

from publisher.channel import Part, Recipient, Rendering, Specimen

from .settings import EmailSettings
from .writing import Writer

LINK = "each-readers-own-secret"
READER = Recipient("example-reader", "reader@example.org", token=LINK)
_OWN = frozenset(
    {"dkim-signature", "date", "message-id", "to", "in-reply-to", "references"}
    | {"list-unsubscribe", "list-unsubscribe-post"}
)
"""Headers that are made for each reader, or at the moment of sending: no part of what is approved."""


def made(settings: EmailSettings, rendering: Rendering, at: float, blob: Callable[[str], bytes]) -> Specimen:
    """The mail to an example reader, as if it left at `at`. Raises DeliveryError where it could not be sent."""
    reader = None if settings.list_address else READER
    part = Part("example/email#example-reader", rendering, started=at, recipient=reader, blob=blob)
    mold, letter = Writer(settings).written(part)
    raw = mold.filled(letter)
    read: Message = BytesHeaderParser().parsebytes(raw)
    headers = tuple((name, str(value), name.lower() in _OWN) for name, value in read.items())
    return Specimen(letter.returns or mold.sender, letter.to, headers, len(raw))
