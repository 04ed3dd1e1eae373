"""What an answer of LinkedIn means: the decision table, in one place.

| answer                                    | was it posted? | error                                   |
|-------------------------------------------|----------------|-----------------------------------------|
| 2xx                                       | yes            | –                                       |
| 3xx, 401, 402, 403, 404, 426              | no             | Blocked                                 |
| 400 VERSION_MISSING, NONEXISTENT_VERSION  | no             | Blocked, naming the setting             |
| 400 "… permissions must be used …"        | no             | Blocked: a missing scope                |
| MEDIA_ASSET_WAITING_UPLOAD                | no             | Transient: the upload is being processed |
| DUPLICATE_POST                            | perhaps        | Duplicate, with the URN it names        |
| 400, 422 and every other 4xx              | no             | Permanent                               |
| 429                                       | no             | RateLimited                             |
| 408, 409, 425, 5xx                        | perhaps        | OutcomeUnknown                          |
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from publisher.errors import Blocked, DeliveryError, Duplicate, RateLimited, Transient
from publisher.http import refusal, retry_at

from .settings import PREFIX

if TYPE_CHECKING:
    import requests

SERVICE = "LinkedIn"
DAY = 86400
PATIENCE = 2
"""Rate limits in a row that are taken for a short burst; the next one is taken for the day's."""

_DUPLICATE = re.compile(r"duplicate of (urn:li:\w+:[\w-]+)", re.IGNORECASE)
_VERSION = {"VERSION_MISSING", "NONEXISTENT_VERSION"}


def read(response: requests.Response) -> dict[str, Any]:
    """The answer's JSON object; empty when the body is none (a gateway answers in HTML)."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def code(body: dict[str, Any]) -> str:
    """The error's code from wherever LinkedIn put it this time."""
    details = body.get("errorDetails")
    inputs = details.get("inputErrors") if isinstance(details, dict) else None
    first = inputs[0] if isinstance(inputs, list) and inputs else None
    nested = first.get("code") if isinstance(first, dict) else None
    return str(body.get("code") or nested or body.get("serviceErrorCode") or "")


def refused(response: requests.Response, throttled: int = 0) -> DeliveryError | None:
    """The error an answer stands for, None for 2xx; `throttled` is how many 429 came in a row before."""
    status = response.status_code
    if 200 <= status < 300:
        return None
    body = read(response)
    found, said = code(body), _said(body)
    detail = " ".join(part for part in (found, said, _request(response)) if part)
    if status == 429:
        return RateLimited(f"{SERVICE} answered 429: {detail}", _again(response, said, throttled))
    if 400 <= status < 500 and (error := _named(found, said, detail)):
        return error
    if advice := _ADVICE.get(404 if 300 <= status < 400 else status):
        return Blocked(f"{SERVICE} answered {status}: {detail}; {advice}")
    return refusal(response, SERVICE, detail)


_ADVICE = {
    401: f"renew {PREFIX}ACCESS_TOKEN (publisher login linkedin)",
    403: "the member needs a content role on the page, and the app the Community Management API",
    404: f"look at {PREFIX}API_URL and {PREFIX}ORGANIZATION",
    426: f"set {PREFIX}VERSION to a version that is in service",
}


def _named(found: str, said: str, detail: str) -> DeliveryError | None:
    """What the error's code says more clearly than its status does.

    Messages may change, so codes come first; two cases are known by their message only.
    """
    named = _DUPLICATE.search(said)
    if found == "DUPLICATE_POST" or named:
        return Duplicate(f"{SERVICE} says this is public already: {detail}", named[1] if named else None)
    if found in _VERSION:
        return Blocked(f"{SERVICE} refuses the API version: {detail}; {_ADVICE[426]}")
    if found == "MEDIA_ASSET_WAITING_UPLOAD":
        return Transient(f"{SERVICE} is still processing an upload: {detail}")
    if "permissions must be used" in said.lower():
        return Blocked(
            f"{SERVICE} misses a permission: {detail}; the token needs the scope w_organization_social "
            f"for {PREFIX}ORGANIZATION"
        )
    return None


def _said(body: dict[str, Any]) -> str:
    """The error's message on one short line."""
    return " ".join(str(body.get("message") or body.get("error_description") or "").split())[:300]


def _request(response: requests.Response) -> str:
    """The id that LinkedIn's support asks for."""
    uuid = response.headers.get("x-li-uuid", "")
    return f"(request {uuid})" if re.fullmatch(r"[\w+/=-]{1,64}", uuid) else ""


def _again(response: requests.Response, said: str, throttled: int) -> float | None:
    """When to come back: as told, else five past midnight UTC where the day's quota is spent, else soon.

    Quotas reset at midnight UTC and no header says so (LinkedIn, "API Rate Limiting").
    """
    told = retry_at(response)
    if told is not None:
        return told
    if re.search(r"\bday\b|\bdaily\b", said, re.IGNORECASE) or throttled >= PATIENCE:
        return (time.time() // DAY + 1) * DAY + 300
    return None
