"""A Word document (DOCX) as blocks: what a reader sees on paper, in reading order.

Notes, comments, headers and footers are no part of it. Tracked changes are refused: which of the two texts was
approved is for a person to say.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from publisher.errors import StatementError
from publisher.intake.clean import clean, line, raised
from publisher.intake.draft import Draft, blocks_of, ended, without_kickers
from publisher.intake.fields import web_address
from publisher.statement import Block, BlockKind

UNPACKED = 200_000_000
"""Bytes a document may have once it is unpacked: a few kilobytes can hold gigabytes of zeros."""
TEXT = 20_000_000
"""Bytes of the text itself, with its markup."""
_FIRST = 8  # blocks among which an unmarked title is looked for

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_SKIPPED = {f"{_W}{name}" for name in ("del", "moveFrom", "instrText", "pPr", "rPr", "sdtPr")} | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}
_CHANGED = " | ".join(f"//w:{name}[.//w:t or .//w:delText]" for name in ("ins", "del", "moveFrom", "moveTo"))
_BREAK = "\v"
_WORDS = {f"{_W}tab": " ", f"{_W}br": _BREAK, f"{_W}cr": _BREAK, f"{_W}noBreakHyphen": "-"}


def read(data: bytes, name: str) -> Draft:
    """The blocks of a document. Raises StatementError when it is none, or holds tracked changes."""
    try:
        return _read(data, name)
    except StatementError:
        raise
    except (
        Exception
    ) as error:  # a damaged archive makes zipfile, zlib, lxml and python-docx raise whatever they like
        raise StatementError(
            f"{name} cannot be opened as a Word document ({type(error).__name__}); it may be cut off: save it again"
        ) from None


def _read(data: bytes, name: str) -> Draft:
    document = _opened(data, name)
    body = document.element.body
    if changed := len(body.xpath(_CHANGED)):
        raise StatementError(
            f"{name} holds {changed} tracked changes; accept or reject them in the word processor, and save it again"
        )
    draft, reading = Draft(), _Reading(document)
    found = list(reading.blocks(body))
    # The language a document declares is mostly that of whoever installed the word processor.
    draft.fields = {"documents": _linked(document)}
    _titled(draft, found)
    if reading.hidden:
        draft.note("hidden text in the document was left out")
    if body.xpath("//w:footnoteReference | //w:endnoteReference"):
        draft.note("footnotes of the document were left out")
    if body.xpath("//w:commentReference"):
        draft.note("the document holds comments; see that it is the approved version")
    return draft


def _opened(data: bytes, name: str) -> Any:
    import docx

    with zipfile.ZipFile(BytesIO(data)) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    if "word/document.xml" not in sizes:
        kind = "an OpenDocument file" if "content.xml" in sizes else "a ZIP archive"
        raise StatementError(f"{name} is {kind} and no Word document; save it as DOCX")
    if sum(sizes.values()) > UNPACKED or sizes["word/document.xml"] > TEXT:
        raise StatementError(f"{name} is far larger unpacked than any statement; save its text alone")
    return docx.Document(BytesIO(data))


@dataclass(frozen=True, slots=True)
class _Style:
    """What a paragraph's style says: its name, whether it stands in the outline, its size in points (0: nothing)."""

    name: str = ""
    heading: bool = False
    size: float = 0.0


