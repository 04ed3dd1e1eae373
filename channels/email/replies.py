"""What a mail server's replies mean, and what a lost one means (RFC 5321 4.2, RFC 3463)."""

from __future__ import annotations

import re

from publisher.errors import (
    Blocked,
    DeliveryError,
    NoSuchAddress,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Transient,
)

Reply = tuple[int, bytes]
"""A reply's code, -1 where it has none, and its text."""

CLOSING = 421
GO_AHEAD = 354

_LONG = 300
"""Characters of a reply that are told."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_SLOWER = frozenset({CLOSING, 454})
"""It has enough of us for now, as 4.7.x also says: the whole lane goes slower."""
_NOBODY = re.compile(r"5\.1\.(?:1|2|3|6|10)\b")
"""The recipient's address is bad (RFC 3463 3.2, RFC 7505); the other X.1.x are about the sender's or a passing state."""
_LOGIN_WANTED = frozenset({530, 534, 535, 538})
_OUR_FAULT = frozenset({"the connection", "EHLO", "STARTTLS", "the login", "MAIL"})
"""Steps that know no recipient and no content yet: a refusal there is about us."""


def refused(where: str, step: str, reply: Reply) -> DeliveryError:
    """4xx passes, 5xx does not. 5.7.x is a policy: it is about us, and no recipient is to blame (RFC 3463)."""
    code, said = reply[0], text(reply[1])
    words = f"{where} answered {code} {said} to {step}"
    if code in _SLOWER or (400 <= code < 500 and said.startswith("4.7.")):
        return RateLimited(f"{words}; nothing was sent")
    if not 500 <= code < 600:
        return Transient(f"{words}; nothing was sent")
    if step in _OUR_FAULT or code in _LOGIN_WANTED or said.startswith("5.7."):
        return Blocked(f"{words}; ask its keeper what it wants of this sender, then resume")
    return NoSuchAddress(words) if _NOBODY.match(said) else Permanent(words)


def judged(where: str, reply: Reply) -> str:
    """The text of the reply to a whole mail. Raises DeliveryError when it did not accept it."""
    code = reply[0]
    if 200 <= code < 300:
        return text(reply[1])
    if code == CLOSING or not 400 <= code < 600:
        raise in_doubt(where, f"it answered {code} {text(reply[1])}")
    raise refused(where, "the mail", reply)


def broken(where: str, error: OSError) -> Transient:
    """The connection was lost before the final dot."""
    return Transient(f"{where} broke off before the mail was complete ({why(error)}); nothing was sent")


def in_doubt(where: str, reason: str) -> OutcomeUnknown:
    """The connection was lost after the final dot."""
    return OutcomeUnknown(
        f"{where} had the whole mail and did not say whether it took it ({reason}); "
        "look in its log for the Message-ID"
    )


def text(raw: bytes) -> str:
    """A reply on one line, without what could play tricks on a terminal."""
    said = raw.decode("utf-8", "replace")[:_LONG]
    return (said if said.isprintable() else _CONTROL.sub(" ", said)).strip()


def why(error: Exception) -> str:
    if isinstance(error, BlockingIOError):  # so the kernel says it
        return "timed out"
    return _CONTROL.sub(" ", str(error))[:200] or type(error).__name__
