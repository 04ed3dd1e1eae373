"""How LinkedIn answers: its error bodies, and what the faults of that name look like."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from typing import Any

from publisher.sandbox.http import Answer, reply

_HTML = b"<!DOCTYPE html><html><head><title>LinkedIn</title></head><body><h1>Error</h1></body></html>"


def error(status: int, code: str, message: str, **more: Any) -> Answer:
    return reply(status, {"status": status, "code": code, "message": message} | more)


def invalid(status: int, code: str, message: str, **entry: Any) -> Answer:
    """A refusal of the body, with its one input error."""
    body = {
        "errorDetailType": "com.linkedin.common.error.BadRequest",
        "status": status,
        "message": message,
        "errorDetails": {"inputErrors": [{"description": message, "input": {}, "code": code} | entry]},
    }
    return reply(status, body)


def duplicate(urn: str) -> Answer:
    prefix = "com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of"
    return invalid(422, "DUPLICATE_POST", f"{prefix} {urn}", description="Duplicate post is detected")


def ghost() -> str:
    """The URN of a post that does not exist."""
    return f"urn:li:share:{7_000_000_000_000_000_000 + secrets.randbelow(10**17)}"


def page(status: int) -> Answer:
    """An error page of the infrastructure in front of the API."""
    return Answer(status, _HTML, {"Content-Type": "text/html; charset=UTF-8"})


def inactive(version: str) -> Answer:
    return error(426, "NONEXISTENT_VERSION", f"Requested version {version}01 is not active")


def _throttled(again: float | None = None) -> Answer:
    answer = error(
        429, "TOO_MANY_REQUESTS", "Resource level throttle limit for calls to this resource is reached."
    )
    if again is not None:
        answer.headers["Retry-After"] = str(math.ceil(again))
    return answer


_EXPIRED = "The token used in the request has expired"
_NOT_ORGANIZATION = "Organization permissions must be used when using organization as author"
_NO_ACCESS = "Not enough permissions to access: partnerApiPostsExternal.CREATE"

_STRIKES: dict[str, Callable[[str, float], Answer]] = {
    "503-before": lambda _v, _a: page(503),
    "reset-before": lambda _v, _a: Answer(0, ending="reset"),
    "redirect": lambda _v, _a: Answer(301, headers={"Location": "/rest/elsewhere"}),
    "duplicate": lambda _v, _a: duplicate(ghost()),
    "429": lambda _v, again: _throttled(again),
    "429-bare": lambda _v, _a: _throttled(),
    "401": lambda _v, _a: error(401, "EXPIRED_ACCESS_TOKEN", _EXPIRED, serviceErrorCode=65602),
    "426": lambda version, _: inactive(version),
    "400-organization": lambda _v, _a: reply(400, {"status": 400, "message": _NOT_ORGANIZATION}),
    "403-access": lambda _v, _a: error(403, "ACCESS_DENIED", _NO_ACCESS),
}

REFUSALS = _STRIKES.keys()
"""Faults that answer before anything is public."""


def strike(fault: str, version: str, again: float) -> Answer:
    """The refusal a fault stands for; `again` is in how many seconds a 429 says to come back."""
    return _STRIKES[fault](version, again)
