"""Uploads: register, PUT the whole file, wait until it can be used. Nothing of it is visible to anyone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from publisher.errors import Permanent, Transient
from publisher.statement import Media

from . import outcome
from .api import Api, encoded

POLLS: tuple[float, ...] = (0.2, 0.5, 1, 2, 4, 8, 15, 30, 60)
"""Seconds between two looks at an upload: two minutes in all, for an app may make only 500 calls a day."""


def upload(api: Api, media: Sequence[Media], blob: Callable[[str], bytes]) -> dict[str, str]:
    """Each medium's URN by its digest, all of them ready to be posted. Raises DeliveryError."""
    urns = {medium.digest: _sent(api, medium, blob(medium.digest)) for medium in media}
    for medium in media:
        _await(api, medium, urns[medium.digest])
    return urns


def _sent(api: Api, medium: Media, content: bytes) -> str:
    request = {"initializeUploadRequest": {"owner": api.settings.organization}}
    kind = _kind(medium)
    answer = api.call("POST", f"/rest/{kind}s?action=initializeUpload", request)
    value = outcome.read(answer).get("value")
    lease: dict[str, Any] = value if isinstance(value, dict) else {}
    urn, url = str(lease.get(kind, "")), str(lease.get("uploadUrl", ""))
    if not urn.startswith("urn:li:") or not urlsplit(url).hostname:
        raise Transient(f"LinkedIn gave no place to upload {medium.name} to; nothing was published")
    api.upload(url, content, medium.type)
    return urn


def _kind(medium: Media) -> str:
    """What LinkedIn calls it: to it a card's picture is an image like any other."""
    return "document" if medium.kind == "document" else "image"


def _await(api: Api, medium: Media, urn: str) -> None:
    for delay in (*POLLS, None):
        answer = api.call("GET", f"/rest/{_kind(medium)}s/{encoded(urn)}")
        status = str(outcome.read(answer).get("status", ""))
        if status == "AVAILABLE":
            return
        if status == "PROCESSING_FAILED":
            raise Permanent(f"LinkedIn could not process {medium.name}; replace the file")
        if delay is not None:
            time.sleep(delay)
    raise Transient(
        f"LinkedIn still processes {medium.name} ({status or 'no status'}); nothing was published"
    )
