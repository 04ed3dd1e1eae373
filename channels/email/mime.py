"""The bytes of a mail: built once for a rendering, then only what is a recipient's own is filled in.

Quoted-printable always: base64 would hide the place where a recipient's link belongs, and 8-bit bodies do
not survive every relay. Headers are written here and not by `EmailMessage`: that encodes a List-Unsubscribe
of 78 characters or more, after which no reader offers one-click unsubscribing, and it changes spaces in names.
"""

from __future__ import annotations

import hashlib
import re
from base64 import encodebytes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from html import escape
from typing import TYPE_CHECKING

from publisher.channel import Rendering
from publisher.digest import sha256
from publisher.errors import Blocked, Permanent

from . import dkim
from .address import mailbox, single_line
from .dkim import Signer
from .form import PLACEHOLDER
from .settings import PREFIX

if TYPE_CHECKING:
    from email.message import EmailMessage

    from publisher.statement import Media

Blob = Callable[[str], bytes]
"""Gives a medium's bytes by its digest."""
LINE = 998
"""Octets in a line without its CRLF (RFC 5322 2.1.1)."""
BODY_LINE = 76
"""Octets in a quoted-printable line (RFC 2045 6.7)."""
_USUAL_LINK = re.compile(r"[!-~]+")
_USUAL_VALUE = re.compile(r"(?!.*=\?)[ -~]{0,900}")
"""A header's value that is on one line as it is."""
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_GAP = re.compile(rb"=\r\n@@(text|html)@@=\r\n")


