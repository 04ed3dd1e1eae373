"""A post as JSON, both ways: what is sent, and whether one that LinkedIn lists is ours (Posts API). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from publisher.channel import MAIN, Part, Post
from publisher.errors import Permanent
from publisher.text import Text, nfc

from . import little

SLACK = 120.0
"""Seconds by which LinkedIn's clock may be behind ours."""
URN = re.compile(r"urn:li:(share|ugcPost):[\w-]+")
_LINK = re.compile(r"https?://\S+|lnkd\.in/\S+")
_SHORT = re.compile(r"https?://lnkd\.in/[\w-]+")


def body(part: Part, author: str, uploads: Mapping[str, str]) -> dict[str, Any]:
    """The body of `POST /rest/posts`; `uploads` has each medium's URN by its digest.

    Raises Permanent when a medium has none: a statement is not published without its document.
    """
    content = _content(part.post, part.rendering.link, uploads)
    return {
        "author": author,
        "commentary": part.post[MAIN].wire,
        "visibility": "PUBLIC",
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    } | ({"content": content} if content else {})


def _content(post: Post, link: str, uploads: Mapping[str, str]) -> dict[str, Any]:
    """The one kind of content: a document, else images, else a card, which LinkedIn never makes by itself."""
    if any(medium.digest not in uploads for medium in (*post.media, post.card) if medium and medium.digest):
        raise Permanent("a file of this post was not uploaded; nothing was sent")
    carried = [(medium, uploads[medium.digest]) for medium in post.media if medium.digest]
    for medium, urn in carried:
        if medium.kind == "document":
            return {"media": {"id": urn, "title": medium.title}}
    images = [{"id": urn, "altText": medium.alt} for medium, urn in carried]
    if len(images) == 1:
        return {"media": images[0]}
    if images:
        return {"multiImage": {"images": images}}
    if not link:
        return {}
    card = {"source": link, "title": post.wire("card_title"), "description": post.wire("card_description")}
    if post.card:
        card["thumbnail"] = uploads[post.card.digest]
    return {"article": {key: value for key, value in card.items() if value}}


def elements(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects a finder lists."""
    listed = body.get("elements")
    yield from (e for e in (listed if isinstance(listed, list) else []) if isinstance(e, dict))


def is_part(live: dict[str, Any], part: Part, author: str, since: float) -> bool:
    """Whether `live` is this part, posted at or after `since` (seconds since the epoch)."""
    created = live.get("createdAt", live.get("publishedAt"))
    return (
        live.get("author") == author
        and bool(URN.fullmatch(str(live.get("id", ""))))
        and isinstance(created, int)
        and created / 1000 >= since - SLACK
        and live.get("lifecycleState") != "PUBLISH_FAILED"
        and _same(live, part)
    )


def before(live: dict[str, Any], since: float) -> bool:
    """Whether `live` last changed before `since` (seconds since the epoch), so that nothing later follows it."""
    changed = live.get("lastModifiedAt")
    return isinstance(changed, int) and changed / 1000 < since - SLACK


def _same(live: dict[str, Any], part: Part) -> bool:
    """Whether `live` is this part: the same text, or a cut one with the same first line and link card."""
    ours, theirs = _folded(part.post[MAIN].text), _folded(little.visible(str(live.get("commentary", ""))))
    if ours == theirs:
        return True
    content = live.get("content")
    article = content.get("article") if isinstance(content, dict) else None
    source = article.get("source") if isinstance(article, dict) else None
    first = _folded(part.post[MAIN].text.split("\n", 1)[0])
    return bool(source and first) and source == part.rendering.link and theirs.startswith(first)


def links(text: str) -> list[str]:
    """The links in a text, in their order."""
    return Text.authored(text).links()


def unshortened(text: str, written: Sequence[str]) -> str:
    """A post's text with each link that LinkedIn shortened as it was written; as it is where their number differs."""
    shown = links(text)
    if len(shown) == len(written):
        for short, ours in zip(shown, written, strict=True):
            text = text.replace(short, ours, 1) if _SHORT.fullmatch(short) else text
    return text


def _folded(text: str) -> str:
    """For comparison: LinkedIn may shorten links, and white space is not a difference."""
    return " ".join(_LINK.sub("…", nfc(text)).split())


def alts(live: dict[str, Any]) -> tuple[str, ...] | None:
    """The images' alt texts; None for a post without images."""
    content = live.get("content")
    if not isinstance(content, dict):
        return None
    single, several = content.get("media"), content.get("multiImage")
    images = several.get("images", []) if isinstance(several, dict) else [single]
    shown = [i for i in images if isinstance(i, dict) and ":image:" in str(i.get("id"))]
    return tuple(str(i.get("altText", "")) for i in shown) or None
