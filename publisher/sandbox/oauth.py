"""OAuth 1.0a with HMAC-SHA1 as a server verifies it (RFC 5849)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

from publisher.sandbox.http import Incoming

_SKEW = 300
_NEEDED = ("consumer_key", "signature", "signature_method", "timestamp", "nonce")


@dataclass(frozen=True, slots=True)
class Keys:
    consumer_key: str
    consumer_secret: str
    token: str
    token_secret: str


class Verifier:
    """`origin` is the address clients sign for, whatever address they really talk to.

    Keys without a token verify what is asked before there is one.
    """

    def __init__(self, keys: Keys, origin: str) -> None:
        self.keys, self.origin = keys, origin
        self._nonces: dict[str, float] = {}
        self._lock = threading.Lock()

    def problem(self, incoming: Incoming) -> str:
        """Why the request is not authorised; empty when it is."""
        given = header(incoming.headers.get("authorization", ""))
        missing = [name for name in _NEEDED if not given.get(f"oauth_{name}")]
        if missing:
            return f"oauth_{missing[0]} is missing"
        if (given["oauth_consumer_key"], given.get("oauth_token", "")) != (
            self.keys.consumer_key,
            self.keys.token,
        ):
            return "Invalid or expired token"
        if given["oauth_signature_method"] != "HMAC-SHA1" or given.get("oauth_version", "1.0") != "1.0":
            return "Unsupported signature method or version"
        stamp = given["oauth_timestamp"]
        if not stamp.isdigit() or abs(time.time() - int(stamp)) > _SKEW:
            return "Timestamp out of bounds"
        if not hmac.compare_digest(self._signature(incoming, given), given["oauth_signature"]):
            return "Could not authenticate you"
        return "" if self._fresh(stamp + given["oauth_nonce"]) else "Nonce was used before"

    def _fresh(self, nonce: str) -> bool:
        now = time.monotonic()
        with self._lock:
            if nonce in self._nonces:
                return False
            self._nonces[nonce] = now
            if len(self._nonces) % 4096 == 0:
                self._nonces = {n: t for n, t in self._nonces.items() if now - t <= 2 * _SKEW}
        return True

    def _signature(self, incoming: Incoming, given: dict[str, str]) -> str:
        pairs = [(k, v) for k, v in given.items() if k not in ("oauth_signature", "realm")]
        pairs += parse_qsl(incoming.query, keep_blank_values=True)
        if incoming.kind == "application/x-www-form-urlencoded":
            pairs += parse_qsl(incoming.body.decode("utf-8", "replace"), keep_blank_values=True)
        normal = "&".join(f"{k}={v}" for k, v in sorted((_escape(k), _escape(v)) for k, v in pairs))
        base = f"{incoming.method}&{_escape(self.origin + incoming.path)}&{_escape(normal)}"
        key = f"{_escape(self.keys.consumer_secret)}&{_escape(self.keys.token_secret)}"
        digest = hmac.digest(key.encode(), base.encode(), hashlib.sha1)
        return base64.b64encode(digest).decode()


def _escape(text: str) -> str:
    return quote(text, safe="~")


def header(value: str) -> dict[str, str]:
    """The parameters of an OAuth `Authorization` header; empty when it is none."""
    scheme, _, rest = value.partition(" ")
    if scheme.lower() != "oauth":
        return {}
    pairs = (part.strip().partition("=") for part in rest.split(","))
    return {name: unquote(quoted.strip('"')) for name, _, quoted in pairs}
