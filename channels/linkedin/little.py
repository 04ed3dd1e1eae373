"""LinkedIn's "little" text, the format of a post's `commentary` (and of nothing else).

Fifteen characters are reserved and travel behind a backslash, whether or not they form an element; at the
first one that does not, LinkedIn drops the rest of the post and still answers 201. So escaping happens here,
on spans, and never on a finished string. Grammar: "little Text Format", LinkedIn Marketing API documentation.
"""

from __future__ import annotations

import re

from publisher.text import Span, Text, nfc

RESERVED = r"|{}@[]()<>#\*_~"
PAGE = re.compile(r"urn:li:(?:organization|organizationBrand):\d+")
"""Whom a mention may name; anybody else is written as plain text."""

_ESCAPES = {ord(c): f"\\{c}" for c in RESERVED}
_CLASS = re.escape(RESERVED)
_TEXT = rf"(?:[^{_CLASS}]|\\[{_CLASS}])"
_ELEMENT = re.compile(
    rf"(?P<plain>{_TEXT}+)"
    rf"|\{{hashtag\|\\?[#\uff03]\|(?P<template>{_TEXT}+)\}}"
    r"|\#(?P<hashtag>[^\W_]+)"
    rf"|@(?:\[(?P<name>{_TEXT}+)\])?\((?P<urn>urn:li:[A-Za-z]+:[\w-]+)\)"
)
_ESCAPED = re.compile(rf"\\([{_CLASS}])")


def escape(text: str) -> str:
    """`text` as little text that shows exactly `text`: one pass, so no escape is escaped again."""
    return nfc(text).translate(_ESCAPES)


def render(text: Text) -> str:
    """Spans as little text: hashtags and mentions of pages live, everything else inert."""
    return "".join(_element(span) for span in text)


def _element(span: Span) -> str:
    if span.kind == "hashtag":
        return rf"{{hashtag|\#|{escape(span.text)}}}"
    if span.kind == "mention" and PAGE.fullmatch(span.target):
        return f"@[{escape(span.text)}]({span.target})"
    return escape(span.text)


def parse(wire: str) -> Text:
    """Little text as spans, as far as LinkedIn reads it: up to the first bare reserved character."""
    spans: list[Span] = []
    at = 0
    while found := _ELEMENT.match(wire, at):
        at = found.end()
        kind = found.lastgroup
        if kind == "plain":
            spans.append(Span("plain", _unescape(found["plain"])))
        elif kind == "urn":
            spans.append(Span("mention", _unescape(found["name"] or found["urn"]), found["urn"]))
        else:
            spans.append(Span("hashtag", _unescape(found["template"] or found["hashtag"])))
    return Text(tuple(spans))


def _unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def visible(wire: str) -> str:
    """What a reader sees of little text."""
    return nfc(str(parse(wire)))
