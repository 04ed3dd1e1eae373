"""What a post on X can carry, how X counts it, and what it costs."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence

from publisher.channel import MAIN, Field, Form, MediaRules, Post
from publisher.errors import StatementError
from publisher.statement import Media, Statement
from publisher.text import Span, Text, nfc

from . import counting
from .settings import EVERYBODY, REPLIES

POST_USD, LINK_POST_USD, ALT_USD = 0.015, 0.200, 0.005
"""Pay per use: a post, a post with a link, the alt text of an image (docs.x.com, "Pricing", since 2026-04-20)."""
GIF_PIXELS, GIF_FRAMES, GIF_BYTES = (1280, 1080), 350, 15_000_000
"""The largest GIF (docs.x.com, "Media best practices"); other images are limited in bytes only."""

_HANDLE = re.compile(r"@?([A-Za-z0-9_]{1,15})")
_CASHTAG = re.compile(r"(?<![\w$&/])\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?!\w)")
_REFUSED = re.compile("[\ufeff\ufffe\uffff]")
_FRAME = b"\x21\xf9\x04"  # the graphic control extension that opens each frame


class XForm(Form):
    """One text, and up to four images or one GIF; or a thread of texts, the first with the images.

    `limit`: 280, more for accounts that may post longer. `thread` and `reply_settings` are what the settings
    say; a statement's `channels: {x: {thread: …, reply_settings: …}}` wins.
    """

    media = MediaRules(
        images=4,
        image_types=frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"}),
        image_bytes=5_000_000,
        alt_limit=1000,
    )
    hashtags = 2
    thread_sentences = 6
    options = ("reply_settings",)

    def __init__(self, limit: int = 280, thread: bool = False, reply_settings: str = "") -> None:
        self.fields = (
            Field(MAIN, limit, "weighted characters", sentences=2, together=True, override="text"),
        )
        self.thread, self._reply_settings = thread, reply_settings

    def measure(self, field: str, text: Text) -> int:
        return counting.count(self.wire(field, text))

    def wire(self, field: str, text: Text) -> str:
        return nfc("".join(_written(span) for span in text))

    def shown(self, text: Text) -> str:
        return self.wire(MAIN, text)

    def lint(self, field: str, text: Text) -> list[str]:
        wire = self.wire(field, text)
        warnings = [_cost_of(found, wire) for found in _accidental(wire, text)]
        warnings += [
            f"X names {span.text!r} in plain text: {span.target!r} is no handle"
            for span in text
            if span.kind == "mention" and span.target and not _handle(span)
        ]
        warnings += [f"X makes a cashtag of {tag}: it links to a share's price" for tag in _cashtags(wire)]
        if (tags := sum(span.kind == "hashtag" for span in text)) > self.hashtags:
            warnings.append(f"the post has {tags} hashtags; {self.hashtags} are the most that read well on X")
        return warnings

    def objection(self, field: str, text: Text) -> str:
        wire = self.wire(field, text)
        if len(cashtags := _cashtags(wire)) > 1:
            return f"X refuses more than one cashtag in a post: {', '.join(cashtags)}"
        if _REFUSED.search(wire):
            return "X refuses the invisible characters U+FEFF, U+FFFE and U+FFFF; the post has one"
        return ""

    def headers(self, statement: Statement) -> dict[str, str]:
        """{"reply_settings": who may reply}; empty for everybody. A thread's first post says it for all."""
        given = statement.overrides.get("x", {}).get("reply_settings", self._reply_settings)
        if given in EVERYBODY:
            return {}
        if given not in REPLIES:
            where = statement.source or statement.title
            raise StatementError(
                f"{where}: channels.x.reply_settings is one of {', '.join((EVERYBODY[-1], *REPLIES))}, not {given!r}"
            )
        return {"reply_settings": given}

    def refuse(self, media: Sequence[Media]) -> list[str]:
        refused = [f"{medium.name}: {reason}" for medium in media for reason in self._reasons(medium)]
        if len(media) > self.media.images:
            refused.append(f"X takes {self.media.images} images in a post, not {len(media)}")
        if len(media) > 1 and any(medium.type == "image/gif" for medium in media):
            refused.append("X takes a GIF only by itself: leave it out, or the other images")
        return refused

    def _reasons(self, medium: Media) -> Iterator[str]:
        rules = self.media
        if medium.kind != "image" or medium.type not in rules.image_types:
            yield f"X does not take {medium.type or 'this type'}; it takes {', '.join(sorted(rules.image_types))}"
        gif = medium.type == "image/gif"
        if medium.size > (most := GIF_BYTES if gif else rules.image_bytes):
            yield f"it has {medium.size:,} bytes; X takes {most:,}"
        if not medium.alt.strip():
            yield "it needs an alt text"
        if len(medium.alt) > rules.alt_limit:
            yield f"its alt text has {len(medium.alt):,} characters; X takes {rules.alt_limit:,}"
        if gif and medium.content and len(medium.content) >= 10:
            width, height = struct.unpack("<HH", medium.content[6:10])
            if width > GIF_PIXELS[0] or height > GIF_PIXELS[1]:
                yield f"it is {width} × {height} pixels; X takes GIFs up to {GIF_PIXELS[0]} × {GIF_PIXELS[1]}"
            if (frames := medium.content.count(_FRAME)) > GIF_FRAMES:
                yield f"it has {frames} frames; X takes {GIF_FRAMES}"

    def price(self, posts: Sequence[Post]) -> float:
        """US dollars. An accidental link is priced as one: nothing published says that X would not."""
        return round(sum(_price(post) for post in posts), 3)

    def price_note(self, posts: Sequence[Post]) -> str:
        """What the posts would cost without their links; "" where they have none."""
        saved = (LINK_POST_USD - POST_USD) * sum(_linked(post) for post in posts)
        return f"${self.price(posts) - saved:.3f} without the link" if saved else ""


def _price(post: Post) -> float:
    return (LINK_POST_USD if _linked(post) else POST_USD) + ALT_USD * sum(bool(m.alt) for m in post.media)


def _linked(post: Post) -> bool:
    copy = post[MAIN]
    return bool(counting.links(copy.wire) or copy.spans.links())


def _cashtags(wire: str) -> list[str]:
    return list(dict.fromkeys(_CASHTAG.findall(wire)))


def _written(span: Span) -> str:
    if span.kind == "hashtag":
        return f"#{span.text}"
    if span.kind == "mention" and (handle := _handle(span)):
        return f"@{handle}"
    return span.text


def _handle(span: Span) -> str:
    """Whom a mention names on X; empty where neither its target nor its text is a handle."""
    if found := _HANDLE.fullmatch(span.target):
        return found[1]
    found = _HANDLE.fullmatch(span.text) if span.text.startswith("@") else None
    return found[1] if found else ""


def _accidental(wire: str, text: Text) -> list[str]:
    written = set(text.links())
    return [found for found in dict.fromkeys(counting.accidental(wire)) if found not in written]


def _cost_of(found: str, wire: str) -> str:
    """The warning about one accidental link, with what it costs in length and money."""
    warning = (
        f"X makes a link of “{found}”, which counts {counting.URL} in place of {len(found)}; "
        "put a space after the full stop, or reword it"
    )
    others = [link for _, _, link in counting.links(wire) if link not in counting.accidental(wire)]
    if others:
        return warning
    times = LINK_POST_USD / POST_USD
    return f"{warning}: it may make the post cost ${LINK_POST_USD:.3f} in place of ${POST_USD:.3f} ({times:.0f} ×)"
