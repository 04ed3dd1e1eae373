"""What a LinkedIn post can carry, and how LinkedIn counts it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from publisher.channel import MAIN, Field, Form, MediaRules
from publisher.statement import Media
from publisher.text import Text, nfc

from . import little, picture

FOLD = 140
"""Characters before "…see more". It varies by device between about 140 and 210, so the preview marks the first."""
FOLD_LINES = 3
PIXELS, FRAMES = 36_152_320, 250
"""An image has fewer pixels, a GIF at most that many frames (Images API; it names no limit in bytes)."""


class LinkedInForm(Form):
    """One post, with one kind of content: a PDF, else images, else a card for the link, else nothing.

    3000 holds for the text as it travels, counted in UTF-16 units: LinkedIn documents neither number nor
    unit, and was seen to refuse at 3000 and at 4000, escapes included. The card's title and description are
    plain text; where both sites and readers cut them (200, 256) is practice, not documentation.
    """

    fields = (
        Field(MAIN, 3000, "characters on the wire", sentences=6, override="text"),
        Field("card_title", 200, shorten=True, override="card_title", without_media=True),
        Field(
            "card_description",
            256,
            sentences=1,
            override="card_description",
            optional=True,
            without_media=True,
        ),
    )
    media = MediaRules(
        images=20,
        documents=1,
        image_types=frozenset({"image/jpeg", "image/png", "image/gif"}),
        document_types=frozenset({"application/pdf"}),
        document_bytes=100_000_000,
        alt_limit=4086,
        exclusive=True,
        card=True,
    )
    hashtags = 5

    def measure(self, field: str, text: Text) -> int:
        return utf16(self.wire(field, text))

    def wire(self, field: str, text: Text) -> str:
        return little.render(text) if field == MAIN else nfc(str(text))

    def visible(self, field: str, wire: str) -> str:
        return little.visible(wire) if field == MAIN else wire

    def lint(self, field: str, text: Text) -> list[str]:
        if field != MAIN:
            return []
        warnings = [
            f"the link {span.text} has an underscore, which LinkedIn may change: publish under a link without"
            for span in text
            if span.kind == "link" and "_" in span.text
        ]
        warnings += [
            f"{span.text!r} is named in plain text: {span.target!r} is no LinkedIn page (urn:li:organization:NUMBER)"
            for span in text
            if span.kind == "mention" and span.target and not little.PAGE.fullmatch(span.target)
        ]
        warnings += [
            f"LinkedIn makes a mention of “{span.text}” only if that is the full name of the page {span.target}, "
            "capitals included; else it is plain text"
            for span in text
            if span.kind == "mention" and little.PAGE.fullmatch(span.target)
        ]
        first = self.shown(text).split("\n", 1)[0]
        if len(first) > FOLD:
            warnings.append(
                f'the first line has {len(first)} characters; some readers see {FOLD} before "see more"'
            )
        return warnings

    def refuse(self, media: Sequence[Media]) -> list[str]:
        return [f"{medium.name}: {reason}" for medium in media for reason in self._reasons(medium)]

    def _reasons(self, medium: Media) -> Iterator[str]:
        document = medium.kind == "document"
        allowed = self.media.document_types if document else self.media.image_types
        if medium.type not in allowed:
            yield f"LinkedIn does not take {medium.type or 'this type'} here; it takes {', '.join(sorted(allowed))}"
        if document and not medium.title.strip():
            yield "it needs a title, which LinkedIn shows with the document"
        if document and medium.size > self.media.document_bytes:
            yield f"it has {medium.size:,} bytes; LinkedIn takes {self.media.document_bytes:,}"
        if not document and utf16(medium.alt) > self.media.alt_limit:
            yield f"its alt text has {utf16(medium.alt)} characters; LinkedIn takes {self.media.alt_limit}"
        if not document and medium.content:
            if (picture.pixels(medium.content) or 0) >= PIXELS:
                yield f"it has {picture.pixels(medium.content):,} pixels; LinkedIn takes fewer than {PIXELS:,}"
            if picture.frames(medium.content) > FRAMES:
                yield f"it has {picture.frames(medium.content)} frames; LinkedIn takes {FRAMES}"

    def fold(self, text: str) -> int | None:
        lines = text.split("\n")
        end = min(FOLD, len("\n".join(lines[:FOLD_LINES])))
        if end >= len(text):
            return None
        if text[end].isspace():
            return end
        return max(text.rfind(" ", 0, end), text.rfind("\n", 0, end)) if " " in text[:end] else end


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
