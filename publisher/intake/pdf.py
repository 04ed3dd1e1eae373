"""A PDF as blocks. It holds letters at places and no paragraphs: these are told by distance, size and weight.

pypdf finds the text; the lines, and what belongs together, are found here. What cannot be told for certain is
refused (letters without a character map, text from right to left) or said in a note (a word parted at a line's end).
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from statistics import median
from typing import Any

from publisher.errors import StatementError
from publisher.intake.clean import clean, line, raised
from publisher.intake.draft import Draft, ended, quoted, without_kickers
from publisher.statement import Block, BlockKind

PAGES = 200
PATIENCE = 30.0
"""Seconds for the whole document: a PDF can be made so that reading it never ends."""
_OTHER = "give its text, a Word document or the web page"
_LIGATURES = {
    ord("ﬀ"): "ff",
    ord("ﬁ"): "fi",
    ord("ﬂ"): "fl",
    ord("ﬃ"): "ffi",
    ord("ﬄ"): "ffl",
    ord("ﬅ"): "st",
    ord("ﬆ"): "st",
}
_PAGE_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|sida|página|pagina)\s*)?\d{1,3}(?:\s*(?:/|of|von|de|sur|av|di)\s*\d{1,3})?\W*", re.I
)
_BULLET = re.compile(r"([•‣◦▪●■·\x7f\uf000-\uf0ff]|[-–](?=\s)|\(?\d{1,2}[.)](?=\s))\s*")
_HEADLINE = 5  # lines; what is set large and longer is the text
_WIDE = 1.3
"""How much more than the usual distance between two lines parts two paragraphs."""


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    x: float
    y: float
    size: float
    bold: bool
    page: int


def read(data: bytes, name: str) -> Draft:
    """The blocks of a PDF. Raises StatementError when its text cannot be had, or not for certain."""
    pages = _pages(data, name)
    _refuse(pages, name)
    draft = Draft()
    lines = _without_edges(pages, draft)
    body = _body(lines)
    paragraphs = _paragraphs(lines, body)
    known = set(re.findall(r"\w+", " ".join(one.text for one in lines)))
    made = [_joined(paragraph, known, draft) for paragraph in paragraphs]
    draft.blocks = [Block(_kind(p, text, body), text) for p, text in made if text]
    _titled(draft, [p for p, text in made if text], body)
    draft.note("read from a PDF, which does not say where its paragraphs end; compare it with the original")
    return draft


# ---------------------------------------------------------------- lines


def _pages(data: bytes, name: str) -> list[list[_Line]]:
    import logging

    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # its complaints are not the user's
    until = time.monotonic() + PATIENCE
    try:
        reader = PdfReader(BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise StatementError(f"{name} is protected by a password; save it without one, or {_OTHER}")
        if len(reader.pages) > PAGES:
            raise StatementError(f"{name} has {len(reader.pages)} pages; the most that are read are {PAGES}")
        found = []
        for number, page in enumerate(reader.pages):
            found.append(_lines(page, number, until))
    except StatementError:
        raise
    except TimeoutError:
        raise StatementError(f"{name} takes too long to read; {_OTHER}") from None
    except DependencyError:
        raise StatementError(f"{name} is encrypted in a way that cannot be read; {_OTHER}") from None
    except Exception as error:  # pypdf meets damaged files with whatever Python raises
        raise StatementError(
            f"{name} cannot be read as a PDF ({type(error).__name__}); save it again, or {_OTHER}"
        ) from None
    return found


def _lines(page: Any, number: int, until: float) -> list[_Line]:
    """The lines of a page in the order in which they were set. Raises TimeoutError at `until` (monotonic)."""
    lines: list[_Line] = []

    def heard(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:
        parts = text.split("\n")
        bold = "bold" in str((font or {}).get("/BaseFont", "")).lower()
        x, y = cm[0] * tm[4] + cm[2] * tm[5] + cm[4], cm[1] * tm[4] + cm[3] * tm[5] + cm[5]
        tall = abs(size * tm[3] * cm[3]) or abs(size)
        for at, part in enumerate(parts):
            if part.strip() or (part and lines):
                _put(lines, _Line(part, x, y - at * tall * 1.2, tall, bold, number))

    def looked(*_: Any) -> None:  # before each of the page's operations; a page can be made of endless ones
        if time.monotonic() > until:
            raise TimeoutError

    page.extract_text(visitor_text=heard, visitor_operand_before=looked)
    return [one for one in lines if one.text.strip()]


def _put(lines: list[_Line], new: _Line) -> None:
    """A piece of text beside the last one belongs to its line."""
    last = lines[-1] if lines else None
    if last and abs(last.y - new.y) < 0.4 * max(last.size, new.size):
        if new.size <= 0.8 * last.size and new.y > last.y + 0.1 * last.size:
            new = replace(new, text=raised(new.text))
        larger = new if new.size > last.size and new.text.strip() else last
        bold = last.bold and (new.bold or not new.text.strip())
        lines[-1] = replace(last, text=last.text + new.text, size=larger.size, bold=bold)
    elif new.text.strip():
        lines.append(new)


def _refuse(pages: list[list[_Line]], name: str) -> None:
    text = "".join(one.text for lines in pages for one in lines)
    letters = [c for c in text if not c.isspace()]
    if len(letters) < 20:
        raise StatementError(f"{name} holds no text (it may be a scan: pictures of pages); {_OTHER}")
    strange = sum(unicodedata.category(c) in ("Co", "Cn", "Cs") or c == "\ufffd" for c in letters)
    if strange > len(letters) / 20:
        raise StatementError(f"{name} does not say which letters its fonts show; {_OTHER}")
    if sum(unicodedata.bidirectional(c) in ("R", "AL") for c in letters) > len(letters) / 5:
        raise StatementError(
            f"{name} is written from right to left, which cannot be read from a PDF for certain; {_OTHER}"
        )


# ---------------------------------------------------------------- what stands on every page


def _without_edges(pages: list[list[_Line]], draft: Draft) -> list[_Line]:
    """All lines but page numbers, running heads, and small print at the top and bottom of a page."""
    every = [one for lines in pages for one in lines]
    body = _body(every)
    running = Counter(key for lines in pages for key in {_alike(one) for one in _edges(lines)})
    dropped = {
        one
        for lines in pages
        for one in _edges(lines)
        if _PAGE_NUMBER.fullmatch(one.text) or running[_alike(one)] > 1
    }
    dropped |= {one for lines in pages for one in _small(lines, body)}
    draft.dropped += [
        line(clean(one.text)) for one in every if one in dropped and not _PAGE_NUMBER.fullmatch(one.text)
    ]
    return [one for one in every if one not in dropped]


def _edges(lines: list[_Line]) -> list[_Line]:
    """The two lines at the top and the two at the bottom, wherever they were set."""
    down = sorted(lines, key=lambda one: -one.y)
    return down if len(down) <= 4 else down[:2] + down[-2:]


def _small(lines: list[_Line], body: float) -> list[_Line]:
    """What is set smaller than the text above its first line and below its last: letterheads, footnotes."""
    down = sorted(lines, key=lambda one: -one.y)
    tall = [at for at, one in enumerate(down) if one.size >= 0.85 * body]
    return down[: tall[0]] + down[tall[-1] + 1 :] if tall else []


def _alike(one: _Line) -> tuple[str, int]:
    """Two running heads differ in their page number, and stand at the same height."""
    return re.sub(r"\d+", "#", one.text.strip()), round(one.y / 4)


def _body(lines: Sequence[_Line]) -> float:
    """The size most letters have; a long headline above a short text does not count."""
    largest = max((one.size for one in lines), default=10.0)
    head = [one for one in lines if one.size > largest - 0.5]
    rest = [one for one in lines if one.size <= largest - 0.5]
    sizes: Counter[float] = Counter()
    for one in rest if rest and len(head) <= _HEADLINE and head[-1].page == 0 else lines:
        sizes[round(one.size * 2) / 2] += len(one.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


# ---------------------------------------------------------------- paragraphs


def _paragraphs(lines: list[_Line], body: float) -> list[list[_Line]]:
    gaps = [
        a.y - b.y for a, b in pairwise(lines) if a.page == b.page and 0 < a.y - b.y < 3 * body and _same(a, b)
    ]
    leading = median(sorted(gaps)[: max(1, len(gaps) * 2 // 3)]) if gaps else 1.2 * body
    # Far apart, and most end a sentence: each line is a paragraph. Far apart and they do not: double-spaced.
    text = [one.text.strip() for one in lines if abs(one.size - body) <= 0.5]
    if leading > 1.5 * body and sum(map(ended, text)) * 2 > len(text):
        leading = 1.25 * body
    full = sorted(map(len, text))
    length = full[len(full) * 3 // 4] if full else 0  # most lines of a text that is wrapped are that long
    made: list[list[_Line]] = []
    for one in lines:
        if made and _goes_on(made[-1], one, leading, length if abs(one.size - body) <= 0.5 else 0):
            made[-1].append(one)
        else:
            made.append([one])
    return made


def _same(a: _Line, b: _Line) -> bool:
    return abs(a.size - b.size) <= 0.5


def _goes_on(paragraph: list[_Line], after: _Line, leading: float, length: float) -> bool:
    """Whether `after` is the next line of the paragraph. `length`: letters in a full line; 0: nobody knows."""
    last = paragraph[-1]
    if not _same(last, after) or (_bold(paragraph) != after.bold and (after.bold or len(paragraph) == 1)):
        return False
    if _BULLET.match(after.text.lstrip()) and not re.match(r"[-–]?\d", last.text[-2:]):
        return False
    finished = ended(last.text.strip())
    next_word = after.text.split(maxsplit=1)[0]
    if len(last.text.strip()) + 1 + len(next_word) < 0.7 * length:
        return False  # there was room for the next word, so the line was ended on purpose
    if last.page != after.page or after.y > last.y + 1:  # a new page, a new column
        return not finished
    if last.y - after.y > _WIDE * max(leading, leading * last.size / max(1.0, after.size)):
        large = last.size * 1.6  # a headline of two lines stands wider than the text below
        return last.y - after.y <= large and _bold(paragraph) and after.bold and not finished
    return not (finished and after.x > last.x + 6)  # the first line of the next one is indented


def _bold(paragraph: list[_Line]) -> bool:
    return all(one.bold for one in paragraph)


def _joined(paragraph: list[_Line], known: set[str], draft: Draft) -> tuple[list[_Line], str]:
    """The paragraph's words on one line; a word that was parted at a line's end is one again."""
    said = ""
    for one in paragraph:
        text = one.text.strip(" ")
        if not said:
            said = text
        elif said.endswith("\u00ad"):
            said = said[:-1] + text
        elif parted := re.search(r"(\w+)[-\u2010]$", said):
            said = _parted(said, parted[1], text, known, draft)
        else:
            said += " " + text
    return paragraph, line(clean(said.translate(_LIGATURES)))


def _parted(said: str, head: str, text: str, known: set[str], draft: Draft) -> str:
    """Whether the hyphen belongs to the word is told by the rest of the text; if it does not tell, it stays."""
    tail = next(iter(re.findall(r"^\w+", text)), "")
    if tail and head + tail in known:
        return said[:-1] + text
    if tail and tail[0].islower():
        draft.note(
            f"a hyphen at a line's end was kept, see whether it belongs there: {quoted([f'{head}-{tail}'])}"
        )
    return said + text


def _kind(paragraph: list[_Line], text: str, body: float) -> BlockKind:
    if _BULLET.match(paragraph[0].text.lstrip()):
        return "item"
    large = paragraph[0].size > 1.1 * body
    short = len(text) <= 200 and not ended(text)
    return "heading" if short and (large or _bold(paragraph)) else "paragraph"


def _titled(draft: Draft, paragraphs: list[list[_Line]], body: float) -> None:
    """The title is what is set largest on the first page; where all is of one size, the first line."""
    draft.blocks = [
        Block(b.kind, _BULLET.sub("", b.text, count=1)) if b.kind == "item" else b for b in draft.blocks
    ]
    first = [(p[0].size, b.text) for p, b in zip(paragraphs, draft.blocks, strict=True) if p[0].page == 0]
    large = max((size for size, _ in first), default=0.0)
    draft.title = next((text for size, text in first if size == large), "") if large > 1.1 * body else ""
    draft.opens_with_title = not draft.title
    if draft.title:
        draft.blocks = [Block("heading", b.text) if b.text == draft.title else b for b in draft.blocks]
        draft.blocks = without_kickers(draft.blocks, draft)
