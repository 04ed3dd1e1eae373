"""Documents and images: bytes, read once, known by their content and never by their name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

from publisher.digest import sha256
from publisher.errors import StatementError
from publisher.intake.clean import clean, headline, overridden
from publisher.intake.draft import Draft
from publisher.intake.fields import Fields, web_address
from publisher.intake.source import MEDIA_LIMIT, Source, inside, read_file
from publisher.statement import Media

CARD_LIMIT = 8_000_000
"""Bytes of a link card's picture; what is larger is no thumbnail."""

_DOCUMENT = '[{path: statement.pdf, title: "The full statement"}]'
_IMAGE = '[{path: picture.png, alt: "What the picture shows"}]'

_OFFICE = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"opendocument.text", "application/vnd.oasis.opendocument.text"),
)


def media_of(fields: Fields, source: Source, draft: Draft, allow_hosts: Sequence[str]) -> Iterator[Media]:
    """Every document and image the statement names. Raises StatementError, naming the entry and the fix."""
    for place, entry in enumerate(fields.media("documents", _DOCUMENT), 1):
        yield _document(_Entry(fields.name, f"documents[{place}]", entry, ("title",), draft), source)
    for place, entry in enumerate(fields.media("images", _IMAGE), 1):
        yield _image(_Entry(fields.name, f"images[{place}]", entry, ("alt",), draft), source, allow_hosts)
    if source.url and draft.card:  # a page that lies here as a file opens no connection
        yield from _card(draft, allow_hosts)


class _Entry:
    """One mapping of the front matter: where it is (`path` or `url`) and what it is called."""

    def __init__(
        self, file: str, place: str, found: dict[str, str], keys: Sequence[str], draft: Draft
    ) -> None:
        self.where, self.found, self.draft = f"{file}: `{place}`", found, draft
        self.path, self.url = found.get("path", "").strip(), found.get("url", "").strip()
        if bool(self.path) == bool(self.url):
            self.refuse("needs either `path` or `url`")
        if self.url and not web_address(self.url):
            self.refuse(f"`url` must be a full http or https address, not {self.url[:80]!r}")
        for key in found.keys() - {"path", "url", *keys}:
            draft.note(f"{place}: unknown key `{key}`; known are path, url and {keys[0]}")

    def refuse(self, fix: str) -> None:
        raise StatementError(f"{self.where} {fix}")

    def said(self, key: str) -> str:
        return headline(self.found.get(key, ""), f"{self.where} `{key}`")


def _document(entry: _Entry, source: Source) -> Media:
    if entry.path and source.url:
        entry.url, entry.path = urljoin(source.url, entry.path), ""
    name = _name(entry.path or urlsplit(entry.url).path)
    title = entry.said("title")
    if not title:
        title = name
        entry.draft.note(f"{name} has no title; its file name is shown")
    if entry.url:
        return Media("document", name, title=title, url=entry.url)
    content = _read(entry, source)
    kind = document_type(content)
    if not kind:
        entry.refuse(f"is no document that can be sent ({entry.path} {_looks(content)}); give a PDF")
    if kind == "application/pdf" and b"%%EOF" not in content[-2048:]:
        entry.draft.note(f"{entry.path} does not end as a PDF should; check that it is complete")
    return Media(
        "document", name, kind, title=title, digest=sha256(content), size=len(content), content=content
    )


def _image(entry: _Entry, source: Source, allow_hosts: Sequence[str]) -> Media:
    alt = _alt(entry)
    if entry.path and source.url:
        entry.url, entry.path = urljoin(source.url, entry.path), ""
    if entry.url:
        from publisher.intake.fetch import fetch

        content = fetch(entry.url, allow_hosts=allow_hosts, limit=MEDIA_LIMIT, accept=("image/",)).content
    else:
        content = _read(entry, source)
    name = _name(entry.path or urlsplit(entry.url).path)
    kind = image_type(content)
    if not kind:
        entry.refuse(f"is no image ({name} {_looks(content)}); give a PNG, JPEG, GIF or WebP")
    if kind == "image/png" and b"IEND" not in content[-64:]:
        entry.refuse(f"is cut off ({name} has no end); save it again")
    return Media(
        "image", name, kind, alt, url=entry.url, digest=sha256(content), size=len(content), content=content
    )


def _card(draft: Draft, allow_hosts: Sequence[str]) -> Iterator[Media]:
    """The picture of the page's link card; a note where it cannot be had, for the statement is whole without."""
    from publisher.intake.fetch import fetch

    url = draft.card["url"]
    try:
        content = fetch(url, allow_hosts=allow_hosts, limit=CARD_LIMIT, accept=("image/",)).content
    except StatementError as error:
        draft.note(f"the picture of the page's link card is left out: {error}")
        return
    if not (kind := image_type(content)):
        draft.note(f"the picture of the page's link card is left out: {url} is no PNG, JPEG, GIF or WebP")
        return
    alt, name = clean(draft.card["alt"]), _name(urlsplit(url).path)
    yield Media("card", name, kind, alt, url=url, digest=sha256(content), size=len(content), content=content)


def _alt(entry: _Entry) -> str:
    """What the image shows, in words; it may have several lines."""
    said = clean(entry.found.get("alt", "").replace("\0", "")).strip()
    if not said:
        entry.refuse(f"({entry.path or entry.url}) has no `alt`; say in words what the image shows")
    if overridden(said):
        entry.refuse("`alt` holds a character that reverses the reading order (U+202D or U+202E); remove it")
    return said


def _read(entry: _Entry, source: Source) -> bytes:
    path = inside(source, entry.path)
    # The path is resolved already; a link put in its place since then is not followed.
    content = read_file(path, f"{entry.where} {entry.path}", MEDIA_LIMIT, os.O_NOFOLLOW)
    if not content:
        entry.refuse(f"({entry.path}) is an empty file")
    return content


def _name(path: str) -> str:
    return clean(unquote(PurePosixPath(path).name)) or "file"


def image_type(content: bytes) -> str:
    """The MIME type of an image by its first bytes, or ""."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return ""


def document_type(content: bytes) -> str:
    """The MIME type of a document by its content, or ""."""
    if b"%PDF-" in content[:1024]:
        return "application/pdf"
    if content.startswith(b"PK\x03\x04"):
        return next((kind for mark, kind in _OFFICE if mark in content), "")
    return "application/msword" if content.startswith(b"\xd0\xcf\x11\xe0") else ""


def _looks(content: bytes) -> str:
    if content[:512].lstrip().lower().startswith((b"<!doctype", b"<html")):
        return "is an HTML page"
    return "is a PDF" if b"%PDF-" in content[:1024] else "is of no known type"
