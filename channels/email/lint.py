"""What readers' mail programs would make badly of a mail's HTML: warnings for whoever changes the template."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

CLIPPED = 100_000
"""Bytes: Gmail hides what stands behind about 102 KB of HTML, and with it the unsubscribe link."""
_RUNS = ("script", "iframe", "object", "embed", "form", "video", "audio")


def faults(html: str) -> Iterator[str]:
    """A sentence for each fault, as the preview shows them."""
    if (size := len(html.encode())) > CLIPPED:
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
