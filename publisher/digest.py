"""Digests: lower-case SHA-256 hex of bytes, or of a value's canonical JSON."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Any) -> bytes:
    """`value` as JSON with sorted keys, no spaces and UTF-8: the same value is always the same bytes."""
    return _CANONICAL.encode(value).encode()


def sha256(value: Any) -> str:
    """The digest of bytes as they are, of anything else as `canonical` JSON."""
    return hashlib.sha256(value if isinstance(value, bytes) else canonical(value)).hexdigest()
