"""Markdown's body as blocks: the words a reader sees, without the marks that dress them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from publisher.intake.clean import line
from publisher.intake.draft import Draft, blocks_of, ended
from publisher.intake.text import line_width, wrapped
from publisher.statement import Block, BlockKind

if TYPE_CHECKING:
    from markdown_it.token import Token

_SHORTCODE = re.compile(r"\{\{([<%])(?:[^{}]|\{(?!\{))*?[>%]\}\}")
_NOTE_TEXT = re.compile(r"^ {0,3}\[\^[^\]\s]+\]:.*(?:\n(?:[ \t]+\S.*|[ \t]*(?=\n[ \t]+\S)))*", re.M)
_NOTE_MARK = re.compile(r"\[\^[^\]\s]+\]")
_BREAK = re.compile(r"<br\s*/?>", re.I)
_SKIPPED = ("script", "style", "del")
_STARS = "**"
_HARD = "\v"  # a line break the author made; a "\n" is one that any editor may have made


def read(body: str) -> Draft:
    """The blocks of `body`; its first `#` heading is the draft's title."""
    from markdown_it import MarkdownIt

    draft = Draft()
    body = _without(body, _SHORTCODE, draft, "shortcodes of a site generator")
    body = _without(body, _NOTE_TEXT, draft, "footnotes")
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    walk = _Walk(draft, line_width(body))
    for token in parser.parse(body):
        walk.take(token)
    return draft


def _without(body: str, pattern: re.Pattern[str], draft: Draft, what: str) -> str:
    left, count = pattern.subn("", body)
    if count:
        draft.note(f"left out {what} ({count})")
    return left


class _Walk:
    """Where in the document the reading is: in a list, a quotation, a heading, a row of a table."""

    def __init__(self, draft: Draft, width: int) -> None:
        self.draft, self.width = draft, width
        self.inside: list[str] = []
        self.fresh = False  # nothing of the current list item has been read yet
        self.level = 0
        self.cells: list[str] = []

    def take(self, token: Token) -> None:
        name, _, edge = token.type.rpartition("_")
        if edge == "open":
            self.opens(name, token)
        elif edge == "close":
            self.closes(name)
        elif token.type == "inline":
            self.inline(token)
        elif token.type in ("fence", "code_block"):
            self.add("paragraph", token.content.split("\n"))
        elif token.type == "html_block":
            self.html(token.content)

    def opens(self, name: str, token: Token) -> None:
        self.inside.append(name)
        self.fresh = self.fresh or name == "list_item"
        if name == "heading":
            self.level = int(token.tag[1:])
        elif name == "tr":
            self.cells = []

    def closes(self, name: str) -> None:
        self.inside.pop()
        self.fresh = self.fresh and name != "list_item"
        if name == "tr" and any(self.cells):
            self.draft.blocks.append(Block("item", " | ".join(filter(None, self.cells))))

    def inline(self, token: Token) -> None:
        text = _NOTE_MARK.sub("", _flat(token.children or ()))
        if "tr" in self.inside:
            self.cells.append(line(re.sub(r"[\v\n]", " ", text)))
        elif "heading" in self.inside:
            self.heading(line(re.sub(r"[\v\n]", " ", text)))
        elif "list_item" in self.inside:
            self.item(line(re.sub(r"[\v\n]", " ", text)))
        elif "blockquote" in self.inside:
            self.add("quote", _lines(text, self.width))
        else:
            self.paragraph(text, _all_bold(token.children or ()))

    def paragraph(self, text: str, bold: bool) -> None:
        """A bold line that is no sentence is a heading, also where its stars stand wrongly (`** so**`)."""
        for part in [text.replace("\n", " ")] if bold else _lines(text, self.width):
            bare = part.replace(_STARS, "")
            headed = (
                (bold or part.lstrip().startswith(_STARS)) and len(bare) <= 120 and not ended(bare.strip())
            )
            self.add("heading" if headed else "paragraph", bare.split(_HARD))

    def heading(self, text: str) -> None:
        if self.level == 1 and not self.draft.title:
            self.draft.title = text
        if text:
            self.draft.blocks.append(Block("heading", text))

    def item(self, text: str) -> None:
        blocks = self.draft.blocks
        if not text:
            return
        if self.fresh or not blocks or blocks[-1].kind != "item":
            blocks.append(Block("item", text))
        else:  # a second paragraph of the same item
            blocks[-1] = Block("item", f"{blocks[-1].text} {text}")
        self.fresh = False

    def add(self, kind: BlockKind, lines: list[str]) -> None:
        self.draft.blocks.extend(blocks_of(kind, lines))

    def html(self, markup: str) -> None:
        """Text between raw tags is text of the statement; the tags, comments and scripts are not."""
        if re.search(r"[^\s<>]", re.sub(r"<!--.*?-->|<[^>]*>", "", markup, flags=re.S)):
            from publisher.intake.html import fragment

            self.draft.blocks.extend(fragment(markup))


def _lines(text: str, width: int) -> list[str]:
    """The lines a reader sees as lines: those the author broke, and a list of short ones (signatories)."""
    lines: list[str] = []
    for part in text.split(_HARD):
        soft = [one.strip() for one in part.split("\n")]
        listing = (
            len(soft) > 1
            and not any(map(ended, soft))
            and not any(wrapped(a, b, width) for a, b in pairwise(soft))
        )
        lines += soft if listing else [" ".join(soft)]
    return lines


def _all_bold(tokens: Sequence[Token]) -> bool:
    depth = 0
    for token in tokens:
        depth += token.nesting if token.type.startswith("strong") else 0
        if not depth and token.content.strip():
            return False
    return any(token.type == "strong_open" for token in tokens)


def _flat(tokens: Sequence[Token]) -> str:
    return "".join(_visible(tokens))


def _visible(tokens: Sequence[Token]) -> Iterator[str]:
    """The words of one paragraph. What is struck out, scripts and footnote marks (`<sup><a>1</a></sup>`) are not."""
    skipped, sup = 0, -1
    collected: list[str] = []
    for token in tokens:
        tag = re.match(r"<(/?)([a-z]+)", token.content, re.I) if token.type == "html_inline" else None
        name = (tag[2].lower() if tag else token.tag) if token.type != "s_open" else "del"
        if name in _SKIPPED or token.type in ("s_open", "s_close"):
            closing = bool(tag and tag[1]) or token.type == "s_close"
            skipped += -1 if closing else 1
        elif tag and name == "sup":
            if tag[1]:
                yield "" if sup == 1 else "".join(collected)
                sup, collected = -1, []
            else:
                sup = 0
        elif skipped > 0:
            continue
        elif sup >= 0:
            sup = 1 if name == "a" or re.match(r"\[.*\]$", token.content) else sup
            collected += _words(token)
        else:
            yield from _words(token)
    yield from collected


def _words(token: Token) -> Iterator[str]:
    if token.type in ("text", "code_inline", "text_special"):
        yield token.content
    elif token.type == "softbreak":
        yield "\n"
    elif token.type == "hardbreak" or (token.type == "html_inline" and _BREAK.match(token.content)):
        yield _HARD
