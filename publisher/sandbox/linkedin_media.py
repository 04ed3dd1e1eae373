"""Images and documents on LinkedIn: a lease, one PUT, and a while of processing."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from publisher.sandbox.http import Answer, Incoming, reply
from publisher.sandbox.images import sniff
from publisher.sandbox.linkedin_answers import error, invalid

_TYPES = {
    "image": ("image/png", "image/jpeg", "image/gif"),
    "document": ("application/pdf", "application/msword"),
}
_PIXELS = 36_152_320
_DOCUMENT_BYTES = 100_000_000


@dataclass(slots=True)
class Asset:
    urn: str
    owner: str
    status: str = "WAITING_UPLOAD"
    type: str = ""
    bytes: int = 0
    sha256: str = ""


class Assets:
    """`failing` is true when the processing fault strikes. `origin` is set once the port is known."""

    def __init__(self, owner: str, failing: Callable[[], bool]) -> None:
        self.owner, self._failing, self.origin = owner, failing, ""
        self._assets: dict[str, Asset] = {}
        self._numbers = itertools.count(1)

    def initialize(self, incoming: Incoming, kind: str) -> Answer:
        """POST /rest/images|documents?action=initializeUpload."""
        try:
            owner = incoming.json()["initializeUploadRequest"]["owner"]
        except (ValueError, KeyError, TypeError):
            return invalid(400, "MISSING_FIELD", "initializeUploadRequest.owner is required")
        if incoming.parameters().get("action") != "initializeUpload":
            return error(400, "ILLEGAL_ARGUMENT", "action must be initializeUpload")
        if owner != self.owner:
            return error(403, "ACCESS_DENIED", f"Not enough permissions to upload for {owner}")
        urn = (
            f"urn:li:{kind}:{'C' if kind == 'image' else 'D'}4E10{secrets.token_hex(6)}{next(self._numbers)}"
        )
        self._assets[urn] = Asset(urn, owner)
        upload = f"{self.origin}/dms-uploads/{urn.rpartition(':')[2]}/{kind}?sau={secrets.token_urlsafe(9)}"
        value = {"uploadUrlExpiresAt": int(time.time() * 1000) + 86_400_000, "uploadUrl": upload, kind: urn}
        return reply(200, {"value": value})

    def put(self, incoming: Incoming, name: str, kind: str) -> Answer:
        """PUT to an upload URL: the whole file in one request; a second one replaces it."""
        asset = self._assets.get(f"urn:li:{kind}:{name}")
        if asset is None:
            return error(404, "NOT_FOUND", "No such upload")
        seen = sniff(incoming.body)
        asset.type, asset.bytes = seen.type, len(incoming.body)
        asset.sha256 = hashlib.sha256(incoming.body).hexdigest()
        good = seen.type in _TYPES[kind] and seen.width * seen.height < _PIXELS
        good = good and (kind == "image" or asset.bytes <= _DOCUMENT_BYTES)
        asset.status = "FAILING" if not good or self._failing() else "UPLOADED"
        return Answer(201)

    def get(self, urn: str) -> Answer:
        """GET /rest/images|documents/{urn}: PROCESSING the first time, then its result."""
        asset = self._assets.get(urn)
        if asset is None:
            return error(404, "NOT_FOUND", f"{urn} does not exist")
        shown = {"UPLOADED": "PROCESSING", "FAILING": "PROCESSING"}.get(asset.status, asset.status)
        asset.status = {"UPLOADED": "AVAILABLE", "FAILING": "PROCESSING_FAILED"}.get(
            asset.status, asset.status
        )
        return reply(200, {"id": urn, "owner": asset.owner, "status": shown})

    def problem(self, urn: str, author: str) -> Answer | None:
        """Why a post may not carry this asset."""
        asset = self._assets.get(urn)
        if asset is None or asset.owner != author:
            return invalid(400, "INVALID_OWNER", "One or more of the assets is not owned by the author")
        if asset.status == "PROCESSING_FAILED":
            return invalid(400, "MEDIA_ASSET_PROCESSING_FAILED", f"{urn} could not be processed")
        if asset.status != "AVAILABLE":
            return invalid(400, "MEDIA_ASSET_WAITING_UPLOAD", f"{urn} is not available yet")
        return None

    def shown(self, urn: str, alt: str, title: str) -> dict[str, Any]:
        """The asset as `Public.media` has it."""
        asset = self._assets[urn]
        described = {"id": urn, "type": asset.type, "alt": alt, "title": title}
        return described | {"bytes": asset.bytes, "sha256": asset.sha256}

    def clear(self) -> None:
        self._assets.clear()
