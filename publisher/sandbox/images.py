"""What a file is, by its first bytes: the sandbox believes no name and no header."""

from __future__ import annotations

import struct
from typing import NamedTuple


class Seen(NamedTuple):
    """`type` is empty for what is not recognised; sizes in pixels, 0 where unknown."""

    type: str
    width: int = 0
    height: int = 0


def sniff(data: bytes) -> Seen:
    if data.startswith(b"\x89PNG\r\n\x1a\n") and len(data) >= 24:
        return Seen("image/png", *struct.unpack(">II", data[16:24]))
    if data[:6] in (b"GIF87a", b"GIF89a") and len(data) >= 10:
        return Seen("image/gif", *struct.unpack("<HH", data[6:10]))
    if data.startswith(b"\xff\xd8\xff"):
        return Seen("image/jpeg", *_jpeg(data))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Seen("image/webp")
    if data.startswith(b"%PDF-"):
        return Seen("application/pdf")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return Seen("application/msword")  # or a presentation; nobody asks which
    if data[4:8] == b"ftyp":
        return Seen("video/mp4")
    return Seen("")


def _jpeg(data: bytes) -> tuple[int, int]:
    """Width and height from the frame header."""
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        if 0xC0 <= data[at + 1] <= 0xCF and data[at + 1] not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return 0, 0
