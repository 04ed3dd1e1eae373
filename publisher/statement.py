"""Statement: what was said, immutable, with its digest. Media are bytes, read once at intake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from publisher.digest import sha256

BlockKind = Literal["paragraph", "heading", "item", "quote"]


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the statement proper, as plain text without markup, in reading order."""

    kind: BlockKind
    text: str


@dataclass(frozen=True, slots=True)
class Media:
    """A document, an image, or the picture for a link's card. `content` is None for a document that is only linked.

    `type` is a MIME type found from the content; `alt` is mandatory for an image, `title` for a document.
    """

    kind: Literal["document", "image", "card"]
    name: str
    type: str = ""
    alt: str = ""
    title: str = ""
    url: str = ""
    digest: str = ""
    size: int = 0
    content: bytes | None = field(default=None, repr=False, compare=False)

    def dump(self) -> dict[str, Any]:
        """As JSON, without the bytes: those live in the ledger under `digest`."""
        keys = ("kind", "name", "type", "alt", "title", "url", "digest", "size")
        return {key: getattr(self, key) for key in keys if getattr(self, key)}

    @classmethod
    def load(cls, data: dict[str, Any]) -> Self:
        return cls(**{"name": "", **data})


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement in one language.

    `embargo` is a WHEN as written (it is resolved in `plan`); `issued` ISO 8601 as written.
    `overrides` maps a channel's name to its fields ({"x": {"text": "…"}}). `source` is where it was read
    from; `notes` are warnings from reading it; neither is part of the digest.
    """

    title: str
    blocks: tuple[Block, ...] = ()
    url: str = ""
    language: str = "en"
    issued: str = ""
    embargo: str = ""
    organization: str = ""
    hashtags: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    summary: str = ""
    media: tuple[Media, ...] = ()
    overrides: dict[str, dict[str, Any]] = field(default_factory=dict)
    translations: tuple[Statement, ...] = ()
    source: str = ""
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The whole body; sentence offsets point into this."""
        return "\n\n".join(block.text for block in self.blocks)

    @property
    def documents(self) -> tuple[Media, ...]:
        return tuple(m for m in self.media if m.kind == "document")

    @property
    def images(self) -> tuple[Media, ...]:
        return tuple(m for m in self.media if m.kind == "image")

    @property
    def card(self) -> Media | None:
        """What the statement's page shows where it is linked."""
        return next((m for m in self.media if m.kind == "card"), None)

    @property
    def languages(self) -> Iterator[Statement]:
        """This statement, then its translations."""
        yield self
        yield from self.translations

    @property
    def digest(self) -> str:
        """Of the canonical content: body, every front-matter field, media."""
        return sha256(self.dump(canonical=True))

    def dump(self, canonical: bool = False) -> dict[str, Any]:
        """As JSON; `canonical` leaves out what is not content (where it was read from, notes)."""
        data: dict[str, Any] = {
            "title": self.title,
            "blocks": [[b.kind, b.text] for b in self.blocks],
            "url": self.url,
            "language": self.language,
            "issued": self.issued,
            "embargo": self.embargo,
            "organization": self.organization,
            "hashtags": list(self.hashtags),
            "mentions": list(self.mentions),
            "summary": self.summary,
            # A card's picture is the page's, and may change with every look at it: the statement is the same.
            "media": [m.dump() for m in self.media if not (canonical and m.kind == "card")],
            "overrides": self.overrides,
            "translations": [t.dump(canonical) for t in self.translations],
        }
        return data if canonical else data | {"source": self.source, "notes": list(self.notes)}

    @classmethod
    def load(cls, data: dict[str, Any]) -> Self:
        return cls(
            **data
            | {
                "blocks": tuple(Block(kind, text) for kind, text in data["blocks"]),
                "hashtags": tuple(data["hashtags"]),
                "mentions": tuple(data.get("mentions", ())),
                "media": tuple(Media.load(m) for m in data["media"]),
                "translations": tuple(cls.load(t) for t in data["translations"]),
                "notes": tuple(data.get("notes", ())),
            }
        )
