"""Media on X: uploads at once and in chunks, alt text, and reading both back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from publisher.sandbox import x_schema
from publisher.sandbox.http import Answer, Incoming, reply
from publisher.sandbox.images import sniff
from publisher.sandbox.x_problems import not_found, problem, refused

_EXPIRES = 86_400
_LIMITS = {"tweet_image": 5_000_000, "tweet_gif": 15_000_000}


@dataclass(slots=True)
class Upload:
    """One medium; `public` is how it appears on the posts that carry it."""

    id: str
    category: str
    public: dict[str, Any]
    until: float = field(default_factory=lambda: time.time() + _EXPIRES)
    chunks: dict[int, bytes] | None = None
    expected: int | None = None

    @property
    def ready(self) -> bool:
        return self.chunks is None and self.until > time.time()

    @property
    def key(self) -> str:
        return str(self.public["media_key"])

    def described(self) -> dict[str, Any]:
        """As the upload answers show it."""
        data: dict[str, Any] = {"id": self.id, "media_key": self.key, "expires_after_secs": _EXPIRES}
        if self.chunks is None:
            data["size"] = self.public["bytes"]
            if self.public["width"]:
                size = {"w": self.public["width"], "h": self.public["height"]}
                data["image"] = size | {"image_type": self.public["type"]}
        return data

    def seen(self) -> dict[str, Any]:
        """As the media lookup shows it."""
        data = {"media_key": self.key, "type": "animated_gif" if self.category.endswith("gif") else "photo"}
        data |= {"width": self.public["width"], "height": self.public["height"]}
        return data | ({"alt_text": self.public["alt"]} if self.public["alt"] else {})


class Media:
    """The media endpoints. `new_id` gives snowflakes; `alt_fault` names the fault of alt texts that strikes."""

    def __init__(self, new_id: Callable[[], int], alt_fault: Callable[[], str]) -> None:
        self._new_id, self._alt_fault = new_id, alt_fault
        self.uploads: dict[str, Upload] = {}

    def _open(self, category: str) -> Upload:
        id = str(self._new_id())
        public = {"id": id, "media_key": f"3_{id}", "type": "", "alt": "", "title": "", "bytes": 0}
        upload = Upload(id, category, public | {"sha256": "", "width": 0, "height": 0})
        self.uploads[id] = upload
        return upload

    def upload(self, incoming: Incoming) -> Answer:
        """POST /2/media/upload: one request, JSON with base64 or multipart."""
        body = _body(incoming)
        wrong = (
            "the body is neither JSON nor multipart" if body is None else x_schema.UPLOAD(_plain(body), "")
        )
        if wrong or body is None:
            return refused(wrong)
        data = _bytes(body["media"])
        wrong = _unfit(data, body["media_category"])
        if wrong or data is None:
            return refused(wrong)
        upload = self._open(body["media_category"])
        _fill(upload, data)
        return reply(200, {"data": upload.described()})

    def initialize(self, incoming: Incoming) -> Answer:
        body = _body(incoming)
        wrong = "the body must be JSON" if body is None else x_schema.INITIALIZE(body, "")
        if wrong or body is None:
            return refused(wrong)
        upload = self._open(body.get("media_category", "tweet_image"))
        upload.chunks, upload.expected = {}, body.get("total_bytes")
        return reply(200, {"data": upload.described()})

    def append(self, incoming: Incoming, id: str) -> Answer:
        upload, body = self.uploads.get(id), _body(incoming)
        if upload is None:
            return not_found("media", id)
        if body and isinstance(body.get("segment_index"), str):  # multipart knows no numbers
            body["segment_index"] = int(body["segment_index"]) if body["segment_index"].isdigit() else -1
        wrong = (
            "the body is neither JSON nor multipart" if body is None else x_schema.APPEND(_plain(body), "")
        )
        data = _bytes(body["media"]) if body and not wrong else None
        if upload.chunks is None or data is None or body is None:
            return refused(wrong or "media is no base64, or the upload is finalized already")
        upload.chunks[body["segment_index"]] = data
        return reply(200, {"data": {"expires_at": int(upload.until)}})

    def finalize(self, _incoming: Incoming, id: str) -> Answer:
        upload = self.uploads.get(id)
        if upload is None:
            return not_found("media", id)
        if upload.chunks is not None:
            indexes = sorted(upload.chunks)
            data = b"".join(upload.chunks[i] for i in indexes)
            wrong = _unfit(data, upload.category)
            if indexes != list(range(len(indexes))) or upload.expected not in (None, len(data)):
                wrong = f"{len(data)} bytes in segments {indexes} are not the {upload.expected} announced"
            if wrong:
                return refused(wrong)
            _fill(upload, data)
            upload.chunks = None
        return reply(200, {"data": upload.described()})

    def status(self, incoming: Incoming) -> Answer:
        asked = incoming.parameters()
        if asked.get("command", "STATUS") != "STATUS" or "media_id" not in asked:
            return refused("command must be STATUS, with a media_id")
        upload = self.uploads.get(asked["media_id"])
        if upload is None:
            return not_found("media", asked["media_id"])
        done = upload.chunks is None
        state = {"state": "succeeded" if done else "pending", "progress_percent": 100 if done else 0}
        return reply(200, {"data": upload.described() | {"processing_info": state}})

    def metadata(self, incoming: Incoming) -> Answer:
        """POST /2/media/metadata: stores alt text."""
        body = _body(incoming)
        wrong = "the body must be JSON" if body is None else x_schema.METADATA(body, "")
        if wrong or body is None:
            return refused(wrong)
        upload = self.uploads.get(body["id"])
        if upload is None:
            return not_found("media", body["id"])
        fault = self._alt_fault()
        if fault == "alt":
            return problem(500, "Internal Server Error", "internal-error")
        alt = None if fault else body.get("metadata", {}).get("alt_text")
        if alt:
            upload.public["alt"] = alt["text"]
        return reply(200, {"data": {"id": body["id"], "associated_metadata": {"alt_text": alt}}})

    def lookup(self, incoming: Incoming, key: str = "") -> Answer:
        """GET /2/media?media_keys=… and GET /2/media/{media_key}."""
        keys = [key] if key else incoming.parameters().get("media_keys", "").split(",")
        found = [upload.seen() for k in keys for upload in [self.by_key(k)] if upload]
        if key:
            return reply(200, {"data": found[0]}) if found else not_found("media", key, 200)
        return reply(200, {"data": found})

    def by_key(self, key: str) -> Upload | None:
        return self.uploads.get(key.partition("_")[2])

    def attach(self, ids: list[str]) -> list[Upload] | str:
        """The uploads a post may carry, or what is wrong with them."""
        uploads = [self.uploads.get(id) for id in ids]
        good = [u for u in uploads if u and u.ready and u.category.startswith("tweet_")]
        if len(good) != len(ids):
            return "Your media IDs are invalid."
        if len(ids) > 1 and any(u.category != "tweet_image" for u in good):
            return "A post may have up to four images, or one GIF or video."
        return good


def _body(incoming: Incoming) -> dict[str, Any] | None:
    if incoming.kind == "multipart/form-data":
        return _multipart(incoming)
    try:
        body = incoming.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) and incoming.kind == "application/json" else None


def _multipart(incoming: Incoming) -> dict[str, Any]:
    boundary = re.search(r'boundary="?([^";]+)', incoming.headers["content-type"])
    fields: dict[str, Any] = {}
    for part in incoming.body.split(f"--{boundary[1]}".encode())[1:-1] if boundary else []:
        head, _, payload = part.partition(b"\r\n\r\n")
        if name := re.search(rb'[; ]name="(\w+)"', head):
            value = payload[:-2]
            fields[name[1].decode()] = value if name[1] == b"media" else value.decode("utf-8", "replace")
    return fields


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    """The body as the schema sees it: raw bytes count as a string."""
    return {k: "" if isinstance(v, bytes) else v for k, v in body.items()}


def _bytes(media: str | bytes) -> bytes | None:
    if isinstance(media, bytes):
        return media
    try:
        return base64.b64decode(media, validate=True)
    except (binascii.Error, ValueError):
        return None


def _unfit(data: bytes | None, category: str) -> str:
    if data is None:
        return "media is not base64"
    if not data:
        return "media is empty"
    if len(data) > _LIMITS.get(category, 512_000_000):
        return f"media is {len(data)} bytes; {category} allows {_LIMITS[category]}"
    kind = sniff(data).type
    if category.endswith("image") and kind not in ("image/png", "image/jpeg", "image/gif", "image/webp"):
        return "media type unrecognized"
    if category.endswith("gif") and kind != "image/gif":
        return "media is no GIF"
    return ""


def _fill(upload: Upload, data: bytes) -> None:
    seen = sniff(data)
    upload.public |= {"type": seen.type, "width": seen.width, "height": seen.height}
    upload.public |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
