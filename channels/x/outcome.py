"""What an answer of X means: the decision table, in one place.

| answer                                                  | was it posted? | error                          |
|---------------------------------------------------------|----------------|--------------------------------|
| 2xx                                                     | yes            | –                              |
| 3xx, 401, 402, 426, any 403 not named below             | no             | Blocked                        |
| "duplicate content" (187)                               | perhaps        | Duplicate                      |
| "deleted or not visible to you" (385) on a self-reply   | no             | Transient, in five seconds     |
| a text that X will not have (186, cashtags, bad link …) | no             | Permanent                      |
| 404                                                     | no             | NotFound, which is Permanent   |
| 400 and every other 4xx                                 | no             | Permanent                      |
| 429, usage cap spent                                    | no             | Blocked                        |
| 429                                                     | no             | RateLimited, until its headers |
| 408, 409, 425, 5xx                                      | perhaps        | OutcomeUnknown                 |

Problems are told by the last segment of their `type` (hosts differ), by v1 codes, then by their wording.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from publisher.errors import Blocked, DeliveryError, Duplicate, Permanent, RateLimited, Transient
from publisher.http import refusal, retry_at

from .settings import PREFIX

if TYPE_CHECKING:
    import requests

SERVICE = "X"
NOT_VISIBLE_YET = 5.0
"""Seconds after which a reply to a post just made is tried again."""
SKEW = 60.0
"""Seconds a clock may be off before X is likely to refuse its signatures."""

_FAMILIES = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")

_DUPLICATE = re.compile(r"duplicate content|already said that", re.IGNORECASE)
_NOT_VISIBLE = re.compile(r"deleted or not visible to you", re.IGNORECASE)
_CONTENT = re.compile(
    r"one cashtag|bit shorter|too long|contains an invalid url|are mentioned or are the author"
    r"|media ids are invalid|contains invalid|disallowed",
    re.IGNORECASE,
)
_CONTENT_KINDS = frozenset({"invalid-request", "disallowed-resource"})
_CODES = {"187": Duplicate, "385": Transient, "186": Permanent}

_ADVICE = (
    (
        re.compile(r"oauth1-permissions|appropriate oauth1 app permissions", re.IGNORECASE),
        "give the app read and write permission, then make the access token anew",
    ),
    (re.compile(r"client-not-enrolled|attached to a project", re.IGNORECASE), "attach the app to a project"),
    (
        re.compile(r"usage-capped|usage cap", re.IGNORECASE),
        "raise the app's spending limit or wait for the next month",
    ),
    (re.compile(r"suspended|locked", re.IGNORECASE), "sign in to X and settle it there"),
)
_BY_STATUS = {
    401: f"check {PREFIX}API_KEY, …API_SECRET, …ACCESS_TOKEN and …ACCESS_TOKEN_SECRET",
    402: "buy credits or raise the spending limit in X's developer console",
    403: "see what the app and the account may do in X's developer console",
    426: "update this program",
}


class NotFound(Permanent):
    """There is nothing under that id."""


def read(response: requests.Response) -> dict[str, Any]:
    """The answer's JSON object; empty when the body is none (a gateway answers in HTML, or with a list)."""
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def refused(response: requests.Response) -> DeliveryError | None:
    """The error an answer stands for; None for 2xx."""
    status = response.status_code
    if 200 <= status < 300:
        return None
    problems = list(_problems(read(response)))
    said = _line(" ".join(text for _, _, text in problems))
    text = f"{SERVICE} answered {status}{f': {said}' if said else ''}"
    if 300 <= status < 400:
        return Blocked(
            f"{text} and pointed to another address, which was not followed; check {PREFIX}API_URL"
        )
    if 400 <= status < 500 and (error := _named(problems, said, text)):
        return error
    if status == 429:
        return RateLimited(text, _until(response))
    if advice := _BY_STATUS.get(status):
        return Blocked(f"{text}; {_clock(response) if status == 401 else ''}{advice}")
    return NotFound(text) if status == 404 else refusal(response, SERVICE, said)


def _named(problems: list[tuple[str, str, str]], said: str, text: str) -> DeliveryError | None:
    """What kinds, codes and wordings say more clearly than the status does."""
    kinds = {kind for kind, _, _ in problems}
    by_code = {_CODES[code] for _, code, _ in problems if code in _CODES}
    if Duplicate in by_code or _DUPLICATE.search(said):
        return Duplicate(text)
    if Transient in by_code or _NOT_VISIBLE.search(said):
        # Our replies are to our own posts only, so that this one is just not everywhere yet.
        return Transient(text, time.time() + NOT_VISIBLE_YET)
    known = " ".join([*kinds, said])
    for pattern, advice in _ADVICE:
        if pattern.search(known):
            return Blocked(f"{text}; {advice}")
    if Permanent in by_code or _CONTENT_KINDS & kinds or _CONTENT.search(said):
        return Permanent(text)
    return None


def _problems(body: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(kind, code, wording) of the problem a body describes, in either of X's shapes, and of those in `errors`."""
    listed = body.get("errors")
    for problem in (body, *(listed if isinstance(listed, list) else ())):
        if not isinstance(problem, dict):
            continue
        kind = str(problem.get("type") or "").rstrip("/").rpartition("/")[2]
        reason = str(problem.get("reason") or "")
        wording = str(problem.get("detail") or problem.get("message") or problem.get("title") or "")
        code = str(problem.get("code") or "")
        if kind or reason or code or wording:
            yield reason or kind, code, wording


def _line(text: str) -> str:
    return " ".join(text.split())[:300]


def _until(response: requests.Response) -> float | None:
    """When the limit that struck ends: the latest of those used up, else the latest known, else Retry-After.

    A post counts against a window of 15 minutes and two of 24 hours, each with headers of its own.
    """
    resets: list[tuple[bool, float]] = []
    for family in _FAMILIES:
        reset = response.headers.get(f"{family}-reset", "")
        if reset.isascii() and reset.isdigit():
            resets.append((response.headers.get(f"{family}-remaining", "").strip() == "0", float(reset)))
    spent = [reset for used_up, reset in resets if used_up] or [reset for _, reset in resets]
    until = max(spent) + 1 if spent else retry_at(response)
    return until if until and until > time.time() else None


def skew(response: requests.Response) -> float | None:
    """By how many seconds the clock here is ahead of X's, or None when X does not say."""
    try:
        theirs = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return None
    return time.time() - theirs.timestamp()


def _clock(response: requests.Response) -> str:
    off = skew(response)
    return (
        f"the clock here is {abs(off):.0f} s off, which alone is a reason: set it; "
        if off and abs(off) > SKEW
        else ""
    )