@dataclass(frozen=True)
class Letter:
    """What is one recipient's own. `unsubscribe` is their link; `one_click` announces it in the headers.

    `answers` is the Message-ID of the mail that this one corrects. `returns` is the envelope sender, where the
    mail goes back to when nobody can take it; the sender's own address when empty.
    """

    to: str
    message_id: str
    date: float
    unsubscribe: str = ""
    one_click: bool = False
    answers: str = ""
    returns: str = ""

    def headers(self) -> dict[str, str]:
        found = {
            "Date": _dated(int(self.date)),
            "Message-ID": self.message_id,
            "To": self.to,
        }
        if self.answers:
            found["In-Reply-To"] = found["References"] = self.answers
        if self.one_click:
            found["List-Unsubscribe"] = f"<{self.unsubscribe}>"
            found["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        return found


@lru_cache(maxsize=8)
def _dated(at: int) -> str:
    """The value of Date; a mailing sends thousands in one second."""
    from email.utils import format_datetime

    return format_datetime(datetime.fromtimestamp(at, UTC))


@dataclass(frozen=True)
class Mold:
    """A rendering as MIME with gaps: `pieces` alternate between bytes and the kind of the gap after them."""

    sender: str
    domain: str
    pieces: tuple[bytes, ...]
    signers: tuple[Signer, ...] = ()

    @property
    def personal(self) -> bool:
        """Whether each recipient's own unsubscribe link stands in the bodies."""
        return len(self.pieces) > 1

    def filled(self, letter: Letter, *, stuffed: bool = False) -> bytes:
        """The mail to one recipient, with CRLF line ends. Raises Permanent.

        `stuffed`: as it travels, with the dots at the starts of lines doubled and the final dot.
        """
        links = self._links(letter.unsubscribe)
        pieces = self._stuffed if stuffed else self.pieces
        body = b"".join([links[p] if i % 2 else p for i, p in enumerate(pieces)])
        try:
            own = b"".join([_header(*header) for header in letter.headers().items()])
        except ValueError as error:
            raise Permanent(f"no mail can be made for {letter.to}: {error}") from None
        if not self.signers:
            return own + body
        digest, headers = self._digest(links), self._head | dkim.relaxed_headers(own)
        signatures = [signer.signature(headers, digest, letter.date) for signer in self.signers]
        return b"".join([*signatures, own, body])

    def _links(self, url: str) -> dict[bytes, bytes]:
        """A reader's own link, as it stands in each of the bodies."""
        if not self.personal:
            return {}
        return {b"text": _quoted_link(url), b"html": _quoted_link(escape(url))}

    @cached_property
    def _stuffed(self) -> tuple[bytes, ...]:
        """Done once: a recipient's own headers and link begin no line with a dot."""
        made = [p if i % 2 else stuffed(p) for i, p in enumerate(self.pieces)]
        return (*made[:-1], made[-1] + (b"" if made[-1].endswith(b"\r\n") else b"\r\n") + b".\r\n")

    @cached_property
    def _head(self) -> dict[bytes, bytes]:
        """The headers that are the same for all, ready to be signed."""
        return dkim.relaxed_headers(self.pieces[0].partition(b"\r\n\r\n")[0] + b"\r\n")

    @property
    def _first(self) -> bytes:
        """The body up to the first place that is a reader's own, ready to be hashed."""
        return dkim.relaxed(self.pieces[0].partition(b"\r\n\r\n")[2])

    @cached_property
    def _begun(self) -> hashlib._Hash:
        return dkim.begun(self._first)

    @cached_property
    def _rest(self) -> tuple[bytes, ...]:
        """What follows there, ready to be hashed."""
        return tuple(dkim.relaxed(p) if i % 2 else p for i, p in enumerate(self.pieces[1:]))

    @cached_property
    def _once(self) -> bytes:
        return dkim.body_hash([self._first])

    def _digest(self, links: Mapping[bytes, bytes]) -> bytes:
        """The body's hash: made once where no reader's own link stands in it."""
        if not self.personal:
            return self._once
        rest = [p if i % 2 else links[p] for i, p in enumerate(self._rest)]
        return dkim.body_hash(rest, self._begun)


def stuffed(lines: bytes) -> bytes:
    """With the dots at the starts of lines doubled, as they travel (RFC 5321 4.5.2)."""
    return _LEADING_DOT.sub(b"..", lines)


def message_id(key: str, to: str, domain: str) -> str:
    """The same on every attempt of one part to one recipient, so that a repeat can be recognised as one."""
    return f"<{sha256(f'{key} {to}'.encode())[:40]}@{domain}>"


def mold(
    rendering: Rendering, mark: str = "", signers: tuple[Signer, ...] = (), blob: Blob = lambda digest: b""
) -> Mold:
    """Build a rendering's mail; `mark` goes before the subject, `blob` gives the bytes of what is attached.

    Raises Permanent when it cannot be built faithfully.
    """
    post = rendering.posts[0]
    try:
        headers = {"Subject": single_line(mark + post.wire("subject"), "the subject"), **rendering.headers}
        sender = mailbox(headers["From"])
        raw = b"".join(_header(*header) for header in headers.items()) + _built(rendering, blob).as_bytes()
        _prove(raw, headers, rendering)
    except KeyError:
        raise Blocked(f"the approved mail has no sender; set {PREFIX}SENDER, then submit it again") from None
    except ValueError as error:
        raise Permanent(f"the mail cannot be built as approved: {error}") from None
    return Mold(sender.address, sender.domain, tuple(_GAP.split(raw)), signers)


# ---------------------------------------------------------------- building


_NAMED = frozenset({"From", "Reply-To", "List-Id"})
"""Headers of the form `Name <address>`."""


def _built(rendering: Rendering, blob: Blob) -> EmailMessage:
    """Text first, HTML second: readers show the last alternative they can (RFC 2046 5.1.4). Then what is attached."""
    words = _parted("alternative", rendering.digest[:32])
    for kind, field in (("plain", "text"), ("html", "html")):
        part = _part(f'text/{kind}; charset="utf-8"', "quoted-printable")
        part.set_payload(_quoted_body(rendering.posts[0].wire(field), field))
        words.attach(part)
    if not rendering.media:
        words["MIME-Version"] = "1.0"
        return words
    made = _parted("mixed", rendering.digest[32:])
    made["MIME-Version"] = "1.0"
    made.attach(words)
    for medium in rendering.media:
        made.attach(_attached(medium, blob(medium.digest)))
    return made


def _parted(kind: str, mark: str) -> EmailMessage:
    made = _part(f"multipart/{kind}")
    made.set_boundary(f"=_{mark}")  # "=_" can stand in no quoted-printable or base64 body
    return made


def _part(kind: str, encoding: str = "") -> EmailMessage:
    from email.message import EmailMessage
    from email.policy import SMTP

    made = EmailMessage(SMTP)
    made["Content-Type"] = kind
    if encoding:
        made["Content-Transfer-Encoding"] = encoding
    return made


def _attached(medium: Media, content: bytes) -> EmailMessage:
    if hashlib.sha256(content).hexdigest() != medium.digest:
        raise ValueError(f"the bytes of {medium.name} are not those that were approved")
    made = _part(medium.type, "base64")
    made.add_header("Content-Disposition", "attachment", filename=single_line(medium.name, "the file's name"))
    made.set_payload(encodebytes(content).decode("ascii"))
    return made


def _quoted_body(body: str, field: str) -> str:
    """Quoted-printable, each place of a recipient's link on a line of its own between soft breaks."""
    return f"=\n@@{field}@@=\n".join(_quoted(piece) for piece in body.split(PLACEHOLDER))


def _quoted(text: str) -> str:
    from email.quoprimime import body_encode

    # One less than the limit: a soft break may follow the last line.
    return body_encode(text.encode().decode("latin-1"), BODY_LINE - 1)


def _quoted_link(url: str) -> bytes:
    """`=CRLF` around it, as the gap had: the lines before and after may be full."""
    usual = url.replace("=", "=3D")
    if len(usual) >= BODY_LINE or not _USUAL_LINK.fullmatch(url):
        usual = _quoted(url).replace("\n", "\r\n")
    return f"=\r\n{usual}=\r\n".encode("ascii")


def _header(name: str, value: str) -> bytes:
    """One header: an address or link never encoded nor folded, a name or text only where it is not ASCII."""
    if _USUAL_VALUE.fullmatch(value):
        return f"{name}: {value}\r\n".encode("ascii")
    single_line(value, f"the header {name}")
    if not value.isascii() and name == "To":  # an address that has no other form (RFC 6532 3.2)
        return f"{name}: {value}\r\n".encode()
    if not value.isascii() and name in _NAMED:
        words, _, address = value.rpartition("<")
        value = _encoded(name, words.strip(' "')) + f"\r\n <{address}"
    elif not value.isascii():
        value = _encoded(name, value)
    line = f"{name}: {value}"
    if not line.isascii() or any(len(part) > LINE for part in line.split("\r\n")):
        raise ValueError(f"the header {name} is longer than {LINE} characters; shorten what it is made of")
    return f"{line}\r\n".encode("ascii")


def _encoded(name: str, text: str) -> str:
    from email.header import Header

    # RFC 2047 allows 76; `Header` forgets that base64 comes in fours.
    return Header(text, "utf-8", maxlinelen=72, header_name=name).encode(linesep="\r\n")


# ---------------------------------------------------------------- proof


def _prove(raw: bytes, headers: Mapping[str, str], rendering: Rendering) -> None:
    """Read the mail back as its recipients will. Raises ValueError where it says anything else than was approved."""
    from email import message_from_bytes
    from email.header import decode_header, make_header

    if not raw.isascii() or re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        raise ValueError("it is not 7-bit with CRLF line ends")
    read = message_from_bytes(_GAP.sub(PLACEHOLDER.encode(), raw))
    for name, value in headers.items():
        seen = str(make_header(decode_header(read[name])))
        if seen != (value.replace('"', "") if name in _NAMED and not value.isascii() else value):
            raise ValueError(f"{name} would be read as {seen!r}")
    parts = [part for part in read.walk() if not part.is_multipart()]
    for part, field in zip(parts, ("text", "html"), strict=False):
        body = rendering.posts[0].wire(field).replace("\n", "\r\n").encode()
        if part.get_payload(decode=True) != body:
            raise ValueError(f"the {part.get_content_type()} body would be read differently")
    for part, medium in zip(parts[2:], rendering.media, strict=True):
        found = hashlib.sha256(bytes(part.get_payload(decode=True))).hexdigest()
        if (part.get_filename(), found) != (medium.name, medium.digest):
            raise ValueError(f"{medium.name} would be read differently")
