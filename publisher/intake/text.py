"""Plain text as it is copied from a web page or a mail: lines, of which some are wrapped and some are paragraphs."""

from __future__ import annotations

import re
from itertools import zip_longest

from publisher.intake.clean import line
from publisher.intake.draft import Draft, ended
from publisher.intake.language import FUNCTION_WORDS
from publisher.statement import Block

_BULLET = re.compile(r"[•‣◦▪●■*·-]\s+(?=\S)")
_NUMBER = re.compile(r"\(?(\d{1,2})[.)]\s+(?=\S)")
_QUOTED = re.compile(r">\s?")
_DATE_LINE = re.compile(r"\W*(?:\w+\W+)?(?:\d{1,2}\w{0,2}\W+)?(?:\w+\W+){1,2}(?:\d{1,2}\W+)?\d{4}\W*")
_WIDEST = 100  # characters; a line longer than any mail program's was not wrapped
_NARROWEST = 50
_HEADING = 80


def read(body: str) -> Draft:
    """The blocks of `body`, the title first among them once the furniture above it is gone."""
    width = line_width(body)
    draft = Draft(opens_with_title=True)
    for paragraph in _paragraphs(body):
        draft.blocks += _blocks(paragraph, width)
    draft.blocks = _with_headings(draft.blocks)
    return draft


def _paragraphs(body: str) -> list[list[str]]:
    """Runs of lines between empty ones."""
    runs: list[list[str]] = [[]]
    for one in body.split("\n"):
        if text := one.strip(" "):
            runs[-1].append(text)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def line_width(body: str) -> int:
    """Where an editor wrapped the lines of `body`, in characters; 0 where each line is one of its own.

    Four of five lines that have another below them are no longer; the rest may hold an address too long to wrap.
    """
    paragraphs = _paragraphs(body)
    lengths = sorted(len(one) for run in paragraphs for one in run[:-1])
    lines = sum(map(len, paragraphs))
    long = sum(len(one) > _WIDEST for run in paragraphs for one in run)
    width = lengths[len(lengths) * 4 // 5] if lengths else 0
    return width if _NARROWEST <= width <= _WIDEST and long * 5 <= lines else 0


def wrapped(before: str, after: str, width: int) -> bool:
    """Whether `after` goes on where `before` broke off."""
    first = after.split(" ", 1)[0]
    full = width > 0 and len(before) + 1 + len(first) > width - 3
    hanging = before.rsplit(" ", 1)[-1] in FUNCTION_WORDS
    return full or hanging or (not ended(before) and after[:1].islower())


def _blocks(paragraph: list[str], width: int) -> list[Block]:
    made: list[Block] = []
    numbered = sum(bool(_NUMBER.match(one)) for one in paragraph) > 1
    quoting = all(one.startswith(">") for one in paragraph)
    before = ""
    for one in paragraph:
        text = _QUOTED.sub("", one, count=1) if quoting else one
        mark = _BULLET.match(text) or (numbered and _NUMBER.match(text))
        if mark:
            made.append(Block("item", line(text[mark.end() :])))
        elif made and wrapped(before, text, width):
            made[-1] = Block(made[-1].kind, line(f"{made[-1].text} {text}"))
        elif text:
            made.append(Block("quote" if quoting else "paragraph", line(text)))
        before = text
    return [block for block in made if block.text]


def _with_headings(blocks: list[Block]) -> list[Block]:
    """A short line alone above a paragraph, which is no sentence, is that paragraph's heading."""

    def one(block: Block, after: Block | None) -> Block:
        short = block.kind == "paragraph" and len(block.text) <= _HEADING and not ended(block.text)
        above = (
            after is not None
            and len(after.text) > len(block.text)
            and (ended(after.text) or after.kind == "item")
        )
        return (
            Block("heading", block.text)
            if short and above and not _DATE_LINE.fullmatch(block.text)
            else block
        )

    return [one(block, after) for block, after in zip_longest(blocks, blocks[1:])]
