"""How X says no: problem documents, in the wordings seen live."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from publisher.sandbox.http import Answer, reply

_TYPES = "https://api.x.com/2/problems/"
_TITLES = {400: "Invalid Request", 401: "Unauthorized", 402: "CreditsDepleted", 403: "Forbidden"}
_TITLES |= {
    404: "Not Found",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}

DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
CASHTAG = "Your post exceeds the maximum of one cashtag."
TOO_LONG = "Tweet needs to be a bit shorter."
NOT_VISIBLE = "You attempted to reply to a Tweet that is deleted or not visible to you."
NO_ACCESS = "Your account is not permitted to access this feature."


def problem(status: int, detail: str, kind: str = "", **more: str) -> Answer:
    """A problem document; without `kind` its type is `about:blank`."""
    body = {"detail": detail, "type": _TYPES + kind if kind else "about:blank", "title": _TITLES[status]}
    return reply(status, body | {"status": status} | more, "application/problem+json")


def refused(why: str) -> Answer:
    """400: the request does not fit the schema."""
    body = {"errors": [{"message": why}], "title": _TITLES[400], "type": f"{_TYPES}invalid-request"}
    detail = "One or more parameters to your request was invalid."
    return reply(400, body | {"detail": f"{detail} {why}", "status": 400}, "application/problem+json")


def not_found(kind: str, id: str, status: int = 404) -> Answer:
    """Nothing under that id. A lookup of one thing answers 200 with `errors` and without `data`."""
    error = {
        "detail": f"Could not find {kind} with id: [{id}].",
        "title": "Not Found Error",
        "type": f"{_TYPES}resource-not-found",
        "resource_type": kind,
        "resource_id": id,
        "parameter": "id",
        "value": id,
    }
    return reply(status, {"errors": [error]} if status == 200 else error | {"status": status})


def _limited(kind: str, limit: str, reset: float) -> Answer:
    """429 with one of the families of headers."""
    answer = problem(429, "Too Many Requests")
    answer.headers |= {
        f"{kind}-limit": limit,
        f"{kind}-remaining": "0",
        f"{kind}-reset": str(math.ceil(reset)),
    }
    return answer


def _forbidden(detail: str, kind: str = "", **more: str) -> Callable[[float], Answer]:
    return lambda _: problem(403, detail, kind, **more)


_STRIKES: dict[str, Callable[[float], Answer]] = {
    "503-before": lambda _: problem(503, "Service Unavailable"),
    "reset-before": lambda _: Answer(0, ending="reset"),
    "redirect": lambda _: Answer(301, headers={"Location": "/2/elsewhere"}),
    "duplicate": _forbidden(DUPLICATE),
    "429": lambda again: _limited("x-rate-limit", "100", time.time() + again),
    "429-bare": lambda _: reply(429, {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}),
    "429-day": lambda _: _limited("x-user-limit-24hour", "100", time.time() + 86_400),
    "401": lambda _: problem(401, "Unauthorized"),
    "402": lambda _: problem(
        402, "Your account does not have any credits to fulfill this request.", "credits"
    ),
    "list-body": lambda _: reply(403, ["Forbidden"]),
    "403-suspended": _forbidden(
        "Your account is suspended and is not permitted to access this feature.", "user-suspended"
    ),
    "403-permission": _forbidden("You are not permitted to perform this action."),
    "403-oauth1-permissions": _forbidden(
        "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.",
        "oauth1-permissions",
    ),
    "403-cashtag": _forbidden(CASHTAG),
    "403-not-visible": _forbidden(NOT_VISIBLE),
    "403-client-not-enrolled": _forbidden(
        "You must use keys and tokens from a developer App that is attached to a Project.",
        "client-forbidden",
        reason="client-not-enrolled",
    ),
    "403-usage-capped": _forbidden(
        "Usage cap exceeded: Monthly product cap", "usage-capped", period="Monthly", scope="Product"
    ),
}

REFUSALS = _STRIKES.keys()
"""Faults that answer before anything is public."""


def strike(fault: str, again: float) -> Answer:
    """The refusal a fault stands for; `again` is in how many seconds a 429 says to come back."""
    return _STRIKES[fault](again)