class _Reading:
    """One document's paragraphs as blocks; `hidden` tells afterwards whether some text was not to be seen."""

    def __init__(self, document: Any) -> None:
        self.document, self.hidden = document, False
        self.styles: dict[
            str | None, _Style
        ] = {}  # python-docx looks each up anew, which takes a millisecond

    def blocks(self, body: Any) -> Iterator[tuple[Block, float, str]]:
        """Each block with the size of its letters in points (0: unknown) and the name of its style."""
        for element in self._outer(body):
            if element.tag == f"{_W}tbl":
                yield from self._table(element)
            else:
                yield from self._paragraph(element)

    def _outer(self, parent: Any) -> Iterator[Any]:
        """Paragraphs and tables, out of whatever frames them (a content control)."""
        for element in parent.iterchildren():
            if element.tag in (f"{_W}p", f"{_W}tbl"):
                yield element
            elif element.tag not in _SKIPPED:
                yield from self._outer(element)

    def _table(self, table: Any) -> Iterator[tuple[Block, float, str]]:
        for row in table.iter(f"{_W}tr"):
            if next(row.iterancestors(f"{_W}tbl")) is not table:
                continue  # of a table inside, whose words are in its cell
            cells = [c for c in row.iter(f"{_W}tc") if next(c.iterancestors(f"{_W}tr")) is row]
            if len(cells) == 1:  # a table that only frames what is in it
                yield from self.blocks(cells[0])
                continue
            said = [line(clean(" ".join(self._said(p) for p in c.iter(f"{_W}p")))) for c in cells]
            if words := " | ".join(filter(None, said)):
                yield Block("item", words), 0.0, ""

    def _paragraph(self, element: Any) -> Iterator[tuple[Block, float, str]]:
        from docx.text.paragraph import Paragraph

        paragraph = Paragraph(element, self.document._body)
        style, said = self._style(paragraph), self._said(element)
        sizes = [run.font.size.pt for run in paragraph.runs if run.font.size and run.text.strip()]
        for block in blocks_of(_kind(paragraph, style, said), said.split(_BREAK)):
            yield block, max(sizes, default=0.0) or style.size, style.name
        for box in element.iter(f"{_W}txbxContent"):
            if not any(e.tag in _SKIPPED for e in box.iterancestors()):
                yield from self.blocks(box)

    def _style(self, paragraph: Any) -> _Style:
        key = paragraph._p.style
        if key not in self.styles:
            self.styles[key] = _style(paragraph.style)
        return self.styles[key]

    def _said(self, element: Any) -> str:
        return "".join(self._words(element))

    def _words(self, parent: Any) -> Iterator[str]:
        for element in parent.iterchildren():
            if element.tag in _SKIPPED or element.tag == f"{_W}txbxContent":
                continue
            if element.tag == f"{_W}t":
                yield element.text or ""
            elif element.tag in _WORDS:
                yield _WORDS[element.tag]
            elif element.tag == f"{_W}r" and _vanishes(element):
                self.hidden = self.hidden or bool(
                    "".join(t.text or "" for t in element.iter(f"{_W}t")).strip()
                )
            elif element.tag == f"{_W}r" and _is_raised(element):
                yield from map(raised, self._words(element))
            else:
                yield from self._words(element)


def _is_raised(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}vertAlign")
    return mark is not None and mark.get(f"{_W}val") == "superscript"


def _vanishes(run: Any) -> bool:
    mark = run.find(f"{_W}rPr/{_W}vanish")
    return mark is not None and mark.get(f"{_W}val", "true") not in ("0", "false", "off")


def _style(style: Any) -> _Style:
    """A style with what it has from those it is based on."""
    name = (style.name or "") if style is not None else ""
    heading, size = name.startswith(("Heading", "Title", "Subtitle")), 0.0
    for _ in range(10):  # Word's own limit; a damaged file may go round in circles
        if style is None:
            break
        heading = heading or bool(style.element.xpath("./w:pPr/w:outlineLvl[@w:val < 9]"))
        size = size or (style.font.size.pt if style.font.size else 0.0)
        style = style.base_style
    return _Style(name, heading, size)


def _kind(paragraph: Any, style: _Style, said: str) -> BlockKind:
    if style.heading:
        return "heading"
    if style.name.startswith("List") or paragraph._p.xpath("./w:pPr/w:numPr[not(w:numId/@w:val='0')]"):
        return "item"
    if "Quot" in style.name:
        return "quote"
    runs = [run for run in paragraph.runs if run.text.strip()]
    bold = bool(runs) and all(run.bold for run in runs)
    return "heading" if bold and len(said) <= 120 and not ended(said.strip()) else "paragraph"


def _titled(draft: Draft, found: list[tuple[Block, float, str]]) -> None:
    """The title: what is styled as one, else the only first heading, else what is set largest at the top."""
    draft.blocks = [block for block, _, _ in found]
    titles = [b.text for b, _, style in found if style == "Title"][:1]
    firsts = [b.text for b, _, style in found if style == "Heading 1"]
    draft.title = next(iter(titles or firsts[:1] or _largest(found[:_FIRST])), "")
    draft.opens_with_title = not draft.title
    if draft.title:
        draft.blocks = without_kickers(_as_heading(draft.blocks, draft.title), draft)


def _largest(top: list[tuple[Block, float, str]]) -> list[str]:
    """What is set larger than everything else at the top of a document without styles."""
    large = max((size for _, size, _ in top), default=0.0)
    found = [b.text for b, size, _ in top if size == large and b.kind != "item"]
    return found if len(found) == 1 and any(size < large for _, size, _ in top) else []


def _as_heading(blocks: list[Block], title: str) -> list[Block]:
    return [Block("heading", b.text) if b.text == title else b for b in blocks]


def _linked(document: Any) -> list[dict[str, str]]:
    """The PDFs the document links, as `documents` of a front matter would name them."""
    made: dict[str, str] = {}
    for link in document.element.body.iter(f"{_W}hyperlink"):
        part = document.part.rels.get(
            link.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id", "")
        )
        target = part.target_ref if part is not None and part.is_external else ""
        try:
            path = urlsplit(target).path
        except ValueError:
            continue
        if path.lower().endswith(".pdf") and web_address(target):
            said = line(clean("".join(t.text or "" for t in link.iter(f"{_W}t"))))
            made.setdefault(target, said or unquote(PurePosixPath(path).name))
    return [{"url": target, "title": title} for target, title in made.items()]
