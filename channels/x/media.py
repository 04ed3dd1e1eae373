"""Images on X: upload at once or in chunks, then alt text. All of it is invisible and may be repeated."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from typing import Any

from publisher.errors import Permanent, Transient
from publisher.statement import Media
from publisher.text import nfc

from .api import Api

WHOLE = 4_000_000
"""Bytes up to which an image goes in one request; a larger one, and every GIF, goes in chunks."""
CHUNK = 1_000_000
PATIENCE = 60.0
"""Seconds to wait until X has processed an upload."""
LIFE, SPARE = 86_400, 600
"""Seconds an upload lives unless X says otherwise, and those of them that are left unused."""


def upload(api: Api, media: Sequence[Media], blob: Callable[[str], bytes]) -> tuple[list[str], float]:
    """The ids of these media, with their alt texts set, and until when they can be used (epoch seconds).

    Raises DeliveryError; a failed alt text is one, so that no image goes out without.
    """
    ids, ends = [], time.time() + LIFE
    for medium in media:
        data = _put(api, medium, medium.content or blob(medium.digest))
        ids.append(_id(data))
        if isinstance(life := data.get("expires_after_secs"), int):
            ends = min(ends, time.time() + life)
        _describe(api, medium, ids[-1])
    return ids, ends - SPARE


def _describe(api: Api, medium: Media, id: str) -> None:
    """Set the alt text, and see from the answer, where it says so, that X has kept it."""
    alt = {"alt_text": {"text": medium.alt}}
    body = api.request("POST", "/2/media/metadata", json={"id": id, "metadata": alt})
    kept = _data(body).get("associated_metadata")
    if isinstance(kept, dict) and "alt_text" in kept and _words(kept["alt_text"]) != nfc(medium.alt):
        raise Transient(f"X did not keep the alt text of {medium.name}; nothing was posted")


def _words(alt: Any) -> str:
    return nfc(str(alt.get("text", ""))) if isinstance(alt, dict) else ""


def _put(api: Api, medium: Media, content: bytes) -> dict[str, Any]:
    if not content:
        raise Permanent(f"{medium.name} is not stored any more; submit the statement again")
    gif = medium.type == "image/gif"
    if not gif and len(content) <= WHOLE:
        body = {"media": base64.b64encode(content).decode(), "media_category": "tweet_image"}
        return _data(api.request("POST", "/2/media/upload", json=body))
    opening = {"media_type": medium.type, "total_bytes": len(content)}
    opening["media_category"] = "tweet_gif" if gif else "tweet_image"
    id = _id(_data(api.request("POST", "/2/media/upload/initialize", json=opening)))
    for n, at in enumerate(range(0, len(content), CHUNK)):
        piece = base64.b64encode(content[at : at + CHUNK]).decode()
        api.request("POST", f"/2/media/upload/{id}/append", json={"media": piece, "segment_index": n})
    return _processed(api, medium, id, _data(api.request("POST", f"/2/media/upload/{id}/finalize")))


def _processed(api: Api, medium: Media, id: str, data: dict[str, Any]) -> dict[str, Any]:
    """Wait until X has processed an upload, where it says that it does."""
    ends = time.monotonic() + PATIENCE
    while True:
        info = data.get("processing_info")
        state = info.get("state") if isinstance(info, dict) else "succeeded"
        if state == "failed":
            raise Permanent(f"X cannot process {medium.name}; save it in another format")
        if state not in ("pending", "in_progress"):
            return data
        if time.monotonic() > ends:
            raise Transient(f"X is still processing {medium.name}")
        wait = info.get("check_after_secs") if isinstance(info, dict) else None
        time.sleep(min(wait if isinstance(wait, int) and wait > 0 else 1, 10))
        data = _data(api.request("GET", "/2/media/upload", {"command": "STATUS", "media_id": id}))


def _data(body: dict[str, Any]) -> dict[str, Any]:
    data = body.get("data")
    return data if isinstance(data, dict) else {}


def _id(data: dict[str, Any]) -> str:
    id = str(data.get("id", ""))
    if not id.isdigit():
        raise Transient("X took an upload and did not say under which id")
    return id
