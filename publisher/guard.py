"""Guard: what a template made is held against the statement, before anybody may approve it.

A template's fixed words, the labels and the directory are the office's own, and an author's words are the
author's: they are warned about elsewhere. Whatever else stands in a text must be the statement's: a template
that alters a number, a name, a quotation or drops a "not" has made something that nobody said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from publisher import text as texts
from publisher.channel import MAIN, Channel, Copy
from publisher.render import Renderer
from publisher.statement import Statement
from publisher.summary import faithful

if TYPE_CHECKING:
    from jinja2.sandbox import SandboxedEnvironment

LEAST = 3
"""Characters from which on a piece of a template is words rather than punctuation."""
_NUMBERED = re.compile(r"(?m)^\s*\(?\d{1,2}[.)]\s")
"""The numbers of a list: no figure of the statement's."""
_PLACE = re.compile(r"\{\w+\}")


def objections(
    renderer: Renderer, statement: Statement, channel: Channel, copies: Sequence[Copy], own: Sequence[str]
) -> list[tuple[str, str]]:
    """(field, what is wrong) for whatever the templates' texts say and the statement does not; `own` need no source."""
    choice = renderer.choice(statement)
    ours = [c.text for c in (*choice.ranked, *choice.bound)]
    ours += [statement.title, *own]
    ours += [piece for label in renderer.words(statement.language).values() for piece in _PLACE.split(label)]
    ours += [name for entry in renderer.directory.entries for name in (entry.name, *entry.also)]
    ours += [*renderer.directory.words, *_values(getattr(channel.form, "context", {}))]
    ours += _fixed(renderer, channel)
    said = [w for w in dict.fromkeys(texts.tidy(texts.nfc(w)) for w in ours) if len(w) >= LEAST]
    return [
        (copy.field, finding.what)
        for copy in copies
        for finding in faithful.check(_NUMBERED.sub("", _plain(copy)), statement, verbatim=said)
        if finding.hard
    ]


def _plain(copy: Copy) -> str:
    """The text without tags and mentions, which are the office's own."""
    return "".join(" " if s.kind in ("hashtag", "mention") else s.text for s in copy.spans)


def _values(context: dict[str, Any]) -> Iterator[str]:
    return (value for value in context.values() if isinstance(value, str))


def _fixed(renderer: Renderer, channel: Channel) -> list[str]:
    """The words that stand in the channel's templates themselves."""
    environment = renderer.environments(channel)[0]
    fields = [f.name for f in channel.form.fields if not f.html]
    names = [*fields, *(("thread", "marker", "correction") if MAIN in fields else ())]
    return [
        line
        for name in names
        for text in _texts(environment, channel.name, name)
        for line in text.split("\n")
    ]


def _texts(environment: SandboxedEnvironment, channel: str, field: str) -> Iterator[str]:
    from jinja2 import TemplateNotFound

    if environment.loader is None:
        return
    for name in (f"{channel}.{field}.j2", f"default.{field}.j2"):
        try:
            source, _, _ = environment.loader.get_source(environment, name)
        except TemplateNotFound:
            continue
        yield from _said(environment, source)
        return


@lru_cache(maxsize=256)
def _said(environment: SandboxedEnvironment, source: str) -> tuple[str, ...]:
    """What a template's source says by itself: its fixed text and the texts in its code."""
    return tuple(
        value.strip("\"'") if kind == "string" else value
        for _, kind, value in environment.lex(source)
        if kind in ("data", "string")
    )
