"""LinkedIn's "little" text as LinkedIn treats it: at the first reserved character that is neither escaped
nor part of an element, the rest of the text is gone, and nobody is told.

Grammar: `\\` escapes the reserved characters | { } @ [ ] ( ) < > # \\ * _ ~; `{hashtag|\\#|Word}` and `#Word`
are hashtags; `@[Name](urn:li:organization:1)` is a mention. An implementation of its own, so that the
sandbox does not share a mistake with the adapter it judges.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_RESERVED = r"|{}@\[\]()<>#\\*_~"
_TEXT = rf"((?:[^{_RESERVED}]|\\[{_RESERVED}])+)"
_PLAIN = re.compile(rf"[^{_RESERVED}]+")
_ESCAPED = re.compile(rf"\\([{_RESERVED}])")
_TEMPLATE = re.compile(rf"\{{hashtag\|\\?[#＃]\|{_TEXT}\}}")
_WORD = re.compile(r"#([^\W_]+)")
_MENTION = re.compile(rf"@(?:\[{_TEXT}\])?\((urn:li:[A-Za-z]+:[\w-]+)\)")


@dataclass(slots=True)
class Reading:
    """`text` is what a reader sees, `kept` the part of the wire text that survived."""

    text: str = ""
    kept: str = ""
    hashtags: list[str] = field(default_factory=list)
    mentions: list[dict[str, str]] = field(default_factory=list)


def read(wire: str) -> Reading:
    reading = Reading()
    at = 0
    while at < len(wire) and (found := _element(wire, at, reading)):
        at = found.end()
    reading.kept = wire[:at]
    return reading


def _element(wire: str, at: int, reading: Reading) -> re.Match[str] | None:
    """The element that begins at `at`, added to `reading`; None where the text breaks off."""
    if found := _PLAIN.match(wire, at):
        reading.text += found[0]
    elif found := _ESCAPED.match(wire, at):
        reading.text += found[1]
    elif found := _TEMPLATE.match(wire, at) or _WORD.match(wire, at):
        tag = _ESCAPED.sub(r"\1", found[1])
        reading.hashtags.append(tag)
        reading.text += f"#{tag}"
    elif found := _MENTION.match(wire, at):
        name = _ESCAPED.sub(r"\1", found[1] or found[2])
        reading.mentions.append({"name": name, "urn": found[2]})
        reading.text += name
    return found


def escape(text: str) -> str:
    """`text` as wire text in which nothing is an element."""
    return re.sub(rf"([{_RESERVED}])", r"\\\1", text)
