"""DKIM (RFC 6376, RFC 8463): a signature of the mail's own domain, over the body and the headers that matter.

Relaxed on both sides, since relays fold and trim. RSA first, Ed25519 only ever as a second signature: the large
providers do not all verify it. `cryptography` does the arithmetic.
"""

from __future__ import annotations

import hashlib
import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publisher.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SIGNED = (
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To", "References", "MIME-Version",
    "Content-Type", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "List-Help", "List-Owner", "List-Archive", "Content-Language",
    "Feedback-ID",
)  # fmt: skip
"""The headers that are signed where they are there; the two for one-click unsubscribing must be among them (RFC 8058 4)."""
_WANTED = tuple(name.lower().encode() for name in SIGNED)
LEAST = 2048
"""Bits of an RSA key: providers refuse shorter ones, or will."""

_LINE_END = re.compile(rb"[ \t]+(?=\r\n)")
_WHITE = re.compile(rb"[ \t]+")
_HEADER = re.compile(rb"([!-9;-~]+):([^\r\n]*(?:\r\n[ \t][^\r\n]*)*)\r\n")


@dataclass(frozen=True)
class Signer:
    """Signs for one domain with one key. Safe to use from several threads. Raises ValueError for a key that is none."""

    domain: str
    selector: str
    pem: str

    @cached_property
    def key(self) -> RSAPrivateKey | Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            found = load_pem_private_key(self.pem.encode(), None)
        except (ValueError, TypeError):
            raise ValueError("is no private key in PEM form without a password") from None
        if isinstance(found, RSAPrivateKey):
            if found.key_size < LEAST:
                raise ValueError(f"is an RSA key of {found.key_size} bits; {LEAST} are the least")
            return found
        if not isinstance(found, Ed25519PrivateKey):
            raise ValueError("is no RSA or Ed25519 key")
        return found

    @property
    def algorithm(self) -> str:
        return "rsa-sha256" if hasattr(self.key, "key_size") else "ed25519-sha256"

    @property
    def record(self) -> str:
        """What the TXT record at `<selector>._domainkey.<domain>` says."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public: Any = self.key.public_key()
        if self.algorithm == "rsa-sha256":
            raw = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k={self.algorithm.partition('-')[0]}; p={b64encode(raw).decode()}"

    def signature(self, headers: Mapping[bytes, bytes], body: bytes, at: float) -> bytes:
        """The DKIM-Signature header, folded, for a mail with these headers (as `relaxed_headers` has them).

        `body` is the hash of its body.
        """
        names = tuple(name for name in _WANTED if name in headers)
        tags = (
            f"v=1; a={self.algorithm}; c=relaxed/relaxed;\r\n d={self.domain}; s={self.selector}; t={at:.0f};\r\n"
            f" h={_listed(names)};\r\n bh={b64encode(body).decode()};\r\n b="
        )
        unsigned = b"DKIM-Signature: " + tags.encode()
        itself = _relaxed(b"DKIM-Signature", unsigned.partition(b":")[2]).rstrip(b"\r\n")
        value = b64encode(self._sign(b"".join([*(headers[name] for name in names), itself]))).decode()
        return (
            unsigned + _folded([value[i : i + 70] for i in range(0, len(value), 70)], "").encode() + b"\r\n"
        )

    @cached_property
    def _sign(self) -> Callable[[bytes], bytes]:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.hashes import SHA256

        key = self.key
        if isinstance(key, RSAPrivateKey):
            return lambda text: key.sign(text, PKCS1v15(), SHA256())
        return lambda text: key.sign(hashlib.sha256(text).digest())


@lru_cache(maxsize=32)
def _listed(names: tuple[bytes, ...]) -> str:
    """The headers for `h=`: From once more than it is there, so that none can be added."""
    return _folded([name.decode() for name in (b"from", *names)], ":")


def relaxed_headers(headers: bytes) -> dict[bytes, bytes]:
    """Headers by their names in small letters, each in its relaxed form (RFC 6376 3.4.2)."""
    return {name.lower(): _relaxed(name, value) for name, value in _HEADER.findall(headers)}


def _relaxed(name: bytes, value: bytes) -> bytes:
    return name.lower() + b":" + _WHITE.sub(b" ", value.replace(b"\r\n", b"")).strip() + b"\r\n"


def relaxed(body: bytes) -> bytes:
    """RFC 6376 3.4.4, but for the empty lines at the end. Of a piece of a body too, if no white space is cut."""
    return _WHITE.sub(b" ", _LINE_END.sub(b"", body))


def begun(piece: bytes) -> hashlib._Hash:
    """The hash of a body of which this piece, `relaxed`, is the first, so far; for `body_hash`."""
    return hashlib.sha256(piece)


def body_hash(pieces: Iterable[bytes], after: hashlib._Hash | None = None) -> bytes:
    """SHA-256 of a body given in pieces, each `relaxed`; of its rest, where it was `begun` already."""
    made, held = after.copy() if after else hashlib.sha256(), b""
    for piece in pieces:
        made.update(held)
        held = piece
    end = held.rstrip(b"\r\n")
    made.update(end + b"\r\n" if end else b"")
    return made.digest()


def _folded(words: list[str], between: str) -> str:
    """Words on lines of at most 76 characters."""
    lines = [""]
    for n, word in enumerate(words):
        piece = word + (between if n < len(words) - 1 else "")
        if lines[-1] and len(lines[-1]) + len(piece) > 72:
            lines.append("")
        lines[-1] += piece
    return "\r\n  ".join(lines)


def made(domain: str, selector: str, kind: str) -> Signer:
    """A new key: `rsa` of 2048 bits, or `ed25519`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key: Any = Ed25519PrivateKey.generate() if kind == "ed25519" else generate_private_key(65537, LEAST)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return Signer(domain, selector, pem)


def kit(domain: str, selector: str, kind: str, prefix: str) -> dict[str, Any]:
    """A new key with all that it takes to use it. Raises UsageError."""
    domain = domain.strip().rstrip(".").lower()
    if not re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]", domain):
        raise UsageError(
            f"{domain!r} is no domain such as example.org; write an international one in its xn-- form"
        )
    selector = selector or time.strftime("p%Y%m")
    selector = f"{selector}e" if kind == "ed25519" else selector
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", selector):
        raise UsageError(f"{selector!r} is no selector; letters, digits and hyphens are")
    signer, which = made(domain, selector, kind), "SECOND_" if kind == "ed25519" else ""
    return {
        "file": f"dkim-{domain}-{selector}.pem",
        "pem": signer.pem,
        "name": f"{selector}._domainkey.{domain}",
        "record": signer.record,
        "settings": {
            f"{prefix}DKIM_DOMAIN": domain,
            f"{prefix}DKIM_{which}SELECTOR": selector,
            f"{prefix}DKIM_{which}KEY": "",
        },
    }


def read(given: str) -> str:
    """A key as the settings have it, a path or the PEM itself, as PEM. Raises ValueError."""
    if "-----BEGIN" in given:
        return given.replace("\\n", "\n")
    try:
        return Path(given).read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ValueError(f"names {given}, which cannot be read ({why})") from None
