"""Faults on demand: a name, and how many times.

A name is the service, a dash, and one of these. Each strikes the irreversible request (creating the post,
the final dot of a mail) unless it says otherwise; one that needs an acceptable request waits for it.

x- and linkedin-
    accepted, and public       drop  hang  500  bad-json  cut-body  hidden  truncated  slow
    not accepted               503-before  reset-before  redirect  duplicate  429  429-bare  401
    the whole server           refuse (COUNT is seconds, from now on)
x- only                        402  429-day  list-body  alt  alt-lost  403-suspended
                               403-permission  403-oauth1-permissions  403-cashtag  403-not-visible
                               403-client-not-enrolled  403-usage-capped
linkedin- only                 426  400-organization  403-access  processing-failed  publish-failed
smtp-
    accepted                   drop-after-dot  hang-after-dot
    not accepted               drop-before-dot  421  4xx  5xx  5xx-policy  refuse

Besides, any time: a recipient whose local part begins with `bounce` is refused with 550 5.1.1, with `defer`
450 4.2.1, with `full` 552 5.2.2.
"""

from __future__ import annotations

import difflib
import threading
from collections.abc import Container

from publisher.errors import UsageError

_POSTS = {
    "drop": "the post is public, then the connection closes without an answer",
    "hang": "the post is public, then silence until the client gives up",
    "500": "the post is public, and the answer is a 500",
    "bad-json": "the post is public, and the 201 does not say its id",
    "cut-body": "the post is public, and the 201 breaks off in its body",
    "hidden": "the post is public, but no list shows it",
    "truncated": "the post is public with half of its text",
    "slow": "the post becomes public, and is answered, two seconds late",
    "503-before": "nothing is public; 503",
    "reset-before": "nothing is public; the connection is reset once the request was read",
    "redirect": "nothing is public; 301 to another path",
    "duplicate": "nothing is public; refused as a duplicate of a post that does not exist",
    "429": "nothing is public; 429 that says when to come back",
    "429-bare": "nothing is public; 429 without a word on when",
    "401": "nothing is public; 401",
    "refuse": "connections are refused for COUNT seconds",
}
_X = {
    "402": "nothing is public; 402, out of credits",
    "429-day": "nothing is public; 429 for the 24-hour limit, in its own headers",
    "list-body": "nothing is public; 403 whose body is a JSON list",
    "alt": "alt text is not stored; 500",
    "alt-lost": "alt text is answered with 200, and not kept",
    "403-suspended": "nothing is public; the account is suspended",
    "403-permission": "nothing is public; not permitted to perform this action",
    "403-oauth1-permissions": "nothing is public; the app may only read",
    "403-cashtag": "nothing is public; more than one cashtag",
    "403-not-visible": "nothing is public; the post replied to is not visible (yet)",
    "403-client-not-enrolled": "nothing is public; the app belongs to no project",
    "403-usage-capped": "nothing is public; the monthly cap is reached",
}
_LINKEDIN = {
    "426": "nothing is public; the LinkedIn version is not active any more",
    "400-organization": "nothing is public; the token may not post as an organization",
    "403-access": "nothing is public; the app lacks the product or the member the role",
    "publish-failed": "accepted with 201, and then never published",
    "processing-failed": "the next uploaded image or document fails in processing",
}
_SMTP = {
    "drop-after-dot": "the mail is accepted, then the connection closes without a reply",
    "hang-after-dot": "the mail is accepted, then silence until the client gives up",
    "drop-before-dot": "the connection closes instead of asking for the mail's text; nothing is accepted",
    "421": "the next MAIL command is answered with 421 and the connection closes",
    "4xx": "the next recipient is deferred with 451 4.3.0",
    "5xx": "the next recipient is refused with 550 5.1.1",
    "5xx-policy": "the next recipient is refused with 550 5.7.1",
    "refuse": "connections are refused for COUNT seconds",
}

FAULTS: dict[str, str] = {
    f"{service}-{name}": what
    for service, faults in (("x", _POSTS | _X), ("linkedin", _POSTS | _LINKEDIN), ("smtp", _SMTP))
    for name, what in faults.items()
}
"""Every fault and, in one line, what it does."""


def parse(fault: str) -> tuple[str, int]:
    """`NAME[:N]` as (name, count). Raises UsageError naming what is wrong with it."""
    name, colon, count = fault.partition(":")
    known(name)
    if colon and not count.isdigit():
        raise UsageError(f"fault {fault}: {count or 'nothing'} is no count; write {name}:2")
    return name, int(count) if colon else 1


def known(name: str) -> None:
    """Raise UsageError, with the nearest name, unless `name` is a fault."""
    if name not in FAULTS:
        near = difflib.get_close_matches(name, FAULTS, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(FAULTS))}"
        raise UsageError(f"there is no fault {name}: {hint}")


class Faults:
    """The faults still to strike, in the order they were asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: dict[str, int] = {}

    def arm(self, name: str, count: int) -> None:
        with self._lock:
            self._armed.pop(name, None)
            if count > 0:
                self._armed[name] = count

    def take(self, service: str, among: Container[str]) -> str:
        """The first armed fault of `service` among these (without the service's prefix), spent; else ""."""
        if not self._armed:
            return ""
        with self._lock:
            for name in self._armed:
                prefix, _, short = name.partition("-")
                if prefix == service and short in among:
                    self._armed[name] -= 1
                    if not self._armed[name]:
                        del self._armed[name]
                    return short
        return ""

    @property
    def armed(self) -> dict[str, int]:
        with self._lock:
            return dict(self._armed)

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()
