"""Guard: what was made of a statement is held against it, before anybody may approve it.

A template's fixed words, the labels and the directory are the office's own, and so are words that an author
wrote for the statement: they are warned about elsewhere. Whatever else stands in a text, its HTML included,
must be the statement's: a template that alters a number, a name, a quotation, a link or drops a "not" has
made something that nobody said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from publisher import text as texts
from publisher.channel import MAIN, Channel, Copy
from publisher.render import Renderer
from publisher.statement import Block, Statement
from publisher.summary import faithful, sentences
from publisher.text import Text

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

LEAST = 3
"""Characters from which on a piece of a template is words rather than punctuation."""
_NUMBERED = re.compile(r"(?m)^\s*\(?\d{1,2}[.)]\s")
"""The numbers of a list: no figure of the statement's."""
_PLACE = re.compile(r"\{\w+\}")
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "em",
        "font",
        "i",
        "mark",
        "q",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "time",
        "u",
    ]
)
_UNSEEN = frozenset(("style", "script"))
_SAID = ("alt", "title", "href", "src", "content")
_GAP = "\n"
"""What stands for an expression in a template's own words."""


def objections(
    renderer: Renderer,
    statement: Statement,
    channel: Channel,
    made: Sequence[tuple[str, str]],
    own: Sequence[str],
    author: str,
) -> list[tuple[str, str]]:
    """(field, what is wrong) for whatever the texts `made` (field, words) say and the statement does not.

    `own` need no source. `author`: what the author wrote, in place of the statement's sentences or around them.
    """
    choice = renderer.choice(statement)
    ours = [c.text for c in (*choice.ranked, *choice.bound)]
    ours += [statement.title, *own, *(block.text for block in statement.blocks)]
    ours += [piece for label in renderer.words(statement.language).values() for piece in _PLACE.split(label)]
    ours += [name for entry in renderer.directory.entries for name in (entry.name, *entry.also)]
    ours += [*renderer.directory.words, *_values(getattr(channel.form, "context", {}))]
    ours += _fixed(renderer, channel)
    if author:
        ours += [s.text for s in sentences.split(author, statement.language)]
        statement = replace(statement, blocks=(*statement.blocks, Block("paragraph", author)))
    said = [w for w in dict.fromkeys(map(_tidied, ours)) if len(w) >= LEAST]
    return [
        (field, finding.what)
        for field, words in made
        for finding in faithful.check(_NUMBERED.sub("", words), statement, verbatim=said)
        if finding.hard
    ]


@lru_cache(maxsize=2048)
def _tidied(own: str) -> str:
    return texts.tidy(texts.nfc(own))


def words(text: Text) -> str:
    """What is said, without tags and mentions, which are the office's own."""
    return "".join(" " if s.kind in ("hashtag", "mention") else s.text for s in text)


def words_of(copy: Copy, html: bool) -> str:
    """The same of a field that was finished."""
    return shown(copy.text) if html else words(copy.spans)


def shown(html: str) -> str:
    """What an HTML page says, to eyes, to a screen reader and by its links: a line for each of its blocks."""
    page = _Page()
    page.feed(html)
    page.close()
    return texts.tidy("".join([*page.said, "\n", *page.beside]))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.beside: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._block(tag)
        self._unseen += tag in _UNSEEN
        named = dict(attrs)
        for name in _SAID if tag != "meta" else ():
            if value := (named.get(name) or "").removeprefix("mailto:").removeprefix("tel:").strip():
                self.beside.append(f"{value}\n")

    def handle_endtag(self, tag: str) -> None:
        self._block(tag)
        self._unseen -= tag in _UNSEEN and self._unseen > 0

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.said.append(" ".join(data.split("\n")))

    def _block(self, tag: str) -> None:
        if tag not in _INLINE:
            self.said.append("\n")


def _values(context: dict[str, Any]) -> Iterator[str]:
    return (value for value in context.values() if isinstance(value, str))


def _fixed(renderer: Renderer, channel: Channel) -> list[str]:
    """The words that stand in the channel's templates themselves."""
    names = [(f.name, f.html) for f in channel.form.fields]
    if (MAIN, False) in names:
        names += [(name, False) for name in ("thread", "marker", "correction")]
    environment = renderer.environments(channel)[0]
    return [
        line.strip()
        for name, html in names
        for text in _texts(environment, channel.name, name, html)
        for line in text.split("\n")
    ]


def _texts(environment: SandboxedEnvironment, channel: str, field: str, html: bool) -> Iterator[str]:
    """A template's words as they stand around its expressions, and those quoted in them."""
    from jinja2 import TemplateNotFound

    if environment.loader is None:
        return
    for name in (f"{channel}.{field}.j2", f"default.{field}.j2"):
        try:
            source, _, _ = environment.loader.get_source(environment, name)
        except TemplateNotFound:
            continue
        yield from _said(environment, source, html)
        return


@lru_cache(maxsize=256)
def _said(environment: SandboxedEnvironment, source: str, html: bool) -> tuple[str, ...]:
    """What a template's source says by itself: its text as it stands around the code, and the texts in that."""
    around, quoted = [], []
    for _, kind, value in environment.lex(source):
        if kind == "string":
            quoted.append(value.strip("\"'"))
        around.append(value if kind == "data" else _GAP if kind.endswith("_begin") else "")
    return (*quoted, shown("".join(around)) if html else "".join(around))
