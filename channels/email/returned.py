"""Mail that came back: what it says, and about whom.

A report says "failed" or "delayed" in fields (RFC 3464), a complaint says so in others (RFC 5965); everything else is
free-form, and `flufl.bounce` knows how the usual servers word it. Whom it is about is believed only where it names
a reader's own bounce address with a genuine MAC, or the reader's own unsubscribe link: whoever has one of these could
take that reader off the list anyway.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email import message_from_bytes, message_from_string
from email.message import Message
from typing import Any

from publisher.channel import Returned
from publisher.errors import StatementError

from . import verp
from .settings import EmailSettings

Lookup = Callable[[str], str]

COMPLAINTS = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
"""Feedback types that say "no more of this"; "not-spam" and reports on authentication do not."""
SAID = 300
"""Characters of a server's words that are kept."""

_ADDRESS = re.compile(r"[^\s<>;,:\"()]+@[^\s<>;,\"()]+")
_LINK = re.compile(r"https?://[^\s<>]+")
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_IN_WORDS = re.compile(r"\b5\d\d[ #-]{1,2}(5\.\d{1,3}\.\d{1,3})\b")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def read(raw: bytes, settings: EmailSettings, *, to: str, token: Lookup, whose: Lookup) -> Returned:
    """What `raw` says; `to` is the address it came to, where that is known.

    `token` gives a reader's token, `whose` the reader with a token; both "" for nobody. Raises StatementError for
    what is no mail.
    """
    mail = message_from_bytes(raw)
    if not mail.keys():
        raise StatementError("this is no mail: it has no headers")
    kind, status, reason = _complaint(mail) or _report(mail) or _free(mail)
    reader, announcement = _about(mail, settings, to, token, whose)
    return Returned(kind, status, _CONTROL.sub(" ", reason).strip()[:SAID], reader, announcement)


# ---------------------------------------------------------------- what it says

Told = tuple[Any, str, str]


def _complaint(mail: Message) -> Told | None:
    for block in _blocks(mail, "message/feedback-report"):
        if said := str(block.get("Feedback-Type", "")).strip().lower():
            return ("complaint" if said in COMPLAINTS else "other"), "", f"feedback: {said}"
    return None


def _report(mail: Message) -> Told | None:
    """Failed only where it failed for all whom the report names: an address may stand for several."""
    groups = [b for b in _blocks(mail, "message/delivery-status") if "Action" in b]
    if not groups:
        return None
    actions = {str(b["Action"]).split("(")[0].strip().lower() for b in groups}
    last = groups[-1]
    found = _STATUS.search(str(last.get("Status", "")))
    status, reason = (found[1] if found else ""), str(last.get("Diagnostic-Code", "")).partition(";")[2]
    if actions == {"failed"}:
        return "failed", status, reason
    return ("delayed" if "delayed" in actions else "other"), status, reason


def _free(mail: Message) -> Told:
    from flufl.bounce import all_failures

    try:
        temporary, permanent = all_failures(mail)
    except Exception:  # it walks what strangers wrote; whatever it stumbles over is no report it knows
        return "other", "", ""
    if not permanent:
        return ("delayed" if temporary else "other"), "", ""
    words = _words(mail)
    found = _IN_WORDS.search(words)
    return "failed", (found[1] if found else ""), words[found.start() :].split("\n")[0] if found else ""


def _words(mail: Message) -> str:
    """The report's own text, without the mail that it returns."""
    for part in mail.walk():
        if part.get_content_type() == "message/rfc822":
            break
        if part.get_content_type() == "text/plain":
            return _text(part)
    return ""


# ---------------------------------------------------------------- about whom


def _about(mail: Message, settings: EmailSettings, to: str, token: Lookup, whose: Lookup) -> tuple[str, str]:
    """The reader and the announcement, proven; "" for what is not."""
    values = [to, *_values(mail)]
    if settings.bounce_address:
        for address in (a for value in values for a in _ADDRESS.findall(value)):
            tag = verp.opened(address, settings.bounce_address)
            key = token(tag.subscriber) if tag else ""
            if tag and key and tag.genuine(key):
                return tag.subscriber, tag.announcement
    for link in (found for value in values for found in _LINK.findall(value)):
        if (its := settings.token(link)) and (reader := whose(its)):
            return reader, ""
    return "", ""


def _values(mail: Message) -> Iterator[str]:
    """Every header of the mail, of the reports in it, and of the mail that it returns."""
    for part in mail.walk():
        yield from map(str, part.values())
        if part.get_content_type() == "text/rfc822-headers":
            yield from map(str, message_from_string(_text(part)).values())


def _blocks(mail: Message, kind: str) -> Iterator[Message]:
    """The groups of fields in a part that consists of such: the library reads each as a mail without a body."""
    for part in mail.walk():
        inner = part.get_payload() if part.get_content_type() == kind else None
        if isinstance(inner, list):
            yield from (block for block in inner if isinstance(block, Message))


def _text(part: Message) -> str:
    body = part.get_payload(decode=True)
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
