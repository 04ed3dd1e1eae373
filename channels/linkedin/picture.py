"""How many pixels and frames an image has: LinkedIn's limits are on those, not on bytes."""

from __future__ import annotations

import struct


def pixels(content: bytes) -> int | None:
    """Width × height of a PNG, GIF or JPEG; None when the header does not say."""
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
    elif content[:6] in (b"GIF87a", b"GIF89a") and len(content) >= 10:
        width, height = struct.unpack("<HH", content[6:10])
    elif content.startswith(b"\xff\xd8"):
        return _jpeg(content)
    else:
        return None
    return int(width) * int(height)


def _jpeg(content: bytes) -> int | None:
    """From the frame header (SOF0–SOF15 without DHT, JPG and DAC), the first that names a size."""
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker = content[at + 1]
        if marker == 0xFF:  # padding before a marker
            at += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return int(width) * int(height)
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None


def frames(content: bytes) -> int:
    """Frames of an animated GIF, by its graphic control extensions; 1 for everything else."""
    return max(1, content.count(b"\x21\xf9\x04")) if content.startswith(b"GIF8") else 1
