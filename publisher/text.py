"""Text: what will be said, as spans, neutral to every channel.

A template cannot hand over objects, so it writes spans as marked strings: a span opens with one of
four code points that Unicode reserves for a program's own use (noncharacters), its parts are parted
by a fifth and closed by a sixth. Intake strips all of them (`unmarked`), so no statement can forge one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Self

Kind = Literal["plain", "link", "hashtag", "mention"]

_OPEN: dict[str, Kind] = {"\ufdd0": "link", "\ufdd1": "hashtag", "\ufdd2": "mention"}
_MARK: dict[Kind, str] = {kind: mark for mark, kind in _OPEN.items()}
_PART, _CLOSE = "\ufdd3", "\ufdd4"
_MARKS = re.compile("[\ufdd0-\ufdef]")
_SPAN = re.compile(f"([\ufdd0-\ufdd2])([^{_PART}{_CLOSE}]*)(?:{_PART}([^{_CLOSE}]*))?{_CLOSE}")

# A URL as an author writes it in running text; closing punctuation belongs to the sentence.
_URL = r"https?://[^\s<>\"“”«»\u3000-\u303f]*[^\s<>\"“”«»\u3000-\u303f.,;:!?…'’)\]}]"
_AUTHORED = re.compile(rf"(?P<link>{_URL})|(?<![\w&/#])#(?P<hashtag>\w*[^\W\d_]\w*)")


@dataclass(frozen=True, slots=True)
class Span:
    """One run of text. `text` is the words, the URL, or the tag without `#`; `target` whom a mention names."""

    kind: Kind
    text: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A sequence of spans; adjacent plain spans are one."""

    spans: tuple[Span, ...] = ()

    @classmethod
    def plain(cls, text: str) -> Self:
        return cls((Span("plain", text),) if text else ())

    @classmethod
    def parse(cls, marked: str) -> Self:
        """Read a template's output; whatever is not marked is plain."""
        spans: list[Span] = []
        end = 0
        for found in _SPAN.finditer(marked):
            _push(spans, Span("plain", _MARKS.sub("", marked[end : found.start()])))
            spans.append(Span(_OPEN[found[1]], found[2], found[3] or ""))
            end = found.end()
        _push(spans, Span("plain", _MARKS.sub("", marked[end:])))
        return cls(tuple(spans))

    @classmethod
    def authored(cls, text: str) -> Self:
        """Read a person's own text: `https://…` becomes a link, `#Word` a hashtag, all else stays plain."""
        return cls.parse(mark_authored(text))

    @classmethod
    def load(cls, data: list[list[str]]) -> Self:
        return cls(tuple(Span(kind, *rest) for kind, *rest in data))  # type: ignore[arg-type]

    def dump(self) -> list[list[str]]:
        """As JSON: a list of [kind, text] or [kind, text, target]."""
        return [[s.kind, s.text, s.target] if s.target else [s.kind, s.text] for s in self.spans]

    def __str__(self) -> str:
        """What a reader sees where nothing is rewritten: `#tag`, the bare URL, a mention's name."""
        return "".join(f"#{s.text}" if s.kind == "hashtag" else s.text for s in self.spans)

    def __iter__(self) -> Iterator[Span]:
        return iter(self.spans)

    def links(self) -> list[str]:
        return [s.text for s in self.spans if s.kind == "link"]


def _push(spans: list[Span], span: Span) -> None:
    if not span.text:
        return
    if spans and spans[-1].kind == "plain":
        spans[-1] = Span("plain", spans[-1].text + span.text)
    else:
        spans.append(span)


def mark(kind: Kind, text: str, target: str = "") -> str:
    """A span as the marked string a template writes; plain text passes unmarked."""
    text, target = unmarked(text), unmarked(target)
    if kind == "plain" or not text:
        return text
    return f"{_MARK[kind]}{text}{_PART + target if target else ''}{_CLOSE}"


def mark_authored(text: str) -> str:
    """A person's own text as a marked string (see `Text.authored`)."""

    def one(found: re.Match[str]) -> str:
        return mark("link", found["link"]) if found["link"] else mark("hashtag", found["hashtag"])

    return _AUTHORED.sub(one, unmarked(text))


def unmarked(text: str) -> str:
    """`text` without the code points that mark spans."""
    return _MARKS.sub("", text)


def nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def tidy(text: str) -> str:
    """A rendered template's white space made even: no trailing blanks, at most one empty line."""
    lines = "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()
