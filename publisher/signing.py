"""Signed requests, both ways: HMAC-SHA256 over the time and the raw body, good for five minutes.

X-Publisher-Timestamp: 1795851037
X-Publisher-Signature: sha256=<hex of HMAC-SHA256(secret, timestamp + "." + body)>
"""

from __future__ import annotations

import hashlib
import hmac

TIMESTAMP, SIGNATURE = "X-Publisher-Timestamp", "X-Publisher-Signature"
WINDOW = 300.0
"""Seconds by which a request's time may be off, either way."""
SHORTEST = 16
"""Characters a secret must have: a shorter one can be guessed from one signed request."""


def headers(secret: str, body: bytes, now: float) -> dict[str, str]:
    """What a request with this body carries."""
    stamp = f"{now:.0f}"
    return {TIMESTAMP: stamp, SIGNATURE: f"sha256={_mac(secret, stamp, body)}"}


def fault(secret: str, body: bytes, stamp: str, signature: str, now: float) -> str:
    """Why a request is not to be believed, for its sender; "" when it is."""
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        return f"{TIMESTAMP} is no time in seconds since the epoch"
    given = signature.removeprefix("sha256=").lower().encode("utf-8", "replace")
    if not hmac.compare_digest(_mac(secret, stamp, body).encode(), given):
        return f"{SIGNATURE} does not fit the body, the time and the secret"
    if abs(now - float(stamp)) > WINDOW:
        return f"{TIMESTAMP} is more than {WINDOW:.0f} s away from this clock"
    return ""


def _mac(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
