"""The body of `POST /rest/posts` as the Posts API takes it from an organization."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from publisher.sandbox.schema import flag, many, record, text

URN = r"urn:li:[A-Za-z]+:[\w-]+"
_ALT = text(most=4086)
_IMAGE = text(r"urn:li:image:[\w-]+")

CONTENT = {
    "article": record(
        {
            "source": text(),
            "title": text(),
            "description": text(),
            "thumbnail": _IMAGE,
            "thumbnailAltText": _ALT,
        },
        required=("source",),
    ),
    "media": record({"id": text(URN), "altText": _ALT, "title": text()}, required=("id",)),
    "multiImage": record(
        {"images": many(record({"id": _IMAGE, "altText": _ALT}, required=("id",)), 2, 20)},
        required=("images",),
    ),
}
"""The organic kinds of content that the sandbox knows."""

POST = record(
    {
        "author": text(URN),
        "commentary": text(),
        "visibility": text(among=("PUBLIC", "CONNECTIONS", "LOGGED_IN", "CONTAINER")),
        "distribution": record(
            {
                "feedDistribution": text(among=("MAIN_FEED", "NONE")),
                "targetEntities": many(record({}, closed=False)),
                "thirdPartyDistributionChannels": many(text()),
            },
            required=("feedDistribution",),
        ),
        "lifecycleState": text(among=("PUBLISHED",)),
        "isReshareDisabledByAuthor": flag,
        "content": record(dict(CONTENT)),
        "contentLandingPage": text(),
        "contentCallToActionLabel": text(),
        "reshareContext": record({"parent": text(URN)}, required=("parent",)),
        "adContext": record({}, closed=False),
        "container": text(URN),
    },
    required=("author", "commentary", "visibility", "distribution", "lifecycleState"),
)

EDITABLE = frozenset(
    {
        "commentary",
        "contentCallToActionLabel",
        "contentLandingPage",
        "lifecycleState",
        "reshareContext",
        "adContext",
    }
)
"""What PARTIAL_UPDATE may set."""


def content_problem(content: dict[str, Any]) -> str:
    """What the field types cannot say about `content`; empty when all is well."""
    if len(content) != 1:
        return f"content must hold exactly one kind, not {', '.join(content) or 'none'}"
    media = content.get("media", {})
    if media.get("id", "").startswith("urn:li:document:") and not media.get("title"):
        return "content.media.title is required for a document"
    source = urlsplit(content["article"]["source"]) if "article" in content else None
    if source and (source.scheme not in ("http", "https") or not source.hostname):
        return "content.article.source must be a web address"
    return ""


def assets(content: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The media a content refers to: (URN, alt text, title)."""
    media = [content["media"]] if "media" in content else content.get("multiImage", {}).get("images", [])
    found = [(m["id"], m.get("altText", ""), m.get("title", "")) for m in media]
    article = content.get("article", {})
    if "thumbnail" in article:
        found.append((article["thumbnail"], article.get("thumbnailAltText", ""), ""))
    return found
