"""Posts as X's API shows them: links wrapped in t.co, HTML escaped, fields on request."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from publisher.sandbox.http import Incoming
from publisher.sandbox.record import Public
from publisher.sandbox.weight import links
from publisher.sandbox.x_media import Upload
from publisher.sandbox.x_schema import POST_FIELDS

USER_ID, HANDLE, NAME = "7001", "sandbox_press", "Sandbox Press Office"


@dataclass(slots=True)
class Post:
    """A post and what the public does not see of it. `listed` False: no timeline shows it.

    `edits` are the ids that editing gave it, oldest first, `before` the texts that each of its ids but the newest
    stands for: under an older id X goes on to give the older words.
    """

    public: Public
    uploads: list[Upload] = field(default_factory=list)
    conversation: str = ""
    listed: bool = True
    deleted_at: float = 0.0
    edits: list[str] = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)

    @property
    def ids(self) -> list[str]:
        return [self.public.id, *self.edits]

    @property
    def newest(self) -> str:
        return self.ids[-1]


def shown(post: Post, fields: frozenset[str] | set[str] = frozenset(), id: str = "") -> dict[str, Any]:
    """The post as JSON, as it is under `id` (else as it is now): `id`, `text`, its history, and those of `fields`."""
    public, id = post.public, id or post.newest
    text, urls = _wrapped(public, post.before.get(id, public.text))
    always: dict[str, Any] = {"id": id, "text": html.escape(text, quote=False)}
    always["edit_history_tweet_ids"] = post.ids
    if not fields:
        return always
    extra: dict[str, Any] = {
        "edit_history_post_ids": post.ids,
        "created_at": datetime.fromtimestamp(public.at, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "author_id": USER_ID,
        "conversation_id": post.conversation,
        "lang": "und",
        "reply_settings": "everyone",
    }
    if urls:
        extra["entities"] = {"urls": urls}
    if post.uploads:
        extra["attachments"] = {"media_keys": [u.key for u in post.uploads]}
    if public.reply_to:
        referenced = [{"type": "replied_to", "id": public.reply_to}]
        extra |= {"referenced_tweets": referenced, "referenced_posts": referenced}
        extra["in_reply_to_user_id"] = USER_ID
    return always | {name: value for name, value in extra.items() if name in fields}


def fields_asked(incoming: Incoming) -> set[str] | str:
    """The fields asked for under either name, or what is wrong with them."""
    asked = incoming.parameters()
    wanted = {f for name in ("tweet.fields", "post.fields") for f in asked.get(name, "").split(",") if f}
    unknown = wanted - POST_FIELDS
    return (
        f"The `tweet.fields` query parameter value [{min(unknown)}] is not one of the fields"
        if unknown
        else wanted
    )


def moment(text: str) -> float:
    """Seconds since the epoch of an RFC 3339 time in UTC. Raises ValueError."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text):
        raise ValueError(text)
    return datetime.fromisoformat(text).timestamp()


def _wrapped(public: Public, words: str) -> tuple[str, list[dict[str, Any]]]:
    """The words with each link as a t.co address, and the URL entities."""
    text, at, urls = "", 0, list[dict[str, Any]]()

    def wrap(expanded: str) -> None:
        nonlocal text
        short = f"https://t.co/{_code(public.id, len(urls))}"
        display = re.sub(r"^https?://(www\.)?", "", expanded)
        urls.append(
            {"start": len(text), "end": len(text) + len(short), "url": short, "expanded_url": expanded}
        )
        urls[-1]["display_url"] = display if len(display) <= 26 else display[:26] + "…"
        text += short

    for start, end in links(words):
        text += words[at:start]
        link = words[start:end]
        wrap(link if "://" in link[:8] else f"http://{link}")
        at = end
    text += words[at:]
    if public.media:
        text += " " if text else ""
        wrap(f"{public.url}/photo/1")
        urls[-1]["media_key"] = public.media[0]["media_key"]
    return text, urls


def _code(id: str, n: int) -> str:
    """Ten letters that differ for each link of each post."""
    digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    value, code = int(id) * 8 + n, ""
    for _ in range(10):
        value, digit = divmod(value, 62)
        code += digits[digit]
    return code
