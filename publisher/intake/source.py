"""Where a statement comes from: a file, a page or standard input, as bytes and then as text."""

from __future__ import annotations

import codecs
import os
import re
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urljoin

from publisher.errors import StatementError

STDIN = "standard input"
TEXT_LIMIT = 10_000_000
MEDIA_LIMIT = 100_000_000
"""Bytes: of a statement's own text, of one document or image."""

_URL = re.compile(r"https?://", re.I)
_PACKED = re.compile(r"\.(?:pdf|docx)(?:[?#]|$)", re.I)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://", re.I)
_META = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_KNOWN_BINARY = (
    (b"\xd0\xcf\x11\xe0", "an old Word document (save it as DOCX)"),
    (b"{\\rtf", "an RTF document (save it as DOCX)"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3", "a database"),
)


@dataclass(frozen=True, slots=True)
class Source:
    """What was read. Relative paths in it lie in `folder`, or are relative to `url`; with neither there are none."""

    name: str
    data: bytes
    charset: str = ""
    type: str = ""
    folder: Path | None = None
    url: str = ""
    private: bool = False
    """Read from a host that is not public, as FETCH__ALLOW_HOSTS allows; its address is for no reader."""


def is_url(source: str) -> bool:
    return bool(_URL.match(source))


def take(source: str, stdin: bytes | None, allow_hosts: Sequence[str]) -> Source:
    """The bytes of `source`. Raises StatementError when there are none to be had, or too many."""
    if source == "-":
        return _sized(Source(STDIN, _stdin() if stdin is None else stdin))
    if is_url(source):
        from publisher.intake.fetch import fetch, private

        page = fetch(source, allow_hosts=allow_hosts, limit=_limit(source))
        hidden = private(page.url, allow_hosts)
        return _sized(Source(source, page.content, page.charset, page.type, url=page.url, private=hidden))
    if not source.strip():
        raise StatementError(
            "the statement's path is empty; give a file, an address, or - for standard input"
        )
    if _SCHEME.match(source):
        raise StatementError(f"{source}: only files and http or https addresses can be read")
    data = read_file(Path(source), source, _limit(source))
    return _sized(Source(source, data, folder=Path(source).parent))


def _limit(name: str) -> int:
    """Bytes that are read of a source: a document may hold pictures and fonts beside its text."""
    return MEDIA_LIMIT if _PACKED.search(name) else TEXT_LIMIT


def packed(data: bytes) -> Literal["pdf", "docx", ""]:
    """What kind of document `data` is, if it is one whose text has to be unpacked."""
    if b"%PDF-" in data[:1024]:
        return "pdf"
    return "docx" if data.startswith(b"PK\x03\x04") else ""


def beside(source: Source, path: str, allow_hosts: Sequence[str]) -> Source:
    """Another text named in `source`: an address, or a file in its folder."""
    if is_url(path) or source.url:
        return take(urljoin(source.url, path), None, allow_hosts)
    found = inside(source, path)
    name = str(source.folder / path) if source.folder else path
    return _sized(Source(name, read_file(found, name, _limit(name), os.O_NOFOLLOW), folder=found.parent))


def _stdin() -> bytes:
    return sys.stdin.buffer.read(TEXT_LIMIT + 1)


def _sized(source: Source) -> Source:
    if not source.data.strip():
        raise StatementError(f"{source.name} is empty; a statement needs at least a title")
    if len(source.data) > (MEDIA_LIMIT if packed(source.data) else TEXT_LIMIT):
        raise StatementError(
            f"{source.name} is larger than {TEXT_LIMIT // 10**6} MB of text; is it a statement?"
        )
    return source


def read_file(path: Path, name: str, limit: int, flags: int = 0) -> bytes:
    """The bytes of a regular file of at most `limit` bytes; errors call it `name`."""
    try:
        # Not blocking: opening a named pipe would wait for its writer for ever.
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | flags)
    except (OSError, ValueError) as error:
        raise StatementError(f"{name} cannot be read: {_reason(error)}; check the path") from None
    try:
        about = os.fstat(handle)
        if stat.S_ISDIR(about.st_mode):
            raise StatementError(f"{name} is a folder; name a file in it")
        if not stat.S_ISREG(about.st_mode):
            raise StatementError(f"{name} is no regular file; give a file, or - to read standard input")
        if about.st_size > limit:
            raise StatementError(
                f"{name} is {about.st_size / 10**6:,.0f} MB; the most that can be used is {limit // 10**6} MB"
            )
        with os.fdopen(handle, "rb", closefd=False) as file:
            return file.read(limit + 1)
    except OSError as error:
        raise StatementError(f"{name} cannot be read: {_reason(error)}") from None
    finally:
        os.close(handle)


def _reason(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return (reason or "it is no valid path").lower()


def inside(source: Source, path: str) -> Path:
    """The file `path` names in the statement's folder. Raises StatementError when it would leave it."""
    if source.folder is None:
        raise StatementError(
            f"{source.name}: the path {path!r} has no folder to be relative to; give a url, or read a file"
        )
    if not path.strip() or "\0" in path:
        raise StatementError(f"{source.name}: {path!r} is no path")
    if Path(path).is_absolute() or re.match(r"[A-Za-z]:|\\|~", path):
        raise StatementError(f"{source.name}: {path!r} must be relative to the statement's folder")
    home = source.folder.resolve()
    try:
        found = (home / path).resolve()
    except (OSError, RuntimeError):
        raise StatementError(f"{source.name}: {path!r} cannot be followed; check the path") from None
    if not found.is_relative_to(home):
        raise StatementError(f"{source.name}: {path!r} leaves the statement's folder; put the file inside it")
    # A link that leads elsewhere in the folder is fine; the path as written stays in errors.
    return found


def decode(source: Source, html: bool = False) -> str:
    """The text of `source`: by its byte order mark, its declared character set, or UTF-8. Never a guess."""
    data = source.data
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decoded(source, data[len(bom) :], encoding)
    for start, what in _KNOWN_BINARY:
        if data.startswith(start):
            raise StatementError(
                f"{source.name} looks like {what}, which cannot be read; "
                "give Markdown, an HTML page, plain text, DOCX or PDF"
            )
    if b"\0" in data:
        row = data[: data.index(b"\0")].count(b"\n") + 1
        raise StatementError(
            f"{source.name} holds a NUL byte in line {row}: it is no text, or UTF-16 without its mark; "
            "save it as UTF-8"
        )
    declared = source.charset or (_declared(data) if html else "")
    if declared:
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            return _decoded(source, data, declared)
    return _decoded(source, data, "utf-8")


def _declared(data: bytes) -> str:
    found = _META.search(data[:4096])
    return found[1].decode("ascii", "replace") if found else ""


def _decoded(source: Source, data: bytes, encoding: str) -> str:
    # Browsers read Latin-1 as Windows-1252, and pages rely on it.
    latin = encoding.lower().replace("_", "-") in ("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii")
    try:
        return data.decode("cp1252" if latin else encoding)
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        byte = data[error.start]
        seen = bytes([byte]).decode("cp1252", "replace")
        raise StatementError(
            f"{source.name} is not {encoding.upper()}: line {row} holds the byte 0x{byte:02X} "
            f"({seen!r} in Windows-1252); save it as UTF-8, or: iconv -f WINDOWS-1252 -t UTF-8"
        ) from None
    except (LookupError, ValueError):
        raise StatementError(
            f"{source.name} declares the character set {encoding!r}, which is unknown; save it as UTF-8"
        ) from None
