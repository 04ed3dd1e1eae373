"""A post as X shows it, back in the words it was written in.

X wraps links in t.co, adds one for media, escapes `&`, `<` and `>`, and keeps a long post's full text apart.
Fields carry the names before or after the renaming in version 2.167 of the API; none of them is relied on.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from . import counting

_EPOCH_MS = 1_288_834_974_657
"""The first moment of X's ids, which are times (docs.x.com, "X IDs")."""
_WRAPPED = re.compile(r"https://t\.co/\w+")
_MEDIUM = re.compile(r"https?://(?:www\.)?(?:x|twitter)\.com/\w+/status/\d+/(?:photo|video)/\d+$")
_BLANK = "\x00"


def id_at(moment: float) -> int:
    """The lowest id a post of that moment (epoch seconds) can have."""
    return max(0, int(moment * 1000) - _EPOCH_MS) << 22


def made(post: dict[str, Any]) -> float:
    """When a post was made, by its id."""
    return ((int(post["id"]) >> 22) + _EPOCH_MS) / 1000


def newest(post: dict[str, Any]) -> str:
    """The id of a post's latest version: each edit made one, and an older id goes on to give the older words."""
    ids = [post["id"], *(post.get("edit_history_post_ids") or post.get("edit_history_tweet_ids") or ())]
    return max((str(id) for id in ids if str(id).isdigit()), key=int)


def text(post: dict[str, Any], written: Sequence[str] = ()) -> str:
    """The words of a post; each link as it stands in `written`, where it does, else as X expanded it."""
    source = _source(post)
    words = html.unescape(str(source.get("text", "")))
    for entity in _urls(post, source):
        expanded = str(entity.get("expanded_url") or "")
        medium = entity.get("media_key") or _MEDIUM.match(expanded)
        if expanded and entity.get("url"):
            words = words.replace(str(entity["url"]), "" if medium else _as_written(expanded, written))
    return words.strip()


def is_text(post: dict[str, Any], wire: str, media: bool = False) -> bool:
    """Whether a post says what `wire` says; where X names no link, the words around the links decide.

    `media`: it has some, for which X adds a link at the end.
    """
    links = counting.links(unicodedata.normalize("NFC", wire))
    live = text(post, [link for _, _, link in links])
    if _folded(live) == _folded(wire):
        return True
    if not _WRAPPED.search(live):
        return False
    blank, at = "", 0
    for start, end, _ in links:
        blank, at = blank + wire[at:start] + _BLANK, end
    blank = _folded(blank + wire[at:])
    seen = _folded(_WRAPPED.sub(_BLANK, live))
    return seen == blank or (media and seen == f"{blank} {_BLANK}")


def alts(body: dict[str, Any]) -> tuple[str, ...] | None:
    """The alt texts in an answer about one post, in the order of its media; None where X does not say."""
    data, includes = body.get("data"), body.get("includes")
    attached = data.get("attachments") if isinstance(data, dict) else None
    keys = attached.get("media_keys") if isinstance(attached, dict) else None
    media = includes.get("media") if isinstance(includes, dict) else None
    if isinstance(data, dict) and attached is None and includes is None:
        return ()  # attachments were asked for, and there are none
    if not isinstance(keys, list) or not isinstance(media, list):
        return None
    by_key = {m.get("media_key"): str(m.get("alt_text", "")) for m in media if isinstance(m, dict)}
    return tuple(by_key.get(key, "") for key in keys)


def _source(post: dict[str, Any]) -> dict[str, Any]:
    """Where the full text is: beside the post when it is a long one."""
    for name in ("note_post", "note_tweet"):
        note = post.get(name)
        if isinstance(note, dict) and note.get("text"):
            return note
    return post


def _urls(post: dict[str, Any], source: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for holder in (source, post):
        entities = holder.get("entities")
        urls = entities.get("urls") if isinstance(entities, dict) else None
        found += [url for url in urls if isinstance(url, dict)] if isinstance(urls, list) else []
    return found


def _as_written(expanded: str, written: Sequence[str]) -> str:
    return next((link for link in written if _bare(link) == _bare(expanded)), expanded)


def _bare(link: str) -> str:
    """A link for comparison: X adds a scheme and may encode, or lower the host."""
    host, slash, path = unquote(re.sub(r"^https?://", "", link, flags=re.IGNORECASE)).partition("/")
    return unicodedata.normalize("NFC", f"{host.lower()}{slash}{path}").rstrip("/")


def _folded(words: str) -> str:
    return " ".join(unicodedata.normalize("NFC", words).split())
