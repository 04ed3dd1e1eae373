"""What readers' mail programs would make badly of a mail's HTML: warnings for whoever changes the template."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser

CLIPPED = 102_000
"""Bytes: Gmail hides what of the HTML stands behind them, and with it the unsubscribe link."""
NEAR = 100_000
"""Bytes: Gmail counts its own way."""
BROAD = 70
"""Latin letters that an inbox shows of a subject on a screen; a telephone shows half of them."""
_RUNS = ("script", "iframe", "object", "embed", "form", "video", "audio")


def broad(subject: str) -> Iterator[str]:
    """A sentence where an inbox would cut the subject; a letter of Chinese or Japanese takes the room of two."""
    width = sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in subject
    )
    if width > BROAD:
        yield f"the subject is as broad as {width} letters; inboxes show about {BROAD} of it, telephones half of that"


def faults(html: str) -> Iterator[str]:
    """A sentence for each fault, as the preview shows them."""
    if (size := len(html.encode())) > NEAR:
        yield f"the email has {size:,} bytes of HTML; Gmail shows about {CLIPPED:,} and hides the end with the unsubscribe link"
    page = _Page()
    page.feed(html)
    page.close()
    for name, attributes in page.seen:
        src = attributes.get("src") or ""
        if name == "img":
            if "alt" not in attributes:
                yield f"the image {src[:60]!r} has no alt text; most readers see it before the image, or instead"
            if not (attributes.get("width") and attributes.get("height")):
                yield f"the image {src[:60]!r} has no width and height; the text jumps when it is loaded"
            if attributes.get("width") in ("0", "1") and attributes.get("height") in ("0", "1"):
                yield f"the image {src[:60]!r} is a tracking pixel; this office promises that nobody is counted"
        elif name in _RUNS:
            yield f"<{name}> is taken out by mail programs"
    if "html" in page.names and not page.attribute("html", "lang"):
        yield "<html> has no lang; screen readers would read it in a wrong voice"


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self.seen}

    def attribute(self, tag: str, name: str) -> str:
        return next((of.get(name) or "" for found, of in self.seen if found == tag), "")
