"""Draft: what one reader found in one source, before it is checked and becomes a Statement."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from publisher.intake.clean import clean, line
from publisher.statement import Block, BlockKind

_ENDED = re.compile(r"[.!?…:;。！？؟۔।][\"'”’»)\]]*$")
_BULLET = re.compile(r"[•‣◦▪●■·]\s+(?=\S)")
_LABEL = 80  # characters; what is longer is no label
_SENTENCE = re.compile(r"[.!?…。！？؟۔।][\"'”’»)\]]*(?:\s|$)")


@dataclass(slots=True)
class Draft:
    """`fields` has the keys of the front matter, with values as they were written.

    `title` is the heading the text itself has, which also stands among the blocks; where `opens_with_title`
    it is the first block. `dropped` are the lines that were left out as furniture. `card` is the picture
    that a page wants shown where it is linked: {"url", "alt"}, or empty.
    """

    title: str = ""
    blocks: list[Block] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    opens_with_title: bool = False
    card: dict[str, str] = field(default_factory=dict)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


def ended(text: str) -> bool:
    """Whether `text` ends as a sentence (or the announcement of a list) does."""
    return bool(_ENDED.search(text))


def sentence(text: str) -> bool:
    """Whether `text` holds a whole sentence, not a label, a heading or a name."""
    return bool(_SENTENCE.search(text)) and len(text) >= 40


def blocks_of(kind: BlockKind, lines: list[str]) -> list[Block]:
    """The lines of one paragraph as blocks.

    A line break an author made by hand parts two thoughts (an address, signatories); one in the middle of a
    sentence does not.
    """
    made: list[str] = []
    for text in filter(None, (line(clean(text)) for text in lines)):
        if made and not ended(made[-1]) and text[0].islower():
            made[-1] += f" {text}"
        else:
            made.append(text)
    return [_block(kind, text) for text in made]


def _block(kind: BlockKind, text: str) -> Block:
    """A line that begins with a bullet is an item, whatever its source made of it."""
    bullet = _BULLET.match(text) if kind == "paragraph" else None
    return Block("item", text[bullet.end() :]) if bullet else Block(kind, text)


def without_kickers(blocks: list[Block], draft: Draft) -> list[Block]:
    """Around the headline stand categories, places and dates; the statement begins with its first sentence."""
    headings: list[Block] = []
    kickers: list[str] = []
    for at, block in enumerate(blocks):
        if block.kind == "heading":
            headings.append(block)
        elif block.kind in ("item", "quote") or len(block.text) > _LABEL or ended(block.text):
            draft.dropped += kickers
            return headings + blocks[at:]
        else:
            kickers.append(block.text)
    return blocks


def quoted(texts: list[str], most: int = 6) -> str:
    """Texts as they are named in a note: the first few, shortened."""
    shown = [f"“{t if len(t) <= 60 else t[:57].rsplit(' ', 1)[0] + ' …'}”" for t in texts[:most]]
    return ", ".join(shown) + (f" and {len(texts) - most} more" if len(texts) > most else "")
