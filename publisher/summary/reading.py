"""Reading: which blocks of a statement feed its summary, and what the others are.

Intake drops a page's furniture where it can see it; this room knows what a statement still carries when it
is copied, mailed or exported: datelines, notes to editors, signatories, contacts, end marks, a second body.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from publisher.statement import BlockKind, Statement
from publisher.summary.danger import danger
from publisher.summary.furniture import page
from publisher.summary.said import Said
from publisher.summary.words import pattern


class Passage(NamedTuple):
    """One block: `start` is its offset in `Statement.text`. `why` it feeds no summary; empty when it does.

    `open` tells that it stands inside a quotation; `led` that the block before it ends with a colon.
    """

    block: int
    kind: BlockKind
    text: str
    start: int
    why: str = ""
    open: bool = False
    led: bool = False


END, FURNITURE, TWICE = "is an end mark", "is furniture of the page", "stands in the statement before"
NOT_SAID = frozenset((END, FURNITURE, TWICE))
"""Why a block is no part of what the statement says, though it stands in its text."""

_END_MARK = pattern(
    r"\W*(?:\\?#{2,}|-\s?30\s?-|end(?:s| (?:of )?(?:text|statement|communiqué))?|fin|fin del (?:texto|comunicado)|ende|slut|конец"
    r"|انتهى|ختم شد|（?完）?|（?以上）?)\W*",
    re.IGNORECASE,
)
_MARKS = pattern(r"(?:\\?#){2,}")
_SOCIAL = pattern(
    r"\W*(?:twitter|x|facebook|linkedin|email|e-mail|whatsapp|instagram|youtube|telegram|mastodon|bluesky|print|news (?:&|and) events|share|menu|home|back to top|top)\W*",
    re.IGNORECASE,
)
_SIGNED = pattern(r"[^\n,:;]{3,60},\s[^\n]{3,90}")
_QUOTE = pattern(r"[“«„\"「『]|‘(?=\w)")
_BULLET = pattern(r"[•·▪‣◦●*–—-]\s")
_DATELINE = pattern(
    r"(?:[A-ZÀ-ÞЀ-Я][A-ZÀ-ÞЀ-Я .’'-]{2,40}|[A-ZÀ-Þ][\w’'-]+(?: [A-ZÀ-Þ][\w’'-]+){0,2}(?=,? \(?\d|, [A-Z]))(?:[,/] ?[^—–\n]{2,40}|\s\([^)\n]{2,20}\))?\s?"
    r"(?:[—–]|--|\s-\s)\s*(?=[\"“«‘„A-ZÀ-ÞЀ-Я])"
)
_LISTED = pattern(r"(?:[•·▪‣◦●*]|[–—-](?=\s)|\(?(?:\d{1,2}|[a-zA-Z])[.)](?=\s))\s*")
_FOOT = pattern(
    r"(?:[¹²³⁰⁴-⁹*†‡]|\[\d{1,3}\]|(?<=[.!?][”’»\"])\d{1,2}|(?<=[^\W\d_][.!?])\d{1,2}|\s(?=[¹²³⁰⁴-⁹]))+$"
)
_PLAIN_ENDS = frozenset('.!?:;,"”’»)')


def furniture(said: Said, language: str) -> bool:
    """Whether a block or a sentence speaks to the page's visitor rather than of the news."""
    return bool(said.has(page(language).furniture)) or bool(_SOCIAL.fullmatch(said.text))


def read(statement: Statement) -> tuple[Passage, ...]:
    """Every block with what it is; offsets point into `Statement.text`."""
    return tuple(_read(statement))


def _read(statement: Statement) -> Iterator[Passage]:
    seen: set[str] = {_bare(statement.title)}
    total, start, section, led, quoted = len(statement.text), 0, "", False, False
    for n, block in enumerate(statement.blocks):
        text = block.text
        heading = block.kind == "heading" or (
            block.kind == "paragraph" and len(text) < 60 and "\n" not in text
        )
        late = start > total * 0.3
        if heading and (late or block.kind == "heading"):
            section = _section(
                text, section, block.kind == "heading", start > total * 0.5, statement.language
            )
        opens, closes = _quotation(text, quoted)
        quoted = quoted and opens | closes  # a quotation of several paragraphs opens each of them
        bare = _bare(text)
        why = section or _what(block.kind, text, bare, bare in seen, statement.language)
        kind: BlockKind = "item" if block.kind == "paragraph" and _BULLET.match(text) else block.kind
        yield Passage(n, kind, text, start, why, quoted or opens, led)
        quoted = (quoted or opens) and not closes
        if late and (_END_MARK.fullmatch(text) or _MARKS.search(text[-8:])):
            section = "stands after the end mark"
        led = text.rstrip().endswith((":", "：")) or (led and kind in ("item", "quote"))
        seen.add(bare)
        start += len(text) + 2


def _section(text: str, now: str, heading: bool, late: bool, language: str) -> str:
    """The reason that a heading gives to all blocks under it; only a heading of the page ends another's."""
    known, lower = page(language), text.lower()
    denied = heading and danger(language).myths.search(lower)
    if denied or known.tail.fullmatch(lower) or (late and known.background.fullmatch(lower)):
        return f"stands under “{text.strip()[:60]}”"
    return "" if heading and now.startswith("stands under") else now


def _what(kind: BlockKind, text: str, bare: str, again: bool, language: str) -> str:
    if again and (len(bare) > 40 or kind == "heading" or not bare):
        return TWICE
    if kind == "heading":
        return "is a heading"
    if _END_MARK.fullmatch(text) or _MARKS.fullmatch(text.strip()):
        return END
    if _SOCIAL.fullmatch(text) or (len(text) < 90 and furniture(Said(text), language)):
        return FURNITURE
    if (
        len(text) < 400
        and (":" in text or "@" in text or "+" in text or len(text) < 60)
        and page(language).contact.search(text.lower())
    ):
        return "is a contact"
    if _signatories(text):
        return "is a list of signatories"
    return ""


def _signatories(text: str) -> bool:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return len(lines) >= 3 and all(_SIGNED.fullmatch(line) and line[-1] not in ".!?" for line in lines)


def _quotation(text: str, inside: bool) -> tuple[bool, bool]:
    """Whether the paragraph begins a quotation that runs past its end, and whether it ends the one it is in.

    A quotation of several paragraphs opens each of them and is closed only at the end of the last.
    """
    first = text.lstrip()[:1]
    closing = {"“": "”", "«": "»", "„": "“", "‘": "’", "「": "」", "『": "』", '"': '"'}.get(first)
    if closing is None:
        return False, inside and text.rstrip()[-1:] in '”»“’」』"'
    closed = (
        closing in text.lstrip()[1:] if closing != "’" else bool(re.search(r"’[,.;:]|[.!?,…]’|’\W*$", text))
    )
    return not closed, closed


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text)).lower()


def trimmed(text: str, start: int, first: bool) -> tuple[str, int]:
    """The sentence without the dateline or list mark before it and the footnote mark after it."""
    if first:
        for mark in (_LISTED, _DATELINE):
            found = mark.match(text)
            if found and found.end() < len(text):
                text, start = text[found.end() :], start + found.end()
    bare = _FOOT.sub("", text) if text[-1] not in _PLAIN_ENDS else text
    return (bare, start) if bare else (text, start)
